# SPDX-License-Identifier: Apache-2.0
"""What a decision has to know of a fleet, read from Placement.

Which documents a guest's devices have, which are in use, what they say, and
which hosts have them. Knows nothing of nova and decides nothing; what it
reads is bounded by the client's budget.
"""

import dataclasses
import threading
import time
from collections.abc import Collection, Mapping

from nova_migcompat import decision, descriptor, placement, traits

#: Documents that are kept in memory; the one kept longest goes first.
MAX_KEPT = 4096
#: Seconds for which a text that did not verify is not asked for again.
ABSENT_SECONDS = 60.0
#: Up to so many hosts or documents, each is asked for by itself to say why a
#: host does not pass.
_FEW = 4


@dataclasses.dataclass(frozen=True, slots=True)
class Function:
    """A PCI function that a guest has, by the places of L names.

    :param own: its own location.
    :param physical: for a VF: its PF's; else None.
    :param siblings: for a VF: the locations of all VFs of that PF.
    """

    own: str
    physical: str | None = None
    siblings: frozenset[str] = frozenset()

    def digests(self, places: Mapping[str, frozenset[str]]) -> frozenset[str]:
        """Choose its documents from those at each location.

        The most exact location counts. Where the VFs of a PF differ, each
        that has a document has a name of its own, and one without any has
        not the documents of its siblings.
        """
        if self.own in places or self.physical is None:
            return places.get(self.own, frozenset())
        if self.siblings & places.keys():
            return frozenset()
        return places.get(self.physical, frozenset())


@dataclasses.dataclass(frozen=True, slots=True)
class Guest:
    """What a guest has on its source host, as far as it is assigned devices.

    :param node: the compute node's provider, a UUID.
    :param functions: its PCI functions.
    :param consumer: who holds the allocations, a UUID; during a live
        migration that is the migration.
    :param resource_classes: those that are mediated devices.
    """

    node: str
    functions: tuple[Function, ...] = ()
    consumer: str | None = None
    resource_classes: frozenset[str] = frozenset()


class Library:
    """The documents of a fleet by digest, read once; safe among threads.

    :param most: how many documents are kept.
    """

    def __init__(self, most: int = MAX_KEPT) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._documents: dict[str, descriptor.Document] = {}
        self._absent: dict[str, tuple[float, str]] = {}

    def read(
        self, client: placement.PlacementClient, digests: Collection[str]
    ) -> traits.Texts:
        """Give the documents of digests, from Placement what is not known.

        :raises placement.PlacementError: nothing is kept then.
        """
        now = time.monotonic()
        with self._lock:
            known = {
                d: self._documents[d] for d in digests if d in self._documents
            }
            absent = {
                d: self._absent[d][1]
                for d in digests
                if d not in known and self._absent.get(d, (now, ''))[0] > now
            }
        unknown = [d for d in digests if d not in known and d not in absent]
        if not unknown:
            return traits.Texts(known, absent)
        prefix = (
            traits.text_prefix(unknown[0])
            if len(unknown) == 1
            else traits.TEXT_PREFIX
        )
        found = traits.read_texts(client.traits(startswith=prefix), unknown)
        with self._lock:
            self._documents.update(found.documents)
            for digest, problem in found.problems.items():
                self._absent[digest] = (now + ABSENT_SECONDS, problem)
            for kept in (self._documents, self._absent):
                while len(kept) > self._most:
                    del kept[next(iter(kept))]
        return traits.Texts(
            {**known, **found.documents}, {**absent, **found.problems}
        )


def in_use(client: placement.PlacementClient) -> frozenset[str]:
    """Return the digests of the documents that any provider has."""
    return traits.digests(
        client.traits(startswith=traits.DOCUMENT_PREFIX, associated=True)
    )


def source_devices(
    client: placement.PlacementClient, guest: Guest
) -> tuple[decision.SourceDevice, ...]:
    """Find the documents of a guest's devices on its source host.

    On a uniform host (DESIGN.md) the one D name on the compute node's
    provider says it all; otherwise the most exact location counts.

    :raises placement.PlacementError:
    """
    names = client.provider_traits(guest.node).names
    own = traits.digests(names)
    places = traits.locations(names)
    holding = None
    if len(own) == 1 and not places:
        holding = _holders_in_tree(client, guest.node, own)
    uniform = holding is not None and holding <= {guest.node}
    devices = [
        decision.SourceDevice(
            function.own, own if uniform else function.digests(places)
        )
        for function in guest.functions
    ]
    if guest.consumer is None:
        return tuple(devices)
    if uniform or not own:
        return (*devices, decision.SourceDevice('its mdevs', own))
    return (*devices, *_mdevs(client, guest, own, holding))


