# SPDX-License-Identifier: Apache-2.0
"""Where a fact may stand in a line of a template, and how it is written there.

The places are those of FORMAT.md section 2. Every function is told where its
text begins in the line, so that an error names the column; it does not know
the line's number. Must not know what the facts are.
"""

import dataclasses
import enum
import re
from collections.abc import Iterator, Mapping
from typing import NoReturn, cast

from nova_migcompat.descriptor import (
    arithmetic,
    errors,
    expressions,
    model,
    values,
    variables,
)

#: A fact, a dollar, or a $ that is neither.
_MARK = re.compile(r'\$(?:\$|\{([a-z][a-z0-9_]{0,31})\})?')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_LITERAL = re.compile(r'(?:[^\\{}]|\\.)+')
_HEAD = re.compile(
    r'\{[ \t]*([A-Za-z_][A-Za-z0-9_]*)[ \t]*'
    r'(?:\}|:[ \t]*([a-z]+)[ \t]*:)'
)
_ITEM = re.compile(r'([^,:{}"#\\]*|[ \t]*"(?:[^"\\]|\\.)*"[ \t]*)[,}]')
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f\ud800-\udfff]')
#: A fact (\0) that would be part of a longer number.
_TOUCHING = re.compile(r'[0-9]\0|\0[0-9\0]')

_INTEGER = r'-?[0-9]+'
_VERSION = r'[0-9]+(?:\.[0-9]+){0,3}'
# A parser's token, no password.
_TOKEN = r'[A-Za-z0-9_.-]+'  # nosec B105


class Form(enum.Enum):
    """What a fact must be in a place; QUOTED and TEMPLATE: any text."""

    QUOTED = enum.auto()
    TEMPLATE = enum.auto()
    INTEGER = enum.auto()
    OPERAND = enum.auto()
    VERSION = enum.auto()
    FLAGS = enum.auto()


_EXPECTED = {
    Form.INTEGER: (re.compile(_INTEGER), 'an integer'),
    Form.OPERAND: (
        re.compile('[0-9]+'),
        'an integer without a sign: the value is an expression (in a text,'
        r' + - * and / have a \ before them)',
    ),
    Form.VERSION: (re.compile(_VERSION), '1 to 4 dotted numbers'),
    Form.FLAGS: (
        re.compile(rf'{_TOKEN}(?:\+{_TOKEN})*'),
        'tokens joined by +',
    ),
}
#: By type of variable: the form of its facts, and what an item may be that
#: has facts (\0) in it.
_ITEM_FORMS = {
    'int': (
        Form.INTEGER,
        re.compile(rf'(?:({_INTEGER})|\0)?(?:\.\.(?:({_INTEGER})|\0)?)?'),
        'a fact as a whole number: ${n}, 1..${n}, ${n}..',
    ),
    'version': (
        Form.VERSION,
        re.compile(rf'(?:({_VERSION})|\0)?(?:-(?:({_VERSION})|\0)?)?'),
        'a fact as a whole version: ${v}, 2.0-${v}, ${v}-',
    ),
    'flags': (
        Form.FLAGS,
        re.compile(rf'=?(?:{_TOKEN}|\0)(?:\+(?:{_TOKEN}|\0))*'),
        'facts and tokens joined by +',
    ),
}

#: What stands for a text while the template is checked; no item holds it.
SAMPLE = '\ue000'
#: ... and for another fact: of a range it is the other end, else 1.
_SAMPLES = {
    Form.QUOTED: SAMPLE,
    Form.TEMPLATE: SAMPLE,
    Form.FLAGS: 'x',
}


