# SPDX-License-Identifier: Apache-2.0
"""Does a COMPATIBLE object contain a SELF object? (FORMAT.md 3 to 5)

A COMPATIBLE object is compiled once to what decides a SELF in the fewest
steps: literals are compared, settled variables are read off the device's
text, and only free ones are tried value by value.
"""

import dataclasses
from collections.abc import Mapping, Sequence

from nova_migcompat.descriptor import expressions, model, variables

Values = dict[str, variables.Value]
Binding = Mapping[str, variables.Value]
_Computed = model.Template | expressions.Expression


@dataclasses.dataclass(frozen=True, slots=True)
class Mismatch:
    """Where an object and a device part.

    :param field: the field.
    :param found: the device's value; empty where it has none.
    :param allowed: what the object allows, as it is written; None where it
        does not mention the field.
    :param bound: the variables that had a value by then.
    """

    field: str
    found: str
    allowed: str | None
    bound: tuple[tuple[str, variables.Value], ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """A field whose value is computed from variables."""

    field: str
    value: _Computed

    def holds(self, device: Mapping[str, str], values: Values) -> bool:
        """Does the filled-in value equal the device's, to the letter?"""
        text = device.get(self.field, '')
        if isinstance(self.value, expressions.Expression):
            return self.value.equals(text, values)
        return fill(self.value.parts, values) == text


def fill(parts: Sequence[expressions.Part], values: Values) -> str:
    """Return a template's text under a choice of values."""
    return ''.join(
        [p if isinstance(p, str) else str(values[p.name]) for p in parts]
    )


class Plan:
    """One COMPATIBLE object, compiled.

    :param compatible: the object.
    """

    def __init__(self, compatible: model.CompatibleObject) -> None:
        self.names = frozenset(compatible.fields)
        self.fields = compatible.fields
        self.literals = tuple(
            (name, value)
            for name, value in compatible.fields.items()
            if isinstance(value, str)
        )
        self.sites = compatible.settling
        self.order = tuple(v.name for v in compatible.variables)
        known = {site.variable.name for site in self.sites}
        computed = [
            Check(name, value)
            for name, value in compatible.fields.items()
            if not isinstance(value, str)
        ]
        self.fixed, computed = _ready(computed, known)
        #: The free variables, slowest first: name, values, and the checks
        #: that can be made once it and the ones before it are chosen.
        self.free: list[
            tuple[str, tuple[variables.Value, ...], list[Check]]
        ] = []
        for variable in compatible.variables:
            if variable.name not in known:
                known.add(variable.name)
                ready, computed = _ready(computed, known)
                self.free.append((variable.name, variable.values(), ready))

    def decide(
        self, device: Mapping[str, str], ignore_unlisted: bool
    ) -> Binding | Mismatch:
        """Decide one device.

        :param device: its SELF fields, none empty.
        :param ignore_unlisted: fields that the object does not mention do
            not count.
        :returns: the first binding in the order of section 3, or where the
            object and the device part.
        """
        if not ignore_unlisted and not device.keys() <= self.names:
            field = next(name for name in device if name not in self.names)
            return Mismatch(field, device[field], None)
        for field, text in self.literals:
            if device.get(field, '') != text:
                return self._mismatch(field, device, {})
        values: Values = {}
        for site in self.sites:
            value = _settle(site, device.get(site.field, ''), values)
            if value is None:
                return self._mismatch(site.field, device, values)
            values[site.variable.name] = value
        for check in self.fixed:
            if not check.holds(device, values):
                return self._mismatch(check.field, device, values)
        furthest = _Attempt()
        if not self._search(0, device, values, furthest):
            return self._mismatch(furthest.field, device, furthest.values)
        return {name: values[name] for name in self.order}

    def _search(
        self,
        level: int,
        device: Mapping[str, str],
        values: Values,
        furthest: '_Attempt',
    ) -> bool:
        """Try the free variables from a level on; leave what fits.

        It calls itself once a free variable: at most 16 deep.
        """
        if level == len(self.free):
            return True
        name, choices, checks = self.free[level]
        for value in choices:
            values[name] = value
            failed = _first_failed(checks, device, values)
            if failed is None:
                if self._search(level + 1, device, values, furthest):
                    return True
            elif level > furthest.level:
                furthest.note(level, failed, values)
        del values[name]
        return False

    def _mismatch(
        self, field: str, device: Mapping[str, str], values: Values
    ) -> Mismatch:
        return Mismatch(
            field,
            device.get(field, ''),
            model.canonical_value(self.fields[field]),
            tuple((n, values[n]) for n in self.order if n in values),
        )


class _Attempt:
    """The choice of values that got furthest, for the explanation."""

    __slots__ = ('field', 'level', 'values')

    def __init__(self) -> None:
        self.level = -1
        self.field = ''
        self.values: Values = {}

    def note(self, level: int, field: str, values: Values) -> None:
        self.level = level
        self.field = field
        self.values = dict(values)


def _ready(
    checks: list[Check], known: set[str]
) -> tuple[list[Check], list[Check]]:
    """Split checks into those whose variables are known and the rest."""
    ready = [check for check in checks if check.value.names <= known]
    return ready, [check for check in checks if check not in ready]


def _first_failed(
    checks: list[Check], device: Mapping[str, str], values: Values
) -> str | None:
    for check in checks:
        if not check.holds(device, values):
            return check.field
    return None


def _settle(
    site: model.Site, text: str, values: Values
) -> variables.Value | None:
    """Read a settled variable's value off a device's text."""
    before = fill(site.before, values)
    if not text.startswith(before):
        return None
    rest = text[len(before) :]
    if site.until:
        end = rest.find(site.until)
        if end < 0:
            return None
        rest = rest[:end]
    return site.variable.accept(rest)
