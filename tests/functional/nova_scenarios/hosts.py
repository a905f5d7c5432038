# SPDX-License-Identifier: Apache-2.0
"""Computes with devices on Nova's functional classes, each with a sysfs tree
and an agent of its own.

Real: nova-compute with its libvirt driver, Placement, the agent. Fake: libvirt
and sysfs. Knows nothing of the filter.
"""

import dataclasses
import json
import pathlib
from importlib import metadata

import fixtures
import nova.conf
from nova.objects import fields
from nova.tests.fixtures import libvirt as fakelibvirt
from nova.tests.functional.libvirt import test_vgpu

from nova_migcompat.agent import main as agent_main
from tests import nova_features
from tests.functional.nova_scenarios import sysfs

CONF = nova.conf.CONF

MDEV_TYPE = fakelibvirt.NVIDIA_11_VGPU_TYPE
VF_ALIAS = 'vf'
GIB = 1024 * 1024  # in kB, as fake libvirt has it


@dataclasses.dataclass(frozen=True)
class Host:
    """A compute service with its devices.

    :ivar name: of the service, the node and the resource provider alike
    :ivar sysfs: what its agent reads
    :ivar devices: PCI addresses of what a guest could be given, in order
    """

    name: str
    sysfs: sysfs.SysfsTree
    devices: tuple[str, ...]


def _pci_address(nodedev: str) -> str:
    """Return ``0000:81:00.1`` for libvirt's ``pci_0000_81_00_1``."""
    _, domain, bus, slot, function = nodedev.split('_')
    return f'{domain}:{bus}:{slot}.{function}'


class HostsWithAgents(test_vgpu.VGPUTestBase):
    """A cloud of hosts with GPUs and VFs, and the agent that runs on each."""

    # The first versions with which Nova migrates VFs and mdevs live.
    FAKE_LIBVIRT_VERSION = 10_000_000
    FAKE_QEMU_VERSION = 8_002_002

    ADDITIONAL_FILTERS = ['NUMATopologyFilter', 'PciPassthroughFilter']

    #: Nova's [filter_scheduler] pci_in_placement.
    pci_in_placement = False

    def setUp(self):
        self._configure_api()
        self._configure_devices()
        self.hosts = {}
        super().setUp()

    def _configure_api(self):
        """Say where the API's pipelines are: beside Nova's sources in a
        checkout, but elsewhere where Nova is installed.
        """
        [paste] = [
            path.locate()
            for path in metadata.files('nova')
            if path.name == 'api-paste.ini'
        ]
        self.flags(group='wsgi', api_paste_config=str(paste.resolve()))

    def _configure_devices(self):
        """Say what Nova may assign, the same on every compute."""
        vf = {
            'vendor_id': fakelibvirt.PCI_VEND_ID,
            'product_id': fakelibvirt.VF_PROD_ID,
        }
        alias = {
            **vf,
            'name': VF_ALIAS,
            'device_type': fields.PciDeviceType.SRIOV_VF,
        }
        if nova_features.MOVES_PCI_ALIASES:
            vf['live_migratable'] = alias['live_migratable'] = 'yes'
        self.flags(
            group='pci',
            device_spec=[json.dumps(vf)],
            alias=[json.dumps(alias)],
            report_in_placement=self.pci_in_placement,
        )
        self.flags(
            group='filter_scheduler', pci_in_placement=self.pci_in_placement
        )
        self.flags(group='devices', enabled_mdev_types=[MDEV_TYPE])
        nova.conf.devices.register_dynamic_opts(CONF)

    def start_host(
        self,
        name,
        *,
        gpus=0,
        pfs=0,
        vfs_of_a_pf=1,
        memory_gb=16,
        cell=None,
    ):
        """Start a compute service with devices and no documents.

        :param name: of the host
        :param gpus: mdev parents
        :param pfs: physical functions, each with ``vfs_of_a_pf`` VFs
        :param memory_gb: the scheduler prefers the host that has more
        :param cell: its name, where there are several
        :returns: the Host
        """
        pci_info = fakelibvirt.HostPCIDevicesInfo(
            num_mdevcap=gpus,
            num_pfs=pfs,
            num_vfs=pfs * vfs_of_a_pf,
            numa_node=0,
        )
        self.start_compute(
            hostname=name,
            host_info=fakelibvirt.HostInfo(
                cpu_nodes=2,
                cpu_sockets=1,
                cpu_cores=2,
                cpu_threads=2,
                kB_mem=memory_gb * GIB,
            ),
            pci_info=pci_info,
            libvirt_version=self.FAKE_LIBVIRT_VERSION,
            qemu_version=self.FAKE_QEMU_VERSION,
            cell_name=cell,
        )
        self.hosts[name] = self._host_with_sysfs(name, pci_info)
        return self.hosts[name]

    def _host_with_sysfs(self, name, pci_info):
        tree = sysfs.SysfsTree(
            pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        )
        devices = []
        pf = None
        for nodedev, device in pci_info.devices.items():
            address = _pci_address(nodedev)
            if device.dev_type == 'PF':
                pf = address
                tree.add_pf(address, device.vf_ratio)
                continue
            if device.dev_type == 'VF':
                tree.add_vf(address, pf)
            else:
                tree.add_mdev_parent(address, MDEV_TYPE)
            devices.append(address)
        return Host(name, tree, tuple(devices))

    def report(self, host, *documents):
        """Let a host's devices have documents, and its agent report them.

        :param host: the Host
        :param documents: one for all devices, or one for each in order
        """
        if len(documents) == 1:
            documents = documents * len(host.devices)
        for address, text in zip(host.devices, documents, strict=True):
            host.sysfs.write_document(address, text)
        self.run_agent(host)

    def run_agent(self, host):
        """Run ``nova-migcompat-agent --once`` as that host would.

        :param host: the Host
        """
        status = agent_main.main(['--once', *self.agent_arguments(host)])
        self.assertEqual(0, status, f'the agent of {host.name} failed')

    def agent_arguments(self, host):
        """Configure the agent of a host.

        :param host: the Host
        :returns: what the command line says of the configuration
        """
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        (folder / 'compute_id').write_text(self.compute_rp_uuids[host.name])
        (folder / 'nova.conf').write_text(
            f'[DEFAULT]\nstate_path = {folder}\n'
            f'[devices]\nenabled_mdev_types = {MDEV_TYPE}\n'
        )
        (folder / 'agent.conf').write_text(
            '[agent]\n'
            f'sysfs_root = {host.sysfs.root}\n'
            f'nova_config_files = {folder}/nova.conf\n'
            '[placement]\n'
            'auth_type = admin_token\n'
            f'endpoint = {self.placement.fixture.endpoint}\n'
            f'token = {self.placement.fixture.token}\n'
        )
        return ['--config-file', f'{folder}/agent.conf']

    def traits_of(self, provider_name):
        """Return the names of all traits that a resource provider has."""
        uuid = self._get_provider_uuid_by_name(provider_name)
        return set(self._get_provider_traits(uuid))

    def our_traits(self, provider_name):
        """Return those of them that are ours."""
        return {
            name
            for name in self.traits_of(provider_name)
            if name.startswith('CUSTOM_MIGCOMPAT_')
        }

    def add_trait(self, provider_name, name):
        """Give a resource provider a trait, as its operator would."""
        self._create_trait(name)
        uuid = self._get_provider_uuid_by_name(provider_name)
        self._set_provider_traits(
            uuid, sorted({*self._get_provider_traits(uuid), name})
        )
