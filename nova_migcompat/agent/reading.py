# SPDX-License-Identifier: Apache-2.0
"""Reads files that others wrote, safely (DESIGN.md, "Trust").

Knows nothing of documents. A link, a FIFO or a device where a file belongs is
never followed, waited for or opened, but for links within sysfs; what cannot
be read is one kind of error.

Paths may be strings: a cycle reads hundreds of files, and what pathlib.Path
does for each takes as long as reading it.
"""

import contextlib
import os
import pathlib
import stat
from collections.abc import Iterator

MAX_BYTES = 65536

#: To find a file without touching it, and then to read it.
_FIND = os.O_PATH | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
#: A file that is open, for the system to open it once more.
_PROC = '/proc/self/fd/%d'

_READABLE = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH

FILE = 'a file'
FOLDER = 'a folder'

_KINDS = (
    (stat.S_ISREG, FILE),
    (stat.S_ISDIR, FOLDER),
    (stat.S_ISLNK, 'a link'),
    (stat.S_ISFIFO, 'a FIFO'),
    (stat.S_ISSOCK, 'a socket'),
)


#: A file or folder.
Path = pathlib.Path | str


class UnreadableError(Exception):
    """A file or folder exists and cannot be read.

    :ivar path: which one.
    :ivar reason: what is wrong with it.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    @staticmethod
    def of(path: Path, error: OSError) -> 'UnreadableError':
        """Say it of an error of the operating system."""
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return MissingError(path, 'is not there')
        return UnreadableError(
            path, f'cannot be read: {error.strerror or error}'
        )


class MissingError(UnreadableError):
    """There is no such file."""


def _kind(mode: int) -> str:
    for matches, words in _KINDS:
        if matches(mode):
            return words
    return 'a device node'


def kind(path: Path, *allowed: str) -> str | None:
    """Say what stands at a path, without following or opening it.

    :param path: the path.
    :param allowed: what may stand there: FILE, FOLDER or both.
    :returns: one of allowed; None where there is nothing at all.
    :raises UnreadableError: where there is anything else, a link included.
    """
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return None
    except OSError as e:
        raise UnreadableError.of(path, e) from e
    return _expect(path, mode, *allowed)


def _expect(path: Path, mode: int, *allowed: str) -> str:
    found = _kind(mode)
    if found not in allowed:
        raise UnreadableError(
            path, f'found {found}, expected {" or ".join(allowed)}'
        )
    return found


def exists(path: pathlib.Path) -> bool:
    """Tell whether there is anything at a path; links are followed.

    Path.exists says no where that cannot be told, since Python 3.14: what
    stands in a folder that may not be entered would be taken for gone.

    :param path: the path.
    :raises OSError: where it cannot be told.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def read_file(path: Path, most: int = MAX_BYTES) -> bytes:
    """Read a regular file whole.

    :param path: the file; a link is refused.
    :param most: how many bytes it may have.
    :returns: its bytes.
    :raises MissingError: where there is none.
    :raises UnreadableError: where it cannot be read, is something else than a
        regular file, is for nobody to read, or is larger.
    """
    found = _open(path, path, _FIND | os.O_NOFOLLOW)
    try:
        _readable(path, os.fstat(found))
        return _content(path, found, most)
    finally:
        os.close(found)


