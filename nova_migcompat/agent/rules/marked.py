# SPDX-License-Identifier: Apache-2.0
"""YAML in which every value keeps its place, and every scalar is text.

Text but for true and false: ``device: 4941`` is no number, and ``no`` is a
word. What makes YAML dangerous or surprising, tags, anchors, aliases, keys
that stand twice, is refused. Must not know what the values mean.
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, NoReturn

import yaml

#: Lists and mappings within each other.
MAX_DEPTH = 16

Path = tuple[str | int, ...]

#: What YAML takes for the end of a line, and no editor.
_FORBIDDEN = re.compile('\r(?!\n)|[\x85\u2028\u2029]')
_SURROGATE = re.compile('[\ud800-\udfff]')
_BOOLEANS = {'true': True, 'false': False}
_STARTS = (yaml.SequenceStartEvent, yaml.MappingStartEvent)
_ENDS = (yaml.SequenceEndEvent, yaml.MappingEndEvent)


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where something stands.

    :param line: from 1.
    :param column: in code points, from 1.
    :param literal: whether it is a literal block, which begins a line below.
    """

    line: int
    column: int
    literal: bool = False


class MarkedError(ValueError):
    """A text is no YAML of this kind.

    :ivar place: where.
    """

    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(reason)
        self.place = place


@dataclasses.dataclass(frozen=True, slots=True)
class Marked:
    """What a text says.

    :param value: texts, booleans, lists and mappings by text; None where the
        text is empty.
    :param values: the places of the values, by their path from the top.
    :param keys: the places of the keys, by the path of their values.
    """

    value: Any
    values: Mapping[Path, Place]
    keys: Mapping[Path, Place]

    def place(self, path: Path) -> Place:
        """Return where a value stands, or else what it would stand in."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Place(1, 1))


def load(text: str) -> Marked:
    """Read a text.

    :param text: one YAML document.
    :raises MarkedError: for the first thing in it that cannot be read.
    """
    text = text.removeprefix('\ufeff')
    control = _FORBIDDEN.search(
        text
    ) or yaml.reader.Reader.NON_PRINTABLE.search(text)
    if control:
        before = text[: control.start()]
        place = Place(
            before.count('\n') + 1, len(before.rpartition('\n')[2]) + 1
        )
        raise MarkedError(
            place,
            f'found the character U+{ord(control[0]):04X}, expected text',
        )
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        reason = ', '.join(filter(None, (e.context, e.problem)))
        raise MarkedError(_place(mark), f'no YAML: {reason}') from e
    except MarkedError:
        raise
    except (OverflowError, ValueError) as e:  # "\\U00110000"
        raise MarkedError(builder.last, f'no YAML behind this: {e}') from e
    return Marked(builder.value, builder.values, builder.keys)


def _place(mark: Any, literal: bool = False) -> Place:
    return Place(mark.line + 1, mark.column + 1, literal)


@dataclasses.dataclass(slots=True)
class _Open:
    """A list or mapping that is not at its end.

    :param key: of a mapping: the key that waits for its value.
    """

    path: Path
    items: list[Any] | dict[str, Any]
    key: str | None = None


class _Builder:
    """Puts values together, one event of the YAML parser after the other."""

    def __init__(self) -> None:
        self.value: Any = None
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.open: list[_Open] = []
        self.last = Place(1, 1)

    def take(self, event: Any) -> None:
        """Take the next event."""
        self.last = _place(event.start_mark)
        if isinstance(event, yaml.AliasEvent) or getattr(
            event, 'anchor', None
        ):
            self.fail(event, 'an anchor or an alias', 'the value itself')
        if getattr(event, 'tag', None):
            self.fail(event, f'the tag {event.tag}', 'the value alone')
        if isinstance(event, yaml.DocumentStartEvent) and self.values:
            self.fail(event, 'a second document', 'one document in a file')
        if isinstance(event, yaml.ScalarEvent):
            self.scalar(event)
        elif isinstance(event, _STARTS):
            self.start(event)
        elif isinstance(event, _ENDS):
            self.open.pop()

    def scalar(self, event: Any) -> None:
        """Take a text or a boolean, or the key of a mapping."""
        if _SURROGATE.search(event.value):
            self.fail(event, 'a surrogate', 'text')
        within = self.open[-1] if self.open else None
        if within and isinstance(within.items, dict) and within.key is None:
            path = (*within.path, event.value)
            if path in self.keys:
                self.fail(event, f'a second {event.value}', 'a key once')
            self.keys[path] = _place(event.start_mark)
            within.key = event.value
        elif event.style is None:
            self.add(event, _BOOLEANS.get(event.value, event.value))
        else:
            self.add(event, event.value)

    def start(self, event: Any) -> None:
        """Begin a list or mapping."""
        if len(self.open) == MAX_DEPTH:
            self.fail(event, 'lists and mappings too deep', 'a rules file')
        items: list[Any] | dict[str, Any]
        items = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        path = self.add(event, items)
        self.open.append(_Open(path, items))

    def add(self, event: Any, value: Any) -> Path:
        """Put a value where it belongs; return its path."""
        path: Path = ()
        if not self.open:
            self.value = value
        else:
            within = self.open[-1]
            if isinstance(within.items, list):
                path = (*within.path, len(within.items))
                within.items.append(value)
            else:
                if within.key is None:
                    self.fail(event, 'a list or mapping as a key', 'a text')
                path = (*within.path, within.key)
                within.items[within.key] = value
                within.key = None
        literal = getattr(event, 'style', None) == '|'
        self.values[path] = _place(event.start_mark, literal)
        return path

    def fail(self, event: Any, found: str, expected: str) -> NoReturn:
        """Stop at an event."""
        raise MarkedError(
            _place(event.start_mark), f'found {found}, expected {expected}'
        )
