# SPDX-License-Identifier: Apache-2.0
"""Does a COMPATIBLE object contain a SELF object? (FORMAT.md 3 to 5)

A COMPATIBLE object is compiled once to what decides a SELF in the fewest
steps: literals are compared, settled variables are read off the device's
text, and only free ones are tried (search.py).
"""

import dataclasses
from collections.abc import Mapping, Sequence

from nova_migcompat.descriptor import expressions, model, search, variables

Binding = Mapping[str, variables.Value]


@dataclasses.dataclass(frozen=True, slots=True)
class Mismatch:
    """Where an object and a device part.

    :param field: the field.
    :param found: the device's value; empty where it has none.
    :param allowed: what the object allows, as it is written; None where it
        does not mention the field.
    :param bound: the variables that had a value by then.
    :param also: where else they part, whatever the variables' values are.
    """

    field: str
    found: str
    allowed: str | None
    bound: tuple[tuple[str, variables.Value], ...] = ()
    also: 'tuple[Mismatch, ...]' = ()


class Plan:
    """One COMPATIBLE object, compiled.

    :param compatible: the object.
    """

    def __init__(self, compatible: model.CompatibleObject) -> None:
        self.fields = compatible.fields
        self._names = frozenset(compatible.fields)
        self._order = tuple(v.name for v in compatible.variables)
        self._sites = compatible.settling
        self._literals: list[tuple[str, str]] = []
        #: Decided once the settled variables have values.
        self._fixed: list[tuple[str, model.Computed]] = []
        #: Decided by trying the free ones.
        self._open: list[tuple[str, model.Computed]] = []
        settled = {site.variable.name for site in self._sites}
        for field, value in compatible.fields.items():
            if isinstance(value, str):
                self._literals.append((field, value))
            elif not value.names <= settled:
                self._open.append((field, value))
            elif not self._is_read_off(field, value):
                self._fixed.append((field, value))
        self._free = [
            search.Free(variable)
            for variable in compatible.variables
            if variable.name not in settled
        ]

    def _is_read_off(self, field: str, value: model.Computed) -> bool:
        """Is all of the field compared when a variable at its end is read?"""
        return isinstance(value, model.Template) and any(
            site.field == field and not site.until for site in self._sites
        )

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
        if not ignore_unlisted and not device.keys() <= self._names:
            field = next(name for name in device if name not in self._names)
            return Mismatch(field, device[field], None)
        for field, text in self._literals:
            if device.get(field, '') != text:
                return self._mismatch(field, device, {})
        values: dict[str, variables.Value] = {}
        for site in self._sites:
            value = _settle(site, device.get(site.field, ''), values)
            if value is None:
                return self._mismatch(site.field, device, values)
            values[site.variable.name] = value
        for field, computed in self._fixed:
            if not _holds(computed, device.get(field, ''), values):
                return self._mismatch(field, device, values)
        if self._free:
            found = search.Search(self._free, values).run(self._open, device)
            if isinstance(found, search.Stuck):
                values.update(found.values)
                return self._mismatch(found.field, device, values)
            values.update(found)
        return {name: values[name] for name in self._order}

    def explain(
        self, device: Mapping[str, str], ignore_unlisted: bool
    ) -> Mismatch | None:
        """Say where the object and a device part, for people.

        What no variable can mend comes first: a literal that differs, then a
        field that the object does not mention. Only without those it is the
        field at which the variables fail: of settled ones the first, of free
        ones that which their best choice reaches.

        :returns: None where the object contains the device.
        """
        certain = [
            self._mismatch(field, device, {})
            for field, text in self._literals
            if device.get(field, '') != text
        ]
        if not ignore_unlisted:
            certain += [
                Mismatch(field, text, None)
                for field, text in device.items()
                if field not in self._names
            ]
        if certain:
            return dataclasses.replace(certain[0], also=tuple(certain[1:]))
        found = self.decide(device, ignore_unlisted)
        return found if isinstance(found, Mismatch) else None

    def _mismatch(
        self, field: str, device: Mapping[str, str], values: Binding
    ) -> Mismatch:
        return Mismatch(
            field,
            device.get(field, ''),
            model.canonical_value(self.fields[field]),
            tuple((n, values[n]) for n in self._order if n in values),
        )


def fill(parts: Sequence[expressions.Part], values: Binding) -> str:
    """Return a template's text under a choice of values."""
    return ''.join(
        [
            p if isinstance(p, str) else search.text_of(values[p.name])
            for p in parts
        ]
    )


def _holds(value: model.Computed, text: str, values: Binding) -> bool:
    if isinstance(value, expressions.Expression):
        return search.holds(value, text, values)
    return fill(value.parts, values) == text


def _settle(
    site: model.Site, text: str, values: Binding
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
