# SPDX-License-Identifier: Apache-2.0
"""Writes out the devices that one COMPATIBLE object allows, one by one.

Variables with a finite list get their values in the order of FORMAT.md
section 3. Open int ranges, versions and flags stay what they are: rules. A
field is filled in as soon as its variables have values, so that what cannot
be is left out with all that follows from it.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from nova_migcompat.descriptor import (
    expressions,
    integers,
    model,
    results,
    search,
    variables,
)

#: Bytes of a document before its first field.
HEAD = len('SELF:\n')


class Allowed(NamedTuple):
    """What an object allows under one choice of values.

    :param fields: the texts that are known, by field name, none empty.
    :param rules: for every other field what is allowed, in FORMAT.md's
        notation.
    """

    fields: Mapping[str, str]
    rules: Mapping[str, str]


class Enumeration:
    """The choices of one object that are left, while they are gone through.

    :param compatible: the object.
    :param budget: what the work is taken from.
    :ivar left: how many choices are left at most; whoever takes one subtracts
        it.
    :ivar ruled_out: the fields that left choices out.
    """

    def __init__(
        self, compatible: model.CompatibleObject, budget: results.Budget
    ) -> None:
        self._fields = compatible.fields
        self._budget = budget
        self._listed = [
            v for v in compatible.variables if v.count() is not None
        ]
        #: How many choices the variables from some index on have.
        self._below = [1]
        for variable in reversed(self._listed):
            self._below.insert(0, self._below[0] * (variable.count() or 0))
        self.left = self._below[0]
        self.ruled_out: set[str] = set()
        self._names = {v.name for v in self._listed}
        #: The fields that depend on other variables too.
        self._rules = {
            field
            for field, value in self._fields.items()
            if not (isinstance(value, str) or value.names <= self._names)
        }
        self._values: dict[str, variables.Value] = {}
        self._texts: dict[str, str] = {}
        self._filled_in: dict[str, str] = {}
        self._sizes: dict[str, int] = {}
        self._stages = self._staged()
        self._definitions = self._shown_definitions()

    def _staged(self) -> list[list[str]]:
        """Return which fields can be filled in after each variable."""
        index = {v.name: i for i, v in enumerate(self._listed, 1)}
        stages: list[list[str]] = [[] for _ in self._below]
        for field, value in self._fields.items():
            names = frozenset() if isinstance(value, str) else value.names
            stages[max((index.get(n, 0) for n in names), default=0)].append(
                field
            )
        return stages

    def _shown_definitions(self) -> set[tuple[str, str]]:
        """Find where rules must define a variable that has a value."""
        seen: dict[str, str] = {}
        for field, value in self._fields.items():
            if isinstance(value, expressions.Expression) and (
                field in self._rules
            ):
                for name in value.names & self._names:
                    seen.setdefault(name, field)
        return {(field, name) for name, field in seen.items()}

    def devices(self) -> Iterator[Allowed]:
        """Write out what is allowed, in the order of section 3.

        :raises results.SpentError: where the budget is spent; ``left`` then
            still counts the choices that were not gone through.
        """
        if not self._fill(0):
            self.left = 0
            return
        for _ in self._walk(0):
            found = self._allowed()
            if found is None:
                self.left -= 1
            else:
                yield found

    def _walk(self, depth: int) -> Iterator[None]:
        """Stop at every choice whose fields can be filled in.

        As deep as an object has variables, of which there are few.
        """
        if depth == len(self._listed):
            yield
            return
        variable = self._listed[depth]
        for value in _lazily(variable):
            text = search.text_of(value)
            self._budget.spend(1 + len(text) // 16)
            self._values[variable.name] = value
            self._texts[variable.name] = text
            if self._fill(depth + 1):
                yield from self._walk(depth + 1)
            else:
                self.left -= self._below[depth + 1]

    def _fill(self, stage: int) -> bool:
        """Fill in the fields that are due; tell whether all can be."""
        for field in self._stages[stage]:
            text = self._filled(field, self._fields[field])
            if text is None:
                self.ruled_out.add(field)
                return False
            self._filled_in[field] = text
        return True

    def _filled(self, field: str, value: model.FieldValue) -> str | None:
        """Return a field's text or rule; None where nothing equals it."""
        if isinstance(value, str):
            text = value
        elif isinstance(value, model.Template):
            parts = self._parts(value)
            if parts is None or field in self._rules:
                return None if parts is None else str(model.Template(parts))
            text = ''.join(map(str, parts))
        elif field not in self._rules:
            number = results.work_out(value, self._values, self._budget)
            if number is None:
                return None
            text = integers.write(number)
        else:
            return self._narrowed(field, value)
        quoted = variables.quote(text)
        if len(quoted) > model.MAX_VALUE:
            return None
        self._sizes[field] = len(f'\t{field}={quoted}\n'.encode())
        self._budget.spend(1 + len(text) // 256)
        return text

    def _parts(
        self, value: model.Template
    ) -> tuple[expressions.Part, ...] | None:
        """Fill a template in as far as it goes; None: that is too long."""
        parts: list[expressions.Part] = []
        length = 0
        for part in value.parts:
            if isinstance(part, str) or part.name in self._names:
                text = (
                    part if isinstance(part, str) else self._texts[part.name]
                )
                length += len(text)
                if length > model.MAX_VALUE:
                    break
                parts.append(text)
            else:
                parts.append(part)
        self._budget.spend(1 + len(parts) // 8)
        return None if length > model.MAX_VALUE else tuple(parts)

    def _narrowed(self, field: str, value: expressions.Expression) -> str:
        """Write an expression whose known variables have one value each."""
        defined: set[str] = set()
        parts: list[expressions.Part] = []
        for part in value.parts:
            if isinstance(part, str) or part.name not in self._names:
                parts.append(part)
                continue
            name = part.name
            if (field, name) in self._definitions and name not in defined:
                item = self._texts[name]
                parts.append(variables.IntVariable(name, (item,)))
            else:
                parts.append(expressions.Reference(name))
            defined.add(name)
        self._budget.spend(1 + len(parts))
        return str(expressions.Expression(tuple(parts), ()))

    def _allowed(self) -> Allowed | None:
        """Return what the choice allows; None where no device can be so."""
        fields: dict[str, str] = {}
        rules: dict[str, str] = {}
        size = HEAD
        for field in self._fields:
            text = self._filled_in[field]
            if field in self._rules:
                rules[field] = text
            elif text:
                fields[field] = text
                size += self._sizes[field]
        self._budget.spend(len(self._fields) // 4 + size // 64)
        if size > model.MAX_BYTES or not (fields or rules):
            return None
        return Allowed(fields, rules)


def _lazily(variable: variables.Variable) -> Iterable[variables.Value]:
    """Return a finite variable's different values, however many."""
    if isinstance(variable, variables.IntVariable):
        return itertools.chain.from_iterable(variable.pieces)
    return variable.values()
