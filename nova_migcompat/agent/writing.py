# SPDX-License-Identifier: Apache-2.0
"""Replaces files of the agent's own, safely.

Knows nothing of what they hold.
"""

import contextlib
import os
import pathlib
import tempfile
import time

#: Seconds after which a temporary file is one that a crash has left.
_STALE = 3600.0


def tidy(folder: pathlib.Path) -> None:
    """Remove what crashes have left in a folder of the agent's own.

    :param folder: in which files were replaced.
    """
    for path in folder.glob('.*.json.*'):
        with contextlib.suppress(OSError):
            if path.lstat().st_mtime < time.time() - _STALE:
                path.unlink()


def replace(path: pathlib.Path, text: str) -> None:
    """Replace a file; after a crash at any moment the old or the new is whole.

    Several processes may do so at once: the last one counts.

    :param path: the file, made with mode 0600 where it is missing; its folder
        must be there.
    :param text: all that it shall hold.
    :raises OSError: where that fails.
    """
    try:
        _replace(path, text)
    except OSError as e:
        # Without the temporary name, which is another one each time.
        raise OSError(e.errno, e.strerror, str(path)) from e


def _replace(path: pathlib.Path, text: str) -> None:
    with tempfile.NamedTemporaryFile(
        'w', dir=path.parent, prefix=f'.{path.name}.', delete=False
    ) as file:
        new = pathlib.Path(file.name)
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            new.replace(path)
        except BaseException:
            new.unlink()
            raise
    # Else a power cut could bring the old file back.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
