# SPDX-License-Identifier: Apache-2.0
"""Holds a file to a JSON schema, in words that an operator can act on.

Each part of the schema has a ``description``, which says what is expected.
Must not know what a rule means.
"""

import functools
import importlib.resources
import json
from collections.abc import Iterator
from typing import Any

import jsonschema

from nova_migcompat.agent import errors
from nova_migcompat.agent.rules import marked


@functools.cache
def _validator() -> Any:
    schema = importlib.resources.files(__package__) / 'schema.json'
    return jsonschema.Draft202012Validator(json.loads(schema.read_text()))


def breaches(
    found: marked.Marked, validator: Any = None
) -> Iterator[tuple[marked.Place, str]]:
    """Say what the schema does not allow.

    :param found: what the file says.
    :param validator: jsonschema's, of a schema; None: that of rules files.
    :returns: for each breach where it is, and what is wrong.
    """
    for error in (validator or _validator()).iter_errors(found.value):
        path = tuple(error.absolute_path)
        expected = error.schema.get('description')
        if error.validator == 'additionalProperties':
            allowed = error.schema['properties']
            for name in sorted(set(error.instance) - set(allowed)):
                yield (
                    found.keys[(*path, name)],
                    f'found the key {errors.quoted(name)}, expected one of:'
                    f' {", ".join(allowed)}',
                )
        elif error.validator == 'required':
            # One error for each that is missing.
            name = error.message.split("'")[1]
            yield found.place(path), f'found no {name}, expected {expected}'
        elif 'propertyNames' in error.absolute_schema_path:
            yield (
                found.keys[(*path, error.instance)],
                f'found {errors.quoted(error.instance)}, expected {expected}',
            )
        else:
            yield (
                found.place(path),
                f'found {_shown(error.instance)}, expected {expected}',
            )


def _shown(value: Any) -> str:
    """Say what a value is, for a message."""
    if value is None:
        return 'nothing'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return errors.quoted(value)
    kind = 'list' if isinstance(value, list) else 'mapping'
    return f'a {kind} of {len(value):,}' if value else f'an empty {kind}'
