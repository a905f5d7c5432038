# SPDX-License-Identifier: Apache-2.0
"""From a host's devices to the names that should stand in Placement.

Pure: knows nothing of files or of requests. What each name is for, where it
stands and what a uniform host is, stands in DESIGN.md, "What stands in
Placement".
"""

import collections
import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from nova_migcompat import descriptor, traits
from nova_migcompat.agent import inventory, model

Documents = tuple[descriptor.Document, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Desired:
    """The names of one host.

    :param node: what the compute node's provider should have.
    :param parents: what the provider of each mdev parent should have, by
        libvirt's name of the parent, which ends the provider's name.
    :param documents: the documents whose text must stand in Placement, by
        digest.
    :param problems: the devices that are left out here, and why.
    """

    node: frozenset[str] = frozenset()
    parents: Mapping[str, frozenset[str]] = dataclasses.field(
        default_factory=dict
    )
    documents: Mapping[str, descriptor.Document] = dataclasses.field(
        default_factory=dict
    )
    problems: tuple[model.Problem, ...] = ()

    def of_provider(self, name: str, node_name: str) -> frozenset[str] | None:
        """Tell what a provider of the compute node's tree should have.

        :param name: the provider's name.
        :param node_name: the name of the compute node's provider.
        :returns: the names; None where the provider cannot be one of ours.
        """
        if name == node_name:
            return self.node
        if not name.startswith(f'{node_name}_'):
            return None
        node_device = name.removeprefix(f'{node_name}_')
        if not node_device.isidentifier():
            return None
        return self.parents.get(node_device, frozenset())


def desired(
    devices: Sequence[inventory.Described],
    fields: Collection[str] | None = None,
    certain: bool = True,
) -> Desired:
    """Work out the names of a host.

    :param devices: its devices, sorted by location.
    :param fields: the SELF fields that are published as F names; None: all.
    :param certain: whether all of the host's devices could be looked at; if
        not, the host counts as one whose devices differ.
    """
    kept, problems = _within_limits(devices)
    documents = {
        document.digest: document
        for device in kept
        for document in device.documents
    }
    names = {traits.document_trait(digest) for digest in documents}
    for document in documents.values():
        names |= traits.field_traits(document, fields)
    parents: dict[str, frozenset[str]] = {}
    if not (certain and is_uniform(kept)):
        names.update(_location_traits(kept))
        parents = {
            device.device.node_device: frozenset(
                traits.document_trait(document.digest)
                for document in device.documents
            )
            for device in kept
            if device.gives_mdevs
        }
    return Desired(frozenset(names), parents, documents, problems)


def is_uniform(devices: Iterable[inventory.Described]) -> bool:
    """Whether one document says everything about a host.

    :param devices: the described or assignable devices of the host.
    :returns: whether every device that a guest could be given has the same
        one document, and nothing else is published either.
    """
    return len({device.documents for device in devices}) <= 1 and all(
        len(device.documents) == 1 for device in devices
    )


def _location_traits(devices: Iterable[inventory.Described]) -> Iterator[str]:
    """The L names of the functions that Nova assigns whole."""
    virtual_functions: dict[str, list[inventory.Described]] = {}
    for device in devices:
        if not device.device.pci or device.gives_mdevs:
            continue
        physfn = device.device.physfn
        if physfn:
            virtual_functions.setdefault(physfn, []).append(device)
        else:
            yield from _at(device.device.location, device)
    for physfn, siblings in virtual_functions.items():
        # Nova's pools know a VF by the address of its PF, and Nova may take
        # any VF of it: one that nobody knows makes all of them unknown.
        usual: Documents = ()
        if all(device.documents for device in siblings):
            for device in siblings:
                yield from _at(physfn, device)
            usual = _usual(siblings)
        for device in siblings:
            if device.documents != usual:
                yield from _at(device.device.location, device)


def _usual(siblings: Iterable[inventory.Described]) -> Documents:
    """Choose what most VFs of a PF have: these need no name of their own.

    Each name that a provider has costs every scheduling of the cloud.
    """
    counts = collections.Counter(device.documents for device in siblings)
    return max(counts, key=counts.__getitem__)


def _at(location: str, device: inventory.Described) -> Iterator[str]:
    for document in device.documents:
        yield traits.location_trait(location, document.digest)


def _within_limits(
    devices: Sequence[inventory.Described],
) -> tuple[list[inventory.Described], tuple[model.Problem, ...]]:
    """Take the documents from devices that exceed DESIGN.md's limits."""
    kept: list[inventory.Described] = []
    problems: list[model.Problem] = []
    digests: set[str] = set()
    for device in devices:
        reason = _excess(device.documents, digests)
        if reason:
            problems.append(
                model.Problem(device.device.name, device.device.folder, reason)
            )
            kept.append(dataclasses.replace(device, documents=()))
        else:
            digests.update(document.digest for document in device.documents)
            kept.append(device)
    return kept, tuple(problems)


def _excess(
    documents: Iterable[descriptor.Document], before: Collection[str]
) -> str | None:
    """Say which limit a device's documents exceed, if any."""
    new = [d for d in documents if d.digest not in before]
    for document in new:
        size = len(document.canonical.encode())
        if size > traits.MAX_TEXT:
            return (
                f'the canonical form of its document has {size:,} bytes, and'
                f' at most {traits.MAX_TEXT:,} can be published'
            )
    if new and len(before) + len(new) > traits.MAX_DOCUMENTS:
        return (
            'the host has more than'
            f' {traits.MAX_DOCUMENTS} different documents, and this device is'
            ' past the limit'
        )
    return None
