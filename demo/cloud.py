# SPDX-License-Identifier: Apache-2.0
"""Nova's scheduler over SQLite, with computes and guests that are only rows.

Nova's own objects, database migrations, host manager, filters and scheduler
run as in a cloud; what is made up is that nova-compute and nova-api wrote the
rows. It knows nothing of documents.
"""

from __future__ import annotations

import os
import pathlib
import uuid
from typing import Any

# Before nova is imported, which decides about eventlet then.
os.environ.setdefault('OS_NOVA_DISABLE_EVENTLET_PATCHING', 'true')

import oslo_messaging
from nova import config, context, exception, objects
from nova.db import migration as schema
from nova.objects import fields
from nova.scheduler import manager
from oslo_log import log
from oslo_serialization import jsonutils
from oslo_utils import timeutils

CELL0 = '00000000-0000-0000-0000-000000000000'
PROJECT = 'a9f1e9a0c1f04a3b8f4f5d1d0b1f0c0d'

NOVA_CONF = """\
[DEFAULT]
transport_url = fake://
# The computes never report again: none is to count as down meanwhile.
service_down_time = 86400
state_path = {folder}
log_file = {folder}/nova-scheduler.log
debug = {debug}
[database]
connection = sqlite:///{folder}/nova.sqlite
[api_database]
connection = sqlite:///{folder}/nova_api.sqlite
[scheduler]
max_attempts = 100
[pci]
alias = {alias}
[filter_scheduler]
available_filters = nova.scheduler.filters.all_filters
available_filters = \
nova_migcompat.scheduler.filters.MigrationCompatibilityFilter
enabled_filters = ComputeFilter,PciPassthroughFilter,\
MigrationCompatibilityFilter
[migcompat]
equal_fields = mdev_type
# So that the filter sees every host, and says why some do not pass.
placement_prefilter = false
{placement}
"""
#: What every host has besides its devices.
COMPUTE = {
    'vcpus': 64,
    'vcpus_used': 0,
    'memory_mb': 262144,
    'memory_mb_used': 0,
    'free_ram_mb': 262144,
    'local_gb': 1000,
    'local_gb_used': 0,
    'free_disk_gb': 1000,
    'disk_available_least': 1000,
    'hypervisor_type': 'QEMU',
    'hypervisor_version': 8002002,
    'cpu_info': '{}',
    'stats': {},
    'metrics': '[]',
    'host_ip': '127.0.0.1',
    'cpu_allocation_ratio': 1.0,
    'ram_allocation_ratio': 1.0,
    'disk_allocation_ratio': 1.0,
}


