# SPDX-License-Identifier: Apache-2.0
"""The agent's own folder, and the lock in it that one agent can hold.

Knows nothing of what else stands in the folder.
"""

import contextlib
import os
import pathlib
import stat
from collections.abc import Iterator

import fasteners

from nova_migcompat.agent import errors

LOCK = 'lock'

#: Seconds. An agent that is being stopped ends in less.
_PATIENCE = 3.0


def prepare(path: pathlib.Path) -> None:
    """Make the folder where it is missing, and look whether it is safe.

    :param path: ``[agent] state_path``.
    :raises errors.AgentError: where it cannot be made, is no folder, belongs
        to another user, or others may write to it.
    """
    try:
        with contextlib.suppress(FileExistsError):
            path.mkdir(0o700)
        found = path.lstat()
    except OSError as e:
        raise errors.AgentError(
            f'{errors.plain(path)} cannot be made: {e.strerror or e}; make it'
            ' for the user that the agent runs as, or correct [agent]'
            ' state_path'
        ) from e
    if not stat.S_ISDIR(found.st_mode):
        raise errors.AgentError(
            f'{errors.plain(path)} is no folder; correct [agent] state_path'
        )
    if found.st_uid != os.geteuid():
        raise errors.AgentError(
            f'{errors.plain(path)} belongs to the user {found.st_uid}, and'
            f' the agent runs as {os.geteuid()}: run it as that user, or'
            ' correct [agent] state_path'
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise errors.AgentError(
            f'others may write to {errors.plain(path)}: chmod 0700 it'
        )


@contextlib.contextmanager
def locked(path: pathlib.Path) -> Iterator[None]:
    """Hold the lock; the kernel releases it when the process ends, however.

    :param path: the folder, prepared.
    :raises errors.AgentError: where another process holds it; says which.
    """
    lock = fasteners.InterProcessLock(path / LOCK)
    try:
        taken = lock.acquire(timeout=_PATIENCE)
    except (OSError, RuntimeError) as e:  # as fasteners raises them
        raise errors.AgentError(
            f'{errors.plain(path / LOCK)} cannot be locked: {errors.plain(e)}'
        ) from e
    if not taken:
        raise errors.AgentError(
            f'another agent runs on this host, as process {_pid(path)}: it'
            f' holds {errors.plain(path / LOCK)}; stop it first'
        )
    try:
        lock.lockfile.truncate(0)
        lock.lockfile.write(f'{os.getpid()}\n')
        lock.lockfile.flush()
        yield
    finally:
        lock.release()


def holder(path: pathlib.Path) -> int | None:
    """Tell which process holds the lock.

    Takes it for a moment where nobody does, which locked() is patient with.

    :param path: the folder; need not exist.
    :returns: the process ID; None where nobody holds it.
    :raises errors.AgentError: where that cannot be told.
    """
    try:
        if not (path / LOCK).exists():
            return None
        lock = fasteners.InterProcessLock(path / LOCK)
        if not lock.acquire(blocking=False):
            return _pid(path)
        lock.release()
    except (OSError, RuntimeError) as e:
        raise errors.AgentError(
            f'{errors.plain(path)} cannot be read: {errors.plain(e)}; run this'
            ' as the user that the agent runs as, or as root'
        ) from e
    return None


def _pid(path: pathlib.Path) -> int:
    """Read the process ID; 0 in the moment before it is written."""
    text = (path / LOCK).read_text()
    return int(text) if text.strip().isdigit() else 0
