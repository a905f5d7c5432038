# SPDX-License-Identifier: Apache-2.0
"""What guests have, and what they ask of a host that they move to.

From what Nova's API and Placement say of a server, or from what a host
publishes. Where these cannot say which device a guest has, every one that it
could be is an alternative. Judges nothing.
"""

import argparse
import dataclasses
import itertools
import math
import re
from collections.abc import Iterable, Mapping

from nova_migcompat import decision, flavors, fleet, placement, traits
from nova_migcompat.cli import base, cells, compute, states

#: Alternatives that are judged for one guest, at most.
_MOST = 64

#: What ends the name of the provider of a PCI device (nova/compute/
#: pci_placement_translator.py), and of a parent of mdevs (nova/virt/libvirt/
#: driver.py).
_PCI_PROVIDER = re.compile(
    r'_([0-9A-Fa-f]{4,8}(?::[0-9A-Fa-f]{2}){2}\.[0-7])$'
)
_MDEV_PARENT = re.compile(r'_(pci_[0-9a-f]{4,8}(?:_[0-9a-f]{2}){2}_[0-7])$')

#: What the groups of functions are called that Placement knows.
_IN_PLACEMENT = 'PCI class '
_NOT_NAMED = 'a PCI function that the API does not name'

#: What is said of a device that is named on a host whose devices are alike.
_ALL_ALIKE = (
    'all devices of the host have the same document, so Placement does not '
    'know where they are: whether there is one at {} is not checked'
)

