# SPDX-License-Identifier: Apache-2.0
"""How the objects of a document are asked, in the fewest steps.

Small objects that mention the same fields become one table of all that they
allow: a device is then decided by one look. The others are asked in turn.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping

from nova_migcompat.descriptor import matching, model, results, search

#: The object's index, and its variables' values.
Answer = tuple[int, matching.Binding]

#: An object that takes more variables to be filled in is not written out.
MAX_LISTED = 256
#: More than working one expression of 1,024 characters out can take.
_UNITS = 2**16


class Objects:
    """The COMPATIBLE objects of a document, from some index on.

    :param first: the index of the first of them.
    :param objects: the objects.
    """

    def __init__(
        self, first: int, objects: Iterable[model.CompatibleObject]
    ) -> None:
        plans = map(matching.Plan, objects)
        self._plans = tuple(enumerate(plans, first))

    def find(
        self, device: Mapping[str, str], ignore_unlisted: bool
    ) -> Answer | None:
        """Find the first object that contains a device's SELF."""
        for index, plan in self._plans:
            binding = plan.decide(device, ignore_unlisted)
            if not isinstance(binding, matching.Mismatch):
                return index, binding
        return None


class Table:
    """Objects that mention the same fields, with all that they allow.

    :param names: the fields.
    :param rows: the answer by the texts of these fields, None for empty.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        rows: Mapping[tuple[str | None, ...], Answer],
    ) -> None:
        self._names = names
        self._rows = rows

    def find(
        self, device: Mapping[str, str], ignore_unlisted: bool
    ) -> Answer | None:
        """Find the first object that contains a device's SELF."""
        texts = tuple(map(device.get, self._names))
        if not ignore_unlisted:
            present = len(texts) - texts.count(None)
            if present != len(device):
                return None
        return self._rows.get(texts)


def compiled(
    objects: Iterable[model.CompatibleObject],
) -> tuple[Objects | Table, ...]:
    """Choose how each object is decided, keeping their order.

    :param objects: the COMPATIBLE objects of a document.
    """
    made: list[Objects | Table] = []
    start = 0
    for kind, group in itertools.groupby(objects, _listed_names):
        members = list(group)
        if kind is None:
            made.append(Objects(start, members))
        else:
            rows: dict[tuple[str | None, ...], Answer] = {}
            for index, compatible in enumerate(members, start):
                for texts, values in _listed(compatible, kind):
                    rows.setdefault(texts, (index, values))
            made.append(Table(kind, rows))
        start += len(members)
    return tuple(made)


def _listed_names(
    compatible: model.CompatibleObject,
) -> tuple[str, ...] | None:
    """Return the fields of an object that fits a table, else None."""
    work = 1 + sum(
        value.appearances
        for value in compatible.fields.values()
        if not isinstance(value, str)
    )
    for variable in compatible.variables:
        count = variable.count()
        if count is None or count * work > MAX_LISTED:
            return None
        work *= count
    return tuple(sorted(compatible.fields))


def _listed(
    compatible: model.CompatibleObject, names: Iterable[str]
) -> Iterator[tuple[tuple[str | None, ...], matching.Binding]]:
    """Write an object out: the fields' texts, and the binding, in order."""
    order = [variable.name for variable in compatible.variables]
    for row in itertools.product(*(v.values() for v in compatible.variables)):
        values = dict(zip(order, row, strict=True))
        texts = [_text(compatible.fields[name], values) for name in names]
        if None not in texts:
            yield tuple(text or None for text in texts), values


def _text(value: model.FieldValue, values: matching.Binding) -> str | None:
    """Return a value's text; None where it equals no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, model.Template):
        return matching.fill(value.parts, values)
    result = results.work_out(value, values, results.Budget(_UNITS))
    return None if result is None else search.text_of(result)
