# SPDX-License-Identifier: Apache-2.0
"""What is legal in a document and probably not meant.

Each doubt is one sentence that names the object, counted from 1, and the
field. What takes too long to find out is not doubted. Must not know how the
text was laid out.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from nova_migcompat.descriptor import (
    enumeration,
    errors,
    expressions,
    matching,
    model,
    results,
)

#: Work that is allowed to find out whether objects can match.
_UNITS = 40_000
#: Of an expression so much is shown.
_MAX_SHOWN = 80
#: So many objects are named.
_MAX_NAMED = 3
#: So many doubts are said.
_MAX_DOUBTS = 16


def about(
    device: Mapping[str, str],
    compatible: Sequence[model.CompatibleObject],
    plans: Sequence[matching.Plan],
) -> list[str]:
    """Doubt a document.

    :param device: its SELF fields, none empty.
    :param compatible: its COMPATIBLE objects.
    :param plans: the same objects, compiled.
    :returns: the first doubts, and how many more there are.
    """
    doubts = list(_all(device, compatible, plans))
    more = len(doubts) - _MAX_DOUBTS
    if more <= 0:
        return doubts
    return [*doubts[:_MAX_DOUBTS], f'{more:,} more of these are not listed']


def _all(
    device: Mapping[str, str],
    compatible: Sequence[model.CompatibleObject],
    plans: Sequence[matching.Plan],
) -> Iterator[str]:
    yield from _own_device(device, plans)
    yield from _near_names('SELF', device)
    budget = results.Budget(_UNITS)
    first: dict[frozenset[tuple[str, str]], int] = {}
    for number, each in enumerate(compatible, 1):
        where = f'COMPATIBLE object {number}'
        yield from _near_names(where, each.fields)
        yield from _names_near_to_self(where, each.fields, device)
        yield from _subtractions(where, each)
        key = frozenset(
            (name, model.canonical_value(value))
            for name, value in each.fields.items()
        )
        if first.setdefault(key, number) != number:
            yield f'{where} repeats object {first[key]}'
        else:
            yield from _never_matches(where, each, budget)


def _own_device(
    device: Mapping[str, str], plans: Sequence[matching.Plan]
) -> Iterator[str]:
    parted: list[str] = []
    for plan in plans:
        found = plan.explain(device, False)
        if found is None:
            return
        parted.append(found.field)
    if not parted:
        return
    objects = [
        f'object {number} differs in field {field}'
        for number, field in enumerate(parted[:_MAX_NAMED], 1)
    ]
    if len(parted) > _MAX_NAMED:
        objects.append(f'{len(parted) - _MAX_NAMED} more objects differ')
    yield (
        'no COMPATIBLE object contains the device of SELF itself: '
        + ', '.join(objects)
    )


def _near_names(where: str, names: Iterable[str]) -> Iterator[str]:
    """Find fields of one object that differ in case only."""
    by_name: dict[str, list[str]] = {}
    for name in names:
        by_name.setdefault(name.lower(), []).append(name)
    for near in by_name.values():
        if len(near) > 1:
            fields = f'{", ".join(near[:-1])} and {near[-1]}'
            yield f'{where}, fields {fields}: these differ in case only'


def _names_near_to_self(
    where: str, names: Mapping[str, object], device: Mapping[str, str]
) -> Iterator[str]:
    near = {name.lower(): name for name in device if name not in names}
    for name in names:
        other = near.get(name.lower())
        if other and name not in device:
            yield (
                f'{where}, field {name}: SELF has {other}, which differs in'
                ' case, so it is another field'
            )


def _subtractions(
    where: str, compatible: model.CompatibleObject
) -> Iterator[str]:
    for name, value in compatible.fields.items():
        if (
            isinstance(value, expressions.Expression)
            and value.subtracts_variables()
        ):
            yield (
                f'{where}, field {name}: {_cut(value)} is a subtraction; a'
                ' minus sign as text is written \\-'
            )


def _never_matches(
    where: str, compatible: model.CompatibleObject, budget: results.Budget
) -> Iterator[str]:
    """Find an object that contains no device, whatever its variables are."""
    choices = enumeration.Enumeration(compatible, budget)
    try:
        if any(itertools.islice(choices.devices(), 1)):
            return
    except results.SpentError:
        return
    fields = [name for name in compatible.fields if name in choices.ruled_out]
    if not fields:
        yield (
            f'{where} can never match: its fields are empty, or together too'
            ' long for a device'
        )
    elif len(fields) == 1:
        value = compatible.fields[fields[0]]
        yield (
            f'{where}, field {fields[0]}: {_cut(value)} gives no value'
            ' whatever is chosen, so the object can never match'
        )
    else:
        yield (
            f'{where}, fields {", ".join(fields[:_MAX_NAMED])}: no choice'
            ' gives all of them a value, so the object can never match'
        )


def _cut(value: model.FieldValue) -> str:
    """Write a value, in printable ASCII and not at any length."""
    text = errors.plain(model.canonical_value(value))
    return text if len(text) <= _MAX_SHOWN else f'{text[:_MAX_SHOWN]}...'
