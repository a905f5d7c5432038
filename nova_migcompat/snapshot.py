# SPDX-License-Identifier: Apache-2.0
"""A fleet that was read once, and answers as Placement would.

For who decides many guests, or wants to say more of a decision than it needs:
any number of decisions costs no request more. Knows nothing of nova, and
judges nothing.
"""

from collections.abc import Collection, Iterable

from nova_migcompat import census, fleet, placement, traits


class Snapshot:
    """Placement's answers, of what a census found; a placement.Reader.

    What is no question about names on providers is passed on: texts, which
    never change, and allocations.

    :param client: Placement.
    :param read: what every host has, with its places.
    """

    def __init__(
        self, client: placement.PlacementClient, read: census.Census
    ) -> None:
        self._client = client
        self._names: dict[str, frozenset[str]] = {}
        self._having: dict[str, list[placement.Provider]] = {}
        self._allocations: dict[str, dict[str, dict[str, int]]] = {}
        for host in read.hosts.values():
            self._add(host.uuid, host.name, host.uuid, _names_of(host))
            for parent, digests in host.parents.items():
                names = frozenset(map(traits.document_trait, digests))
                name = host.parent_names.get(parent, parent)
                self._add(parent, name, host.uuid, names)

    def _add(
        self, uuid: str, name: str, root: str, names: frozenset[str]
    ) -> None:
        above = None if uuid == root else root
        provider = placement.Provider(uuid, name, 0, root, above)
        self._names[uuid] = names
        for each in names:
            self._having.setdefault(each, []).append(provider)

    def traits(
        self, *, startswith: str | None = None, associated: bool | None = None
    ) -> frozenset[str]:
        """List names; those on providers, or from Placement any others."""
        if startswith and traits.is_ours(startswith) and associated:
            return frozenset(
                n for n in self._having if n.startswith(startswith)
            )
        return self._client.traits(
            startswith=startswith, associated=associated
        )

    def provider_traits(self, uuid: str) -> placement.ProviderTraits:
        """Return our names on a provider; none where it has none."""
        return placement.ProviderTraits(self._names.get(uuid, frozenset()), 0)

    def providers_with_any(
        self,
        trait_names: Collection[str],
        in_tree: str | None = None,
        and_any: Collection[str] = (),
    ) -> tuple[placement.Provider, ...]:
        """List the providers that have at least one of these names."""
        besides = frozenset(and_any)
        found = {
            provider.uuid: provider
            for name in sorted(trait_names)
            for provider in self._having.get(name, ())
            if in_tree in (None, provider.root_uuid)
            and not (
                besides and besides.isdisjoint(self._names[provider.uuid])
            )
        }
        return tuple(found.values())

    def read_allocations(self, providers: Iterable[str]) -> None:
        """Read what all consumers have of the providers of a tree.

        A request for each provider, and none for its consumers any more.

        :param providers: all of the tree: what a consumer has elsewhere, it
            is taken not to have.
        """
        for provider in providers:
            try:
                held = self._client.provider_allocations(provider)
            except placement.NotFound:
                continue  # then nobody has anything of it
            for consumer, resources in held.items():
                of_consumer = self._allocations.setdefault(consumer, {})
                of_consumer[provider] = resources

    def allocations(self, consumer_uuid: str) -> dict[str, dict[str, int]]:
        """Read what a consumer has, from Placement; once."""
        held = self._allocations.get(consumer_uuid)
        if held is None:
            held = self._client.allocations(consumer_uuid)
            self._allocations[consumer_uuid] = held
        return held


def _names_of(host: census.Host) -> frozenset[str]:
    places = {
        traits.location_trait(place, digest)
        for place, digests in host.places.items()
        for digest in digests
    }
    documents = map(traits.document_trait, host.digests)
    return frozenset(places.union(documents))


def library_of(read: census.Census) -> fleet.Library:
    """Keep the documents that a census has read."""
    known = fleet.Library()
    known.add(read.documents)
    return known
