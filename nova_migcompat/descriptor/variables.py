# SPDX-License-Identifier: Apache-2.0
"""The four types of variables: which texts of a device each one allows.

A variable knows its items and nothing of where it stands (FORMAT.md
section 2, the table of types).
"""

import abc
import bisect
import dataclasses
import functools
import itertools
import re
import sys
from collections.abc import Callable
from typing import Any

from nova_migcompat.descriptor import integers

DIGITS = frozenset('0123456789')

_POSITIVE = re.compile(r'[1-9][0-9]*')
_POSITIVES = re.compile(rf'{_POSITIVE.pattern}(?:,{_POSITIVE.pattern})*')
#: Items that are their own canonical form.
_USUAL_RANGES = re.compile(
    r'[1-9][0-9]*(?:\.\.[1-9][0-9]*)?(?:,[1-9][0-9]*(?:\.\.[1-9][0-9]*)?)*'
)
_INT_ITEM = re.compile(r'(-?[0-9]+)?(?:(\.\.)(-?[0-9]+)?)?')
_TOKENS = re.compile(r'[A-Za-z0-9_.-]+(?:\+[A-Za-z0-9_.-]+)*')
_VERSION = re.compile(r'[0-9]+(?:\.[0-9]+){0,3}')
_VERSION_ITEM = re.compile(
    r'([0-9]+(?:\.[0-9]+){0,3})?(?:(-)([0-9]+(?:\.[0-9]+){0,3})?)?'
)
#: A list of versions and of ranges with two ends.
_USUAL_VERSIONS = re.compile(
    rf'{_VERSION.pattern}(?:-{_VERSION.pattern})?'
    rf'(?:,{_VERSION.pattern}(?:-{_VERSION.pattern})?)*'
)

_BACKWARDS = 'a range whose end is not below its start'

Value = int | str
_Number = tuple[int, ...]


class ItemError(ValueError):
    """An item is not of its variable's type; says what would be."""


@dataclasses.dataclass(frozen=True)
class Variable(abc.ABC):
    """A variable of a COMPATIBLE object, where it is defined.

    :param name: its name, without the braces.
    :param items: its items in their canonical form, in their order.
    """

    name: str
    items: tuple[str, ...]

    #: The word between the two colons of a definition.
    TYPE = ''

    @staticmethod
    @abc.abstractmethod
    def item(text: str, quoted: bool) -> str:
        """Return an item's canonical form.

        :param text: the item, without white space or quotes around it.
        :param quoted: whether it stood in quotes.
        :raises ItemError: where it is no item of this type.
        """

    @classmethod
    def plain_items(cls, text: str) -> tuple[str, ...]:
        """Return the canonical forms of items between commas.

        :param text: items without white space, backslash, or comma in quotes.
        :raises ItemError: where one is no item of this type.
        """
        return tuple(
            cls.item(item.strip('"'), item[0] == '"')
            for item in text.split(',')
        )

    @abc.abstractmethod
    def accept(self, text: str) -> Value | None:
        """Return the value that a device's text stands for, or None."""

    def may_contain(self, character: str) -> bool:
        """Can the character occur in one of the values? (section 5)

        Never asked of flags, which stand alone.
        """
        raise NotImplementedError(self.TYPE)

    def count(self) -> int | None:
        """Return how many different values there are; None: no end."""
        return None

    @property
    def at_most(self) -> int:
        """As many as count(), or more: what can be said without a look."""
        return sys.maxsize

    def values(self) -> tuple[Value, ...]:
        """Return the different values in the order of section 3."""
        raise NotImplementedError(self.TYPE)

    def __str__(self) -> str:
        return f'{{{self.name}:{self.TYPE}:{",".join(self.items)}}}'


