# SPDX-License-Identifier: Apache-2.0
"""A made-up vendor's GPUs: what stands in sysfs, and what the device says.

A device loads the state of one of its own model that a driver of the same
branch has saved, and not a later release of it. The driver publishes the same
as a document. That the two agree is the vendor's word; who migrates a guest
meets the device, who plans it reads the document.
"""

import dataclasses
import pathlib

from tests import fake_sysfs

ADDRESS = '0000:84:00.0'
#: As libvirt names the device, and Nova its resource provider's end.
NODE_DEVICE = 'pci_0000_84_00_0'
MDEV_TYPE = 'acme-2q'
#: How many mdevs of that type a GPU has.
MDEVS = 4
_LAST_RELEASE = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Gpu:
    """A model, and the driver that runs it."""

    model: str
    branch: int
    release: int

    def loads(self, source: 'Gpu') -> bool:
        """Tell whether this device loads the state of another."""
        return (self.model, self.branch) == (
            source.model,
            source.branch,
        ) and self.release >= source.release

    def document(self) -> str:
        """Return what the driver says of the device."""
        releases = ','.join(
            str(number) for number in range(self.release, _LAST_RELEASE)
        )
        return (
            f'SELF:\n\tmodel={self.model}\n\tbranch={self.branch}\n'
            f'\trelease={self.release}\n'
            f'COMPATIBLE:\n\tmodel={self.model}\n\tbranch={self.branch}\n'
            f'\trelease={{release:int:{releases}}}\n'
        )


def plug(sysfs: fake_sysfs.FakeSysfs, gpu: Gpu) -> None:
    """Put a GPU into a host that has none."""
    folder = sysfs.function(ADDRESS, 'acme', device=gpu.model)
    sysfs.mdev_parent(folder, MDEV_TYPE)
    drive(sysfs.root, gpu)


def drive(root: pathlib.Path, gpu: Gpu) -> None:
    """Load the driver that a GPU is to have.

    :param root: of a sysfs with a GPU of that model
    """
    fake_sysfs.files(
        root / 'module/acme', version=f'{gpu.branch}.{gpu.release}\n'
    )
    mdev_type = _parent(root) / 'mdev_supported_types' / MDEV_TYPE
    fake_sysfs.files(mdev_type, migration_compatible=gpu.document())


def read(root: pathlib.Path) -> Gpu:
    """Return the GPU of a host, without asking its documents."""
    version = (root / 'module/acme/version').read_text()
    branch, release = map(int, version.split('.'))
    model = (_parent(root) / 'device').read_text().strip()
    return Gpu(model, branch, release)


def _parent(root: pathlib.Path) -> pathlib.Path:
    return root / 'bus/pci/devices' / ADDRESS
