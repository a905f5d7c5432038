# SPDX-License-Identifier: Apache-2.0
"""What can be said about the devices of COMPATIBLE objects without a try.

Answers are cautious: no means that it is not known.
"""

from collections.abc import Mapping

from nova_migcompat.descriptor import (
    enumeration,
    expressions,
    model,
    variables,
)


def are_apart(
    one: model.CompatibleObject, other: model.CompatibleObject
) -> bool:
    """Is there surely no device that both objects contain?

    So it is where a field has two different literals; one that is not
    mentioned is as good as empty (FORMAT.md section 3).
    """
    return _differ(one.fields, other.fields) or _differ(
        other.fields, one.fields
    )


def _differ(
    fields: Mapping[str, model.FieldValue],
    others: Mapping[str, model.FieldValue],
) -> bool:
    for name, text in fields.items():
        other = others.get(name, '')
        if isinstance(text, str) and isinstance(other, str) and text != other:
            return True
    return False


def is_one_to_one(compatible: model.CompatibleObject) -> bool:
    """Is each choice of values surely a device, and each another one?

    So it is where devices' texts settle all variables, nothing can be too
    long, or empty altogether, and no field is computed from values that are
    known.

    :param compatible: an object; variables without a finite list do not
        count, as what depends on them stays a rule.
    """
    listed = {v.name: v for v in compatible.variables if v.count() is not None}
    if not listed.keys() <= {s.variable.name for s in compatible.settling}:
        return False
    size, empty = enumeration.HEAD, True
    for field, value in compatible.fields.items():
        if isinstance(value, expressions.Expression):
            if value.names <= listed.keys():
                return False
            empty = False
            continue
        longest = _longest(value, listed)
        if longest > model.MAX_VALUE:
            return False
        size += len(f'\t{field}=\n') + longest
        empty = empty and _may_be_empty(value, listed)
    return size <= model.MAX_BYTES and not empty


def _longest(
    value: str | model.Template, listed: Mapping[str, variables.Variable]
) -> int:
    """Return the most bytes that a value has in canonical form."""
    if isinstance(value, str):
        return len(variables.quote(value).encode())
    longest = {name: _longest_text(v) for name, v in listed.items()}
    return len('""') + sum(
        len(variables.quote(part).encode()) - len('""')
        if isinstance(part, str)
        else longest.get(part.name, 0)
        for part in value.parts
    )


def _longest_text(variable: variables.Variable) -> int:
    """Return the most bytes that one of the values has."""
    # An int item is as long as its ends together, at least.
    return max(len(item.encode()) for item in variable.items)


def _may_be_empty(
    value: str | model.Template, listed: Mapping[str, variables.Variable]
) -> bool:
    if isinstance(value, str):
        return not value
    return all(
        not isinstance(part, str)
        and part.name in listed
        and listed[part.name].accept('') is not None
        for part in value.parts
    )
