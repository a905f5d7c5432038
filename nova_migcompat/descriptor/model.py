# SPDX-License-Identifier: Apache-2.0
"""What stands in a COMPATIBLE object once it is read.

Nothing here remembers how a text was laid out.
"""

import dataclasses
import functools
import re
from collections.abc import Mapping

from nova_migcompat.descriptor import expressions
from nova_migcompat.descriptor import variables as types

#: Bytes of a document, and characters of a value (FORMAT.md section 5).
MAX_BYTES = 65536
MAX_VALUE = 1024

#: ASCII that has no backslash before it in a canonical template, and the rest.
_ESCAPED = re.compile(r'[^A-Za-z0-9_.,\x80-\U0010ffff]')


@dataclasses.dataclass(frozen=True, slots=True)
class Template:
    """Literal text mixed with variables, ``i915-{v:int:1,2}``.

    :param parts: non-empty literals and variables, in their order; a
        variable's first appearance in its object is the Variable itself.
    """

    parts: tuple[expressions.Part, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names of the variables in it."""
        return frozenset(
            part.name for part in self.parts if not isinstance(part, str)
        )

    @property
    def appearances(self) -> int:
        """How often variables appear in it."""
        return sum(not isinstance(part, str) for part in self.parts)

    def __str__(self) -> str:
        return ''.join(
            _ESCAPED.sub(r'\\\g<0>', part)
            if isinstance(part, str)
            else str(part)
            for part in self.parts
        )


#: A value that depends on variables.
Computed = Template | expressions.Expression
#: The value of a field of a COMPATIBLE object; a str is a literal.
FieldValue = str | Computed


def canonical_value(value: FieldValue) -> str:
    """Write one value in its canonical form (FORMAT.md section 6)."""
    return types.quote(value) if isinstance(value, str) else str(value)


@dataclasses.dataclass(frozen=True, slots=True)
class Site:
    """Where a device's text settles a variable (FORMAT.md section 5).

    :param variable: the variable.
    :param field: the field whose template it stands in.
    :param before: the parts of that template before it, all settled.
    :param until: the first character of the text after it; empty at the end.
    """

    variable: types.Variable
    field: str
    before: tuple[expressions.Part, ...]
    until: str


@dataclasses.dataclass(frozen=True)
class CompatibleObject:
    """One COMPATIBLE object.

    :param fields: its values by field name, in their order.
    :param variables: its variables in the order of their definitions.
    """

    fields: Mapping[str, FieldValue]
    variables: tuple[types.Variable, ...]

    @functools.cached_property
    def settling(self) -> tuple[Site, ...]:
        """Where each settled variable is settled (FORMAT.md section 5).

        One look at a device's text gives its value; every other variable is
        free, and is tried value by value. In an order in which each needs
        only the ones before it.
        """
        found: dict[str, Site] = {}
        defined = {variable.name: variable for variable in self.variables}
        templates = [
            (name, value.parts)
            for name, value in self.fields.items()
            if isinstance(value, Template)
        ]
        progress = [0] * len(templates)
        before = -1
        while before < len(found) < len(defined):
            before = len(found)
            for number, (field, parts) in enumerate(templates):
                progress[number] = _settle(
                    field, parts, progress[number], defined, found
                )
        return tuple(found.values())


def _settle(
    field: str,
    parts: tuple[expressions.Part, ...],
    start: int,
    defined: Mapping[str, types.Variable],
    found: dict[str, Site],
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
        found[part.name] = Site(variable, field, parts[:index], after[:1])
    return len(parts)