@dataclasses.dataclass(frozen=True, slots=True)
class Text:
    """A piece of a template that is in every document.

    :param text: as it is written there.
    :param column: where it stands in the template's line, from 1.
    """

    text: str
    column: int

    def write(self, _facts: Mapping[str, str] | None) -> str:
        """Return the text."""
        return self.text


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where a fact stands.

    :param fact: the fact's name.
    :param column: the column of its $, from 1.
    :param form: what it must be.
    :param sample: a value that can stand there.
    """

    fact: str
    column: int
    form: Form
    sample: str

    def write(self, facts: Mapping[str, str] | None) -> str:
        """Write the fact so that it is itself in this place.

        :param facts: the facts; None: the sample is written.
        :raises values.ValueSyntaxError: where it cannot stand here.
        """
        value = self.sample if facts is None else facts[self.fact]
        control = _FORBIDDEN.search(value)
        if control:
            self._fail(
                f'the character U+{ord(control[0]):04X}',
                'no control character',
            )
        if not 1 <= len(value) <= model.MAX_VALUE:
            self._fail(
                f'{len(value):,} characters', f'1 to {model.MAX_VALUE:,}'
            )
        if value != value.strip(' '):
            self._fail(errors.shown(value), 'no blank at either end')
        if self.form is Form.QUOTED:
            return variables.quote(value)[1:-1]
        if self.form is Form.TEMPLATE:
            return str(model.Template((value,)))
        pattern, expected = _EXPECTED[self.form]
        if not pattern.fullmatch(value):
            self._fail(errors.shown(value), expected)
        return value

    def _fail(self, found: str, expected: str) -> NoReturn:
        raise values.ValueSyntaxError(
            self.column - 1, f'{found} as ${{{self.fact}}}', expected
        )


Piece = Text | Place


def pieces(
    line: str, start: int, in_self: bool, types: dict[str, str]
) -> Iterator[Piece]:
    """Take a field's line to pieces.

    :param line: the line.
    :param start: where its value begins, behind the equals sign.
    :param in_self: whether the field is SELF's.
    :param types: the variables of the COMPATIBLE object so far and their
        types, added to.
    :raises values.ValueSyntaxError: where a fact stands that cannot.
    """
    offset, text = values.cut(_masked(line[start:]), not in_self)
    start += offset
    end = start + len(text)
    value = _Value(line, start, end)
    yield Text(line[:start], 1)
    if in_self:
        yield from value.of_self()
    else:
        yield from value.of_compatible(types)
    yield Text(line[end:], end + 1)


def _masked(text: str) -> str:
    """Put letters where marks are, so that the language can read the rest."""
    return _MARK.sub(lambda mark: 'x' * len(mark[0]), text)


class _Value:
    """One value of a template; offsets are those of the line."""

    def __init__(self, line: str, start: int, end: int) -> None:
        self.line = line
        self.start = start
        self.end = end
        self.masked = line[:start] + _masked(line[start:end])
        self.marks = list(_MARK.finditer(line, start, end))
        for mark in self.marks:
            if mark[0] == '$':
                self.fail(mark.start(), "'$'", '${fact}, or $$ for a dollar')

    def of_self(self) -> Iterator[Piece]:
        """Take a value of SELF to pieces."""
        if self.masked.startswith('"', self.start):
            yield from self.quoted(self.start, self.end)
        elif self.marks:
            yield from self.bare(self.start, self.end)
        else:
            yield self.fixed(self.start, self.end)

    def of_compatible(self, types: dict[str, str]) -> Iterator[Piece]:
        """Take a value of COMPATIBLE to pieces."""
        if self.masked.startswith('"', self.start):
            yield from self.quoted(self.start, self.end)
            return
        literals: list[tuple[int, int]] = []
        names: list[str] = []
        parts: list[tuple[int, int] | list[Piece]] = []
        position = self.start
        while position < self.end:
            literal = _LITERAL.match(self.masked, position)
            if literal:
                position = literal.end()
                literals.append(literal.span())
                parts.append(literal.span())
                continue
            head = _HEAD.match(self.masked, position)
            end = self.end_of_variable(head) if head else None
            if head is None or end is None:
                # The parser knows better what is wrong.
                yield self.fixed(self.start, self.end)
                return
            names.append(head[1])
            if head[2]:
                types.setdefault(head[1], head[2])
            parts.append(list(self.variable(head)))
            position = end
        ints = all(types.get(name) == 'int' for name in names)
        form = self.form(literals) if ints else Form.TEMPLATE
        for part in parts:
            if isinstance(part, tuple):
                yield from self.text(*part, form)
            else:
                yield from part

    def form(self, literals: list[tuple[int, int]]) -> Form:
        """Tell expressions from templates (FORMAT.md section 2).

        :param literals: what stands between variables, all of them int.
        """
        if not self.line.startswith(('{', '('), self.start):
            return Form.TEMPLATE
        shapes = [self.shape(*literal) for literal in literals]
        texts = [shape.replace('\0', '1') for shape in shapes]
        if not all(map(expressions.PLAIN.fullmatch, texts)) or all(
            map(arithmetic.OPERATORS.isdisjoint, texts)
        ):
            return Form.TEMPLATE
        if any(map(_TOUCHING.search, shapes)):
            self.refuse(self.start, self.end, 'a fact as a whole number')
        return Form.OPERAND

    def end_of_variable(self, head: re.Match[str]) -> int | None:
        """Find where a variable ends; None where it is not well-formed."""
        end = head.end()
        while self.masked[end - 1] != '}':
            item = _ITEM.match(self.masked, end)
            if not item:
                return None
            end = item.end()
        return end

    def variable(self, head: re.Match[str]) -> Iterator[Piece]:
        """Take a well-formed variable to pieces."""
        yield self.fixed(*head.span())
        end = head.end()
        while self.masked[end - 1] != '}':
            item = cast('re.Match[str]', _ITEM.match(self.masked, end))
            yield from self.item(*item.span(1), head[2])
            end = item.end()
            yield self.fixed(end - 1, end)

    def item(self, start: int, end: int, kind: str) -> Iterator[Piece]:
        """Take an item of a variable's list to pieces."""
        stripped = self.masked[start:end].strip(' \t')
        first = self.masked.index(stripped, start)
        last = first + len(stripped)
        yield self.fixed(start, first)
        if not self.within(first, last):
            yield self.fixed(first, last)
        elif kind in _ITEM_FORMS:
            form, pattern, expected = _ITEM_FORMS[kind]
            found = pattern.fullmatch(self.shape(first, last))
            if not found:
                self.refuse(first, last, expected)
                return
            sample = next(filter(None, found.groups()), None)
            yield from self.text(first, last, form, sample)
        elif stripped.startswith('"'):
            yield from self.quoted(first, last)
        else:
            yield from self.bare(first, last)
        yield self.fixed(last, end)

    def quoted(self, start: int, end: int) -> Iterator[Piece]:
        """Take a quoted string to pieces."""
        if not _QUOTED.fullmatch(self.masked, start, end):
            yield self.fixed(start, end)
        else:
            yield from self.text(start, end, Form.QUOTED)

    def bare(self, start: int, end: int) -> Iterator[Piece]:
        """Take bare text to pieces, and write it as a quoted string."""
        yield Text('"', start + 1)
        for piece in self.text(start, end, Form.QUOTED, plain=True):
            if isinstance(piece, Text):
                written = variables.quote(piece.text)[1:-1]
                yield Text(written, piece.column)
            else:
                yield piece
        yield Text('"', end + 1)

    def text(
        self,
        start: int,
        end: int,
        form: Form,
        sample: str | None = None,
        plain: bool = False,
    ) -> Iterator[Piece]:
        """Split a stretch of text at its marks.

        :param sample: what can stand for a fact of it.
        :param plain: whether a backslash is a character as any other.
        """
        position = start
        for mark in self.within(start, end):
            before = self.line[position : mark.start()]
            slashes = len(before) - len(before.rstrip('\\'))
            if slashes % 2 and not plain:
                self.fail(
                    mark.start() - 1,
                    f'a backslash before {mark[0]}',
                    '$$ for a dollar, \\\\ for a backslash',
                )
            yield Text(before, position + 1)
            if mark[1]:
                value = sample or _SAMPLES.get(form, '1')
                yield Place(mark[1], mark.start() + 1, form, value)
            else:
                yield Text('$', mark.start() + 1)
            position = mark.end()
        yield Text(self.line[position:end], position + 1)

    def fixed(self, start: int, end: int) -> Text:
        """Return a stretch in which no mark may stand."""
        self.refuse(
            start, end, 'a fact in a well-formed value: in text or an item'
        )
        return Text(self.line[start:end], start + 1)

    def within(self, start: int, end: int) -> list[re.Match[str]]:
        """Return the marks of a stretch."""
        return [m for m in self.marks if start <= m.start() < end]

    def shape(self, start: int, end: int) -> str:
        """Return a stretch with one NUL for each fact."""
        return _MARK.sub(
            lambda mark: '\0' if mark[1] else mark[0], self.line[start:end]
        )

    def refuse(self, start: int, end: int, expected: str) -> None:
        """Fail at the first mark of a stretch, if there is one."""
        for mark in self.within(start, end):
            self.fail(mark.start(), mark[0], expected)

    def fail(self, offset: int, found: str, expected: str) -> NoReturn:
        """Fail at a place of the line."""
        raise values.ValueSyntaxError(offset, found, expected)
