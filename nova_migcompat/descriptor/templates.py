# SPDX-License-Identifier: Apache-2.0
"""Documents with places that are filled in later: ``name=${fact}``.

A fact is a value wherever it stands, never text: it is written as its place
needs it, so that nothing in it can change the document's structure. FORMAT.md
knows no ``${fact}``. Must not know where facts come from.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NoReturn

from nova_migcompat.descriptor import document, errors, parser, places, values

_HEADER = re.compile(r'[ \t]*(SELF|COMPATIBLE)(?![A-Za-z0-9_.-])')
_FIELD = re.compile(r'[ \t]*[A-Za-z_][A-Za-z0-9_.-]*[ \t]*=')


class DocumentTemplate:
    """A document with facts in its values, for one device after the other.

    ``${name}`` is a fact, ``$$`` a dollar. Facts may stand in a value: in a
    quoted string, a bare value of SELF, a template, an expression, an item of
    a variable's list. In comments ``$`` means nothing.

    :param text: the template.
    :raises errors.DescriptorError: where a fact stands elsewhere, or the text
        would be no document whatever its facts are.
    :ivar facts: the line and the column of the first appearance of each fact,
        by name.
    """

    def __init__(self, text: str) -> None:
        self._source = text.replace('\r\n', '\n').split('\n')
        self._lines = tuple(self._read())
        self.facts: Mapping[str, tuple[int, int]] = {
            piece.fact: (number, piece.column)
            for number, line in reversed(list(enumerate(self._lines, 1)))
            for piece in reversed(line)
            if isinstance(piece, places.Place)
        }
        self._document(None)

    def fill(self, facts: Mapping[str, str]) -> document.Document:
        """Make a document.

        :param facts: the value of each fact: 1 to 1,024 characters, no
            control character, no blank at either end.
        :returns: the document, in which each fact is a value.
        :raises errors.DescriptorError: where a value cannot stand in its
            place; line and column are those of the template.
        """
        return self._document(facts)

    def _read(self) -> Iterator[tuple[places.Piece, ...]]:
        in_self = True
        types: dict[str, str] = {}
        for number, line in enumerate(self._source, 1):
            header = _HEADER.match(line)
            field = _FIELD.match(line)
            if header:
                in_self, types = header[1] == 'SELF', {}
            if header or not field:
                yield (places.Text(line, 1),)
                continue
            try:
                yield tuple(places.pieces(line, field.end(), in_self, types))
            except values.ValueSyntaxError as e:
                self._fail(number, e.offset + 1, e)

    def _document(self, facts: Mapping[str, str] | None) -> document.Document:
        """Write the document and read it; without facts, with samples."""
        written: list[list[str]] = []
        for number, line in enumerate(self._lines, 1):
            try:
                written.append([piece.write(facts) for piece in line])
            except values.ValueSyntaxError as e:
                self._fail(number, e.offset + 1, e)
        try:
            return parser.parse('\n'.join(map(''.join, written)))
        except errors.DescriptorError as e:
            line = self._lines[e.line - 1]
            column = _trace(line, written[e.line - 1], e.column)
            if facts is None:
                e.found = _named(e.found, line, column)
            self._fail(e.line, column, e)

    def _fail(
        self,
        line: int,
        column: int,
        error: errors.DescriptorError | values.ValueSyntaxError,
    ) -> NoReturn:
        raise errors.DescriptorError(
            line, column, error.found, error.expected, self._source[line - 1]
        ) from None


def _trace(
    line: Iterable[places.Piece], written: Iterable[str], column: int
) -> int:
    """Trace a column of the document back to the template."""
    rest = column - 1
    place = 1
    for piece, text in zip(line, written, strict=True):
        place = piece.column
        if isinstance(piece, places.Text):
            place += min(rest, len(text))
        if rest < len(text):
            break
        rest -= len(text)
    return place


def _named(found: str, line: Iterable[places.Piece], column: int) -> str:
    """Name the facts in an error that shows what stands for them."""
    names = (
        piece.fact
        for piece in line
        if isinstance(piece, places.Place)
        and piece.sample == places.SAMPLE
        and piece.column >= column
    )
    first, *others = found.split(ascii(places.SAMPLE)[1:-1])
    return first + ''.join(
        f'${{{next(names, "...")}}}{other}' for other in others
    )
