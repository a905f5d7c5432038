# SPDX-License-Identifier: Apache-2.0
"""What ends the agent's wait: its time, a device event, a signal.

Any thread may ask, one thread waits. Knows nothing of what is done then.
"""

import threading
import time
from collections.abc import Callable

#: Seconds without a further device event after which a burst is over, and
#: after which it is not waited for any longer. A driver that makes 256 VFs
#: raises some hundred events.
QUIET = 0.2
LONGEST_BURST = 1.0


class Wake:
    """Requests to the loop, which sees each of them once.

    :ivar stopping: whether the loop shall end; stays so.
    :param alive: called while it waits and when it ends, for a watchdog.
    :param every: seconds between two of these calls.
    """

    def __init__(
        self,
        alive: Callable[[], None] = lambda: None,
        every: float = 60.0,
    ) -> None:
        self.stopping = False
        self._alive = alive
        self._every = every
        self._asked = threading.Event()
        self._reload = False
        self._devices = False

    def stop(self) -> None:
        """Ask the loop to end."""
        self.stopping = True
        self._asked.set()

    def reload(self) -> None:
        """Ask for new options, and for a look at once."""
        self._reload = True
        self._asked.set()

    def devices_changed(self) -> None:
        """Ask for a look soon."""
        self._devices = True
        self._asked.set()

    def wait(self, seconds: float, *, heed_devices: bool = True) -> bool:
        """Wait, until a request comes or the time is over.

        What was asked for before the wait ends it too: it came too late for
        the look before.

        :param seconds: how long at most, not counting a burst of events.
        :param heed_devices: whether a device event ends it.
        :returns: whether new options are wanted.
        """
        until = time.monotonic() + seconds
        while not self._is_urgent():
            if heed_devices and self._devices:
                self._let_burst_pass()
                break
            left = until - time.monotonic()
            if left <= 0:
                break
            self._alive()
            self._asked.wait(min(left, self._every))
            self._asked.clear()
        self._alive()
        return self._take()

    def _take(self) -> bool:
        """Forget what the next look answers, and nothing that comes later."""
        if self._devices:
            self._devices = False
        if not self._reload:
            return False
        self._reload = False
        return True

    def _is_urgent(self) -> bool:
        return self.stopping or self._reload

    def _let_burst_pass(self) -> None:
        until = time.monotonic() + LONGEST_BURST
        while not self._is_urgent() and time.monotonic() < until:
            if not self._asked.wait(QUIET):
                return
            self._asked.clear()
