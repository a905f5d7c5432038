# SPDX-License-Identifier: Apache-2.0
"""Looks at sysfs for the devices that a guest may be given.

PCI functions, mdev parents with their mdevs, ccw subchannels, the ap matrix:
their names, drivers and relations. Must not know what anyone says about them.

Paths are strings here: a host may have hundreds of functions, each look reads
all of them, and most of what pathlib.Path does for each path is not needed.
"""

import dataclasses
import functools
import os
import pathlib
import re

from nova_migcompat.agent import errors, model

MDEV_TYPES = 'mdev_supported_types'

_PCI = re.compile(r'[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]')
_SUBCHANNEL = re.compile(r'[0-9a-f]{1,2}\.[0-9a-f]\.[0-9a-f]{4}')
_UUID = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', re.IGNORECASE)

_KNOWN = re.compile(f'{_PCI.pattern}|{_SUBCHANNEL.pattern}|matrix')

#: Where devices are listed: the shorter path to a device comes first.
_LISTS = (
    'bus/pci/devices',
    'bus/css/devices',
    'bus/matrix/devices',
    'class/mdev_bus',
)
_MDEVS = 'bus/mdev/devices'


@functools.lru_cache(maxsize=4096)
def node_device_name(sysfs_name: str, subsystem: str) -> str:
    """Name a device as libvirt does.

    :param sysfs_name: its folder's name, e.g. '0000:84:00.0', '0.0.0035'.
    :param subsystem: what its link ``subsystem`` points to; used for devices
        that are neither PCI functions nor subchannels nor the ap matrix.
    :returns: e.g. 'pci_0000_84_00_0', 'css_0_0_0035', 'ap_matrix'.
    """
    if _PCI.fullmatch(sysfs_name):
        subsystem = 'pci'
    elif _SUBCHANNEL.fullmatch(sysfs_name):
        subsystem = 'css'
    elif sysfs_name == 'matrix':
        subsystem = 'ap'
    return re.sub('[^A-Za-z0-9]', '_', f'{subsystem}_{sysfs_name}')


def scan(sysfs_root: pathlib.Path) -> model.Hardware:
    """Look at all devices of the host.

    :param sysfs_root: where sysfs is mounted.
    :returns: the devices, and those that could not be looked at.
    :raises errors.AgentError: where there is no sysfs at all, or a bus cannot
        be listed, which must not be taken for a host without devices.
    """
    if not (sysfs_root / 'bus').is_dir():
        raise errors.AgentError(
            f'{errors.plain(sysfs_root)} holds no sysfs (it has no folder'
            ' bus): mount it there, or name another ([agent] sysfs_root, or'
            ' --sysfs)'
        )
    look = _Look()
    for list_name in _LISTS:
        for folder in look.listed(f'{sysfs_root}/{list_name}'):
            look.at_device(folder)
    for folder in look.listed(f'{sysfs_root}/{_MDEVS}'):
        look.at_listed_mdev(pathlib.Path(folder))
    return look.hardware()


