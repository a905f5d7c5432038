# SPDX-License-Identifier: Apache-2.0
"""The agent's own folder, and the lock in it that one agent can hold.

Knows nothing of what else stands in the folder.
"""

import contextlib
import fcntl
import os
import pathlib
import stat
import struct
from collections.abc import Iterator

import fasteners

from nova_migcompat.agent import errors, reading

LOCK = 'lock'

#: Seconds. An agent that is being stopped ends in less.
_PATIENCE = 3.0

#: More than the digits of a process ID.
_MAX_BYTES = 64

_FLAGS = os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
#: struct flock of fcntl(2): type, whence, start, length, process ID. The last
#: pads it as C does.
_FLOCK = '@hhqqi0q'


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


def has_lock(path: pathlib.Path) -> bool:
    """Tell whether there is a lock, held or not.

    :param path: the folder; need not exist.
    :raises errors.AgentError: where that cannot be told, or something else
        than a regular file stands there.
    """
    with _refusing():
        return reading.kind(path / LOCK, reading.FILE) is not None


@contextlib.contextmanager
def locked(path: pathlib.Path) -> Iterator[None]:
    """Hold the lock; the kernel releases it when the process ends, however.

    :param path: the folder, prepared.
    :raises errors.AgentError: where another process holds it; says which.
    """
    has_lock(path)
    lock = fasteners.InterProcessLock(path / LOCK)
    try:
        # Who may open it may lock it, and keep the agent from starting.
        (path / LOCK).touch(0o600)
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
        file = lock.lockfile.fileno()
        # Whose it is is said where there is room; the lock holds without.
        with contextlib.suppress(OSError):
            os.ftruncate(file, 0)
            os.write(file, f'{os.getpid()}\n'.encode())
        yield
    finally:
        lock.release()


def holder(path: pathlib.Path) -> int | None:
    """Tell which process holds the lock.

    Does not take it, not even for a moment: who starts meanwhile would take
    that for another agent. Never to be asked in the process that holds it:
    POSIX takes all locks of a process when it closes the file.

    :param path: the folder; need not exist.
    :returns: the process ID; None where nobody holds it.
    :raises errors.AgentError: where that cannot be told.
    """
    if not has_lock(path):
        return None
    try:
        held = _is_held(path / LOCK)
    except OSError as e:
        raise errors.AgentError(
            f'{errors.plain(path / LOCK)} cannot be read: {errors.plain(e)};'
            ' run this as the user that the agent runs as, or as root'
        ) from e
    return _pid(path) if held else None


def _is_held(path: pathlib.Path) -> bool:
    """Ask the kernel whether another process has locked a file."""
    asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    # Never follows a link that stands there by now, nor waits for a FIFO,
    # which is no file for Python to read and to write.
    with os.fdopen(os.open(path, _FLAGS), 'r+b') as file:
        told = fcntl.fcntl(file, fcntl.F_GETLK, asked)
    kind: int = struct.unpack(_FLOCK, told)[0]
    return kind != fcntl.F_UNLCK


def _pid(path: pathlib.Path) -> int:
    """Read the process ID; 0 in the moment before it is written."""
    with _refusing():
        data = reading.read_file(path / LOCK, _MAX_BYTES).strip()
    return int(data) if data.isdigit() else 0


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except reading.UnreadableError as e:
        raise errors.AgentError(
            f'{errors.plain(e.path)} {errors.plain(e.reason)}'
        ) from e
