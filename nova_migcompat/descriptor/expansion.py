# SPDX-License-Identifier: Apache-2.0
"""Which devices a document accepts, one by one (FORMAT.md section 3).

A document may accept more devices than anybody can print, so there is a limit
to the rows, and one to the work, whatever the document says.
"""

import dataclasses
from collections.abc import Mapping

from nova_migcompat.descriptor import (
    document,
    enumeration,
    integers,
    matching,
    model,
    overlap,
    results,
)

#: Work that is allowed for each row asked for, and for how many at least.
_UNITS, _MIN_ROWS = 800, 100
#: Larger numbers of rows are said as a power of ten.
_MAX_DIGITS = 15


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A device that a document accepts, or rules for several of them.

    :param object: the index of the COMPATIBLE object, from 0.
    :param fields: the device's fields whose texts are known, none empty.
    :param rules: what is allowed in its other fields, in FORMAT.md's
        notation: what depends on open int ranges, versions or flags. All
        other variables have one value there.
    """

    object: int
    fields: Mapping[str, str]
    rules: Mapping[str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Expanded:
    """The devices that a document accepts.

    :param rows: the first ones, in the order of FORMAT.md section 3: each at
        the first object that contains it, and there once.
    :param more: how many there are besides.
    :param exact: whether there are just so many; else at most so many.
    """

    rows: tuple[Row, ...]
    more: int
    exact: bool

    @property
    def rest(self) -> str:
        """How many more there are, in words; empty for none."""
        if not self.more:
            return ''
        digits = integers.write(self.more)
        if len(digits) <= _MAX_DIGITS:
            number = f'{self.more:,}'
        elif self.exact:
            return f'and more than 10^{len(digits) - 1} more'
        else:
            number = f'10^{len(digits)}'
        return f'and {"" if self.exact else "up to "}{number} more'


def expand(whole: document.Document, limit: int) -> Expanded:
    """List the devices that a document accepts.

    Fields that a COMPATIBLE object does not mention are not listed: where an
    operator ignores those, a device may have any.

    :param whole: the document.
    :param limit: the most rows to return.
    :returns: the rows, and how many more there are. Of a document that takes
        too much work there may be fewer rows than the limit.
    :raises ValueError: for a limit below 0.
    """
    if limit < 0:
        raise ValueError('limit is 0 or more')
    expansion = _Expansion(whole, limit)
    for index in range(len(whole.compatible)):
        expansion.take(index)
    return Expanded(tuple(expansion.rows), expansion.more, expansion.exact)


class _Expansion:
    """The rows of a document while its objects are gone through."""

    def __init__(self, whole: document.Document, limit: int) -> None:
        self.rows: list[Row] = []
        self.more = 0
        self.exact = True
        self._whole = whole
        self._limit = limit
        self._budget = results.Budget(_UNITS * max(limit, _MIN_ROWS))
        self._seen: set[frozenset[tuple[str, str, bool]]] = set()
        #: Objects with rules, which may contain a later object's device.
        self._ruling: list[int] = []

    def take(self, index: int) -> None:
        """Take what one object allows, as far as limit and budget go."""
        compatible = self._whole.compatible[index]
        left = enumeration.Enumeration(compatible, self._budget)
        counted = overlap.is_one_to_one(compatible) and self._is_apart(index)
        if any(v.count() is None for v in compatible.variables):
            self._ruling.append(index)
        try:
            if not (counted and self._is_full):
                for allowed in left.devices():
                    if self._is_new(index, allowed):
                        self._add(Row(index, *allowed))
                    left.left -= 1
                    if counted and self._is_full:
                        break
        except results.SpentError:
            self.exact = self.exact and counted
        self.more += left.left

    @property
    def _is_full(self) -> bool:
        return len(self.rows) == self._limit

    def _add(self, row: Row) -> None:
        if self._is_full:
            self.more += 1
        else:
            self.rows.append(row)

    def _is_apart(self, index: int) -> bool:
        """Is there surely no device that another object contains too?"""
        objects = self._whole.compatible
        return all(
            other == index or overlap.are_apart(objects[index], objects[other])
            for other in range(len(objects))
        )

    def _is_new(self, index: int, allowed: enumeration.Allowed) -> bool:
        key = frozenset(
            [(name, text, False) for name, text in allowed.fields.items()]
            + [(name, rule, True) for name, rule in allowed.rules.items()]
        )
        if key in self._seen:
            return False
        self._seen.add(key)
        return bool(allowed.rules) or not any(
            self._contains(ruling, index, allowed.fields)
            for ruling in self._ruling
        )

    def _contains(
        self, ruling: int, index: int, device: Mapping[str, str]
    ) -> bool:
        """Does an earlier object contain a device?"""
        objects = self._whole.compatible
        if overlap.are_apart(objects[ruling], objects[index]):
            return False
        self._budget.spend(_work(objects[ruling]))
        plan = self._whole.plans[ruling]
        return not isinstance(plan.decide(device, False), matching.Mismatch)


def _work(compatible: model.CompatibleObject) -> int:
    """Return about how much work it takes to decide a device."""
    settled = {site.variable.name for site in compatible.settling}
    choices, weight = 1, 20
    for variable in compatible.variables:
        if variable.name not in settled:
            choices *= variable.count() or 1
    for value in compatible.fields.values():
        if not isinstance(value, str):
            weight += value.appearances
    return weight + choices * weight // 20