#: A PCI address: as lspci, sysfs or Nova have it, or libvirt.
_ADDRESS = re.compile(
    r'(?:[0-9A-F]{4,8}:)?[0-9A-F]{2}:[01][0-9A-F]\.[0-7]'
    r'|PCI_[0-9A-F]{4,8}_[0-9A-F]{2}_[01][0-9A-F]_[0-7]',
    re.IGNORECASE,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """What a guest asks of a host, if its devices are these.

    :param devices: what it has now.
    :param groups: what Placement is asked for, by suffix.
    :param isolate: whether no two of these may share a provider.
    :param functions: of devices that are PCI functions: the groups of
        ``groups`` that name where they come from, by the devices' group; none
        where PCI is not in Placement.
    """

    devices: tuple[decision.SourceDevice, ...]
    groups: Mapping[str, placement.Group]
    isolate: bool = False
    functions: Mapping[str, tuple[str, ...]] = dataclasses.field(
        default_factory=dict
    )

    @property
    def is_in_placement(self) -> bool:
        """Does Placement know any of the devices?"""
        return any(
            self.functions.get(device.group) != () for device in self.devices
        )

    def documents(self) -> list[str]:
        """List the documents of the devices."""
        return sorted(
            frozenset[str]().union(*(each.digests for each in self.devices))
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Guest:
    """A guest, or a device that one could have.

    :param name: for people, printable.
    :param node: the compute node where it is, a UUID.
    :param wanted: what it asks; several where it is not known which of these
        it has. None: it has no devices.
    :param notes: what is not known.
    """

    name: str
    node: str
    wanted: tuple[Wanted, ...]
    notes: tuple[str, ...] = ()


class Reader:
    """Finds out what guests have.

    :param state: the fleet, read.
    """

    def __init__(self, state: states.State) -> None:
        self._state = state
        self._expected: dict[str, list[compute.Server]] = {}

    def expect(self, servers: Iterable[compute.Server]) -> None:
        """Learn which servers will be asked for.

        What those of a host have in Placement is then read by the providers
        of the host, where these are fewer.
        """
        for server in servers:
            if any(self._devices_of(server)):
                of_host = self._expected.setdefault(str(server.node), [])
                of_host.append(server)

    def _read_expected(self, name: str, node: str) -> None:
        """Read what those servers of a host have that are expected.

        :param name: of the host.
        """
        servers = self._expected.pop(name, [])
        host = self._state.census.hosts.get(node)
        parents = host.parents if host else ()
        differs = bool(parents or (host and host.places))
        asked_for = [s for s in servers if differs or self._devices_of(s)[1]]
        if len(asked_for) > len(parents) + 1:
            tree = self._state.tree(node)
            if len(asked_for) > len(tree):
                self._state.snapshot.read_allocations(tree)

    def _devices_of(
        self, server: compute.Server
    ) -> tuple[dict[str, int], dict[str, int]]:
        """Count what a server's flavor asks for: mdevs by resource class, and
        PCI functions by alias.
        """
        specs = server.extra_specs
        mdevs = flavors.mdevs(specs, self._state.choices.mdev_classes)
        return mdevs, flavors.aliases(specs)

    def of_server(self, server: compute.Server) -> Guest:
        """Find out what a server has.

        At most one request to Placement for the server, and two for its host;
        for those that are expected, no more than one for each together.

        :raises base.InputError: Placement has no provider for its host.
        :raises placement.PlacementError:
        """
        specs = server.extra_specs
        mdevs, aliases = self._devices_of(server)
        name = f'server {cells.printable(server.uuid)}'
        if not (mdevs or aliases):
            return Guest(name, '', ())
        node = self._state.node(str(server.node))
        self._read_expected(str(server.node), node)
        functions = self._functions(server, node) if aliases else []
        groups = flavors.groups(specs, server.memory_mb)
        suffixes = _ask_for(functions, groups)
        if not functions:
            functions = [
                fleet.Function(_NOT_NAMED, group=f'PCI alias {alias}')
                for alias, count in aliases.items()
                for _ in range(count)
            ]
            suffixes = {function.group: () for function in functions}
        guest = fleet.Guest(node, tuple(functions), server.uuid, mdevs)
        alternatives, notes = self._alternatives(guest)
        isolate = flavors.isolates(specs)
        wanted = (Wanted(d, groups, isolate, suffixes) for d in alternatives)
        return Guest(name, node, tuple(wanted), notes)

    def of_host(self, node: str, address: str | None) -> list[Guest]:
        """Name the devices of a host, as if a guest had one of each document.

        :param address: of the only device in question; None: all.
        :raises base.InputError: the host publishes nothing, or nothing for
            that device.
        :raises placement.PlacementError:
        """
        devices = self._devices(node)
        if not devices:
            raise base.InputError(
                'the host publishes no document: does its agent run, and has '
                'it a device that a guest could be given?'
            )
        place = address and _location(address)
        found: dict[tuple[str, frozenset[str]], list[str]] = {}
        for location, group, digests in devices:
            if place is None or location in (place, ''):
                found.setdefault((group, digests), []).append(location)
        if not found:
            known = ', '.join(sorted({d[0] for d in devices if d[0]}))
            raise base.InputError(
                f'the host publishes nothing for a device {address!a}; it '
                f'does for {cells.printable(known)} (a VF that is not among '
                'them has what most of its PF have: name the PF)'
            )
        return [
            self._of_document(node, group, digests, locations, address)
            for (group, digests), locations in found.items()
        ]

    def _functions(
        self, server: compute.Server, node: str
    ) -> list[fleet.Function]:
        """Find a server's PCI functions by what it has in Placement.

        That is a PF where it has one of the PF's VFs.
        """
        held = self._state.snapshot.allocations(server.uuid)
        functions = []
        for provider, resources in held.items():
            location = pci_location(self._state.tree(node).get(provider, ''))
            if location and provider != node:
                functions += [
                    fleet.Function(location, group=_IN_PLACEMENT + kind)
                    for kind, amount in resources.items()
                    for _ in range(amount)
                ]
        return functions

    def _alternatives(
        self, guest: fleet.Guest
    ) -> tuple[list[tuple[decision.SourceDevice, ...]], tuple[str, ...]]:
        """List what the guest's devices may be."""
        snapshot = self._state.snapshot
        source = fleet.read_source(snapshot, guest)
        devices = fleet.source_devices(snapshot, source)
        count = len(guest.functions)
        possible = [
            _possible(device, source.names.places)
            for device in devices[:count]
        ]
        options: dict[str, set[frozenset[str]]] = {}
        for device, documents in zip(devices, possible, strict=False):
            if len(documents) > 1:
                options.setdefault(device.group, set()).update(documents)
        settled = [
            dataclasses.replace(device, digests=next(iter(documents)))
            for device, documents in zip(devices, possible, strict=False)
        ] + list(devices[count:])
        notes = tuple(
            f'which function it has by {group} is not known: all '
            f'{len(documents)} documents that it could have are judged'
            for group, documents in options.items()
        )
        ways = math.prod(map(len, options.values()))
        if ways > _MOST:
            notes += (f'of {ways} ways the first {_MOST} are judged',)
        each_way = itertools.product(
            *(sorted(documents, key=sorted) for documents in options.values())
        )
        return [
            _with_documents(settled, dict(zip(options, way, strict=True)))
            for way in itertools.islice(each_way, _MOST)
        ], notes

    def _devices(self, node: str) -> list[tuple[str, str, frozenset[str]]]:
        """List a host's devices: location, group, documents.

        The location is '' where all devices of the host are alike.
        """
        host = self._state.census.hosts.get(node)
        if host is None:
            return []
        found = [
            (location, 'PCI', frozenset({digest}))
            for location, digests in host.places.items()
            for digest in sorted(digests)
        ]
        for parent, name in host.parent_names.items():
            match = _MDEV_PARENT.search(name)
            location = _location(match[1]) if match else name
            for kind in self._mdev_classes(parent):
                found.append((location, kind, host.parents[parent]))
        if found:
            return found
        parents = [
            uuid
            for uuid, name in self._state.tree(node).items()
            if uuid != node and _MDEV_PARENT.search(name)
        ]
        kinds = {k for p in parents[:1] for k in self._mdev_classes(p)}
        return [('', k, host.digests) for k in sorted(kinds or {'PCI'})]

    def _mdev_classes(self, parent: str) -> list[str]:
        """Name the resource classes of mdevs that a provider has."""
        known = self._state.choices.mdev_classes
        classes = self._state.client.inventories(parent)
        return sorted(known.intersection(classes) or classes)

    @staticmethod
    def _of_document(
        node: str,
        group: str,
        digests: frozenset[str],
        locations: Iterable[str],
        address: str | None,
    ) -> Guest:
        where = ', '.join(sorted(filter(None, locations)))
        notes = (_ALL_ALIKE.format(address),) if address and not where else ()
        where = where or 'any device'
        device = decision.SourceDevice(where, digests, group)
        if group == 'PCI':
            groups = flavors.groups({}, 1)
            wanted = Wanted((device,), groups, functions={group: ()})
        else:
            wanted = Wanted((device,), {'': placement.Group({group: 1})})
        return Guest(cells.printable(where), node, (wanted,), notes)


def _ask_for(
    functions: Iterable[fleet.Function], groups: dict[str, placement.Group]
) -> dict[str, tuple[str, ...]]:
    """Ask Placement for each function by itself, as Nova does.

    :param functions: their groups are ``PCI`` and the resource class.
    :param groups: what else is asked for; they are added there.
    :returns: the suffixes of their groups, by the functions' group.
    """
    suffixes: dict[str, tuple[str, ...]] = {}
    for number, function in enumerate(functions):
        suffix = f'_migcompat{number}'
        resource_class = function.group.removeprefix(_IN_PLACEMENT)
        groups[suffix] = placement.Group({resource_class: 1})
        suffixes[function.group] = (
            *suffixes.get(function.group, ()),
            suffix,
        )
    return suffixes


def _possible(
    device: decision.SourceDevice, places: Mapping[str, frozenset[str]]
) -> set[frozenset[str]]:
    """List what documents a PCI function may have, one at a time.

    A PF's location has the documents of all its VFs. Where a function has no
    location of its own, it may be any of its host's.
    """
    digests = device.digests
    if not digests:
        digests = frozenset[str]().union(*places.values())
    return {frozenset({each}) for each in digests} or {frozenset()}


def _with_documents(
    devices: Iterable[decision.SourceDevice],
    documents: Mapping[str, frozenset[str]],
) -> tuple[decision.SourceDevice, ...]:
    """Let the devices of some groups have a group's documents."""
    return tuple(
        dataclasses.replace(d, digests=documents.get(d.group, d.digests))
        for d in devices
    )


def pci_address(text: str) -> str:
    """Take the PCI address of a device from the command line.

    :returns: with its domain.
    :raises argparse.ArgumentTypeError: where it is none.
    """
    if not _ADDRESS.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f'{text!r} is no PCI address, as in 0000:84:00.2'
        )
    return f'0000:{text}' if text.count(':') == 1 else text


def pci_location(provider: str) -> str | None:
    """Name the location of a PCI device's provider, by the provider's name.

    :returns: None where it is no such provider.
    """
    match = _PCI_PROVIDER.search(provider)
    return _location(match[1]) if match else None


def _location(address: str) -> str:
    """Name an address as L names do: ``PCI_0000_84_00_0``."""
    # It may be libvirt's name already.
    return traits.pci_location(address.strip().upper().removeprefix('PCI_'))
