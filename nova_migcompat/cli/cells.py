# SPDX-License-Identifier: Apache-2.0
"""How a value that somebody else wrote is shown.

A document comes from some compute host's driver, so its text may hold what a
terminal or a spreadsheet would act on (DESIGN.md, "Trust"). Formats that
escape for themselves, json and yaml, get the exact value; every other one
gets printable text. Knows nothing of what the values mean.
"""

import re
from collections.abc import Sequence
from typing import Any, Self

from cliff import columns

#: Of many names, a table and a message have so many.
MOST_NAMED = 3
#: What makes a spreadsheet take a cell for a formula.
_FORMULA = ('=', '+', '-', '@')
#: Where a spreadsheet would see a cell with one begin, if nothing is quoted.
_BEGINNING = re.compile(r'(?:^|(?<=[,;\t\n"]))(?=[=+@-])')
#: What a shell acts on between double quotes, but for those themselves.
_ACTING = re.compile(r'[\\$`]')


def printable(text: str, keep: str = '') -> str:
    """Replace what is not printable by its escape, as in ``\\u202e``.

    :param text: any text; control characters, bidirectional overrides, blanks
        other than the space and lone surrogates are replaced.
    :param keep: characters that stay although they are not printable.
    """
    if text.translate(dict.fromkeys(map(ord, keep))).isprintable():
        return text
    return ''.join(
        c
        if c.isprintable() or c in keep
        else c.encode('unicode_escape').decode()
        for c in text
    )


def cut(text: str, most: int) -> str:
    """Shorten a text to what can be printed in some characters."""
    words = printable(text)
    return words if len(words) <= most else f'{words[: most - 1]}…'


def some(
    texts: Sequence[str], most: int = MOST_NAMED, separator: str = ', '
) -> str:
    """Show the first of some texts, and say how many more there are.

    :param separator: what stands between them; may be a line's end.
    """
    shown = separator.join(map(printable, texts[:most]))
    more = len(texts) - most
    before = '\n' if separator == '\n' else ' '
    return f'{shown}{before}and {more:,} more' if more > 0 else shown


class Cell(columns.FormattableColumn):
    """One value of a row: exact for machines, printable in a table.

    :param value: None, bool, int, str, a list of str, or a dict of str to
        int or str.
    :param words: what a table shows instead; None: the value.
    :param keep: characters of the value or the words that are shown although
        they are not printable: line ends and tabs of a whole text.
    """

    def __init__(
        self, value: Any, words: str | None = None, keep: str = ''
    ) -> None:
        super().__init__(value)
        self._words = words
        self._keep = keep

    @classmethod
    def of(cls, value: Any) -> Self:
        """Make a cell of this kind out of a value or another cell."""
        if isinstance(value, Cell):
            return cls(value._value, value._words, value._keep)
        return cls(value)

    def _text(self, separator: str) -> str:
        value = self._value
        if value is None:
            return ''
        if isinstance(value, list):
            return separator.join(printable(item) for item in value)
        if isinstance(value, dict):
            return ', '.join(printable(f'{k}={v}') for k, v in value.items())
        return printable(str(value), self._keep)

    def human_readable(self) -> str:
        """Return what a table shows."""
        if self._words is None:
            return self._text('\n').expandtabs()
        return printable(self._words, self._keep)

    def machine_readable(self) -> Any:
        """Return the exact value."""
        return self._value

    def _key(self) -> tuple[bool, float, str]:
        """What rows are sorted by: numbers as numbers, nothing last."""
        value = self._value
        if isinstance(value, int):
            return False, value, ''
        return value is None, 0, self._text(' ')

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Cell):
            return NotImplemented
        return self._key() < other._key()


class PlainCell(Cell):
    """A value for a format that writes text as it is."""

    def machine_readable(self) -> Any:
        """Return printable text."""
        return self._text('; ')


class SpreadsheetCell(PlainCell):
    """A value for csv, which people open in a spreadsheet."""

    def machine_readable(self) -> Any:
        """Return printable text that no spreadsheet takes for a formula."""
        text = self._text('; ')
        if text.startswith(_FORMULA) and not isinstance(self._value, int):
            return f"'{text}"
        return text


class UnquotedCell(PlainCell):
    """A value for csv without quotes, where a comma in it begins a cell."""

    def machine_readable(self) -> Any:
        """Return printable text of which no part is taken for a formula."""
        text = self._text('; ')
        is_number = isinstance(self._value, int)
        return text if is_number else _BEGINNING.sub("'", text)


class ShellCell(PlainCell):
    """A value for cliff's shell format, which is made to be evaluated."""

    def machine_readable(self) -> Any:
        """Return printable text of which a shell runs nothing.

        It is to stand between double quotes; cliff escapes those in it, and
        nothing else.
        """
        return _ACTING.sub(r'\\\g<0>', self._text('; '))


_KINDS = {
    'json': Cell,
    'yaml': Cell,
    'csv': SpreadsheetCell,
    'shell': ShellCell,
}


def kind(formatter: str, quotes: str | None = None) -> type[Cell]:
    """Choose how values are shown.

    :param formatter: the name of one of cliff's formats, or of a plugin's.
    :param quotes: of csv: what it puts into quotes.
    """
    if formatter == 'csv' and quotes == 'none':
        return UnquotedCell
    return _KINDS.get(formatter, PlainCell)
