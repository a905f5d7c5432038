# SPDX-License-Identifier: Apache-2.0
"""Devices of real drivers in a fake sysfs tree, as their kernel shows them.

What stands in which file follows the drivers' sources and the kernel's
Documentation/ABI. Knows nothing of who reads it, nor of rules.
"""

import dataclasses
import pathlib

from tests import fake_sysfs
from tests.fake_sysfs import files

#: Where the devices are, on the host of each driver.
PF = '0000:81:00.0'
VF = '0000:81:00.1'
SECOND_VF = '0000:81:00.2'
IGD = '0000:00:02.0'
SUBCHANNEL = '0.0.0035'
MDEV = '7e270a25-e163-4922-af60-757fc8ed48c6'


@dataclasses.dataclass(frozen=True, slots=True)
class Function:
    """What a PCI function is, and what it is bound to.

    :param module: the driver's module, where it is named otherwise.
    :param version: the module's version; most of the kernel's own have none.
    """

    driver: str
    vendor: str
    device: str
    pci_class: str
    revision: str = '0x00'
    module: str = ''
    version: str = ''


class FakeDevices(fake_sysfs.FakeSysfs):
    """One host, to which each method adds the devices of one driver.

    Each method returns the folder of the device that a guest is given, or of
    the mdev parent.
    """

    def mlx5(self) -> pathlib.Path:
        """Add a ConnectX-7 with two VFs that can migrate."""
        pf = self._pf(Function('mlx5_core', '0x15b3', '0x1021', '0x020000'))
        files(
            pf / 'infiniband/mlx5_0',
            board_id='MT_0000000838\n',
            fw_ver='28.41.1000\n',
            hca_type='MT4129\n',
            hw_rev='0\n',
            node_type='1: CA\n',
        )
        self._link(
            self.root / 'class/infiniband/mlx5_0', pf / 'infiniband/mlx5_0'
        )
        return self._vfs(
            Function('mlx5_vfio_pci', '0x15b3', '0x101e', '0x020000')
        )

    def qat(self) -> pathlib.Path:
        """Add a QAT 4xxx with two VFs."""
        pf = self._pf(
            Function(
                '4xxx',
                '0x8086',
                '0x4940',
                '0x0b4000',
                '0x40',
                module='qat_4xxx',
            )
        )
        files(
            pf / 'qat',
            auto_reset='off\n',
            cfg_services='sym;asym\n',
            num_rps='64\n',
            pm_idle_enabled='0\n',
            state='up\n',
        )
        # Reading cir gives what sla_op was last told to read: not a fact.
        files(pf / 'qat_rl', cir='0\n', id='0\n', pir='0\n', rp='0x1\n')
        return self._vfs(
            Function('qat_vfio_pci', '0x8086', '0x4941', '0x0b4000', '0x40')
        )

    def hisi_acc(self) -> pathlib.Path:
        """Add a HiSilicon SEC engine with two VFs."""
        self._pf(Function('hisi_sec2', '0x19e5', '0xa255', '0x100000', '0x30'))
        files(
            self.root / 'module/hisi_sec2/parameters',
            ctx_q_num='2\n',
            pf_q_num='256\n',
            uacce_mode='0\n',
            vfs_num='0\n',
        )
        return self._vfs(
            Function(
                'hisi_acc_vfio_pci', '0x19e5', '0xa256', '0x100000', '0x30'
            )
        )

    def virtio(self) -> pathlib.Path:
        """Add a virtio 1.x network device in hardware, with two VFs."""
        ids = ('0x1af4', '0x1041', '0x020000', '0x01')
        self._pf(Function('virtio-pci', *ids, module='virtio_pci'))
        return self._vfs(Function('virtio_vfio_pci', *ids))

    def pds(self) -> pathlib.Path:
        """Add an AMD Pensando DSC with two VFs."""
        self._pf(Function('pds_core', '0x1dd8', '0x100c', '0x120000'))
        return self._vfs(
            Function('pds_vfio_pci', '0x1dd8', '0x1003', '0x020000')
        )

    def xe(self) -> pathlib.Path:
        """Add a Battlemage GPU with two VFs."""
        vf = self._xe('0xe211')
        for number in (1, 2):
            files(
                self.root / f'bus/pci/devices/{PF}/sriov_admin/vf{number}',
                profile={'vram_quota': '8589934592\n'},
            )
        return vf

    def xe_integrated(self) -> pathlib.Path:
        """Add a Panther Lake GPU, which has no VRAM, with two VFs."""
        return self._xe('0xb080')

    def nvidia_mdev(self) -> pathlib.Path:
        """Add an A40, whose VFs are mdev parents; one has an mdev."""
        ids = ('0x10de', '0x2235', '0x030200', '0xa1')
        self._pf(Function('nvidia', *ids, version='550.90.05'))
        self._module('nvidia_vgpu_vfio', '550.90.05')
        vf = self._vfs(Function('nvidia', *ids, version='550.90.05'))
        for number in (1, 2):
            self._nvidia_types(vf.with_name(f'0000:81:00.{number}'))
        self.mdev(vf, 'nvidia-558', MDEV)
        # The parent is full now; what its types are called stays.
        for mdev_type in (vf / 'mdev_supported_types').iterdir():
            files(mdev_type, available_instances='0\n')
        return vf

    def nvidia_mdev_without_vfs(self) -> pathlib.Path:
        """Add a T4, which has no VFs: it is an mdev parent itself."""
        pf = self._pf(
            Function(
                'nvidia',
                '0x10de',
                '0x1eb8',
                '0x030200',
                '0xa1',
                version='550.90.05',
            )
        )
        self._module('nvidia_vgpu_vfio', '550.90.05')
        types = self.mdev_parent(pf, 'nvidia-231')
        files(
            types / 'nvidia-231',
            available_instances='8\n',
            description='num_heads=4, framebuffer=2048M, max_instance=8\n',
            name='GRID T4-2Q\n',
        )
        return pf

    def nvidia_vf(self) -> pathlib.Path:
        """Add an L40S with a vGPU on its first VF and none on the second."""
        ids = ('0x10de', '0x26b9', '0x030200', '0xa1')
        self._pf(Function('nvidia', *ids, version='570.124.03'))
        vf = self._vfs(Function('nvidia', *ids, version='570.124.03'))
        types = '1151 : NVIDIA L40S-1Q\n1152 : NVIDIA L40S-2Q\n'
        for number, current in ((1, '1152\n'), (2, '0\n')):
            folder = vf.with_name(f'0000:81:00.{number}')
            files(
                folder / 'nvidia',
                creatable_vgpu_types=types,
                current_vgpu_type=current,
                gpu_instance_id='4294967295\n',
            )
            # The driver makes it a vfio device: there is no variant driver.
            files(folder / f'vfio-dev/vfio{number}', dev=f'511:{number}\n')
        return vf

    def fill_nvidia_card(self) -> None:
        """Take the last vGPU of the L40S: no VF can have any type now."""
        for vf in (self.root / 'bus/pci/devices').glob('*/nvidia'):
            files(vf, creatable_vgpu_types='')

    def mtty(self) -> pathlib.Path:
        """Add the kernel's sample of an mdev parent, with an mdev."""
        parent = self.virtual_parent('mtty')
        self._module('mtty', '0.1')
        types = self.mdev_parent(parent, 'mtty-1', 'mtty-2')
        files(types / 'mtty-1', name='Single port serial\n')
        files(types / 'mtty-2', name='Dual port serial\n')
        self.mdev(parent, 'mtty-2', MDEV)
        return parent

    def vfio_pci(self) -> pathlib.Path:
        """Add an E810 with two VFs that are bound to plain vfio-pci."""
        self._pf(Function('ice', '0x8086', '0x1592', '0x020000', '0x02'))
        return self._vfs(
            Function(
                'vfio-pci',
                '0x8086',
                '0x1889',
                '0x020000',
                '0x02',
                module='vfio_pci',
            )
        )

    def gvt(self) -> pathlib.Path:
        """Add an integrated GPU with GVT-g's mdev types, and an mdev."""
        gpu = self._function(
            IGD, Function('i915', '0x8086', '0x591d', '0x030000', '0x04')
        )
        self._module('kvmgt')
        types = self.mdev_parent(gpu, 'i915-GVTg_V5_4', 'i915-GVTg_V5_8')
        for mdev_type in types.iterdir():
            files(
                mdev_type,
                description='low_gm_size: 128MB\nhigh_gm_size: 512MB\n'
                'fence: 4\nresolution: 1920x1200\nweight: 4\n',
            )
        self.mdev(gpu, 'i915-GVTg_V5_4', MDEV)
        return gpu

    def ccw(self) -> pathlib.Path:
        """Add an I/O subchannel of a DASD, with an mdev, and its channels."""
        subchannel = self.subchannel(
            SUBCHANNEL,
            chpids='10 11 00 00 00 00 00 00',
            modalias='css:t0',
            pimpampom='c0 c0 ff',
            type='0',
        )
        self._module('vfio_ccw')
        for channel_path in ('chp0.10', 'chp0.11'):
            files(
                self.root / 'devices/css0' / channel_path,
                cmg='3\n',
                shared='1\n',
                status='online\n',
                type='1b\n',
            )
        types = self.mdev_parent(subchannel, 'vfio_ccw-io')
        files(
            types / 'vfio_ccw-io',
            available_instances='0\n',
            device_api='vfio-ccw\n',
            name='I/O subchannel (Non-QDIO)\n',
        )
        self.mdev(subchannel, 'vfio_ccw-io', MDEV)
        return subchannel

    def _xe(self, device: str) -> pathlib.Path:
        ids = ('0x8086', device, '0x030000')
        pf = self._pf(Function('xe', *ids))
        vf = self._vfs(Function('xe-vfio-pci', *ids, module='xe_vfio_pci'))
        admin = pf / 'sriov_admin'
        for name, function, priorities in (
            ('pf', PF, '[low] normal high\n'),
            ('vf1', VF, '[low] normal\n'),
            ('vf2', SECOND_VF, '[low] normal\n'),
        ):
            files(
                admin / name / 'profile',
                exec_quantum_ms='0\n',
                preempt_timeout_us='0\n',
                sched_priority=priorities,
            )
            self._link(admin / name / 'device', pf.with_name(function))
        return vf

    def _pf(self, function: Function) -> pathlib.Path:
        folder = self._function(PF, function)
        files(folder, sriov_totalvfs='16\n', sriov_numvfs='0\n')
        return folder

    def _vfs(self, function: Function) -> pathlib.Path:
        """Add two VFs and return the first."""
        first = self._function(VF, function, physfn=PF)
        self._function(SECOND_VF, function, physfn=PF)
        return first

    def _function(
        self, address: str, function: Function, physfn: str | None = None
    ) -> pathlib.Path:
        folder = self.function(
            address,
            function.driver,
            physfn=physfn,
            vendor=function.vendor,
            device=function.device,
            subsystem_vendor=function.vendor,
            subsystem_device='0x0041',
            revision=function.revision,
            **{'class': function.pci_class},
        )
        groups = self.root / 'kernel/iommu_groups'
        group = groups / str(len(list(groups.glob('*'))) + 1)
        self._link(folder / 'iommu_group', group)
        self._link(group / 'devices' / address, folder)
        module = function.module or function.driver
        self._module(module, function.version)
        driver_module = self.root / f'bus/pci/drivers/{function.driver}/module'
        if not driver_module.is_symlink():
            self._link(driver_module, self.root / 'module' / module)
        return folder

    def _module(self, name: str, version: str = '') -> None:
        files(self.root / 'module' / name, initstate='live\n')
        if version:
            files(self.root / 'module' / name, version=f'{version}\n')

    def _nvidia_types(self, parent: pathlib.Path) -> None:
        types = self.mdev_parent(parent, 'nvidia-557', 'nvidia-558')
        for mdev_type, profile, frame_buffer in (
            ('nvidia-557', '1Q', 1024),
            ('nvidia-558', '2Q', 2048),
        ):
            files(
                types / mdev_type,
                available_instances='1\n',
                description=f'num_heads=4, framebuffer={frame_buffer}M\n',
                name=f'NVIDIA A40-{profile}\n',
            )
