# SPDX-License-Identifier: Apache-2.0
"""The document of one sysfs folder, in each layout of FORMAT.md section 7.

Knows nothing of which folders there are. Where a document is put together from
several files, every error is traced back to the file and line it came from.
"""

import dataclasses
import functools
import os
import re

from nova_migcompat import descriptor
from nova_migcompat.agent import model, reading

WHOLE = 'migration_compatible'
PARTS = 'migration'

_COMPATIBLE = re.compile(r'compatible([1-9][0-9]*)?')
_FIELD_NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_.-]{0,63}')
#: A line that the language would take for a header, or complain of as one.
_HEADER = re.compile(
    rb'[ \t]*(SELF|COMPATIBLE)(?![A-Za-z0-9_.-])[ \t]*(?![ \t=])'
)

parse = functools.lru_cache(maxsize=128)(descriptor.parse)


@dataclasses.dataclass(frozen=True, slots=True)
class _Origin:
    """Where a line of a document came from.

    :param path: the file, or the folder that stands for a header.
    :param line: the line in the file, from 1; None for a folder.
    :param shift: how many code points were put before the file's own text.
    """

    path: str
    line: int | None = 1
    shift: int = 0


class _MisplacedError(Exception):
    """Text that the language allows stands where this layout does not.

    :ivar origin: the line.
    :ivar column: the column in the file, from 1.
    :ivar reason: what is wrong.
    """

    def __init__(self, origin: _Origin, column: int, reason: str) -> None:
        super().__init__(origin, column, reason)
        self.origin = origin
        self.column = column
        self.reason = reason


def read(folder: str, device: model.DeviceName) -> model.Finding | None:
    """Read what a folder says about a device.

    :param folder: the folder of a device, or of an mdev type of a parent.
    :param device: what the document would be about.
    :returns: a document or a problem; None where the folder says nothing.
    """
    path, parts = f'{folder}/{WHOLE}', f'{folder}/{PARTS}'
    try:
        try:
            whole = reading.read_file(path)
        except reading.MissingError:
            path = parts
            if not reading.kind(path, reading.FOLDER):
                return None
            return _assemble(path).finding(device, path)
        text = _Text()
        text.lines.append(whole)
        if os.path.lexists(parts):
            text.warnings.append(f'{PARTS}/ beside it does not count')
        return text.finding(device, path)
    except reading.UnreadableError as e:
        problem = model.Problem(device, str(e.path), e.reason)
    except _MisplacedError as e:
        problem = model.Problem(
            device, e.origin.path, e.reason, e.origin.line, e.column
        )
    return model.Finding(device, path, problem=problem)


def _assemble(folder: str) -> '_Text':
    names = reading.list_folder(folder)
    if 'self' not in names:
        raise reading.UnreadableError(
            folder, 'found no self in it, expected a file or a folder'
        )
    text = _Text()
    text.add_object('SELF', f'{folder}/self')
    numbered: dict[int, str] = {}
    for name in names:
        found = _COMPATIBLE.fullmatch(name)
        if found:
            numbered[int(found[1] or 0)] = name
        elif name.startswith('compatible'):
            text.warnings.append(f"'{name}' in it does not count")
    for _number, name in sorted(numbered.items()):
        text.add_object('COMPATIBLE', f'{folder}/{name}')
    return text


def _lines(data: bytes) -> list[bytes]:
    """Split text into lines, each with its line end."""
    lines = data.split(b'\n')
    last = lines.pop()
    ended = [line + b'\n' for line in lines]
    if last:
        # Were LF alone put behind a lone CR, it would be one no more.
        ended.append(last + (b'\r\n' if last.endswith(b'\r') else b'\n'))
    return ended


class _Text:
    """A document that is being put together, line by line.

    Without origins, its lines are those of one file.
    """

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.origins: list[_Origin] = []
        self.size = 0
        self.warnings: list[str] = []

    def add(self, line: bytes, origin: _Origin) -> None:
        """Add a line with its line end."""
        self.size += len(line)
        if self.size > 2 * reading.MAX_BYTES:
            raise reading.UnreadableError(
                origin.path, 'is part of a document that is far too large'
            )
        self.lines.append(line)
        self.origins.append(origin)

    def add_object(self, header: str, path: str) -> None:
        """Add an object that stands in a file or in a folder of files."""
        if reading.kind(path, reading.FILE, reading.FOLDER) == reading.FILE:
            self.add(f'{header}:\n'.encode(), _Origin(path))
            self.add_fields_of_file(path)
        else:
            self.add(f'{header}:\n'.encode(), _Origin(path, None))
            for name in reading.list_folder(path):
                self.add_field(path, name)

    def add_fields_of_file(self, path: str) -> None:
        """Add the ``name=value`` lines of a file."""
        for number, line in enumerate(_lines(reading.read_file(path)), 1):
            origin = _Origin(path, number)
            header = _HEADER.match(line)
            if header:
                raise _MisplacedError(
                    origin,
                    header.start(1) + 1,
                    f'found the header {header[1].decode()}, expected'
                    ' name=value: the name of the file says which object'
                    ' it is',
                )
            self.add(line, origin)

    def add_field(self, folder: str, name: str) -> None:
        """Add the field that a file's name and content are."""
        path = f'{folder}/{name}'
        origin = _Origin(path, 1, len(name) + 1)
        if not _FIELD_NAME.fullmatch(name):
            raise reading.UnreadableError(path, 'is no name of a field')
        first, *more = _lines(reading.read_file(path)) or [b'\n']
        if more:
            raise _MisplacedError(
                origin,
                len(first.decode(errors='replace').rstrip('\r\n')) + 1,
                'found a line end, expected one value on one line',
            )
        self.add(b'%s=%s' % (name.encode(), first), origin)

    def finding(self, device: model.DeviceName, path: str) -> model.Finding:
        """Parse what has been put together."""
        try:
            document = parse(b''.join(self.lines))
        except descriptor.DescriptorError as e:
            problem = self.problem(device, path, e)
            return model.Finding(device, path, problem=problem)
        return model.Finding(
            device, path, document, warnings=tuple(self.warnings)
        )

    def problem(
        self,
        device: model.DeviceName,
        path: str,
        error: descriptor.DescriptorError,
    ) -> model.Problem:
        """Trace an error back to the file that it stands in."""
        origin = _Origin(path, error.line)
        if error.line <= len(self.origins):
            origin = self.origins[error.line - 1]
        return model.Problem(
            device,
            origin.path,
            error.message,
            origin.line,
            max(1, error.column - origin.shift),
        )
