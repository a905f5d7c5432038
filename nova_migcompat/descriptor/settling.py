# SPDX-License-Identifier: Apache-2.0
"""Which variables a device's text settles, and how many must be tried.

FORMAT.md section 5: a variable is settled where one look at a device's text
gives its value; every other one is free and is tried value by value.
"""

from collections.abc import Mapping

from nova_migcompat.descriptor import expressions, model, variables


def sites(
    fields: Mapping[str, model.FieldValue],
    defined: Mapping[str, variables.Variable],
) -> tuple[model.Site, ...]:
    """Find where each variable of an object is settled.

    :param fields: the object's values by field name.
    :param defined: its variables by name.
    :returns: a site for each settled variable, in an order in which each
        needs only the ones before it.
    """
    found: dict[str, model.Site] = {}
    templates = [
        (name, value.parts)
        for name, value in fields.items()
        if isinstance(value, model.Template)
    ]
    progress = [0] * len(templates)
    before = -1
    while before < len(found) < len(defined):
        before = len(found)
        for number, (field, parts) in enumerate(templates):
            progress[number] = _walk(
                field, parts, progress[number], defined, found
            )
    return tuple(found.values())


def _walk(
    field: str,
    parts: tuple[expressions.Part, ...],
    start: int,
    defined: Mapping[str, variables.Variable],
    found: dict[str, model.Site],
) -> int:
    """Settle what one template can; return the part where it stops."""
    for index in range(start, len(parts)):
        part = parts[index]
        if isinstance(part, str) or part.name in found:
            continue
        variable = defined[part.name]
        after = parts[index + 1] if index + 1 < len(parts) else ''
        if not isinstance(after, str) or (
            after and variable.may_contain(after[0])
        ):
            return index
        found[part.name] = model.Site(
            variable, field, parts[:index], after[:1]
        )
    return len(parts)
