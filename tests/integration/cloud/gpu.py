# SPDX-License-Identifier: Apache-2.0
"""A made-up vendor's GPUs: what stands in sysfs, and what the device says.

A device loads the state of one of its own model that a driver of the same
branch has saved, and not a later release of it. The driver publishes the same
as a document. That the two agree is the vendor's word; who migrates a guest
meets the device, who plans it reads the document.
"""

import dataclasses
import pathlib
from collections.abc import Iterable

from tests import fake_sysfs

#: Where a host's GPUs are, in this order.
_ADDRESSES = ('0000:84:00.0', '0000:85:00.0')
MDEV_TYPE = 'acme-2q'
#: How many mdevs of that type a GPU has.
MDEVS = 4
_LAST_RELEASE = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Driver:
    """A version of the driver: 16.4 is release 4 of branch 16."""

    branch: int
    release: int


@dataclasses.dataclass(frozen=True, slots=True)
class Gpu:
    """A model, and the driver that runs it."""

    model: str
    driver: Driver

    def loads(self, source: 'Gpu') -> bool:
        """Tell whether this device loads the state of another."""
        return (
            self.model == source.model
            and self.driver.branch == source.driver.branch
            and self.driver.release >= source.driver.release
        )

    def document(self) -> str:
        """Return what the driver says of the device."""
        same = f'\tmodel={self.model}\n\tbranch={self.driver.branch}\n'
        releases = ','.join(
            map(str, range(self.driver.release, _LAST_RELEASE))
        )
        return (
            f'SELF:\n{same}\trelease={self.driver.release}\n'
            f'COMPATIBLE:\n{same}\trelease={{release:int:{releases}}}\n'
        )


def plug(
    sysfs: fake_sysfs.FakeSysfs, models: Iterable[str], driver: Driver
) -> None:
    """Put GPUs of these models into a host that has none."""
    for address, model in zip(_ADDRESSES, models, strict=False):
        folder = sysfs.function(address, 'acme', device=model)
        sysfs.mdev_parent(folder, MDEV_TYPE)
    drive(sysfs.root, driver)


def drive(root: pathlib.Path, driver: Driver) -> None:
    """Load a driver, which says of each GPU what it is now.

    :param root: of the host's sysfs
    """
    fake_sysfs.files(
        root / 'module/acme', version=f'{driver.branch}.{driver.release}\n'
    )
    for folder in _folders(root):
        fake_sysfs.files(
            folder / 'mdev_supported_types' / MDEV_TYPE,
            migration_compatible=_read(root, folder).document(),
        )


def read(root: pathlib.Path) -> dict[str, Gpu]:
    """Return the GPUs of a host, without a look at its documents.

    :returns: by libvirt's name of the device, ``pci_0000_84_00_0``, with
        which Nova ends the name of its resource provider
    """
    return {
        'pci_' + folder.name.translate(str.maketrans(':.', '__')): _read(
            root, folder
        )
        for folder in _folders(root)
    }


def _folders(root: pathlib.Path) -> list[pathlib.Path]:
    return sorted((root / 'class/mdev_bus').iterdir())


def _read(root: pathlib.Path, folder: pathlib.Path) -> Gpu:
    version = (root / 'module/acme/version').read_text()
    branch, release = map(int, version.split('.'))
    return Gpu(
        (folder / 'device').read_text().strip(), Driver(branch, release)
    )
