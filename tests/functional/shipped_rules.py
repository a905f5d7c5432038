# SPDX-License-Identifier: Apache-2.0
"""What the rules that come with the package give, each on its devices.

A table, written by hand from what the drivers check, not from the rules. Knows
nothing of how rules are read.
"""

import dataclasses
import os
import pathlib
from collections.abc import Callable, Mapping

from nova_migcompat import descriptor
from nova_migcompat.agent import model
from tests import fake_devices
from tests.fake_devices import FakeDevices

PCI = 'bus/pci/devices'
PF = f'{PCI}/{fake_devices.PF}'
VF = f'{PCI}/{fake_devices.VF}'
VF_NAME = model.DeviceName('PCI_0000_81_00_1')
PSID = f'{PF}/infiniband/mlx5_0/board_id'
FIRMWARE = f'{PF}/infiniband/mlx5_0/fw_ver'
SERVICES = f'{PF}/qat/cfg_services'
QUOTA = f'{PF}/sriov_admin/vf1/profile/vram_quota'
NVIDIA = 'module/nvidia/version'
A40_2Q = f'{VF}/mdev_supported_types/nvidia-558/name'
VGPU_TYPES = f'{VF}/nvidia/creatable_vgpu_types'


@dataclasses.dataclass(frozen=True)
class Rule:
    """What a shipped rule does.

    :param file: its file.
    :param devices: adds the devices of its driver.
    :param fields: what its SELF says; COMPATIBLE asks for the same.
    :param name: what that is about.
    :param on: whether it is on as shipped.
    :param also: what COMPATIBLE says in place of SELF's value, by field.
    :param different: contents by path, each of another device's that the
        device must not move to.
    :param missing: paths of files that it cannot do without.
    :param written: what the operator writes, by field.
    :param relaxed: a content, by path, that its relaxed line allows.
    :param never: whether there is no COMPATIBLE object.
    """

    file: str
    devices: Callable[[FakeDevices], pathlib.Path]
    fields: Mapping[str, str]
    name: model.DeviceName = VF_NAME
    on: bool = False
    also: Mapping[str, str] = dataclasses.field(default_factory=dict)
    different: Mapping[str, tuple[str, ...]] = dataclasses.field(
        default_factory=dict
    )
    missing: tuple[str, ...] = ()
    written: Mapping[str, str] = dataclasses.field(default_factory=dict)
    relaxed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    never: bool = False

    def __str__(self) -> str:
        return self.devices.__name__

    @property
    def document(self) -> descriptor.Document:
        """The document that it gives."""
        lines = ['SELF:']
        lines += [f'{name}={value}' for name, value in self.fields.items()]
        if not self.never:
            lines.append('COMPATIBLE:')
            for name, value in self.fields.items():
                asked = self.also.get(name, f'"{value}"')
                lines.append(f'{name}={asked}')
        return descriptor.parse('\n'.join(lines))


