# SPDX-License-Identifier: Apache-2.0
"""Reads files that others wrote, safely (DESIGN.md, "Trust").

Knows nothing of documents. A link, a FIFO or a device where a file belongs is
never followed, waited for or opened; what cannot be read is one kind of error.
"""

import os
import pathlib
import stat

MAX_BYTES = 65536

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC

FILE = 'a file'
FOLDER = 'a folder'

_KINDS = (
    (stat.S_ISREG, FILE),
    (stat.S_ISDIR, FOLDER),
    (stat.S_ISLNK, 'a link'),
    (stat.S_ISFIFO, 'a FIFO'),
    (stat.S_ISSOCK, 'a socket'),
)


class UnreadableError(Exception):
    """A file or folder exists and cannot be read.

    :ivar path: which one.
    :ivar reason: what is wrong with it.
    """

    def __init__(self, path: pathlib.Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    @classmethod
    def of(cls, path: pathlib.Path, error: OSError) -> 'UnreadableError':
        """Say it of an error of the operating system."""
        return cls(path, f'cannot be read: {error.strerror or error}')


def _kind(mode: int) -> str:
    for matches, words in _KINDS:
        if matches(mode):
            return words
    return 'a device node'


def kind(path: pathlib.Path, *allowed: str) -> str | None:
    """Say what stands at a path, without following or opening it.

    :param path: the path.
    :param allowed: what may stand there: FILE, FOLDER or both.
    :returns: one of allowed; None where there is nothing at all.
    :raises UnreadableError: where there is anything else, a link included.
    """
    try:
        found = _kind(path.lstat().st_mode)
    except FileNotFoundError:
        return None
    except OSError as e:
        raise UnreadableError.of(path, e) from e
    if found not in allowed:
        raise UnreadableError(
            path, f'found {found}, expected {" or ".join(allowed)}'
        )
    return found


def read_file(path: pathlib.Path) -> bytes:
    """Read a regular file whole.

    :param path: the file; a link is refused.
    :returns: its bytes, at most 64 KiB.
    :raises UnreadableError: where it cannot be read, is something else than a
        regular file, or is larger.
    """
    try:
        file = os.open(path, _FLAGS)
    except OSError as e:
        raise UnreadableError.of(path, e) from e
    try:
        mode = os.fstat(file).st_mode
        if not stat.S_ISREG(mode):
            raise UnreadableError(
                path, f'found {_kind(mode)}, expected {FILE}'
            )
        data = b''
        while len(data) <= MAX_BYTES:
            piece = os.read(file, MAX_BYTES + 1 - len(data))
            if not piece:
                return data
            data += piece
    except OSError as e:
        raise UnreadableError.of(path, e) from e
    finally:
        os.close(file)
    raise UnreadableError(path, f'holds more than {MAX_BYTES:,} bytes')


def list_folder(path: pathlib.Path) -> list[str]:
    """List the names in a folder, sorted bytewise.

    :param path: the folder.
    :raises UnreadableError: where it cannot be listed.
    """
    try:
        names = [entry.name for entry in path.iterdir()]
    except OSError as e:
        raise UnreadableError.of(path, e) from e
    return sorted(names, key=os.fsencode)
