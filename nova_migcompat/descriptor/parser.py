# SPDX-License-Identifier: Apache-2.0
"""Reads a document: lines, objects, fields, limits (FORMAT.md 1 and 5).

What stands right of an equals sign is read by values.py.
"""

import codecs
import re
from typing import NoReturn, cast

from nova_migcompat.descriptor import (
    document,
    errors,
    expressions,
    model,
    values,
)

MAX_BYTES = model.MAX_BYTES
MAX_OBJECTS = 64
MAX_FIELDS = 64
MAX_VALUE = model.MAX_VALUE
MAX_NAME = 64
MAX_COMBINATIONS = 4096
MAX_STEPS = 1 << 22

#: No character of a document can grow by more than this in canonical form.
_GROWTH = 8

_FIELD = re.compile(r'[ \t]*([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=(.*)')
#: The usual field: a value that is read alike everywhere, and is not long.
_PLAIN = re.compile(
    r'[ \t]*([A-Za-z_][A-Za-z0-9_.-]{0,63})[ \t]*=[ \t]*'
    r'(?:([A-Za-z0-9_.:/+-]{1,126})|"([A-Za-z0-9_.:/+ -]{0,126})")[ \t]*'
)
_HEADERS = frozenset(('SELF', 'COMPATIBLE'))
_BLANK = re.compile(r'[ \t]*(?:#.*)?')
_HEADER = re.compile(
    r'[ \t]*(SELF|COMPATIBLE)(?:[ \t]*:)?(?:[ \t]+#.*|[ \t]*)'
)
_HEADER_START = re.compile(r'[ \t]*(?:SELF|COMPATIBLE)(?![A-Za-z0-9_.-])')
#: A carriage return stands here too: those of line ends are gone by then.
_FORBIDDEN = re.compile(r'[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]')
_NAME_START = re.compile(r'[ \t]*([A-Za-z_][A-Za-z0-9_.-]*)?[ \t]*')


def parse(text: str | bytes) -> document.Document:
    """Read one document.

    :param text: the document; bytes are UTF-8.
    :returns: the document.
    :raises errors.DescriptorError: for the first breach of FORMAT.md in the
        text; nothing is ever read in part.
    :raises TypeError: where it is neither str nor bytes.
    """
    if isinstance(text, bytes | bytearray):
        text = _decode(text)
    elif not isinstance(text, str):
        raise TypeError(f'a document is str or bytes, not {type(text)}')
    text = text.removeprefix('\ufeff')
    _check_length(text)
    text = text.replace('\r\n', '\n')
    _check_characters(text)
    reader = _Reader(text)
    found = reader.read()
    if (len(text) - reader.measured) * _GROWTH + reader.size > MAX_BYTES:
        size = len(found.canonical.encode())
        _check_size(size, 'a document whose canonical form has {:,} bytes')
    return found


def _decode(text: bytes | bytearray) -> str:
    size = len(text.removeprefix(codecs.BOM_UTF8))
    _check_size(size, 'a document of {:,} bytes')
    try:
        return text.decode()
    except UnicodeDecodeError as e:
        before = text[: e.start].decode().removeprefix('\ufeff')
        line = before.rpartition('\n')[2]
        raise errors.DescriptorError(
            before.count('\n') + 1,
            len(line) + 1,
            f'the byte 0x{text[e.start]:02x}',
            'UTF-8 text',
            line,
        ) from None


def _check_size(size: int, found: str) -> None:
    """Hold the document to its limit; found says of what the size is."""
    if size > MAX_BYTES:
        raise errors.DescriptorError(
            1, 1, found.format(size), f'at most {MAX_BYTES:,} bytes'
        )


def _check_length(text: str) -> None:
    _check_size(len(text), 'a document of {:,} characters')
    if len(text) * 4 > MAX_BYTES:
        size = len(text.encode(errors='surrogatepass'))
        _check_size(size, 'a document of {:,} bytes')


def _check_characters(text: str) -> None:
    found = _FORBIDDEN.search(text)
    if found:
        start = text.rfind('\n', 0, found.start()) + 1
        raise errors.DescriptorError(
            text.count('\n', 0, start) + 1,
            found.start() - start + 1,
            f'the character U+{ord(found[0]):04X}',
            'no control character (but tab, LF and CRLF) and no surrogate',
            text[start:].partition('\n')[0],
        )


