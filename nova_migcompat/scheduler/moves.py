# SPDX-License-Identifier: Apache-2.0
"""Is a scheduling request the live migration of a guest with devices?

Reads the request and, for moves of guests with devices only, the source's
cell database. What Nova says there was read in nova/conductor/tasks/
live_migrate.py and nova/scheduler/manager.py of Nova 29 and 34.
"""

import dataclasses
from collections.abc import Collection
from typing import Any

from nova import context as nova_context
from nova import exception, objects
from nova.compute import task_states
from nova.objects import fields
from nova.scheduler import utils

from nova_migcompat import flavors, fleet, traits

#: What of an instance says which PCI functions it has.
_FUNCTIONS = ('pci_devices', 'pci_requests')

_NOT_KNOWN = 'a PCI function that is not known'


@dataclasses.dataclass(frozen=True, slots=True)
class LiveMigration:
    """A live migration of a guest with assigned devices.

    :param uuid: the migration's.
    :param instance: the guest's UUID.
    :param host: the source host's name.
    :param guest: what the guest has there.
    """

    uuid: str
    instance: str
    host: str
    guest: fleet.Guest


def may_concern_us(spec_obj: Any, mdev_classes: Collection[str]) -> bool:
    """Could it be a move of a guest with devices? Asks the request alone.

    A boot has no cell in its requested destination; a rebuild stays.
    """
    destination = get(spec_obj, 'requested_destination')
    return (
        destination is not None
        and get(destination, 'cell') is not None
        and (
            bool(alias_requests(get(spec_obj, 'pci_requests')))
            or bool(mdevs(spec_obj, mdev_classes))
        )
        and not utils.request_is_rebuild(spec_obj)
    )


def names_a_host(spec_obj: Any) -> bool:
    """Does the user say where a server has to go?"""
    destination = get(spec_obj, 'requested_destination')
    return bool(destination and get(destination, 'host'))


def alias_requests(pci_requests: Any) -> list[Any]:
    """Choose the requests of flavor aliases that can move live.

    Neutron's ports are not ours: Nova detaches those. An older Nova moves
    no PCI device live and has no such question.
    """
    return [
        request
        for request in (pci_requests.requests if pci_requests else ())
        if request.source == objects.InstancePCIRequest.FLAVOR_ALIAS
        and hasattr(request, 'is_live_migratable')
        and request.is_live_migratable()
    ]


def alias_group(request: Any) -> str:
    """Name the devices that a flavor's alias asks for.

    The alias is what a request is called before and after a resize.
    """
    return f'PCI alias {request.alias_name}'


def mdevs(spec_obj: Any, mdev_classes: Collection[str]) -> dict[str, int]:
    """Count the mediated devices that the flavor asks for, in all groups.

    :returns: the amount by resource class, without those of amount 0.
    """
    flavor = get(spec_obj, 'flavor')
    extra_specs = (flavor and get(flavor, 'extra_specs')) or {}
    return flavors.mdevs(extra_specs, mdev_classes)


def live_migration(
    spec_obj: Any, mdev_classes: Collection[str]
) -> LiveMigration | None:
    """Read what moves, and how; None where it is no live migration.

    :raises nova.exception.NovaException: the database could not be read.
    """
    cell = spec_obj.requested_destination.cell
    elevated = spec_obj._context.elevated()
    # Joined in one query on Nova 34, one more on Nova 29.
    has_functions = bool(alias_requests(get(spec_obj, 'pci_requests')))
    with nova_context.target_cell(elevated, cell) as cell_context:
        try:
            instance = objects.Instance.get_by_uuid(
                cell_context,
                spec_obj.instance_uuid,
                expected_attrs=list(_FUNCTIONS) if has_functions else None,
            )
        except exception.InstanceNotFound:
            return None
        if instance.task_state != task_states.MIGRATING:
            return None
        migration = _newest_live_migration(cell_context, instance.uuid)
        if migration is None or migration.status != 'accepted':
            return None
        node = objects.ComputeNode.get_by_host_and_nodename(
            cell_context, instance.host, instance.node
        )
        functions = (
            _functions(cell_context, instance, node) if has_functions else ()
        )
    amounts = mdevs(spec_obj, mdev_classes)
    guest = fleet.Guest(
        node.uuid, functions, migration.uuid if amounts else None, amounts
    )
    return LiveMigration(migration.uuid, instance.uuid, instance.host, guest)


def _newest_live_migration(cell_context: Any, instance: str) -> Any:
    """Read an instance's newest live migration; one may be left over."""
    migrations = objects.MigrationList.get_by_filters(
        cell_context,
        {
            'instance_uuid': instance,
            'migration_type': fields.MigrationType.LIVE_MIGRATION,
        },
        sort_keys=['created_at', 'id'],
        sort_dirs=['desc', 'desc'],
        limit=1,
    )
    return migrations[0] if migrations else None


def _functions(
    cell_context: Any, instance: Any, node: Any
) -> tuple[fleet.Function, ...]:
    """Find the guest's PCI functions that came from a flavor's alias.

    The instance's own requests name them: those of the request spec are
    others after a resize, and a device of a former host may still be listed.
    """
    found = []
    for request in alias_requests(instance.pci_requests):
        group = alias_group(request)
        devices = [
            device
            for device in instance.pci_devices
            if device.request_id == request.request_id
            and device.status == fields.PciDeviceStatus.ALLOCATED
        ]
        found += [_function(cell_context, d, node, group) for d in devices]
        missing = request.count - len(devices)
        found += [fleet.Function(_NOT_KNOWN, group=group)] * missing
    return tuple(found)


def _function(
    cell_context: Any, device: Any, node: Any, group: str
) -> fleet.Function:
    """Name a function's places: its own, its PF's, its siblings'."""
    parent = get(device, 'parent_addr')
    if not parent:
        return fleet.Function(traits.pci_location(device.address), group=group)
    siblings = objects.PciDeviceList.get_by_parent_address(
        cell_context, node.id, parent
    )
    return fleet.Function(
        traits.pci_location(device.address),
        traits.pci_location(parent),
        frozenset(
            traits.pci_location(sibling.address) for sibling in siblings
        ),
        group,
    )


def get(thing: Any, name: str) -> Any:
    """Read a field of a Nova object; None where it is not set."""
    return getattr(thing, name) if name in thing else None
