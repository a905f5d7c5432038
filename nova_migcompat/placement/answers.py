# SPDX-License-Identifier: Apache-2.0
"""What Placement answers, and how it is read: strictly, into frozen values.

Each ``read_*`` takes decoded JSON, None for an answer without content, and
raises ValueError, and nothing else, where something is missing or of another
type. Knows nothing of requests.
"""

import dataclasses
from typing import Any, TypeVar

_T = TypeVar('_T')


@dataclasses.dataclass(frozen=True, slots=True)
class Provider:
    """A resource provider.

    :param generation: Placement counts it up at each change of the provider's
        inventories, traits, aggregates or allocations
    :param root_uuid: the root of its tree, which may be itself
    :param parent_uuid: None for a root
    """

    uuid: str
    name: str
    generation: int
    root_uuid: str
    parent_uuid: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class ProviderTraits:
    """The traits of a resource provider at one generation of it.

    :param names: ours and others'
    """

    names: frozenset[str]
    generation: int


def read_nothing(body: Any) -> None:
    """Read an answer that says all it has to say by its status."""
    if body is not None:
        raise ValueError('it has content')


def read_traits(body: Any) -> frozenset[str]:
    """Read GET /traits."""
    names = _value(body, 'traits', list)
    if not all(isinstance(name, str) for name in names):
        raise ValueError("'traits' are not all str")
    return frozenset(names)


def read_provider_traits(body: Any) -> ProviderTraits:
    """Read GET and PUT /resource_providers/{uuid}/traits."""
    generation = _value(body, 'resource_provider_generation', int)
    return ProviderTraits(read_traits(body), generation)


def read_providers(body: Any) -> tuple[Provider, ...]:
    """Read GET /resource_providers, since microversion 1.14."""
    return tuple(map(_provider, _value(body, 'resource_providers', list)))


def read_allocations(body: Any) -> dict[str, dict[str, int]]:
    """Read GET /allocations/{consumer}.

    :returns: the amount by resource class by the provider's UUID
    """
    held = _value(body, 'allocations', dict)
    return {uuid: _resources(held, uuid) for uuid in held}


def _provider(item: Any) -> Provider:
    return Provider(
        uuid=_value(item, 'uuid', str),
        name=_value(item, 'name', str),
        generation=_value(item, 'generation', int),
        root_uuid=_value(item, 'root_provider_uuid', str),
        parent_uuid=_value_or_null(item, 'parent_provider_uuid', str),
    )


def _resources(held: Any, uuid: str) -> dict[str, int]:
    resources = _value(_value(held, uuid, dict), 'resources', dict)
    return {name: _value(resources, name, int) for name in resources}


def _value(holder: Any, key: str, kind: type[_T]) -> _T:
    """Return ``holder[key]``, where it is of that type."""
    if not isinstance(holder, dict) or key not in holder:
        raise ValueError(f'there is no {key!r}')
    found = holder[key]
    if not isinstance(found, kind) or isinstance(found, bool):
        raise ValueError(f'{key!r} is of type {type(found).__name__}')
    return found


def _value_or_null(holder: Any, key: str, kind: type[_T]) -> _T | None:
    if isinstance(holder, dict) and holder.get(key, 0) is None:
        return None
    return _value(holder, key, kind)
