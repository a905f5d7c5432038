# SPDX-License-Identifier: Apache-2.0
"""What Placement answers, and how it is read: strictly, into frozen values.

Each ``read_*`` takes decoded JSON, None for an answer without content, and
raises ValueError, and nothing else, where something is missing or of another
type. Knows nothing of requests.
"""

import dataclasses
from typing import Any, TypeVar

_T = TypeVar('_T')

#: An allocation candidate: what is allocated from which provider, and which
#: providers serve which group of the request.
Candidate = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Stock:
    """What a resource provider has left, and what it is.

    :param free: the amount by resource class
    :param traits: ours and others'
    """

    free: dict[str, int]
    traits: frozenset[str]


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


@dataclasses.dataclass(frozen=True, slots=True)
class ProviderAggregates:
    """The aggregates of a resource provider at one generation of it.

    :param uuids: ours and others'
    """

    uuids: frozenset[str]
    generation: int


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """What stands on a resource provider at one generation of it.

    :param names: its traits, ours and others'
    :param aggregates: the UUIDs of its aggregates, ours and others'
    """

    names: frozenset[str]
    aggregates: frozenset[str]
    generation: int


def read_nothing(body: Any) -> None:
    """Read an answer that says all it has to say by its status."""
    if body is not None:
        raise ValueError('it has content')


def read_traits(body: Any) -> frozenset[str]:
    """Read GET /traits."""
    return _strings(body, 'traits')


def read_provider_traits(body: Any) -> ProviderTraits:
    """Read GET and PUT /resource_providers/{uuid}/traits."""
    generation = _value(body, 'resource_provider_generation', int)
    return ProviderTraits(read_traits(body), generation)


def read_provider_aggregates(body: Any) -> ProviderAggregates:
    """Read GET and PUT /resource_providers/{uuid}/aggregates.

    Since microversion 1.19.
    """
    generation = _value(body, 'resource_provider_generation', int)
    return ProviderAggregates(_strings(body, 'aggregates'), generation)


def read_providers(body: Any) -> tuple[Provider, ...]:
    """Read GET /resource_providers, since microversion 1.14."""
    return tuple(map(_provider, _value(body, 'resource_providers', list)))


def read_allocations(body: Any) -> dict[str, dict[str, int]]:
    """Read GET /allocations/{uuid} and /resource_providers/{uuid}/allocations.

    :returns: the amount by resource class by the UUID of the provider, or of
        the consumer where a provider's are asked for
    """
    held = _value(body, 'allocations', dict)
    return {uuid: _resources(held, uuid) for uuid in held}


def read_inventories(body: Any) -> dict[str, int]:
    """Read GET /resource_providers/{uuid}/inventories.

    :returns: the total by resource class
    """
    found = _value(body, 'inventories', dict)
    return {
        name: _value(_value(found, name, dict), 'total', int) for name in found
    }


def read_candidates(body: Any) -> dict[str, list[Candidate]]:
    """Read GET /allocation_candidates, since microversion 1.34.

    :returns: by the UUID of their tree's root; one with a sharing provider
        has several
    """
    summaries = _value(body, 'provider_summaries', dict)
    found: dict[str, list[Candidate]] = {}
    for item in _value(body, 'allocation_requests', list):
        allocations = _value(item, 'allocations', dict)
        mappings = _value(item, 'mappings', dict)
        candidate = {
            'allocations': {
                uuid: {'resources': _resources(allocations, uuid)}
                for uuid in allocations
            },
            'mappings': {
                group: sorted(_strings(mappings, group)) for group in mappings
            },
        }
        for root in {_root(summaries, uuid) for uuid in allocations}:
            found.setdefault(root, []).append(candidate)
    return found


def read_stocks(body: Any) -> dict[str, dict[str, Stock]]:
    """Read the summaries of GET /allocation_candidates.

    Since microversion 1.29, which has all providers of a candidate's tree.

    :returns: by the provider's UUID by that of its tree's root
    """
    summaries = _value(body, 'provider_summaries', dict)
    found: dict[str, dict[str, Stock]] = {}
    # Most providers have the traits of some other: these are kept once.
    known: dict[frozenset[str], frozenset[str]] = {}
    for uuid in summaries:
        tree = found.setdefault(_root(summaries, uuid), {})
        traits = _strings(summaries[uuid], 'traits')
        amounts = _value(summaries[uuid], 'resources', dict)
        free = {name: _left(amounts, name) for name in amounts}
        tree[uuid] = Stock(free, known.setdefault(traits, traits))
    return found


def _root(summaries: Any, uuid: str) -> str:
    summary = _value(summaries, uuid, dict)
    return _value(summary, 'root_provider_uuid', str)


def _left(resources: Any, name: str) -> int:
    """Tell how much of a resource class is left."""
    amounts = _value(resources, name, dict)
    return _value(amounts, 'capacity', int) - _value(amounts, 'used', int)


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


def _strings(holder: Any, key: str) -> frozenset[str]:
    found = _value(holder, key, list)
    if not all(isinstance(item, str) for item in found):
        raise ValueError(f'{key!r} are not all str')
    return frozenset(found)


def _value(holder: Any, key: str, kind: type[_T]) -> _T:
    """Return ``holder[key]``, where it is of that type."""
    if not isinstance(holder, dict) or key not in holder:
        raise ValueError(f'there is no {key!r}')
    found = holder[key]
    if not isinstance(found, kind) or isinstance(found, bool):
        raise ValueError(f'{key!r} is of type {type(found).__name__}')
    if isinstance(found, str):
        found.encode()  # JSON may hold half a character, a URL may not
    return found


def _value_or_null(holder: Any, key: str, kind: type[_T]) -> _T | None:
    if isinstance(holder, dict) and holder.get(key, 0) is None:
        return None
    return _value(holder, key, kind)
