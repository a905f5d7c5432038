# SPDX-License-Identifier: Apache-2.0
"""Reads the documents that an operator names on the command line.

Unlike what the agent reads, these are the operator's own choice: links and
pipes are followed. Must know nothing of what becomes of the documents.
"""

import contextlib
import pathlib
from collections.abc import Iterator, Sequence
from typing import TextIO

from nova_migcompat import descriptor
from nova_migcompat.cli import base, cells

STDIN = '-'

#: Bytes of a file that are read at most. More than a document may have
#: (FORMAT.md section 5), so that it is the language that refuses, in its own
#: words; little enough for a device or a pipe without an end.
MAX_BYTES = 1 << 20


class Reader:
    """Reads documents by name, and keeps what is wrong with the others.

    :param stdin: what ``-`` stands for; None where there is none.
    :ivar problems: one text for each name that gave no document, ready to be
        printed.
    """

    def __init__(self, stdin: TextIO | None) -> None:
        self._stdin = stdin
        self.problems: list[str] = []

    def read(self, names: Sequence[str]) -> list[descriptor.Document | None]:
        """Read documents.

        :param names: files; one may be ``-``.
        :returns: a document for each name, None where there is a problem.
        :raises base.InputError: where more than one name is ``-``.
        """
        if names.count(STDIN) > 1:
            raise base.InputError(
                'standard input (-) can be read once: name a file instead'
            )
        return [self._read_one(name) for name in names]

    def _read_one(self, name: str) -> descriptor.Document | None:
        try:
            return descriptor.parse(self._bytes(name))
        except descriptor.DescriptorError as e:
            self.problems.append(_located(name, e))
        except base.InputError as e:
            self.problems.append(f'{shown_name(name)}: {e}')
        return None

    def _bytes(self, name: str) -> bytes:
        if name == STDIN:
            data = read_stdin(self._stdin, MAX_BYTES)
        else:
            data = read_file(name, MAX_BYTES)
        if len(data) > MAX_BYTES:
            raise base.InputError(
                f'holds more than {MAX_BYTES:,} bytes, which is no document'
            )
        return data


def read_all(
    names: Sequence[str], stdin: TextIO | None
) -> list[descriptor.Document]:
    """Read documents, all of which are needed.

    :param names: files; one may be ``-``.
    :param stdin: what ``-`` stands for; None where there is none.
    :raises base.InputError: where one is no document, with all that is wrong.
    """
    reader = Reader(stdin)
    found = reader.read(names)
    if reader.problems:
        raise base.InputError('\n'.join(reader.problems))
    return [document for document in found if document is not None]


def read_file(name: str, most: int) -> bytes:
    """Read a file.

    :param most: bytes that may be there; at most one more is returned.
    :raises base.InputError: where it cannot be read.
    """
    with _reading(), pathlib.Path(name).open('rb') as file:
        return file.read(most + 1)


def read_stdin(stdin: TextIO | None, most: int) -> bytes:
    """Read standard input.

    :param stdin: None where there is none.
    :param most: bytes that may be there; at most one more is returned.
    :raises base.InputError: where it cannot be read.
    """
    if stdin is None:
        raise base.InputError('cannot be read: it is closed')
    with _reading():
        return stdin.buffer.read(most + 1)


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    """Make an InputError of what reading raises."""
    try:
        yield
    except OSError as e:
        raise base.InputError(f'cannot be read: {e.strerror or e}') from e
    except ValueError as e:
        raise base.InputError(f'cannot be read: {e}') from e


def shown_name(name: str) -> str:
    """Return the name of a file as messages show it."""
    return '<stdin>' if name == STDIN else cells.printable(name)


def _located(name: str, error: descriptor.DescriptorError) -> str:
    """Say what is wrong as compilers do, so that editors find the place."""
    excerpt = error.show().removeprefix(str(error))
    where = f'{shown_name(name)}:{error.line}:{error.column}'
    return f'{where}: {error.message}{excerpt}'
