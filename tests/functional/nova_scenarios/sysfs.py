# SPDX-License-Identifier: Apache-2.0
"""A sysfs tree of one fake host, in a folder.

Holds what the kernel shows of mdev parents and of functions bound to a vfio
variant driver, links included, and the documents of FORMAT.md section 7. Knows
nothing of Nova and nothing of who reads it.
"""

import os
import pathlib

VFIO_DRIVER = 'mlx5_vfio_pci'


class SysfsTree:
    """The devices of one host, as files and links.

    :param root: an existing folder that stands for ``/sys``
    """

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        self._documents: dict[str, pathlib.Path] = {}

    def add_mdev_parent(self, address: str, mdev_type: str) -> None:
        """Add a device that can create mdevs of one type.

        :param address: its PCI address, ``0000:81:00.0``
        :param mdev_type: the name of the type's folder
        """
        device = self._add_pci_device(address, 'nvidia')
        self._link(self.root / 'class' / 'mdev_bus' / address, device)
        type_folder = device / 'mdev_supported_types' / mdev_type
        type_folder.mkdir(parents=True)
        (type_folder / 'available_instances').write_text('16\n')
        (type_folder / 'device_api').write_text('vfio-pci\n')
        (type_folder / 'name').write_text(f'{mdev_type}\n')
        self._documents[address] = type_folder / 'migration_compatible'

    def add_pf(self, address: str, vf_count: int) -> None:
        """Add a physical function that the host itself drives.

        :param address: its PCI address
        :param vf_count: how many virtual functions it has
        """
        device = self._add_pci_device(address, 'mlx5_core')
        (device / 'sriov_numvfs').write_text(f'{vf_count}\n')
        (device / 'sriov_totalvfs').write_text(f'{vf_count}\n')

    def add_vf(self, address: str, pf_address: str) -> None:
        """Add a virtual function that is bound to a vfio variant driver.

        :param address: its PCI address
        :param pf_address: the address of its PF, which was added before
        """
        device = self._add_pci_device(address, VFIO_DRIVER)
        self._link(device / 'physfn', self._folder(pf_address))
        (device / 'vfio-dev' / 'vfio0').mkdir(parents=True)
        self._documents[address] = device / 'migration_compatible'

    def write_document(self, address: str, text: str) -> None:
        """Let the driver of a device say what it may migrate with.

        :param address: the PCI address of an mdev parent or a VF
        :param text: the document
        """
        self._documents[address].write_text(text, encoding='utf-8')

    def _folder(self, address: str) -> pathlib.Path:
        return self.root / 'devices' / f'pci{address[:7]}' / address

    def _add_pci_device(self, address: str, driver: str) -> pathlib.Path:
        device = self._folder(address)
        device.mkdir(parents=True)
        driver_folder = self.root / 'bus' / 'pci' / 'drivers' / driver
        driver_folder.mkdir(parents=True, exist_ok=True)
        self._link(device / 'driver', driver_folder)
        self._link(self.root / 'bus' / 'pci' / 'devices' / address, device)
        return device

    @staticmethod
    def _link(link: pathlib.Path, target: pathlib.Path) -> None:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(target, link.parent))
