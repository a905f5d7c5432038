# SPDX-License-Identifier: Apache-2.0
"""May the device of one document move to the device of another?

FORMAT.md sections 3 and 4: who must contain whom, and why not.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from nova_migcompat.descriptor import document, errors, integers, matching
from nova_migcompat.descriptor.variables import Value

DIRECTIONS = ('source', 'target', 'both', 'either')
UNLISTED_FIELDS = ('reject', 'ignore')

#: So many further fields are named, and so many variables.
_MAX_ALSO, _MAX_VARIABLES = 3, 4

_TARGET_DECIDES = ('target', 'either')


@dataclasses.dataclass(frozen=True, slots=True)
class Reason:
    """Why one object does not contain a device, or two devices differ.

    :param side: whose COMPATIBLE object it is, 'source' or 'target'; 'both'
        where the two SELF objects differ in a field that must be equal.
    :param object: the object's index from 0; None for such a field, and for
        a document without objects.
    :param field: the field; empty for a document without objects.
    :param found: what the other device has; empty where it has none.
    :param allowed: what is allowed there, in FORMAT.md's notation; None
        where the object does not mention the field.
    :param variables: the variables that had a value by then.
    :param also: where else they part, whatever the variables' values are.
    """

    side: str
    object: int | None
    field: str
    found: str
    allowed: str | None
    variables: tuple[tuple[str, Value], ...] = ()
    also: 'tuple[Reason, ...]' = ()

    def __str__(self) -> str:
        others = [reason.field for reason in self.also]
        if not others:
            return self._one()
        names = ', '.join(others[:_MAX_ALSO])
        if len(others) > _MAX_ALSO:
            names += f' and {len(others) - _MAX_ALSO} more'
        return f'{self._one()} (also {names})'

    def _one(self) -> str:
        """Say what is wrong with the field itself."""
        if not self.field:
            return f'the {self.side} document has no COMPATIBLE object'
        found = errors.shown(self.found) if self.found else 'nothing'
        if self.object is None:
            other = errors.shown(self.allowed) if self.allowed else 'nothing'
            return f'{self.field}: {found}, but the source has {other}'
        where = f'{self.side} object {self.object + 1}, {self.field}'
        if self.allowed is None:
            return f'{where}: {found}, a field the object does not mention'
        allowed = errors.plain(self.allowed)
        if len(allowed) > 80:
            allowed = allowed[:80] + '...'
        return (
            f'{where}: {found}, allowed {allowed}{self._bound(self.allowed)}'
        )

    def _bound(self, allowed: str) -> str:
        """Name the variables' values, those of what is allowed first."""
        if not self.variables:
            return ''
        ordered = sorted(
            self.variables,
            key=lambda bound: not re.search(rf'\{{{bound[0]}[:}}]', allowed),
        )
        text = ', '.join(
            f'{n}={_shown(v)}' for n, v in ordered[:_MAX_VARIABLES]
        )
        more = len(ordered) - _MAX_VARIABLES
        return f' with {text}' + (f' and {more} more' if more > 0 else '')


def _shown(value: Value) -> str:
    """Write a variable's value for a message, whatever its length."""
    if isinstance(value, str):
        return errors.shown(value)
    text = integers.write(value)
    return text if len(text) <= 40 else f'{text[:40]}...'


class MatchResult(NamedTuple):
    """The answer for one pair of documents; true when compatible.

    :ivar direction: the direction asked.
    :ivar side: whose COMPATIBLE object matched, 'source' or 'target', or
        None.
    :ivar object: that object's index, from 0, or None.
    :ivar variables: its variables' values (int for int variables, else str)
        by name, or None.
    :ivar asked: what was asked, where the answer is no.
    """

    direction: str
    side: str | None = None
    object: int | None = None
    variables: Mapping[str, Value] | None = None
    asked: '_Question | None' = None

    def __bool__(self) -> bool:
        return self.side is not None

    def __hash__(self) -> int:
        return hash((self.direction, self.side, self.object))

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why not: one for each object that did not match; () when true.

        Worked out when asked for.
        """
        return _explain(self.asked) if self.asked else ()


class _Question(NamedTuple):
    """The arguments of match()."""

    source: document.Document
    target: document.Document
    direction: str
    ignore_unlisted: bool
    equal_fields: tuple[str, ...]


def match(
    source: document.Document,
    target: document.Document,
    direction: str = 'source',
    unlisted_fields: str = 'reject',
    equal_fields: Sequence[str] = (),
) -> MatchResult:
    """Decide whether the source's device may move to the target's.

    :param source: the document of the device that the guest has now.
    :param target: the document of the device that it would get.
    :param direction: one of DIRECTIONS (FORMAT.md section 4).
    :param unlisted_fields: 'reject' or 'ignore': what becomes of a field
        that SELF has and a COMPATIBLE object does not mention (section 3).
    :param equal_fields: names of fields that must besides be equal in both
        SELF objects (section 3).
    :returns: the answer, with the object and the binding, or the reasons.
    :raises ValueError: for an unknown direction or unlisted_fields.
    :raises TypeError: for a str as equal_fields.
    """
    if direction not in DIRECTIONS:
        raise ValueError(f'direction is one of {DIRECTIONS}')
    if unlisted_fields not in UNLISTED_FIELDS:
        raise ValueError(f'unlisted_fields is one of {UNLISTED_FIELDS}')
    if isinstance(equal_fields, str):
        raise TypeError('equal_fields is a list of names, not a str')
    ignore = unlisted_fields == 'ignore'
    if not (equal_fields and _unequal(source, target, equal_fields)):
        if direction != 'target':
            answer = source.find(target, ignore)
            if direction == 'both' and answer is not None:
                answer = target.find(source, ignore) and answer
            if answer is not None:
                return MatchResult(direction, 'source', *answer)
        if direction in _TARGET_DECIDES:
            answer = target.find(source, ignore)
            if answer is not None:
                return MatchResult(direction, 'target', *answer)
    asked = _Question(source, target, direction, ignore, tuple(equal_fields))
    return MatchResult(direction, asked=asked)


def _unequal(
    source: document.Document,
    target: document.Document,
    names: Sequence[str],
) -> list[str]:
    """Name the fields that must be equal and are not."""
    return [
        name
        for name in names
        if source.self_object.get(name) != target.self_object.get(name)
    ]


def _explain(asked: _Question) -> tuple[Reason, ...]:
    source, target, direction, ignore, names = asked
    reasons = [
        Reason(
            'both',
            None,
            name,
            target.self_object.get(name, ''),
            source.self_object.get(name, ''),
        )
        for name in _unequal(source, target, names)
    ]
    if direction != 'target':
        reasons += _objections('source', source, target, ignore)
    if direction != 'source':
        reasons += _objections('target', target, source, ignore)
    return tuple(reasons)


def _objections(
    side: str,
    container: document.Document,
    contained: document.Document,
    ignore: bool,
) -> Iterator[Reason]:
    """Say for each object why it does not contain the other's SELF.

    Nothing where one does.
    """
    found = [
        plan.explain(contained.self_object, ignore) for plan in container.plans
    ]
    if not found:
        yield Reason(side, None, '', '', None)
    if None in found:
        return
    for index, mismatch in enumerate(found):
        if mismatch is not None:
            also = tuple(_reason(side, index, m) for m in mismatch.also)
            reason = _reason(side, index, mismatch)
            yield dataclasses.replace(reason, also=also)


def _reason(side: str, index: int, mismatch: matching.Mismatch) -> Reason:
    return Reason(
        side,
        index,
        mismatch.field,
        mismatch.found,
        mismatch.allowed,
        mismatch.bound,
    )
