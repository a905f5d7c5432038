# SPDX-License-Identifier: Apache-2.0
"""Runs several pieces of work against one Placement, a request at a time.

Each is a thread that waits before each of its requests until the test lets it
go on, so that a test decides in which order the requests of all arrive. Knows
nothing of what the work is.
"""

import threading

from nova_migcompat import placement

_PATIENCE = 60


class Killed(BaseException):
    """The process that did the work is no more."""


class Worker:
    """One piece of work.

    :param server: a tests.placement_server.PlacementServer
    :param work: is called with a PlacementClient
    :ivar failure: what the work raised, None where it ended well
    :ivar over: whether it has ended
    """

    def __init__(self, server, work):
        adapter = server.adapter()
        self._send = adapter.request
        adapter.request = self._request
        self._work = work
        self._client = placement.PlacementClient(adapter)
        self._go, self._stopped = threading.Semaphore(0), threading.Event()
        self._killed = False
        self.failure = None
        self.over = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._wait()

    def step(self):
        """Let it send one request and go on to the next."""
        if not self.over:
            self._stopped.clear()
            self._go.release()
            self._wait()

    def finish(self):
        """Let it do what is left."""
        while not self.over:
            self.step()

    def kill(self):
        """End it before its next request."""
        self._killed = True
        self.finish()

    def _wait(self):
        assert self._stopped.wait(_PATIENCE)

    def _run(self):
        try:
            self._work(self._client)
        except Killed:
            pass
        except BaseException as e:  # noqa: BLE001  the test raises it
            self.failure = e
        self.over = True
        self._stopped.set()

    def _request(self, *arguments, **options):
        self._stopped.set()
        self._go.acquire()
        if self._killed:
            raise Killed
        return self._send(*arguments, **options)