def read_trusted(path: pathlib.Path) -> bytes:
    """Read a file of an operator's, which decides what is published.

    :param path: the file; a link is refused.
    :returns: its bytes, at most 64 KiB.
    :raises UnreadableError: where it cannot be read, is something else than a
        regular file, is for nobody to read, or is larger; and where it or its
        folder belongs to somebody else than root and the agent's user, or
        others may write it.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    with _opened(path.parent, path.parent, flags) as folder:
        _trust(path.parent, os.fstat(folder))
        flags = _FIND | os.O_NOFOLLOW
        with _opened(path, path.name, flags, folder) as found:
            status = os.fstat(found)
            _readable(path, status)
            _trust(path, status)
            return _content(path, found)


def _readable(path: Path, found: os.stat_result) -> None:
    """Refuse what is no file, and what root alone could read."""
    _expect(path, found.st_mode, FILE)
    if not found.st_mode & _READABLE:
        raise UnreadableError(
            path, f'is not to be read (mode {found.st_mode & 0o7777:04o})'
        )


def _trust(path: pathlib.Path, found: os.stat_result) -> None:
    """Refuse what others could have written."""
    if found.st_uid not in (0, os.geteuid()):
        raise UnreadableError(
            path,
            f"belongs to user {found.st_uid}, expected root or the agent's"
            ' user: chown it',
        )
    if found.st_mode & _OTHERS_WRITE:
        raise UnreadableError(
            path,
            f'may be written by others (mode {found.st_mode & 0o7777:04o}):'
            ' chmod go-w it',
        )


def read_beneath(root: str, path: str) -> bytes:
    """Read an attribute of sysfs; hundreds of them in a cycle.

    :param root: where sysfs is mounted, without links in it.
    :param path: the file; links are followed, as sysfs is made of them.
    :returns: its bytes, at most 64 KiB.
    :raises MissingError: where there is none.
    :raises UnreadableError: where it cannot be read, is something else than a
        regular file, is for nobody to read, or is not below root.
    """
    found = _open(path, path, _FIND)
    try:
        _readable(path, os.fstat(found))
        try:
            place = os.readlink(_PROC % found)
        except OSError as e:
            raise UnreadableError.of(path, e) from e
        if not place.startswith(f'{root.rstrip("/")}/'):
            raise UnreadableError(path, f'leads out of {root}')
        return _content(path, found)
    finally:
        os.close(found)


def _open(
    path: Path, name: Path, flags: int, folder: int | None = None
) -> int:
    """Open a file.

    :param path: what an error calls it.
    :param name: what the system calls it, from folder if that is given.
    """
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as e:
        raise UnreadableError.of(path, e) from e


@contextlib.contextmanager
def _opened(
    path: Path, name: Path, flags: int, folder: int | None = None
) -> Iterator[int]:
    """Open a file, see _open, and close it."""
    file = _open(path, name, flags, folder)
    try:
        yield file
    finally:
        os.close(file)


def _without_proc(path: Path) -> UnreadableError:
    """What was found is there: where it is not, /proc is missing."""
    return UnreadableError(
        path, 'cannot be opened through /proc/self/fd; is /proc mounted?'
    )


def _content(path: Path, found: int, most: int = MAX_BYTES) -> bytes:
    """Read a file that was found, and judged, with _FIND."""
    try:
        file = _open(path, _PROC % found, _READ)
    except MissingError as e:
        raise _without_proc(path) from e
    data = b''
    try:
        while len(data) <= most:
            piece = os.read(file, most + 1 - len(data))
            if not piece:
                return data
            data += piece
    except OSError as e:
        raise UnreadableError.of(path, e) from e
    finally:
        os.close(file)
    raise UnreadableError(path, f'holds more than {most:,} bytes')


def list_folder(path: Path) -> list[str]:
    """List the names in a folder, sorted bytewise.

    :param path: the folder.
    :raises UnreadableError: where it cannot be listed.
    """
    return _names(path, path)


def list_trusted(path: pathlib.Path) -> list[str]:
    """List the names in a folder of an operator's, sorted bytewise.

    :param path: the folder; a link is followed.
    :raises UnreadableError: where it cannot be listed, belongs to somebody
        else than root and the agent's user, or others may write it: whoever
        may add a file, may take one away.
    """
    with _opened(path, path, _FIND) as found:
        status = os.fstat(found)
        _expect(path, status.st_mode, FOLDER)
        _trust(path, status)
        try:
            return _names(path, _PROC % found)
        except MissingError as e:
            raise _without_proc(path) from e


def _names(path: Path, folder: Path) -> list[str]:
    """List a folder.

    :param path: what an error calls it.
    :param folder: what the system calls it.
    """
    try:
        names = os.listdir(folder)
    except NotADirectoryError as e:
        raise UnreadableError(path, f'is not {FOLDER}') from e
    except OSError as e:
        raise UnreadableError.of(path, e) from e
    return sorted(names, key=os.fsencode)
