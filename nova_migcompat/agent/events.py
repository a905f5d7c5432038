# SPDX-License-Identifier: Apache-2.0
"""Tells when a device of this host comes, goes or changes its driver.

An event only says that it is time to look; what changed, the look tells. A
document that changes in sysfs raises none.
"""

import contextlib
import threading
import time
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


#: Bytes. The kernel holds so much of a burst that is not yet read; its default
#: is some hundred events.
RECEIVE_BUFFER = 16 * 1024 * 1024

#: Seconds before udev is asked again after it failed.
PAUSE = 5.0

#: What pyudev makes of an error number.
_ERRORS = (OSError, ValueError, OverflowError, MemoryError)


def watch(changed: Callable[[], None]) -> None:
    """Call a function at each event, in a thread, until the process ends.

    It is also called when events were lost. Where udev is absent there are no
    events, and the log says so.

    :param changed: what to call; must return at once.
    """
    refused = _start(changed)
    if refused is not None:
        LOG.warning(
            'No device events (%s): a changed device is seen after [agent]'
            ' interval',
            errors.plain(refused),
        )


def _start(changed: Callable[[], None]) -> Exception | None:
    """Start the thread; return what keeps it from starting."""
    try:
        monitor = _open()
    except (ImportError, *_ERRORS) as e:  # ImportError: there is no libudev
        return e
    threading.Thread(
        target=_observe,
        args=[monitor, changed],
        name='device-events',
        daemon=True,
    ).start()
    return None


def _open() -> pyudev.Monitor:
    """Return a monitor that receives from now on."""
    monitor = pyudev.Monitor.from_netlink(pyudev.Context())
    for subsystem in SUBSYSTEMS:
        monitor.filter_by(subsystem)
    with contextlib.suppress(*_ERRORS):  # needs CAP_NET_ADMIN
        monitor.set_receive_buffer_size(RECEIVE_BUFFER)
    monitor.start()
    return monitor


def _observe(monitor: pyudev.Monitor, changed: Callable[[], None]) -> None:
    # Not pyudev.MonitorObserver: the first error ends its thread.
    level = logging.WARNING
    while True:
        lost = _follow(monitor, changed)
        LOG.log(
            level,
            'Device events were lost (%s): all devices are looked at',
            errors.plain(lost),
        )
        level = logging.DEBUG  # what fails once may fail every PAUSE
        changed()
        # A socket that has failed may stay so: pyudev does not clear it.
        monitor = _open_again()
        changed()  # for what happened since


def _follow(monitor: pyudev.Monitor, changed: Callable[[], None]) -> Exception:
    """Call the function at each event; return why no more can be read."""
    try:
        while True:
            if monitor.poll() is not None:
                changed()
    except _ERRORS as e:
        return e


def _open_again() -> pyudev.Monitor:
    while True:
        time.sleep(PAUSE)
        with contextlib.suppress(*_ERRORS):
            return _open()
