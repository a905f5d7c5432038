# SPDX-License-Identifier: Apache-2.0
"""Nova's fake hypervisor with GPUs: ``compute_driver = gpus.GpuDriver``.

Guests, mdevs and what is copied are made up. It reports GPUs as the libvirt
driver does, and refuses a guest whose device's state its own would not load.
It knows nothing of documents, and looks at no file of nova-migcompat's.
"""

import pathlib

import os_resource_classes
import os_traits
from nova import conf, context, exception, objects
from nova.compute import power_state
from nova.virt import fake, node

from tests.integration.cloud import gpu


class GpuDriver(fake.FakeLiveMigrateDriver, fake.FakeDriverWithoutFakeNodes):
    """The hypervisor of a host with GPUs."""

    #: Done at once: nobody is to intervene here.
    live_migration = fake.FakeDriver.live_migration

    def init_host(self, host):
        """Find the guests that have outlived the last nova-compute."""
        super().init_host(host)
        there = objects.InstanceList.get_by_host(
            context.get_admin_context(), host
        )
        for instance in there:
            self.instances[instance.uuid] = fake.FakeInstance(
                instance.name, power_state.RUNNING, instance.uuid
            )

    def update_provider_tree(self, provider_tree, nodename, allocations=None):
        """Report GPUs below the compute node, as libvirt's driver does."""
        super().update_provider_tree(provider_tree, nodename, allocations)
        inventory = {
            'total': gpu.MDEVS,
            'min_unit': 1,
            'step_size': 1,
            'reserved': 0,
            'allocation_ratio': 1.0,
            'max_unit': gpu.MDEVS,
        }
        for device in _gpus(self._host):
            name = f'{nodename}_{device}'
            if not provider_tree.exists(name):
                provider_tree.new_child(name, nodename)
            provider_tree.update_inventory(
                name, {os_resource_classes.VGPU: inventory}
            )
            provider_tree.add_traits(name, os_traits.OWNER_NOVA)

    def check_can_live_migrate_destination(
        self, context, instance, *arguments, **options
    ):
        """Refuse a guest whose device's state would not be loaded here.

        It comes from a host with one GPU.
        """
        (there,) = _gpus(instance.host).values()
        here = self._allocated(context, instance.uuid)
        if not here.loads(there):
            raise exception.MigrationPreCheckError(
                reason=f'{here} does not load the state of {there}'
            )
        return super().check_can_live_migrate_destination(
            context, instance, *arguments, **options
        )

    def _allocated(self, context, consumer: str) -> gpu.Gpu:
        """Return the GPU that Placement has given to a guest here."""
        client = self.virtapi.reportclient
        tree = client.get_provider_tree_and_ensure_root(
            context, node.get_local_node_uuid()
        )
        allocations = client.get_allocations_for_consumer(context, consumer)
        (name,) = (
            tree.data(provider).name
            for provider, allocation in allocations.items()
            if os_resource_classes.VGPU in allocation['resources']
        )
        return _gpus(self._host)[name.removeprefix(f'{self._host}_')]


def _gpus(host: str) -> dict[str, gpu.Gpu]:
    """Ask the GPUs of a host; the hosts' folders stand side by side."""
    hosts = pathlib.Path(conf.CONF.state_path).parents[1]
    return gpu.read(hosts / host / 'sys')
