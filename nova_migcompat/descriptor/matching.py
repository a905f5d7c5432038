# SPDX-License-Identifier: Apache-2.0
"""Does a COMPATIBLE object contain a SELF object? (FORMAT.md 3 to 5)

A COMPATIBLE object is compiled once to what decides a SELF in the fewest
steps: literals are compared, settled variables are read off the device's
text, and only free ones are tried value by value.
"""

import dataclasses
from collections.abc import Mapping, Sequence

from nova_migcompat.descriptor import expressions, integers, model, variables

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


@dataclasses.dataclass(slots=True)
class _Choice:
    """The variables that have a value so far: the values, and their texts."""

    values: dict[str, variables.Value] = dataclasses.field(
        default_factory=dict
    )
    texts: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class _Check:
    """A field whose value is computed from variables."""

    field: str
    value: _Computed

    def holds(self, device: Mapping[str, str], choice: _Choice) -> bool:
        """Does the filled-in value equal the device's, to the letter?"""
        text = device.get(self.field, '')
        if isinstance(self.value, expressions.Expression):
            return self.value.equals(text, choice.values)
        return _fill(self.value.parts, choice) == text


@dataclasses.dataclass(frozen=True, slots=True)
class _Free:
    """A variable that is tried value by value.

    :param name: its name.
    :param choices: its different values in their order, and their texts.
    :param checks: what can be decided once it and the ones before it are
        chosen.
    """

    name: str
    choices: tuple[tuple[variables.Value, str], ...]
    checks: list[_Check]


def _fill(parts: Sequence[expressions.Part], choice: _Choice) -> str:
    """Return a template's text under a choice of values."""
    texts = choice.texts
    return ''.join([p if isinstance(p, str) else texts[p.name] for p in parts])


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
        settled = {site.variable.name for site in self.sites}
        #: The free variables, slowest first.
        self.free = [
            _Free(variable.name, _choices(variable), [])
            for variable in compatible.variables
            if variable.name not in settled
        ]
        #: What can be decided before any free variable is chosen.
        self.fixed: list[_Check] = []
        for field, value in compatible.fields.items():
            if isinstance(value, str):
                continue
            last = self.fixed
            names = value.names
            for free in self.free:
                if free.name in names:
                    last = free.checks
            last.append(_Check(field, value))

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
        choice = _Choice()
        values = choice.values
        for site in self.sites:
            if not _settle(site, device.get(site.field, ''), choice):
                return self._mismatch(site.field, device, values)
        for check in self.fixed:
            if not check.holds(device, choice):
                return self._mismatch(check.field, device, values)
        furthest = _Attempt()
        if not self._search(0, device, choice, furthest):
            return self._mismatch(furthest.field, device, furthest.values)
        return {name: values[name] for name in self.order}

    def _search(
        self,
        level: int,
        device: Mapping[str, str],
        choice: _Choice,
        furthest: '_Attempt',
    ) -> bool:
        """Try the free variables from a level on; leave what fits.

        It calls itself once a free variable: at most 16 deep.
        """
        if level == len(self.free):
            return True
        free = self.free[level]
        for value, text in free.choices:
            choice.values[free.name] = value
            choice.texts[free.name] = text
            failed = _first_failed(free.checks, device, choice)
            if failed is None:
                if self._search(level + 1, device, choice, furthest):
                    return True
            elif level > furthest.level:
                furthest.note(level, failed, choice.values)
        del choice.values[free.name], choice.texts[free.name]
        return False

    def _mismatch(
        self, field: str, device: Mapping[str, str], values: Binding
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
        self.values: Binding = {}

    def note(self, level: int, field: str, values: Binding) -> None:
        self.level = level
        self.field = field
        self.values = dict(values)


def _choices(
    variable: variables.Variable,
) -> tuple[tuple[variables.Value, str], ...]:
    """Return the different values of a free variable with their texts."""
    return tuple(
        (value, value if isinstance(value, str) else integers.write(value))
        for value in variable.values()
    )


def _first_failed(
    checks: list[_Check], device: Mapping[str, str], choice: _Choice
) -> str | None:
    for check in checks:
        if not check.holds(device, choice):
            return check.field
    return None


def _settle(site: model.Site, text: str, choice: _Choice) -> bool:
    """Read a settled variable's value off a device's text, if it has one."""
    before = _fill(site.before, choice)
    if not text.startswith(before):
        return False
    rest = text[len(before) :]
    if site.until:
        end = rest.find(site.until)
        if end < 0:
            return False
        rest = rest[:end]
    value = site.variable.accept(rest)
    if value is None:
        return False
    choice.values[site.variable.name] = value
    choice.texts[site.variable.name] = rest
    return True
