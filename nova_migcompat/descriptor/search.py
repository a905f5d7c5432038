# SPDX-License-Identifier: Apache-2.0
"""Tries the free variables of an object (FORMAT.md section 5).

All choices of values stand side by side, in the order of section 3; field by
field those that cannot give the device's text are dropped. So the work is
bounded by the choices times what stands in the object, and most of it is done
by loops of the interpreter's own.
"""

import collections
import dataclasses
import itertools
import operator
from collections.abc import Iterable, Mapping, Sequence

from nova_migcompat.descriptor import (
    arithmetic,
    expressions,
    integers,
    model,
    variables,
)

#: For each free variable the index of one of its values.
_Row = tuple[int, ...]


class Free:
    """A variable that is tried value by value.

    :param variable: the variable, whose values have an end.
    """

    def __init__(self, variable: variables.Variable) -> None:
        self.name = variable.name
        self.values = variable.values()
        self.texts = tuple(map(text_of, self.values))
        self.small = [
            value % arithmetic.small_prime() if isinstance(value, int) else 0
            for value in self.values
        ]


def text_of(value: variables.Value) -> str:
    """Return what a value is filled in as."""
    return value if isinstance(value, str) else integers.write(value)


@dataclasses.dataclass(frozen=True, slots=True)
class Stuck:
    """No choice fits.

    :param field: the field at which the last ones failed.
    :param values: the first of these choices, less the variables that
        nothing before that field depends on.
    """

    field: str
    values: Mapping[str, variables.Value]