def _weight(value: model.FieldValue) -> int:
    """Count a value's variables (FORMAT.md section 5)."""
    if isinstance(value, str):
        return 0
    each = 4 if isinstance(value, expressions.Expression) else 1
    return each * value.appearances


class _Reader:
    """One pass over the lines of one text.

    :ivar most: combinations of the objects so far, or more than these.
    :ivar work: how much each of them counts, or more than that.
    :ivar uncounted: objects whose combinations need no closer look so far.
    :ivar measured: characters of the values of whose canonical form the size
        is known.
    :ivar size: bytes of these canonical forms, or more.
    """

    def __init__(self, text: str) -> None:
        self.lines = text.split('\n')
        self.number = 0
        self.self_object: dict[str, model.FieldValue] | None = None
        self.compatible: list[model.CompatibleObject] = []
        self.most = 0
        # A variable takes three characters, and counts as four at most.
        self.work = max(len(text) * 2, MAX_STEPS // MAX_COMBINATIONS)
        self.uncounted: list[tuple[model.CompatibleObject, values.Scope]] = []
        self.combinations = 0
        self.steps = 0
        self.measured = 0
        self.size = 0
        self.header = (0, 1)
        self.self_header = (0, 1)
        self.fields: dict[str, model.FieldValue] | None = None
        self.scope: values.Scope | None = None

    def read(self) -> document.Document:
        """Read every line."""
        for number, line in enumerate(self.lines, 1):
            if not line:
                continue
            self.number = number
            plain = _PLAIN.fullmatch(line)
            if plain and self.plain_field(*plain.groups('')):
                continue
            field = _FIELD.match(line)
            if field and field[1] not in _HEADERS:
                self.field(field)
            elif not _BLANK.fullmatch(line):
                self.open_object(line)
        self.close_object()
        if self.self_object is None:
            self.number = 1
            self.fail(1, 'no SELF object', 'one')
        if not any(self.self_object.values()):
            self.number, column = self.self_header
            self.fail(
                column,
                'a SELF object with nothing but empty fields',
                'at least one field that is not empty',
            )
        return document.Document(
            {name: str(text) for name, text in self.self_object.items()},
            tuple(self.compatible),
        )

    def open_object(self, line: str) -> None:
        """Read a header line."""
        header = _HEADER.fullmatch(line)
        if not header:
            self.not_a_line(line)
        self.close_object()
        column = header.start(1) + 1
        if header[1] == 'COMPATIBLE':
            if len(self.compatible) == MAX_OBJECTS:
                self.fail(
                    column,
                    'one more COMPATIBLE object',
                    f'at most {MAX_OBJECTS}',
                )
            self.scope = values.Scope()
        elif self.self_object is not None:
            self.fail(column, 'a second SELF object', 'exactly one')
        else:
            self.scope = None
            self.self_header = (self.number, column)
        self.header = (self.number, column)
        self.fields = {}

    def plain_field(self, name: str, bare: str, quoted: str) -> bool:
        """Read the usual field; False where it must be looked at closely."""
        fields = self.fields
        if (
            fields is None
            or name in fields
            or name in _HEADERS
            or len(fields) == MAX_FIELDS
        ):
            return False
        fields[name] = bare or quoted
        return True

    def field(self, field: re.Match[str]) -> None:
        """Read a ``name=value`` line into the object above it."""
        name = field[1]
        if self.fields is None:
            self.fail_at(
                field, 'a field before any object', 'SELF: or COMPATIBLE:'
            )
        if len(name) > MAX_NAME:
            self.fail_at(
                field,
                f'a name of {len(name)} characters',
                f'at most {MAX_NAME}',
            )
        if name in self.fields:
            self.fail_at(
                field, f'a second {name} in this object', 'a name once'
            )
        if len(self.fields) == MAX_FIELDS:
            self.fail_at(
                field,
                'one more field in this object',
                f'at most {MAX_FIELDS}',
            )
        try:
            self.fields[name] = self.value(field[2], field.start(2))
        except values.ValueSyntaxError as e:
            self.fail(e.offset + 1, e.found, e.expected)

    def value(self, raw: str, start: int) -> model.FieldValue:
        """Read what stands right of an equals sign, and mind its length."""
        offset, text = values.cut(raw, self.scope is not None)
        offset += start
        length = len(text)
        if length > MAX_VALUE:
            self.fail(
                offset + 1,
                f'a value of {length:,} characters',
                f'at most {MAX_VALUE:,}',
            )
        if self.scope is None:
            value: model.FieldValue = values.literal(text, offset)
        else:
            value = values.read(text, offset, self.scope, self.number)
        if length * _GROWTH > MAX_VALUE:
            self.measure(value, length, offset)
        return value

    def measure(
        self, value: model.FieldValue, length: int, offset: int
    ) -> None:
        """Hold a value's canonical form to the limit, and count it."""
        if isinstance(value, expressions.Expression):
            # ASCII, and never longer than what was read.
            self.measured += length
            self.size += length
            return
        written = model.canonical_value(value)
        if len(written) > MAX_VALUE:
            self.fail(
                offset + 1,
                f'a value whose canonical form has {len(written):,}'
                ' characters',
                f'at most {MAX_VALUE:,}',
            )
        self.measured += length
        self.size += len(written.encode())

    def close_object(self) -> None:
        """Check the object above as a whole, and keep it."""
        if self.fields is None:
            return
        if not self.fields:
            self.fail_at_header('an object without a field', 'at least one')
        if self.scope is None:
            self.self_object = self.fields
            return
        compatible = model.CompatibleObject(
            self.fields, tuple(self.scope.defined.values())
        )
        self.compatible.append(compatible)
        self.uncounted.append((compatible, self.scope))
        most = 1
        for variable in compatible.variables:
            most *= variable.at_most
        self.most += most
        if self.most * self.work > MAX_STEPS:
            for each in self.uncounted:
                self.count_combinations(*each)
            self.uncounted.clear()

    def count_combinations(
        self, compatible: model.CompatibleObject, scope: values.Scope
    ) -> None:
        """Hold the object to what may be tried (FORMAT.md section 5)."""
        settled = {site.variable.name for site in compatible.settling}
        product = 0
        for variable in compatible.variables:
            if variable.name in settled:
                continue
            count = variable.count()
            if count is None:
                self.number, offset = scope.places[variable.name]
                self.fail(
                    offset + 1,
                    f'variable {{{variable.name}}} with values without end,'
                    ' which no text settles',
                    'a finite list, or text behind it that ends it',
                )
            product = (product or 1) * count
        if not product:
            return
        self.combinations += product
        self.steps += product * sum(map(_weight, compatible.fields.values()))
        if self.combinations > MAX_COMBINATIONS:
            self.fail_at_header(
                'variables with more combinations than can be tried',
                f'at most {MAX_COMBINATIONS:,} in the document',
            )
        if self.steps > MAX_STEPS:
            self.fail_at_header(
                'values too long to be worked out for every combination',
                f'at most {MAX_STEPS:,} variables to fill in over all'
                ' combinations of the document, where one in an expression'
                ' counts as four',
            )

    def not_a_line(self, line: str) -> NoReturn:
        """Say why a line is neither field, header, comment nor blank."""
        start = _HEADER_START.match(line)
        if start:
            word = start[0].strip(' \t')
            rest = line[start.end() :].lstrip(' \t')
            if rest.startswith('='):
                self.fail(
                    len(start[0]) - len(word) + 1,
                    f'{word} as a field name',
                    f'another name: {word} is no field name',
                )
            rest = rest.removeprefix(':').lstrip(' \t')
            self.fail(
                len(line) - len(rest) + 1,
                errors.shown(rest),
                f'nothing after the header {word}: but a comment',
            )
        name = cast('re.Match[str]', _NAME_START.match(line))
        found = line[name.end() :]
        self.fail(
            name.end() + 1,
            errors.shown(found) if found else 'the end of the line',
            f'= after the name {errors.shown(name[1])}'
            if name[1]
            else 'a name (a letter or _ first), SELF: or COMPATIBLE:',
        )

    def fail_at(
        self, field: re.Match[str], found: str, expected: str
    ) -> NoReturn:
        """Stop at the name of a field."""
        self.fail(field.start(1) + 1, found, expected)

    def fail_at_header(self, found: str, expected: str) -> NoReturn:
        """Stop at the header of the object that is being read."""
        self.number, column = self.header
        self.fail(column, found, expected)

    def fail(self, column: int, found: str, expected: str) -> NoReturn:
        """Stop at a column of the line that self.number names."""
        raise errors.DescriptorError(
            self.number,
            column,
            found,
            expected,
            self.lines[self.number - 1],
        )