@dataclasses.dataclass(frozen=True)
class IntVariable(Variable):
    """Decimal integers, inclusive ranges, open ranges."""

    TYPE = 'int'

    @staticmethod
    def item(text: str, quoted: bool) -> str:
        if not quoted and _POSITIVE.fullmatch(text):
            return text
        found = _INT_ITEM.fullmatch(text)
        if quoted or not found or not (found[1] or found[3]):
            raise ItemError('an integer or a range: 7, 1..16, 4.. or ..4')
        low, dots, high = found.groups()
        start = integers.read(low) if low else None
        end = integers.read(high) if high else None
        if start is not None and end is not None and end < start:
            raise ItemError(_BACKWARDS)
        return (dots or '').join(
            '' if n is None else integers.write(n) for n in (start, end)
        )

    @classmethod
    def plain_items(cls, text: str) -> tuple[str, ...]:
        if _POSITIVES.fullmatch(text):
            return tuple(text.split(','))
        if not _USUAL_RANGES.fullmatch(text):
            return super().plain_items(text)
        # Of two decimals the longer one, or the later one, is larger.
        return _usual(text, '..', lambda decimal: (len(decimal), decimal))

    @functools.cached_property
    def ranges(self) -> tuple[tuple[int | None, int | None], ...]:
        """The items as inclusive ranges; None is an open end."""
        ranges = []
        for item in self.items:
            low, dots, high = item.partition('..')
            ranges.append(
                (
                    integers.read(low) if low else None,
                    integers.read(high or low) if high or not dots else None,
                )
            )
        return tuple(ranges)

    @functools.cached_property
    def pieces(self) -> tuple[range, ...]:
        """The different values of a finite list, in their order."""
        pieces: list[range] = []
        taken: list[tuple[int, int]] = []
        for start, last in self.ranges:
            if start is None or last is None:
                raise NotImplementedError('an open range')
            low, high = start, last
            for begin, end in taken:
                if end < low:
                    continue
                if begin > high:
                    break
                if begin > low:
                    pieces.append(range(low, begin))
                low = end + 1
            if low <= high:
                pieces.append(range(low, high + 1))
            bisect.insort(taken, (start, last))
        return tuple(pieces)

    def accept(self, text: str) -> int | None:
        number = integers.canonical(text)
        if number is None:
            return None
        for low, high in self.ranges:
            if (low is None or low <= number) and (
                high is None or number <= high
            ):
                return number
        return None

    def may_contain(self, character: str) -> bool:
        return character in DIGITS or character == '-'

    def count(self) -> int | None:
        total = 0
        end: int | None = None
        closed = []
        for low, high in self.ranges:
            if low is None or high is None:
                return None
            closed.append((low, high))
        for low, high in sorted(closed):
            if end is not None:
                low = max(low, end + 1)
            if high >= low:
                total += high - low + 1
                end = high
        return total

    @property
    def at_most(self) -> int:
        ranges = '..' in ','.join(self.items)
        return sys.maxsize if ranges else len(self.items)

    def values(self) -> tuple[int, ...]:
        finite = (
            range(low, high + 1)
            for low, high in self.ranges
            if low is not None and high is not None
        )
        return tuple(dict.fromkeys(itertools.chain.from_iterable(finite)))


@dataclasses.dataclass(frozen=True)
class StringVariable(Variable):
    """Strings, each to the letter; the only type with an empty value."""

    TYPE = 'string'

    @staticmethod
    def item(text: str, quoted: bool) -> str:
        if not (text or quoted):
            raise ItemError('an item; the empty one is written ""')
        return quote(text)

    @classmethod
    def plain_items(cls, text: str) -> tuple[str, ...]:
        return tuple([i if i[0] == '"' else f'"{i}"' for i in text.split(',')])

    @functools.cached_property
    def strings(self) -> dict[str, None]:
        """The different values, in their order."""
        return dict.fromkeys(unquote(item[1:-1]) for item in self.items)

    @functools.cached_property
    def _alphabet(self) -> frozenset[str]:
        return frozenset().union(*self.strings)

    def accept(self, text: str) -> str | None:
        return text if text in self.strings else None

    def may_contain(self, character: str) -> bool:
        return character in self._alphabet

    def count(self) -> int:
        return len(self.strings)

    @property
    def at_most(self) -> int:
        return len(self.items)

    def values(self) -> tuple[str, ...]:
        return tuple(self.strings)