class Search:
    """The choices that are left while the fields are gone through.

    :param free: the variables, slowest first.
    :param settled: the values of the other variables.
    """

    def __init__(
        self,
        free: Sequence[Free],
        settled: Mapping[str, variables.Value],
    ) -> None:
        self._free = free
        self._settled = settled
        self._rows: list[_Row] = list(
            itertools.product(*(range(len(f.values)) for f in free))
        )
        self._columns: dict[str, arithmetic.Column] = {}

    def run(
        self,
        computed: Sequence[tuple[str, model.Computed]],
        device: Mapping[str, str],
    ) -> Mapping[str, variables.Value] | Stuck:
        """Go through the fields whose values are computed.

        :param computed: field names and values.
        :param device: the device's texts by field name.
        :returns: the free variables' values of the first choice that fits.
        """
        for index, (field, value) in enumerate(computed):
            rows = self._fitting(value, device.get(field, ''))
            if not rows:
                return Stuck(field, self._tried(computed[:index]))
            if len(rows) < len(self._rows):
                self._rows = rows
                self._columns = {}
        field = ''
        for row in self._rows:
            values = self._values(row)
            field = self._refuted(computed, device, values)
            if not field:
                return values
        return Stuck(field, self._values(self._rows[0]))

    def _values(self, row: _Row) -> dict[str, variables.Value]:
        return {
            free.name: free.values[index]
            for free, index in zip(self._free, row, strict=True)
        }

    def _tried(
        self, computed: Sequence[tuple[str, model.Computed]]
    ) -> dict[str, variables.Value]:
        """Return what the first choice has for variables that matter.

        :param computed: the fields that it fits.
        """
        names = frozenset().union(*(value.names for _, value in computed))
        names |= {free.name for free in self._free if len(free.values) == 1}
        values = self._values(self._rows[0])
        return {name: values[name] for name in values if name in names}

    def _fitting(self, value: model.Computed, text: str) -> list[_Row]:
        if isinstance(value, expressions.Expression):
            wanted = integers.canonical(text)
            if wanted is None:
                return []
            equal, undefined = arithmetic.select(
                value.postfix,
                {name: self._column(name) for name in value.names},
                wanted,
                arithmetic.small_prime(),
                len(self._rows),
            )
            rows = list(itertools.compress(self._rows, equal))
            if any(itertools.compress(undefined, equal)):
                # What is a multiple of the small prime need not be zero.
                return self._defined(value, wanted, rows)
            return rows
        return self._filled(value.parts, text)

    def _column(self, name: str) -> arithmetic.Column:
        """Return a variable's values for all rows, modulo the small prime."""
        if name not in self._columns:
            self._columns[name] = self._make_column(name)
        return self._columns[name]

    def _make_column(self, name: str) -> arithmetic.Column:
        for place, free in enumerate(self._free):
            if free.name == name:
                indices = self._indices(place, self._rows)
                return list(map(free.small.__getitem__, indices))
        return int(self._settled[name]) % arithmetic.small_prime()

    def _defined(
        self, value: expressions.Expression, wanted: int, rows: list[_Row]
    ) -> list[_Row]:
        """Keep the rows that hold modulo the prime that decides."""
        prime = arithmetic.large_prime()
        known = [{**self._settled, **self._values(row)} for row in rows]
        columns: dict[str, arithmetic.Column] = {
            name: [int(values[name]) % prime for values in known]
            for name in value.names
        }
        equal, undefined = arithmetic.select(
            value.postfix, columns, wanted, prime, len(rows)
        )
        held = map(operator.gt, equal, undefined)
        return list(itertools.compress(rows, held))

    def _filled(
        self, parts: Sequence[expressions.Part], text: str
    ) -> list[_Row]:
        """Keep the rows for which a template gives the text."""
        places = {free.name: i for i, free in enumerate(self._free)}
        steps: list[str | int] = []
        for part in parts:
            if not isinstance(part, str) and part.name in places:
                steps.append(places[part.name])
            elif isinstance(part, str):
                steps.append(part)
            else:
                steps.append(text_of(self._settled[part.name]))
        rows = self._of_length(steps, len(text))
        texts = map(''.join, zip(*self._texts(steps, rows), strict=True))
        return list(itertools.compress(rows, map(text.__eq__, texts)))

    def _of_length(self, steps: list[str | int], length: int) -> list[_Row]:
        """Keep the rows whose texts have the right length together."""
        counts = collections.Counter(s for s in steps if isinstance(s, int))
        length -= sum(len(s) for s in steps if isinstance(s, str))
        total: Iterable[int] = itertools.repeat(0, len(self._rows))
        for place, count in counts.items():
            each = [count * len(text) for text in self._free[place].texts]
            lengths = map(each.__getitem__, self._indices(place, self._rows))
            total = map(operator.add, total, lengths)
        return list(itertools.compress(self._rows, map(length.__eq__, total)))

    def _texts(
        self, steps: list[str | int], rows: list[_Row]
    ) -> list[Iterable[str]]:
        """Return the texts of each step, for all rows."""
        columns = {
            step: [
                self._free[step].texts[index]
                for index in self._indices(step, rows)
            ]
            for step in dict.fromkeys(steps)
            if isinstance(step, int)
        }
        return [
            columns[step]
            if isinstance(step, int)
            else itertools.repeat(step, len(rows))
            for step in steps
        ]

    @staticmethod
    def _indices(place: int, rows: list[_Row]) -> Iterable[int]:
        return map(operator.itemgetter(place), rows)

    def _refuted(
        self,
        computed: Sequence[tuple[str, model.Computed]],
        device: Mapping[str, str],
        values: Mapping[str, variables.Value],
    ) -> str:
        """Name the first expression that does not hold after all, or ''."""
        known = {**self._settled, **values}
        for field, value in computed:
            if isinstance(value, expressions.Expression) and not holds(
                value, device.get(field, ''), known
            ):
                return field
        return ''


def holds(
    expression: expressions.Expression,
    text: str,
    values: Mapping[str, variables.Value],
) -> bool:
    """Is a text the canonical decimal of an expression's value?

    :param values: an integer for each of its variables.
    :returns: False too for a division by zero, and for a result that is no
        integer (FORMAT.md section 2).
    """
    wanted = integers.canonical(text)
    if wanted is None:
        return False
    prime = arithmetic.large_prime()
    columns: dict[str, arithmetic.Column] = {
        name: int(values[name]) % prime for name in expression.names
    }
    [equal], [undefined] = arithmetic.select(
        expression.postfix, columns, wanted, prime, 1
    )
    return equal and not undefined