RULES = (
    Rule(
        '10-mlx5-vfio-pci.yaml',
        FakeDevices.mlx5,
        {
            'driver': 'mlx5_vfio_pci',
            'device': '15b3101e',
            'psid': 'MT_0000000838',
            'firmware': '28.41.1000',
            'migration_firmware': '28.41.1000',
        },
        on=True,
        also={
            'migration_firmware': '{since:version:0-27.65535,28.41.1000-,'
            '29-31.65535,32.41.1000-,33-65535}'
        },
        different={
            PSID: ('MT_0000000834',),
            FIRMWARE: ('28.42.1000', '28.41.1001', '32.41.1000'),
        },
        missing=(PSID, FIRMWARE),
    ),
    Rule(
        '20-qat-vfio-pci.yaml',
        FakeDevices.qat,
        {
            'driver': 'qat_vfio_pci',
            'device': '80864941',
            'pf_device': '4940',
            'pf_revision': '40',
            'ring_pairs': '64',
            'services': 'asym+sym',
        },
        also={'services': '{services:flags:=asym+sym}'},
        different={
            f'{VF}/device': ('0x4943',),
            f'{PF}/device': ('0x4942',),
            f'{PF}/revision': ('0x41',),
            f'{PF}/qat/num_rps': ('32',),
            SERVICES: ('sym', 'sym;dc', 'sym;asym;dc'),
        },
        missing=(
            f'{PF}/device',
            f'{PF}/revision',
            f'{PF}/qat/num_rps',
            SERVICES,
        ),
    ),
    Rule(
        '30-hisi-acc-vfio-pci.yaml',
        FakeDevices.hisi_acc,
        {
            'driver': 'hisi_acc_vfio_pci',
            'device': '19e5a256',
            'pf_revision': '30',
            'pf_queues': '256',
            'vfs': '2',
        },
        different={
            f'{VF}/device': ('0xa259', '0xa251'),
            f'{PF}/revision': ('0x40',),
            'module/hisi_sec2/parameters/pf_q_num': ('128',),
            f'{PF}/sriov_numvfs': ('3',),
        },
        missing=(
            'module/hisi_sec2/parameters/pf_q_num',
            f'{PF}/sriov_numvfs',
        ),
    ),
    Rule(
        '40-virtio-vfio-pci.yaml',
        FakeDevices.virtio,
        {
            'driver': 'virtio_vfio_pci',
            'device': '1af41041',
            'subsystem': '1af40041',
            'revision': '01',
            'features': '0110101',
        },
        different={
            f'{VF}/subsystem_vendor': ('0x15b3',),
            f'{VF}/subsystem_device': ('0x0042',),
            f'{VF}/revision': ('0x02',),
        },
        missing=(
            f'{VF}/subsystem_vendor',
            f'{VF}/subsystem_device',
            f'{VF}/revision',
        ),
        written={'features': '0110101'},
    ),
    Rule(
        '50-pds-vfio-pci.yaml',
        FakeDevices.pds,
        {
            'driver': 'pds_vfio_pci',
            'device': '1dd81003',
            'subsystem': '1dd80041',
            'firmware': '1.96.0-2',
        },
        different={
            f'{VF}/subsystem_vendor': ('0x1590',),
            f'{VF}/subsystem_device': ('0x0042',),
        },
        missing=(f'{VF}/subsystem_vendor', f'{VF}/subsystem_device'),
        written={'firmware': '1.96.0-2'},
    ),
    Rule(
        '60-xe-vfio-pci.yaml',
        FakeDevices.xe,
        {
            'driver': 'xe-vfio-pci',
            'pf_device': '8086e211',
            'pf_revision': '00',
            'vram_quota': '8589934592',
        },
        also={'vram_quota': '{quota:int:8589934592..}'},
        different={
            f'{PF}/device': ('0xe212',),
            f'{PF}/revision': ('0x01',),
            QUOTA: ('8589934591', '0'),
        },
        missing=(f'{PF}/revision', QUOTA),
    ),
    Rule(
        '60-xe-vfio-pci.yaml',
        FakeDevices.xe_integrated,
        {
            'driver': 'xe-vfio-pci',
            'pf_device': '8086b080',
            'pf_revision': '00',
        },
        different={f'{PF}/device': ('0xb081',), f'{PF}/revision': ('0x01',)},
        missing=(f'{PF}/revision',),
    ),
    Rule(
        '70-nvidia-vgpu-mdev.yaml',
        FakeDevices.nvidia_mdev,
        {
            'mdev_type': 'nvidia-558',
            'mdev_type_name': 'NVIDIA A40-2Q',
            'board': '10de2235',
            'subsystem': '10de0041',
            'driver_version': '550.90.05',
        },
        model.DeviceName('PCI_0000_81_00_1', 'nvidia-558'),
        different={
            A40_2Q: ('NVIDIA A40-2B',),
            f'{PF}/device': ('0x2236',),
            f'{PF}/subsystem_vendor': ('0x1028',),
            f'{PF}/subsystem_device': ('0x0042',),
            NVIDIA: ('550.127.06', '570.124.03'),
        },
        missing=(
            A40_2Q,
            f'{PF}/device',
            f'{PF}/subsystem_vendor',
            f'{PF}/subsystem_device',
            NVIDIA,
        ),
        relaxed={NVIDIA: '570.133.10'},
    ),
    Rule(
        '70-nvidia-vgpu-mdev.yaml',
        FakeDevices.nvidia_mdev_without_vfs,
        {
            'mdev_type': 'nvidia-231',
            'mdev_type_name': 'GRID T4-2Q',
            'board': '10de1eb8',
            'subsystem': '10de0041',
            'driver_version': '550.90.05',
        },
        model.DeviceName('PCI_0000_81_00_0', 'nvidia-231'),
        different={
            f'{PF}/mdev_supported_types/nvidia-231/name': ('GRID T4-2B',),
            f'{PF}/device': ('0x1eb9',),
            f'{PF}/subsystem_vendor': ('0x1028',),
            f'{PF}/subsystem_device': ('0x0042',),
            NVIDIA: ('550.127.06',),
        },
        missing=(
            f'{PF}/mdev_supported_types/nvidia-231/name',
            f'{PF}/device',
            f'{PF}/subsystem_vendor',
            f'{PF}/subsystem_device',
            NVIDIA,
        ),
        relaxed={NVIDIA: '570.133.10'},
    ),
    Rule(
        '71-nvidia-vgpu-vf.yaml',
        FakeDevices.nvidia_vf,
        {
            'vgpu_type_name': 'NVIDIA L40S-2Q',
            'board': '10de26b9',
            'subsystem': '10de0041',
            'driver_version': '570.124.03',
        },
        different={
            f'{VF}/nvidia/current_vgpu_type': ('1151',),
            f'{PF}/device': ('0x26b5',),
            f'{PF}/subsystem_vendor': ('0x1028',),
            f'{PF}/subsystem_device': ('0x0042',),
            NVIDIA: ('570.133.10', '580.65.05'),
        },
        missing=(
            f'{PF}/device',
            f'{PF}/subsystem_vendor',
            f'{PF}/subsystem_device',
            NVIDIA,
        ),
        relaxed={NVIDIA: '580.65.05'},
    ),
    Rule(
        '80-mtty.yaml',
        FakeDevices.mtty,
        {'mdev_type': 'mtty-2'},
        model.DeviceName('MTTY_MTTY', 'mtty-2'),
        on=True,
    ),
    Rule(
        '81-i915-gvt.yaml',
        FakeDevices.gvt,
        {'mdev_type': 'i915-GVTg_V5_4'},
        model.DeviceName('PCI_0000_00_02_0', 'i915-GVTg_V5_4'),
        on=True,
        never=True,
    ),
    Rule(
        '82-vfio-ccw.yaml',
        FakeDevices.ccw,
        {
            'mdev_type': 'vfio_ccw-io',
            'software': os.uname().release,
            'subchannel_type': '0',
            'channel_path_type': '1b',
        },
        model.DeviceName('CSS_0_0_0035', 'vfio_ccw-io'),
        different={
            f'bus/css/devices/{fake_devices.SUBCHANNEL}/type': ('3',),
        },
        missing=(f'bus/css/devices/{fake_devices.SUBCHANNEL}/type',),
        written={'channel_path_type': '1b'},
    ),
    Rule(
        '90-vfio-pci.yaml',
        FakeDevices.vfio_pci,
        {'driver': 'vfio-pci'},
        on=True,
        never=True,
    ),
)
