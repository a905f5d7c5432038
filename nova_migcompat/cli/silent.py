# SPDX-License-Identifier: Apache-2.0
"""Which hosts have devices that Nova gives to guests, and publish nothing.

Such a host is one without an agent, or one whose agent reports no device. What
Nova calls things in Placement is from its libvirt driver and from
nova/compute/pci_placement_translator.py. Does not import nova.
"""

import dataclasses
import json
from collections.abc import Collection, Iterable

import os_traits
from oslo_config import types

from nova_migcompat import placement, traits

#: Hosts whose inventories are read, at most: there it takes a request for each
#: device until the first one that counts.
MOST = 200

_is_true = types.Boolean()


@dataclasses.dataclass(frozen=True, slots=True)
class Silent:
    """Hosts that have devices and publish no document.

    :param names: of their providers, sorted.
    :param are_all: whether every host was looked at.
    """

    names: tuple[str, ...]
    are_all: bool


def classes(
    mdev_classes: Iterable[str], aliases: Iterable[str], *, has_pci: bool
) -> frozenset[str]:
    """Say which resource classes are devices that the filter decides about.

    :param mdev_classes: those of mediated devices
        (:func:`policies.device_classes`).
    :param aliases: ``[pci] alias`` as it stands there; one that Nova would
        refuse counts for nothing.
    :param has_pci: ``[filter_scheduler] pci_in_placement``; without it
        Placement knows of no PCI device.
    """
    found = set(mdev_classes)
    for alias in aliases if has_pci else ():
        found.update(_alias_classes(alias))
    return frozenset(found)


def _alias_classes(text: str) -> set[str]:
    """Read what an alias asks Placement for, if Nova moves it live."""
    try:
        alias = json.loads(text)
        if not _is_true(alias.get('live_migratable', 'no')):
            return set()
        name = str(alias.get('resource_class') or '').upper()
        ids = f'{alias.get("vendor_id")}_{alias.get("product_id")}'
    except (ValueError, AttributeError):
        return set()
    if name:
        return {name, os_traits.normalize_name(name)}
    return {f'CUSTOM_PCI_{ids}'.upper()}


def hosts(
    client: placement.PlacementClient,
    digests: Collection[str],
    wanted: Collection[str],
) -> Silent:
    """Find the hosts that have a device of some classes and no document.

    Takes one request for all providers, one for each
    :data:`placement.MAX_NAMES` documents, and some for each host that has
    providers below its own and no document.

    :param digests: of the documents in use.
    :param wanted: resource classes.
    :raises placement.PlacementError:
    """
    found = []
    names = [traits.document_trait(digest) for digest in digests]
    heard = {p.root_uuid for p in client.providers_with_any(names)}
    others = _devices(client.providers(), heard)
    looked_at = sorted(others)[:MOST]
    for name in looked_at:
        if any(_has(client, uuid, wanted) for uuid in others[name]):
            found.append(name)
    return Silent(tuple(found), len(looked_at) == len(others))


def _devices(
    providers: Iterable[placement.Provider], heard: Collection[str]
) -> dict[str, list[str]]:
    """Group what Nova may have made for devices by the host's name."""
    providers = [p for p in providers if p.root_uuid not in heard]
    roots = {p.uuid: p.name for p in providers if p.parent_uuid is None}
    found: dict[str, list[str]] = {}
    for provider in providers:
        root = roots.get(provider.root_uuid)
        if root is not None and provider.name.startswith(f'{root}_'):
            found.setdefault(root, []).append(provider.uuid)
    return found


def _has(
    client: placement.PlacementClient, uuid: str, wanted: Collection[str]
) -> bool:
    """Ask whether a provider has anything of some classes."""
    try:
        return not client.inventories(uuid).keys().isdisjoint(wanted)
    except placement.NotFound:
        return False  # it has gone since
