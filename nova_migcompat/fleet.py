# SPDX-License-Identifier: Apache-2.0
"""What a decision has to know of a fleet, read from Placement.

Which documents a guest's devices have, which are in use, and what they say;
which hosts have them is targets.py's. Knows nothing of nova and decides
nothing; what it reads is bounded by the client's budget.
"""

import dataclasses
import threading
import time
from collections.abc import Callable, Collection, Mapping

from nova_migcompat import decision, descriptor, placement, traits

#: Documents that are kept in memory; the one kept longest goes first.
MAX_KEPT = 4096
#: Seconds for which a text that did not verify is not asked for again.
ABSENT_SECONDS = 60.0


@dataclasses.dataclass(frozen=True, slots=True)
class Function:
    """A PCI function that a guest has, by the places of L names.

    :param own: its own location.
    :param physical: for a VF: its PF's; else None.
    :param siblings: for a VF: the locations of all VFs of that PF.
    :param group: which of the guest's requests gave it.
    """

    own: str
    physical: str | None = None
    siblings: frozenset[str] = frozenset()
    group: str = ''

    def digests(self, places: Mapping[str, frozenset[str]]) -> frozenset[str]:
        """Choose its documents from those at each location.

        The most exact location counts. Where the VFs of a PF differ, those
        that have not what most of them have stand at their own locations: a
        VF that does not has what is left of its PF's. Nothing is left where
        one has no document, as the PF has none then either.
        """
        if self.own in places or self.physical is None:
            return places.get(self.own, frozenset())
        others = [places[one] for one in self.siblings & places.keys()]
        return places.get(self.physical, frozenset()).difference(*others)


@dataclasses.dataclass(frozen=True, slots=True)
class Guest:
    """What a guest has on its source host, as far as it is assigned devices.

    :param node: the compute node's provider, a UUID.
    :param functions: its PCI functions.
    :param consumer: who holds the allocations, a UUID; during a live
        migration that is the migration.
    :param mdevs: how many mediated devices it has, by resource class.
    """

    node: str
    functions: tuple[Function, ...] = ()
    consumer: str | None = None
    mdevs: Mapping[str, int] = dataclasses.field(default_factory=dict)


class Library:
    """The documents of a fleet by digest, read once; safe among threads.

    :param most: how many documents are kept.
    """

    def __init__(self, most: int = MAX_KEPT) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._documents: dict[str, descriptor.Document] = {}
        self._absent: dict[str, tuple[float, str]] = {}

    @property
    def is_large(self) -> bool:
        """Are so many kept that questions about them take several URLs?"""
        return len(self._documents) > placement.MAX_NAMES

    def known(self, digests: Collection[str]) -> frozenset[str]:
        """Choose the digests whose documents are kept."""
        with self._lock:
            return frozenset(d for d in digests if d in self._documents)

    def add(self, found: traits.Texts) -> None:
        """Keep what somebody else has read."""
        self._keep(found, time.monotonic() + ABSENT_SECONDS)

    def read(
        self,
        client: placement.Reader,
        digests: Collection[str],
        is_late: Callable[[str], bool] = lambda _digest: False,
    ) -> traits.Texts:
        """Give the documents of digests, from Placement what is not known.

        :param is_late: whether the time for a digest is over; it is in
            neither part then, and is looked at the next time.
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
        found = traits.read_texts(
            client.traits(startswith=prefix), unknown, is_late
        )
        self._keep(found, now + ABSENT_SECONDS)
        return traits.Texts(
            {**known, **found.documents}, {**absent, **found.problems}
        )

    def _keep(self, found: traits.Texts, until: float) -> None:
        """Keep what was read, and until when what was not is not asked for."""
        with self._lock:
            self._documents.update(found.documents)
            for digest, problem in found.problems.items():
                self._absent[digest] = (until, problem)
            for kept in (self._documents, self._absent):
                while len(kept) > self._most:
                    del kept[next(iter(kept))]


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """The names of ours that stand on providers, read.

    :param digests: of the D names.
    :param places: digests by location, of the L names.
    """

    digests: frozenset[str]
    places: Mapping[str, frozenset[str]]

    @classmethod
    def read(cls, names: Collection[str]) -> 'Names':
        """Read them from traits, others' among them."""
        return cls(traits.digests(names), traits.locations(names))