@dataclasses.dataclass(frozen=True)
class FlagsVariable(Variable):
    """Sets of features: a device has at least (or, with =, just) these."""

    TYPE = 'flags'

    @staticmethod
    def item(text: str, quoted: bool) -> str:
        if quoted or not _TOKENS.fullmatch(text.removeprefix('=')):
            raise ItemError('tokens joined by +, with = before them or not')
        return text

    @functools.cached_property
    def _sets(self) -> tuple[tuple[bool, frozenset[str]], ...]:
        return tuple(
            (item[0] == '=', frozenset(item.removeprefix('=').split('+')))
            for item in self.items
        )

    def accept(self, text: str) -> str | None:
        if not _TOKENS.fullmatch(text):
            return None
        tokens = frozenset(text.split('+'))
        for exactly, wanted in self._sets:
            if wanted == tokens if exactly else wanted <= tokens:
                return text
        return None


@dataclasses.dataclass(frozen=True)
class VersionVariable(Variable):
    """Dotted numbers and ranges of them."""

    TYPE = 'version'

    @staticmethod
    def item(text: str, quoted: bool) -> str:
        found = _VERSION_ITEM.fullmatch(text)
        if quoted or not found or not (found[1] or found[3]):
            raise ItemError(
                '1 to 4 dotted numbers, or a range: 2.1, 2.0-2.4, 2.1- or -1.4'
            )
        low, _, high = found.groups()
        if low and high and _number(high) < _number(low):
            raise ItemError(_BACKWARDS)
        return text

    @classmethod
    def plain_items(cls, text: str) -> tuple[str, ...]:
        if not _USUAL_VERSIONS.fullmatch(text):
            return super().plain_items(text)
        return _usual(text, '-', _number)

    @functools.cached_property
    def _ranges(self) -> tuple[tuple[_Number, _Number], ...]:
        """The items as [low, end): an open end stays in its major."""
        ranges = []
        for item in self.items:
            low, dash, high = item.partition('-')
            if not dash:
                high = low
            start = _number(low) if low else (_number(high)[0],)
            end = (*_number(high), 0) if high else (_number(low)[0] + 1,)
            ranges.append((start, end))
        return tuple(ranges)

    def accept(self, text: str) -> str | None:
        if not _VERSION.fullmatch(text):
            return None
        number = _number(text)
        for start, end in self._ranges:
            if start <= number < end:
                return text
        return None

    def may_contain(self, character: str) -> bool:
        return character in DIGITS or character == '.'


TYPES: dict[str, type[Variable]] = {
    kind.TYPE: kind
    for kind in (IntVariable, StringVariable, FlagsVariable, VersionVariable)
}


def _usual(
    text: str, separator: str, size: Callable[[str], Any]
) -> tuple[str, ...]:
    """Return items that are their own canonical form.

    :param text: items between commas.
    :param separator: what stands between the ends of a range.
    :param size: what ends are compared by.
    :raises ItemError: where a range's end is below its start.
    """
    items = text.split(',')
    for item in items:
        low, _, high = item.partition(separator)
        if high and size(high) < size(low):
            raise ItemError(_BACKWARDS)
    return tuple(items)


def _number(text: str) -> _Number:
    """Return a version as four integers; missing ones are 0."""
    numbers = map(integers.reader(text), text.split('.'))
    return (*numbers, 0, 0, 0)[:4]


def quote(text: str) -> str:
    """Write a literal as a quoted string (FORMAT.md section 6)."""
    escaped = text.replace('\\', '\\\\').replace('"', '\\"')
    return f'"{escaped}"'


def unquote(inner: str) -> str:
    """Read what stands between the quotes of a quoted string."""
    if '\\' not in inner:
        return inner
    return re.sub(r'\\(.)', r'\1', inner)
