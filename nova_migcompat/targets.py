# SPDX-License-Identifier: Apache-2.0
"""What the candidate hosts of a move have, read from Placement.

Most are settled by set membership: every device of theirs has a document that
a requirement accepts, or none has. Only hosts whose devices differ are looked
at place by place. Knows nothing of nova; the judgement is decision.py's.
"""

import dataclasses
from collections.abc import Collection, Iterable, Mapping

from nova_migcompat import decision, fleet, placement, traits

#: Verdicts by location by compute node.
Places = Mapping[str, Mapping[str, decision.Verdict]]


@dataclasses.dataclass(frozen=True, slots=True)
class Holders:
    """The providers that have at least one of some documents.

    :param providers: the root of its tree by provider; compute nodes and
        parents of mdevs.
    :param mixed: those that have others besides, or have locations.
    :param uniform: the compute nodes of which every described device has one
        of the documents, and no device is without any.
    :param differing: the other compute nodes.
    """

    providers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    mixed: frozenset[str] = frozenset()
    uniform: frozenset[str] = frozenset()
    differing: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True, slots=True)
class Survey:
    """What every host is to a requirement, as far as its names say.

    :param good: who has compatible documents.
    :param bad: who has incompatible ones; asked for only where the operator
        lets hosts pass that publish nothing.
    """

    requirement: decision.Requirement
    good: Holders
    bad: Holders

    def settle(
        self, hosts: frozenset[str], policy: decision.Policy
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Choose the hosts of which every device suits, and those whose
        devices differ.

        :param hosts: compute nodes.
        """
        differing = hosts & (self.good.differing | self.bad.differing)
        suiting = hosts & self.good.uniform
        if policy.unknown_target == 'pass':
            known = self.good.providers.keys() | self.bad.providers.keys()
            suiting |= hosts - known
        if differing:
            suiting -= differing
        return suiting, differing

    def of_host(self, host: str) -> decision.Verdict | None:
        """Judge every device of a host at once; None where they differ."""
        if host in self.good.differing or host in self.bad.differing:
            return None
        if host in self.good.uniform:
            return decision.Verdict.COMPATIBLE
        if host in self.bad.uniform:
            return decision.Verdict.INCOMPATIBLE
        return decision.Verdict.UNKNOWN

    def of_parent(self, host: str, provider: str) -> decision.Verdict:
        """Judge the mdevs of a parent.

        :param host: its compute node.
        :param provider: the parent's own provider.
        """
        whole = self.of_host(host)
        if whole is not None:
            return whole
        if provider in self.bad.providers:
            return decision.Verdict.INCOMPATIBLE
        if provider in self.good.providers and provider not in self.good.mixed:
            return decision.Verdict.COMPATIBLE
        return decision.Verdict.UNKNOWN


def in_question(
    client: placement.Reader,
    names: fleet.Names,
    hosts: Collection[str],
) -> fleet.Names:
    """Choose the names in use that can matter for some hosts.

    Asks the hosts themselves where that takes fewer requests than asking for
    all of the names.

    :param hosts: compute nodes.
    :raises placement.PlacementError:
    """
    if len(hosts) * placement.MAX_NAMES >= len(names.digests):
        return names
    found = read_hosts(client, hosts).values()
    places: dict[str, frozenset[str]] = {}
    for each in found:
        for place, digests in each.places.items():
            places[place] = places.get(place, frozenset()) | digests
    return fleet.Names(
        frozenset[str]().union(*(each.digests for each in found)), places
    )


def read_hosts(
    client: placement.Reader, hosts: Iterable[str]
) -> dict[str, fleet.Names]:
    """Read the names of each host; one request a host.

    :param hosts: compute nodes, or parents of mdevs; one that is gone has no
        names.
    :raises placement.PlacementError:
    """
    found = {}
    for host in hosts:
        try:
            names = client.provider_traits(host).names
        except placement.NotFound:
            names = frozenset()
        found[host] = fleet.Names.read(names)
    return found


@dataclasses.dataclass(frozen=True, slots=True)
class Having:
    """Who has at least one of some documents.

    :param providers: the root of its tree by provider; compute nodes, and
        parents of mdevs.
    :param mixed: those that have others besides, or have locations; None
        where that was not asked.
    :param preferred: those that have nothing but preferred ones, where that
        was asked.
    :param partly: those that have preferred ones or others, as well as
        something else, where that was asked.
    """

    providers: Mapping[str, str]
    mixed: frozenset[str] | None = None
    preferred: frozenset[str] = frozenset()
    partly: frozenset[str] = frozenset()


def having(
    client: placement.Reader,
    documents: Collection[str],
    names: fleet.Names,
    preferred: Collection[str] = (),
) -> Having:
    """Ask who has at least one of some documents.

    Two questions tell who has preferred ones and what any has besides, where
    both fit into a URL: who has one of all, and besides a preferred one or
    anything else; and the same with the others. Who is in both is mixed.

    :param documents: their digests; only those in question are asked for.
    :param names: those in question.
    :param preferred: some of the documents.
    :raises placement.PlacementError:
    """
    digests = names.digests.intersection(documents)
    wanted = _document_traits(digests)
    better = _document_traits(digests.intersection(preferred))
    others = _others(names, digests)
    size = len(wanted) + len(others) + max(len(better), len(wanted - better))
    fits = len(wanted) <= placement.MAX_BESIDE and size <= placement.MAX_NAMES
    if not (fits and better and wanted - better):
        return Having(_roots(client, wanted))
    first = _roots(client, better | others, wanted)
    second = _roots(client, wanted - better | others, wanted)
    providers = {**first, **second}
    both = frozenset(first.keys() & second.keys())
    # A parent may have a preferred and another compatible document and nothing
    # else; whether it has is asked then. A host that has is not uniform.
    parents = any(providers[each] != each for each in both)
    preferred = frozenset(first.keys() - both)
    mixed = None if parents else both
    return Having(providers, mixed, preferred, both)


def _roots(
    client: placement.Reader,
    wanted: Collection[str],
    and_any: Collection[str] = (),
) -> dict[str, str]:
    found = client.providers_with_any(wanted, and_any=and_any)
    return {provider.uuid: provider.root_uuid for provider in found}


def survey(
    client: placement.Reader,
    requirement: decision.Requirement,
    good: Having,
    names: fleet.Names,
    policy: decision.Policy,
    hosts: Collection[str],
) -> Survey:
    """Ask what those that a requirement accepts have besides.

    :param good: who has a document that it accepts (:func:`having`).
    :param names: those in question.
    :param hosts: compute nodes; what it says of others is of no use.
    :raises placement.PlacementError:
    """
    refused = requirement.incompatible.keys()
    bad = Holders()
    if policy.unknown_target == 'pass':
        have = having(client, refused, names)
        bad = _holders(client, refused, names, have, hosts)
    return Survey(
        requirement,
        _holders(client, requirement.compatible, names, good, hosts),
        bad,
    )


def _holders(
    client: placement.Reader,
    documents: Collection[str],
    names: fleet.Names,
    have: Having,
    hosts: Collection[str],
) -> Holders:
    """Find out who has anything else, by whatever takes fewer requests: the
    names of each that matters, or who has any of all other names.
    """
    providers, mixed = have.providers, have.mixed
    if mixed is None:
        digests = names.digests.intersection(documents)
        others, wanted = _others(names, digests), _document_traits(digests)
        near = {p: root for p, root in providers.items() if root in hosts}
        if len(near) * placement.MAX_NAMES < len(others):
            providers = near
            mixed = frozenset(
                provider
                for provider, own in read_hosts(client, near).items()
                if own.places or not own.digests.issubset(documents)
            )
        else:
            mixed = _beside(client, others, wanted, providers)
    parents = {p: root for p, root in providers.items() if p != root}
    nodes = frozenset(providers.keys() - parents.keys())
    differing = nodes.intersection(mixed.union(parents.values()))
    return Holders(providers, mixed, nodes - differing, differing)


def _others(names: fleet.Names, digests: frozenset[str]) -> set[str]:
    """Name what tells that a provider has more than some documents."""
    locations = _location_traits(names, names.places, digests)
    return _document_traits(names.digests - digests) | locations


def _beside(
    client: placement.Reader,
    others: Collection[str],
    wanted: Collection[str],
    having: Mapping[str, str],
) -> frozenset[str]:
    """Choose the providers that have other names beside the wanted ones.

    :param having: those that have a wanted one, by UUID.
    """
    if not others or not having:
        return frozenset()
    if len(wanted) <= placement.MAX_BESIDE:
        found = client.providers_with_any(others, and_any=wanted)
    else:
        found = client.providers_with_any(others)
    return frozenset(p.uuid for p in found if p.uuid in having)


def look_closer(
    client: placement.Reader,
    surveys: Collection[Survey],
    names: fleet.Names,
    hosts: Mapping[str, Collection[str]],
) -> list[Places]:
    """Judge places on hosts whose PCI functions differ.

    Asks each host, or three times for each place, whichever takes fewer
    requests.

    :param surveys: of the functions' requirements.
    :param names: those in question.
    :param hosts: the locations that matter, by compute node.
    :returns: the verdicts for each survey; a place without any is unknown.
    :raises placement.PlacementError:
    """
    locations = frozenset[str]().union(*hosts.values()) & names.places.keys()
    if not locations:
        return [{} for _ in surveys]
    if len(hosts) <= 2 * len(locations) * len(surveys):
        found = read_hosts(client, hosts)
        return [
            {
                host: {
                    place: each.requirement.verdict(digests)
                    for place, digests in found[host].places.items()
                }
                for host in hosts
            }
            for each in surveys
        ]
    return [_by_place(client, s, names, locations, hosts) for s in surveys]


def _by_place(
    client: placement.Reader,
    each: Survey,
    names: fleet.Names,
    locations: Collection[str],
    hosts: Collection[str],
) -> Places:
    """Ask for the documents of a requirement at each location."""
    verdicts: dict[str, dict[str, decision.Verdict]]
    verdicts = {host: {} for host in hosts}
    good, bad = each.requirement.compatible, each.requirement.incompatible
    for place in locations:
        wanted = _location_traits(names, [place], good)
        refused = _location_traits(names, [place], bad.keys())
        others = _location_traits(names, [place], names.digests - good)
        having = {p.uuid: '' for p in client.providers_with_any(wanted)}
        mixed = _beside(client, others, wanted, having)
        for host in having.keys() - mixed:
            if host in verdicts:
                verdicts[host][place] = decision.Verdict.COMPATIBLE
        if each.bad.providers:
            for provider in client.providers_with_any(refused):
                if provider.uuid in verdicts:
                    verdict = decision.Verdict.INCOMPATIBLE
                    verdicts[provider.uuid][place] = verdict
    return verdicts


def _document_traits(digests: Iterable[str]) -> set[str]:
    return {traits.document_trait(digest) for digest in digests}


def _location_traits(
    names: fleet.Names, places: Iterable[str], digests: Collection[str]
) -> set[str]:
    """Name the L names in use at some places with some documents."""
    return {
        traits.location_trait(place, digest)
        for place in places
        for digest in names.places[place].intersection(digests)
    }
