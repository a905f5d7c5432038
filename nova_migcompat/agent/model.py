# SPDX-License-Identifier: Apache-2.0
"""What the agent knows of a host: its devices, and what is said about them.

Values only: nothing here reads a file or knows of Placement.
"""

import dataclasses
import functools

from nova_migcompat import descriptor
from nova_migcompat.agent import errors


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class DeviceName:
    """What a document is about.

    :param location: libvirt's node device name in capitals, e.g.
        'PCI_0000_84_00_0', of the device itself or of the mdev's parent.
    :param mdev_type: for a type of an mdev parent or for an mdev: the type,
        e.g. 'nvidia-35'; else empty.
    :param mdev: for an mdev that exists: its UUID; else empty.
    """

    location: str
    mdev_type: str = ''
    mdev: str = ''

    def __str__(self) -> str:
        words = [errors.plain(self.location or 'no device', 80)]
        if self.mdev_type:
            words.append(f'type {errors.plain(self.mdev_type, 80)}')
        if self.mdev:
            words.append(f'mdev {errors.plain(self.mdev, 80)}')
        return ', '.join(words)


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong; where that is with one device, the device is left out.

    :param device: which one; None where it is about no single device.
    :param path: the file or folder it is about.
    :param reason: what is wrong, in words.
    :param line: the line in that file, from 1; None where there is no place.
    :param column: the column in code points, from 1; likewise.
    """

    device: DeviceName | None
    path: str
    reason: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = errors.plain(self.path)
        if self.line is not None:
            place += f', line {self.line}, column {self.column or 1}'
        who = f'{self.device}: ' if self.device else ''
        return f'{who}{place}: {errors.plain(self.reason)}'


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """What one source has to say about one device.

    Exactly one of document and problem is given.

    :param device: the device.
    :param path: the file or folder where it was found.
    :param document: its document.
    :param problem: why it has none although the source knows it.
    :param warnings: what an operator should know of it, one line each.
    """

    device: DeviceName
    path: str
    document: descriptor.Document | None = None
    problem: Problem | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.document is None) == (self.problem is None):
            raise ValueError('a finding is a document or a problem')


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Mdev:
    """A mediated device that exists.

    :param uuid: its UUID, which is its folder's name.
    :param mdev_type: its type.
    :param folder: its folder in sysfs.
    """

    uuid: str
    mdev_type: str
    folder: str


@dataclasses.dataclass(frozen=True)
class Device:
    """A device of this host that a guest may be given, in whole or in part.

    :param node_device: libvirt's name for it, e.g. 'pci_0000_84_00_0'.
    :param folder: its folder in sysfs.
    :param pci: whether it is a PCI function.
    :param driver: the driver that it is bound to, if any.
    :param vfio: whether that is a vfio driver, so that a guest could have it.
    :param physfn: the location of its PF, if it is a VF.
    :param mdev_types: the types it supports as an mdev parent; None where it
        is none.
    :param mdevs: the mdevs that exist on it.
    """

    node_device: str
    folder: str
    pci: bool = True
    driver: str | None = None
    vfio: bool = False
    physfn: str | None = None
    mdev_types: tuple[str, ...] | None = None
    mdevs: tuple[Mdev, ...] = ()

    @functools.cached_property
    def address(self) -> str:
        """Its name in sysfs, e.g. '0000:84:00.0', '0.0.0035', 'matrix'."""
        return self.folder.rpartition('/')[2]

    @property
    def bus(self) -> str:
        """What libvirt's name for it begins with: 'pci', 'css', 'ap', ..."""
        return self.node_device[: -len(self.address) - 1]

    @functools.cached_property
    def location(self) -> str:
        """Its name in Placement (DESIGN.md)."""
        return self.node_device.upper()

    @functools.cached_property
    def name(self) -> DeviceName:
        """What a document about the device as a whole is about."""
        return DeviceName(self.location)

    def name_of_type(self, mdev_type: str) -> DeviceName:
        """What a document about one of its mdev types is about."""
        return DeviceName(self.location, mdev_type)

    def name_of_mdev(self, mdev: Mdev) -> DeviceName:
        """What a document about one of its mdevs is about."""
        return DeviceName(self.location, mdev.mdev_type, mdev.uuid)


@dataclasses.dataclass(frozen=True, slots=True)
class Hardware:
    """The devices of a host.

    :param devices: them, sorted by location.
    :param problems: the devices that could not be looked at.
    """

    devices: tuple[Device, ...] = ()
    problems: tuple[Problem, ...] = ()
