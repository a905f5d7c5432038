# SPDX-License-Identifier: Apache-2.0
"""The loop: cycle after cycle, until it shall end.

Knows when; what a cycle does is for cycle.py, what asks for one for wake.py.
"""

import dataclasses
import os
import time
from collections.abc import Callable
from typing import Any

from oslo_config import cfg
from oslo_log import log as logging

from nova_migcompat import placement
from nova_migcompat.agent import cycle, errors, notices, schedule, state, wake

LOG = logging.getLogger(__name__)

#: Where one device of 256 begins to differ, 257 names are new. Placement takes
#: them one by one. Bare names are of no provider, so their order among each
#: other does not matter; all of them are there before a provider has one.
REQUESTS_AT_ONCE = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """What the configuration files say.

    :param conf: the groups [agent] and [placement].
    :param adapter: made from the latter.
    """

    conf: cfg.ConfigOpts
    adapter: Any

    def client(self) -> placement.PlacementClient:
        """Make a client for one cycle."""
        return placement.PlacementClient(
            self.adapter,
            timeout=self.conf.placement.timeout,
            budget=schedule.LONGEST_CYCLE,
            at_once=REQUESTS_AT_ONCE,
        )


class Service:
    """The agent as it runs.

    :param options: what the configuration files said at the start.
    :param load: reads them again; raises AgentError where they are wrong.
    :param requests: what the loop waits for.
    :param record: keeps the state for ``--status``.
    """

    def __init__(
        self,
        options: Options,
        load: Callable[[], Options],
        requests: wake.Wake,
        record: Callable[[state.State], None],
    ) -> None:
        self._load = load
        self._requests = requests
        self._record = record
        self._outage = notices.Outage()
        self._unrecorded: str | None = None
        self._options = options
        self._reconciler = cycle.Reconciler(options.conf)
        self._state = state.State(
            pid=os.getpid(),
            boot_id=state.boot_id(),
            started=state.Moment.now(),
            interval=options.conf.agent.interval,
        )

    def run(self) -> None:
        """Do cycle after cycle; returns when it shall end."""
        self._keep(self._state)
        while not self._requests.stopping:
            begun = time.monotonic()
            next_in, heed_devices = self._cycle()
            if self._state.error:
                # What has just taken its time to fail is not asked at once.
                begun = time.monotonic()
            self._keep(dataclasses.replace(self._state, next_in=next_in))
            left = begun + next_in - time.monotonic()
            if self._requests.wait(left, heed_devices=heed_devices):
                self._reload()

    def _cycle(self) -> tuple[float, bool]:
        """Do one cycle.

        :returns: after how many seconds the next one begins, from the
            beginning of this one or, where it failed, from its end; and
            whether earlier at a device event.
        """
        interval = self._options.conf.agent.interval
        error: errors.AgentError | placement.PlacementError
        try:
            outcome = self._reconciler.cycle(self._options.client())
        except (errors.AgentError, placement.PlacementError) as e:
            error = e
        else:
            self._succeeded(outcome)
            return schedule.after_success(interval), True
        # Here, as oslo.log adds to a line the exception that is being handled.
        self._failed(error)
        if isinstance(error, errors.AgentError):
            return self._back_off(interval), True
        # An event makes Placement answer no earlier.
        return self._back_off(schedule.LONGEST_BACK_OFF), False

    def _back_off(self, longest: float) -> float:
        return schedule.after_failure(self._outage.failures, longest)

    def _failed(
        self, error: errors.AgentError | placement.PlacementError
    ) -> None:
        if isinstance(error, placement.PlacementError):
            message = f'Placement: {errors.plain(error)}'
            # The words differ each time: addresses, request IDs.
            kind = (error.status, type(error.__cause__))
            self._outage.failed(message, kind, logging.ERROR)
        else:
            message = str(error)
            expected = isinstance(error, errors.NoProviderError)
            level = logging.WARNING if expected else logging.ERROR
            self._outage.failed(message, message, level)
        self._state = dataclasses.replace(
            self._state,
            cycle=state.Moment.now(),
            error=message,
            failures=self._outage.failures,
        )

    def _succeeded(self, outcome: cycle.Outcome) -> None:
        self._outage.succeeded()
        now = state.Moment.now()
        self._state = dataclasses.replace(
            self._state,
            cycle=now,
            error=None,
            failures=0,
            success=now,
            provider=(outcome.node.uuid, outcome.node.name),
            devices=len(outcome.host.inventory.devices),
            documents=tuple(sorted(outcome.host.desired.documents)),
            problems=tuple(map(str, outcome.problems)),
        )

    def _keep(self, now: state.State) -> None:
        """Record the state; a full disk is no reason to end."""
        self._state = now
        error = None
        try:
            self._record(now)
        except OSError as e:
            error = errors.plain(e)
        if error and error != self._unrecorded:
            LOG.error('The state is not recorded: %s', error)
        self._unrecorded = error

    def _reload(self) -> None:
        """Take over new options, unless they are wrong."""
        try:
            options = self._load()
        except errors.AgentError as e:
            refused = str(e)
        else:
            self._take_over(options)
            return
        LOG.error('The options stay as they were: %s', refused)

    def _take_over(self, options: Options) -> None:
        before = self._options.conf
        if options.conf.agent.state_path != before.agent.state_path:
            LOG.warning('[agent] state_path takes effect at a restart only')
        self._options = options
        self._reconciler.reconfigure(options.conf)
        self._state = dataclasses.replace(
            self._state, interval=options.conf.agent.interval
        )
        LOG.info('The options were read again')
