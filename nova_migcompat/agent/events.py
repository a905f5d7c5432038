# SPDX-License-Identifier: Apache-2.0
"""Tells when a device of this host comes, goes or changes its driver.

An event only says that it is time to look; what changed, the look tells. A
document that changes in sysfs raises none.
"""

from collections.abc import Callable

import pyudev
from oslo_log import log as logging

from nova_migcompat.agent import errors

LOG = logging.getLogger(__name__)

#: Of all devices that hardware.py and vfio's users know of.
SUBSYSTEMS = (
    'ap',
    'css',
    'matrix',
    'mdev',
    'mdev_bus',
    'pci',
    'vfio',
    'vfio-dev',
)


def watch(changed: Callable[[], None]) -> None:
    """Call a function at each event, in a thread, until the process ends.

    Where udev is absent there are no events, and the log says so.

    :param changed: what to call; must return at once.
    """
    refused = _observe(changed)
    if refused is not None:
        LOG.warning(
            'No device events (%s): a changed device is seen after [agent]'
            ' interval',
            errors.plain(refused),
        )


def _observe(changed: Callable[[], None]) -> Exception | None:
    """Start the thread; return what keeps it from starting."""
    try:
        monitor = pyudev.Monitor.from_netlink(pyudev.Context())
        for subsystem in SUBSYSTEMS:
            monitor.filter_by(subsystem)
        pyudev.MonitorObserver(
            monitor, callback=lambda _device: changed(), name='device-events'
        ).start()
    except (ImportError, OSError) as e:  # ImportError: there is no libudev
        return e
    return None
