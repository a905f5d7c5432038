# SPDX-License-Identifier: Apache-2.0
"""The source ``sysfs``: documents that drivers publish themselves.

Knows the folders of FORMAT.md section 7; what a folder may hold is for
layouts.py to know.
"""

from collections.abc import Iterator

from nova_migcompat.agent import hardware as hardware_module
from nova_migcompat.agent import model
from nova_migcompat.agent.sources import base, layouts


class SysfsSource(base.Source):
    """Reads the folders of devices, of mdevs and of mdev types."""

    def findings(self, hardware: model.Hardware) -> Iterator[model.Finding]:
        """Say what the drivers of this host's devices say.

        :param hardware: the devices, each with its folder.
        """
        for device in hardware.devices:
            for folder, name in _folders(device):
                finding = layouts.read(folder, name)
                if finding is not None:
                    yield finding


def _folders(
    device: model.Device,
) -> Iterator[tuple[str, model.DeviceName]]:
    yield device.folder, device.name
    types = f'{device.folder}/{hardware_module.MDEV_TYPES}'
    for mdev_type in device.mdev_types or ():
        yield f'{types}/{mdev_type}', device.name_of_type(mdev_type)
    for mdev in device.mdevs:
        yield mdev.folder, device.name_of_mdev(mdev)