def _holders_in_tree(
    client: placement.PlacementClient, node: str, digests: Collection[str]
) -> frozenset[str]:
    """Find the providers of a host that have at least one document."""
    names = [traits.document_trait(digest) for digest in digests]
    found = client.providers_with_any(names, in_tree=node)
    return frozenset(provider.uuid for provider in found)


def _mdevs(
    client: placement.PlacementClient,
    guest: Guest,
    own: frozenset[str],
    holding: frozenset[str] | None,
) -> list[decision.SourceDevice]:
    """Find the documents of mdevs by the providers of their parents.

    :param own: the documents of the host.
    :param holding: the providers that have them all; None: not asked.
    """
    devices = []
    for provider, resources in client.allocations(str(guest.consumer)).items():
        if guest.resource_classes.isdisjoint(resources):
            continue
        digests = own
        if holding is not None and provider not in holding:
            digests = frozenset()
        elif holding is None and provider != guest.node:
            names = client.provider_traits(provider).names
            digests = traits.digests(names)
        devices.append(decision.SourceDevice(f'provider {provider}', digests))
    # The guest has mdevs: if Placement does not say which, they are unknown.
    return devices or [
        decision.SourceDevice('its mdevs, which are not known', frozenset())
    ]


def holders(
    client: placement.PlacementClient,
    digests: Collection[str],
    hosts: Collection[str],
) -> frozenset[str]:
    """Find the hosts that have at least one of the documents.

    Asks in whichever way takes fewer requests: by documents or by hosts.

    :param digests: the documents.
    :param hosts: the hosts in question, compute node providers by UUID.
    :raises placement.PlacementError:
    """
    if not digests:
        return frozenset()
    if len(hosts) * placement.MAX_NAMES < len(digests):
        wanted = frozenset(digests)
        return frozenset(
            host for host in hosts if wanted & _digests(client, host)
        )
    names = [traits.document_trait(digest) for digest in digests]
    found = {p.uuid for p in client.providers_with_any(names)}
    return frozenset(found.intersection(hosts))


def passing(
    client: placement.PlacementClient,
    requirement: decision.Requirement,
    policy: decision.Policy,
    hosts: Collection[str],
) -> frozenset[str]:
    """Choose the hosts that satisfy one requirement.

    :param hosts: compute node providers by UUID.
    :raises placement.PlacementError:
    """
    compatible = holders(client, requirement.compatible, hosts)
    if policy.unknown_target == 'reject':
        return compatible
    return (
        frozenset(hosts) - holders(client, requirement.incompatible, hosts)
        | compatible
    )


def objections(
    client: placement.PlacementClient,
    requirement: decision.Requirement,
    hosts: Collection[str],
) -> Mapping[str, str]:
    """Say for hosts that do not satisfy a requirement what they have.

    At most four requests; where many documents are refused, none.

    :param hosts: compute node providers by UUID.
    :returns: a reason for each host; '' where it publishes nothing.
    :raises placement.PlacementError:
    """
    refused = requirement.incompatible
    found: dict[str, list[str]] = {host: [] for host in hosts}
    if len(hosts) <= _FEW:
        for host in hosts:
            digests = sorted(_digests(client, host) & refused.keys())
            found[host] = [requirement.why_not(d) for d in digests]
    elif len(refused) <= _FEW:
        for digest in refused:
            for host in holders(client, [digest], hosts):
                found[host].append(requirement.why_not(digest))
    else:
        none = f'it has none of the {len(requirement.compatible)} compatible'
        silent = frozenset[str]()
        if len(refused) <= placement.MAX_NAMES:
            silent = frozenset(hosts) - holders(client, refused, hosts)
        for host in found.keys() - silent:
            found[host].append(f'{none} documents')
    return {host: '; '.join(reasons) for host, reasons in found.items()}


def _digests(client: placement.PlacementClient, host: str) -> frozenset[str]:
    try:
        return traits.digests(client.provider_traits(host).names)
    except placement.NotFound:
        return frozenset()