def in_use(client: placement.Reader, apart: bool = False) -> Names:
    """Read the names that any provider has.

    :param apart: in two requests in place of one, for a fleet of many
        documents. All our names begin alike, those of texts and fields too:
        Placement's database may look through those of every provider for them
        (1,000 documents on 10,000 hosts, MariaDB: 0.9 s in place of 0.03).
    :raises placement.PlacementError:
    """
    if apart:
        return Names(documents_in_use(client), places_in_use(client))
    return Names.read(client.traits(startswith=traits.PREFIX, associated=True))


def documents_in_use(client: placement.Reader) -> frozenset[str]:
    """Read the digests of the documents that any provider has.

    :raises placement.PlacementError:
    """
    return traits.digests(
        client.traits(startswith=traits.DOCUMENT_PREFIX, associated=True)
    )


def places_in_use(client: placement.Reader) -> dict[str, frozenset[str]]:
    """Read the digests by location, of the L names that any provider has.

    :raises placement.PlacementError:
    """
    return traits.locations(
        client.traits(startswith=traits.LOCATION_PREFIX, associated=True)
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """A guest on its source host, and what that host's provider has.

    :param names: on the compute node's provider.
    """

    guest: Guest
    names: Names

    @property
    def may_be_uniform(self) -> bool:
        """Is there one document, and no location? Then the parents tell."""
        return len(self.names.digests) == 1 and not self.names.places

    def if_uniform(self) -> tuple[decision.SourceDevice, ...]:
        """The guest's devices, if every device of the host has the same
        documents (DESIGN.md, "Uniform hosts"), be it none.
        """
        own = self.names.digests
        functions = [
            decision.SourceDevice(function.own, own, function.group)
            for function in self.guest.functions
        ]
        mdevs = [
            decision.SourceDevice(f'its {name}', own, name)
            for name, amount in self.guest.mdevs.items()
            for _ in range(amount)
        ]
        return (*functions, *mdevs)


def read_source(client: placement.Reader, guest: Guest) -> Source:
    """Read what a guest's source host publishes; one request.

    :raises placement.PlacementError:
    """
    names = client.provider_traits(guest.node).names
    return Source(guest, Names.read(names))


def source_devices(
    client: placement.Reader,
    source: Source,
    holding: frozenset[str] | None = None,
) -> tuple[decision.SourceDevice, ...]:
    """Find the documents of a guest's devices on its source host.

    Where that may be uniform, the parents of mdevs tell whether it is;
    otherwise the most exact location counts.

    :param holding: the providers of the host's tree that have its document,
        where they are known and it may be uniform.
    :raises placement.PlacementError:
    """
    guest, names = source.guest, source.names
    if not names.digests:
        return source.if_uniform()
    if source.may_be_uniform:
        if holding is None:
            holding = holders_in_tree(client, guest.node, names.digests)
        if holding <= {guest.node}:
            return source.if_uniform()
    functions = [
        decision.SourceDevice(
            function.own, function.digests(names.places), function.group
        )
        for function in guest.functions
    ]
    return (*functions, *_mdevs(client, source, holding))


def holders_in_tree(
    client: placement.Reader, node: str, digests: Collection[str]
) -> frozenset[str]:
    """Find the providers of a host that have at least one document.

    :raises placement.PlacementError:
    """
    names = [traits.document_trait(digest) for digest in digests]
    found = client.providers_with_any(names, in_tree=node)
    return frozenset(provider.uuid for provider in found)


def _mdevs(
    client: placement.Reader,
    source: Source,
    holding: frozenset[str] | None,
) -> list[decision.SourceDevice]:
    """Find the documents of mdevs by the providers of their parents.

    :param holding: the providers that have the host's one document; None:
        it has several, or has locations.
    """
    guest, own = source.guest, source.names.digests
    devices = []
    held = client.allocations(guest.consumer) if guest.consumer else {}
    for provider, resources in held.items():
        groups = guest.mdevs.keys() & resources.keys()
        if not groups:
            continue
        digests = own
        if holding is not None and provider not in holding:
            digests = frozenset()
        elif holding is None and provider != guest.node:
            names = client.provider_traits(provider).names
            digests = traits.digests(names)
        device = f'provider {provider}'
        devices += [
            decision.SourceDevice(device, digests, group)
            for group in sorted(groups)
            for _ in range(resources[group])
        ]
    # If Placement does not say which mdevs the guest has, they are unknown.
    known = {device.group for device in devices}
    return devices + [
        decision.SourceDevice(
            f'its {group}, of which Placement knows nothing',
            frozenset(),
            group,
        )
        for group in guest.mdevs.keys() - known
    ]
