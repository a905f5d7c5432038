# SPDX-License-Identifier: Apache-2.0
"""A sysfs tree of one host in a folder, linked as the kernel links it.

Writes files and relative links, nothing else; knows nothing of who reads them.
"""

import os
import pathlib
import uuid


def files(folder: pathlib.Path, **contents: str | bytes | dict) -> None:
    """Write files into a folder, and folders of files.

    :param contents: the content by name; a dict is a folder
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        if isinstance(content, dict):
            files(folder / name, **content)
        elif isinstance(content, bytes):
            (folder / name).write_bytes(content)
        else:
            (folder / name).write_bytes(content.encode())


class FakeSysfs:
    """The devices of one host.

    :param root: a folder that stands for ``/sys``; made where it is missing
    """

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        (root / 'bus').mkdir(parents=True, exist_ok=True)
        (root / 'devices').mkdir(exist_ok=True)

    def function(
        self,
        address: str,
        driver: str | None = None,
        *,
        behind: str = '',
        physfn: str | None = None,
        **attributes: str,
    ) -> pathlib.Path:
        """Add a PCI function.

        :param address: '0000:81:00.0'
        :param driver: what it is bound to
        :param behind: the address of a bridge that it is behind
        :param physfn: its PF's address, where it is a VF
        :param attributes: further files and their lines
        :returns: its folder
        """
        bus = self.root / 'devices' / f'pci{(behind or address)[:7]}'
        folder = bus / behind / address
        self._device(folder, 'pci', driver, attributes)
        if physfn:
            pf = self.root / 'bus/pci/devices' / physfn
            self._link(folder / 'physfn', pf.resolve())
            taken = len(list(pf.glob('virtfn*')))
            self._link(pf.resolve() / f'virtfn{taken}', folder)
            (pf / 'sriov_numvfs').write_text(f'{taken + 1}\n')
        if driver and 'vfio' in driver:
            (folder / 'vfio-dev').mkdir()
            self._file(folder / 'vfio-dev/vfio0/dev', '511:0')
        return folder

    def mdev_parent(
        self, folder: pathlib.Path, *mdev_types: str
    ) -> pathlib.Path:
        """Make a device an mdev parent.

        :param folder: the device's folder
        :param mdev_types: the types it supports
        :returns: the folder of its types
        """
        self._link(self.root / 'class/mdev_bus' / folder.name, folder)
        types = folder / 'mdev_supported_types'
        types.mkdir(exist_ok=True)
        for mdev_type in mdev_types:
            self._file(types / mdev_type / 'available_instances', '4')
            self._file(types / mdev_type / 'device_api', 'vfio-pci')
            self._file(types / mdev_type / 'name', mdev_type)
        return types

    def mdev(
        self, parent: pathlib.Path, mdev_type: str, mdev_uuid: str = ''
    ) -> pathlib.Path:
        """Create an mdev.

        :param parent: the parent's folder
        :param mdev_type: one of its types
        :param mdev_uuid: the mdev's UUID; a random one where none is given
        :returns: its folder
        """
        folder = parent / (mdev_uuid or str(uuid.uuid4()))
        self._device(folder, 'mdev', 'vfio_mdev', {})
        mdev_type_folder = parent / 'mdev_supported_types' / mdev_type
        self._link(folder / 'mdev_type', mdev_type_folder)
        self._link(mdev_type_folder / 'devices' / folder.name, folder)
        return folder

    def subchannel(
        self, name: str, driver: str = 'vfio_ccw', **attributes: str
    ) -> pathlib.Path:
        """Add a ccw subchannel, '0.0.0035'."""
        folder = self.root / 'devices/css0' / name
        self._device(folder, 'css', driver, attributes)
        return folder

    def ap_matrix(self) -> pathlib.Path:
        """Add the ap matrix."""
        folder = self.root / 'devices/vfio_ap/matrix'
        self._device(folder, 'matrix', 'vfio_ap', {})
        return folder

    def virtual_parent(self, name: str) -> pathlib.Path:
        """Add a virtual device, which is named as its subsystem: 'mtty'."""
        folder = self.root / 'devices/virtual' / name / name
        self._device(folder, name, None, {})
        return folder

    def _device(
        self,
        folder: pathlib.Path,
        bus: str,
        driver: str | None,
        attributes: dict[str, str],
    ) -> None:
        folder.mkdir(parents=True)
        for name, line in attributes.items():
            self._file(folder / name, line)
        if not attributes:
            self._file(folder / 'uevent', f'DRIVER={driver or ""}')
        bus_folder = self.root / 'bus' / bus
        self._link(bus_folder / 'devices' / folder.name, folder)
        self._link(folder / 'subsystem', bus_folder)
        if driver:
            driver_folder = bus_folder / 'drivers' / driver
            self._link(driver_folder / folder.name, folder)
            self._link(folder / 'driver', driver_folder)

    @staticmethod
    def _file(path: pathlib.Path, line: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'{line}\n')

    @staticmethod
    def _link(link: pathlib.Path, target: pathlib.Path) -> None:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(target, link.parent))