class Cloud:
    """One cell of computes behind Nova's real scheduler.

    :param folder: where the databases and the log stand.
    :param placement: the [placement] group of nova.conf.
    :param alias: a PCI alias that guests may ask for.
    :param debug: whether it logs at DEBUG.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        placement: str,
        alias: dict[str, str],
        debug: bool = False,
    ) -> None:
        path = folder / 'nova.conf'
        path.write_text(
            NOVA_CONF.format(
                folder=folder,
                placement=placement,
                alias=jsonutils.dumps(alias),
                debug=debug,
            )
        )
        objects.register_all()
        config.parse_args(['nova-scheduler', '--config-file', str(path)])
        log.setup(config.CONF, 'nova')
        schema.db_sync(database='api')
        self._admin = context.get_admin_context()
        self._cell = self._map_cells(f'sqlite:///{folder}')
        context.set_target_cell(self._admin, self._cell)
        self._alias = alias
        self._scheduler: Any = None

    def _map_cells(self, database: str) -> objects.CellMapping:
        cell = None
        for name, cell_id, file in (
            ('cell0', CELL0, 'nova_cell0.sqlite'),
            ('cell1', str(uuid.uuid4()), 'nova.sqlite'),
        ):
            cell = objects.CellMapping(
                self._admin,
                uuid=cell_id,
                name=name,
                transport_url='fake://',
                database_connection=f'{database}/{file}',
                disabled=name == 'cell0',
            )
            cell.create()
            with context.target_cell(self._admin, cell) as cell_context:
                schema.db_sync(database='main', context=cell_context)
        return cell

    def add_compute(
        self, host: str, provider: str, pools: list[dict[str, Any]]
    ) -> None:
        """Write what a nova-compute that has just started would write.

        :param host: the name of service, node and resource provider.
        :param provider: the UUID of its resource provider.
        :param pools: its free PCI devices, as nova's PciDevicePool.
        """
        service = objects.Service(
            self._admin,
            host=host,
            binary='nova-compute',
            topic='compute',
            report_count=1,
            last_seen_up=timeutils.utcnow(),
        )
        service.create()
        objects.ComputeNode(
            self._admin,
            uuid=provider,
            service_id=service.id,
            host=host,
            hypervisor_hostname=host,
            supported_hv_specs=[],
            pci_device_pools=objects.PciDevicePoolList(
                objects=[
                    objects.PciDevicePool.from_dict(pool) for pool in pools
                ]
            ),
            **COMPUTE,
        ).create()
        objects.HostMapping(
            self._admin, host=host, cell_mapping=self._cell
        ).create()

    def live_migrate(
        self,
        guest: str,
        host: str,
        extra_specs: dict[str, str],
        function: dict[str, Any] | None = None,
    ) -> tuple[str, objects.RequestSpec]:
        """Write a guest, and a live migration of it that is just accepted.

        :param guest: its name.
        :param host: where it runs.
        :param extra_specs: of its flavor.
        :param function: the PCI device that it has by the alias, as the
            resource tracker gets it from the driver.
        :returns: the migration's UUID, and the request for the scheduler.
        """
        flavor = _flavor(guest, extra_specs)
        requests = self._pci_requests(function is not None)
        node = objects.ComputeNode.get_by_host_and_nodename(
            self._admin, host, host
        )
        instance = objects.Instance(
            self._admin,
            uuid=str(uuid.uuid4()),
            display_name=guest,
            project_id=PROJECT,
            user_id=PROJECT,
            host=host,
            node=host,
            compute_id=node.id,
            task_state='migrating',
            vm_state='active',
            flavor=flavor,
            pci_requests=requests,
        )
        instance.create()
        if function is not None:
            self._assign(node, function, instance)
        migration = self._accept(instance)
        return migration, self._request(instance, flavor, requests)

    def _accept(self, instance: objects.Instance) -> str:
        """Write an accepted live migration; return its UUID."""
        migration = objects.Migration(
            self._admin,
            instance_uuid=instance.uuid,
            source_compute=instance.host,
            migration_type=fields.MigrationType.LIVE_MIGRATION,
            status='accepted',
        )
        migration.create()
        return str(migration.uuid)

    def _pci_requests(self, wanted: bool) -> objects.InstancePCIRequests:
        request = objects.InstancePCIRequest(
            count=1,
            alias_name=self._alias['name'],
            request_id=str(uuid.uuid4()),
            spec=[
                {
                    'vendor_id': self._alias['vendor_id'],
                    'product_id': self._alias['product_id'],
                    'dev_type': self._alias['device_type'],
                    'live_migratable': 'true',
                }
            ],
        )
        return objects.InstancePCIRequests(
            requests=[request] if wanted else []
        )

    def _assign(
        self,
        node: objects.ComputeNode,
        function: dict[str, Any],
        instance: objects.Instance,
    ) -> None:
        device = objects.PciDevice.create(
            self._admin, {'compute_node_id': node.id, **function}
        )
        device.status = fields.PciDeviceStatus.ALLOCATED
        device.instance_uuid = instance.uuid
        device.request_id = instance.pci_requests.requests[0].request_id
        device.save()

    def _request(
        self,
        instance: objects.Instance,
        flavor: objects.Flavor,
        requests: objects.InstancePCIRequests,
    ) -> objects.RequestSpec:
        """Say what nova-conductor asks the scheduler for."""
        return objects.RequestSpec(
            context.RequestContext(
                user_id=PROJECT, project_id=PROJECT, is_admin=True
            ),
            flavor=flavor,
            image=objects.ImageMeta(properties=objects.ImageMetaProps()),
            instance_uuid=instance.uuid,
            project_id=PROJECT,
            user_id=PROJECT,
            num_instances=1,
            is_bfv=True,
            availability_zone=None,
            ignore_hosts=[instance.host],
            force_hosts=None,
            force_nodes=None,
            instance_group=None,
            limits=objects.SchedulerLimits(),
            retry=None,
            scheduler_hints={},
            security_groups=objects.SecurityGroupList(objects=[]),
            numa_topology=None,
            pci_requests=requests,
            requested_resources=[],
            request_level_params=objects.RequestLevelParams(),
            requested_networks=objects.NetworkRequestList(objects=[]),
            requested_destination=objects.Destination(
                cell=self._cell, allow_cross_cell_move=False
            ),
        )

    def schedule(self, request: objects.RequestSpec) -> list[str]:
        """Let Nova's scheduler choose.

        :returns: the hosts that pass all filters, the chosen one first.
        """
        if self._scheduler is None:
            self._scheduler = manager.SchedulerManager()
        try:
            [selections] = self._scheduler.select_destinations(
                request._context,
                spec_obj=request,
                instance_uuids=[request.instance_uuid],
                return_objects=True,
                return_alternates=True,
            )
        except oslo_messaging.ExpectedException as expected:
            # What the method, which RPC calls elsewhere, makes of NoValidHost.
            if isinstance(expected.exc_info[1], exception.NoValidHost):
                return []
            raise
        return [str(selection.service_host) for selection in selections]


def _flavor(name: str, extra_specs: dict[str, str]) -> objects.Flavor:
    return objects.Flavor(
        name=name,
        flavorid=name,
        vcpus=2,
        memory_mb=2048,
        root_gb=10,
        ephemeral_gb=0,
        swap=0,
        extra_specs=extra_specs,
    )
