# SPDX-License-Identifier: Apache-2.0
"""What every host of a fleet has, read from Placement in few requests.

For who looks at the whole fleet; a decision about one guest reads less
(fleet.py, targets.py). Knows nothing of nova, and judges nothing.
"""

import dataclasses
import enum
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from nova_migcompat import fleet, placement, traits


class Way(enum.Enum):
    """How it was asked who has what: by whatever there are fewer of."""

    BY_DOCUMENT = 'one request for each document'
    BY_HOST = 'one request for each provider'


@dataclasses.dataclass(frozen=True, slots=True)
class Host:
    """A host that publishes at least one document.

    :param name: of its compute node's provider, which is the host's.
    :param uuid: of that provider.
    :param digests: of all documents in its tree.
    :param parents: the digests of each mdev parent by its provider's UUID;
        none where all devices of the host have the same document.
    :param parent_names: the names of those providers by UUID.
    :param places: the digests at each location; none where that was not
        asked, or the devices do not differ.
    """

    name: str
    uuid: str
    digests: frozenset[str]
    parents: Mapping[str, frozenset[str]] = dataclasses.field(
        default_factory=dict
    )
    parent_names: Mapping[str, str] = dataclasses.field(default_factory=dict)
    places: Mapping[str, frozenset[str]] = dataclasses.field(
        default_factory=dict
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Census:
    """What every host has.

    :param hosts: by UUID, in the order of their names; those that publish
        nothing are not among them.
    :param documents: of all digests that a host has: what could be read, and
        why the others could not.
    :param way: how it was asked.
    """

    hosts: Mapping[str, Host]
    documents: traits.Texts
    way: Way = Way.BY_DOCUMENT

    def having(self, digest: str) -> tuple[Host, ...]:
        """List the hosts that have a document, in the order of their names."""
        return tuple(h for h in self.hosts.values() if digest in h.digests)


class _Found(NamedTuple):
    """What providers have, while it is being read.

    :param names: our D and L names, by the provider's UUID.
    :param providers: the providers, by UUID.
    """

    names: dict[str, set[str]]
    providers: dict[str, placement.Provider]

    def add(
        self, providers: Iterable[placement.Provider], names: Collection[str]
    ) -> None:
        """Note that each of some providers has some names."""
        for provider in providers:
            self.providers[provider.uuid] = provider
            self.names.setdefault(provider.uuid, set()).update(names)


def read(client: placement.PlacementClient, *, places: bool = False) -> Census:
    """Read what every host has, and the documents' texts.

    Two requests tell the documents in use and their texts, one for each
    :data:`placement.MAX_NAMES` documents who has any of them; then one for
    each document, or one for each of those providers, whichever are fewer,
    tells who has which.

    :param places: whether the locations of each host are asked for as well,
        unless the hosts were asked: one request tells the L names in use, one
        for each chunk of these who has any, and one for each of them or for
        each such host who has which.
    :raises placement.PlacementError:
    """
    found = _Found({}, {})
    way = _ask(client, _document_names(client), found)
    if places and found.names and way is Way.BY_DOCUMENT:
        _ask(client, _location_names(client), found)
    hosts = _hosts(client, found)
    digests = frozenset[str]().union(*(h.digests for h in hosts))
    texts = traits.Texts({}, {})
    if digests:
        texts = fleet.Library(len(digests)).read(client, sorted(digests))
    ordered = sorted(hosts, key=lambda host: (host.name, host.uuid))
    return Census({host.uuid: host for host in ordered}, texts, way)


def _document_names(client: placement.PlacementClient) -> list[str]:
    return sorted(map(traits.document_trait, fleet.documents_in_use(client)))


def _location_names(client: placement.PlacementClient) -> list[str]:
    return sorted(
        traits.location_trait(place, digest)
        for place, digests in fleet.places_in_use(client).items()
        for digest in digests
    )


def _ask(
    client: placement.PlacementClient, names: list[str], found: _Found
) -> Way:
    """Find out which provider has which of some names."""
    if len(names) <= 1:
        found.add(client.providers_with_any(names), names)
        return Way.BY_DOCUMENT
    providers = client.providers_with_any(names)
    if len(providers) >= len(names):
        for name in names:
            found.add(client.providers_with_any([name]), [name])
        return Way.BY_DOCUMENT
    for provider in providers:
        try:
            own = client.provider_traits(provider.uuid).names
        except placement.NotFound:
            continue  # it has gone since
        found.add([provider], own)
    return Way.BY_HOST


def _hosts(client: placement.PlacementClient, found: _Found) -> list[Host]:
    """Put the providers together to hosts."""
    trees: dict[str, list[placement.Provider]] = {}
    for provider in found.providers.values():
        trees.setdefault(provider.root_uuid, []).append(provider)
    hosts = []
    for root_uuid, members in trees.items():
        # An agent writes the compute node's names first: one that has none
        # yet, or none any more, is rare enough to be asked for by itself.
        root = found.providers.get(root_uuid)
        root = root or client.provider(uuid=root_uuid)
        if root is not None:
            hosts.append(_host(root, members, found.names))
    return [host for host in hosts if host.digests]


def _host(
    root: placement.Provider,
    members: Iterable[placement.Provider],
    names: Mapping[str, Collection[str]],
) -> Host:
    digests = {m.uuid: traits.digests(names[m.uuid]) for m in members}
    parents = {
        member.uuid: member.name
        for member in sorted(members, key=lambda member: member.name)
        if member.uuid != root.uuid and digests[member.uuid]
    }
    return Host(
        root.name,
        root.uuid,
        frozenset[str]().union(*digests.values()),
        {uuid: digests[uuid] for uuid in parents},
        parents,
        traits.locations(names.get(root.uuid, ())),
    )