class _Look:
    """One look at sysfs: what was seen, and what could not be."""

    def __init__(self) -> None:
        self.devices: dict[str, model.Device] = {}
        self.failed: set[str] = set()
        self.mdevs: dict[str, list[model.Mdev]] = {}
        self.seen_mdevs: set[str] = set()
        self.problems: list[model.Problem] = []

    def listed(self, path: str) -> list[str]:
        """List a folder of devices; a kernel need not have every bus."""
        try:
            return [f'{path}/{name}' for name in sorted(os.listdir(path))]
        except FileNotFoundError:
            return []
        except OSError as e:
            raise errors.AgentError(
                f'{errors.plain(path)} cannot be listed:'
                f' {e.strerror or e}; nothing was changed'
            ) from e

    def note(
        self,
        name: model.DeviceName | None,
        path: str,
        error: Exception,
    ) -> None:
        """Keep an error as the device's."""
        reason = str(error)
        if isinstance(error, OSError):
            path = str(error.filename or path)
            reason = f'cannot be read: {error.strerror or error}'
        self.problems.append(model.Problem(name, path, reason))

    def at_device(self, folder: str) -> None:
        """Look at a device once, by whichever list it was found first."""
        node_device = _base(folder)
        try:
            node_device = _node_device(folder)
            if node_device in self.devices or node_device in self.failed:
                return
            device = _device(folder, node_device)
            if device.mdev_types is not None:
                for name in sorted(os.listdir(folder)):
                    if _UUID.fullmatch(name):
                        self.at_mdev(device, f'{folder}/{name}')
        except OSError as e:
            self.failed.add(node_device)
            self.note(model.DeviceName(node_device.upper()), folder, e)
            return
        self.devices[node_device] = device

    def at_mdev(self, parent: model.Device, folder: str) -> None:
        """Look at an mdev of a parent, once."""
        uuid = _base(folder).lower()
        if uuid in self.seen_mdevs:
            return
        self.seen_mdevs.add(uuid)
        try:
            mdev_type = _base(os.readlink(f'{folder}/mdev_type'))
        except OSError as e:
            name = model.DeviceName(parent.location, mdev=uuid)
            self.note(name, folder, e)
            return
        mdevs = self.mdevs.setdefault(parent.node_device, [])
        mdevs.append(model.Mdev(uuid, mdev_type, folder))

    def at_listed_mdev(self, folder: pathlib.Path) -> None:
        """Look at an mdev of the mdev bus: its type's folder has its parent.

        As a rule it was seen in its parent's folder already.
        """
        uuid = folder.name.lower()
        if uuid in self.seen_mdevs:
            return
        try:
            mdev_type = (folder / 'mdev_type').resolve()
            parent = _node_device(str(mdev_type.parents[1]))
        # RuntimeError: a loop of links; IndexError: one that leads nowhere.
        except (OSError, RuntimeError, IndexError) as e:
            self.note(model.DeviceName('', mdev=uuid), str(folder), e)
            return
        if parent in self.devices:
            self.at_mdev(self.devices[parent], str(folder))
        elif parent not in self.failed:
            name = model.DeviceName(parent.upper(), mdev=uuid)
            self.problems.append(
                model.Problem(name, str(folder), 'has an unknown parent')
            )

    def hardware(self) -> model.Hardware:
        """Put together what was seen."""
        devices = tuple(
            dataclasses.replace(
                device, mdevs=tuple(sorted(self.mdevs[node_device]))
            )
            if node_device in self.mdevs
            else device
            for node_device, device in sorted(self.devices.items())
        )
        return model.Hardware(devices, tuple(self.problems))


def virtual_functions(pf: pathlib.Path) -> dict[str, int]:
    """Number the VFs of a PF.

    :param pf: the PF's folder.
    :returns: by address, the number in its link ``virtfn<number>``, from 0;
        nothing where they cannot be listed.
    """
    numbers = {}
    try:
        for entry in pf.glob('virtfn*'):
            number = entry.name.removeprefix('virtfn')
            if number.isdecimal():
                numbers[entry.readlink().name] = int(number)
    except OSError:
        return {}
    return numbers


def _base(path: str) -> str:
    return path.rpartition('/')[2]


def _node_device(folder: str) -> str:
    name = _base(folder)
    subsystem = ''
    if not _KNOWN.fullmatch(name):
        linked = _link(f'{folder}/subsystem')
        subsystem = linked or pathlib.Path(folder).resolve().parent.name
    return node_device_name(name, subsystem)


def _link(path: str) -> str | None:
    """Return the name of what a link points to, None without one."""
    try:
        return _base(os.readlink(path))
    except FileNotFoundError:
        return None


def _exists(path: str) -> bool:
    try:
        os.stat(path)
    except FileNotFoundError:
        return False
    return True


def _device(folder: str, node_device: str) -> model.Device:
    """Read a device's own facts.

    :raises OSError: where one of them cannot be read.
    """
    driver = _link(f'{folder}/driver')
    physfn = _link(f'{folder}/physfn')
    try:
        mdev_types = tuple(sorted(os.listdir(f'{folder}/{MDEV_TYPES}')))
    except FileNotFoundError:
        mdev_types = None
    return model.Device(
        node_device,
        folder,
        pci=_PCI.fullmatch(_base(folder)) is not None,
        driver=driver,
        vfio='vfio' in (driver or '') or _exists(f'{folder}/vfio-dev'),
        physfn=physfn and node_device_name(physfn, 'pci').upper(),
        mdev_types=mdev_types,
    )
