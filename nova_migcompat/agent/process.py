# SPDX-License-Identifier: Apache-2.0
"""The agent as a process: its lock, its signals, systemd, device events.

Knows nothing of what the loop does.
"""

import functools
import os
import pathlib
import signal
import threading
import time
from collections.abc import Callable, Mapping

import sdnotify
from oslo_log import log as logging

from nova_migcompat.agent import events, folder, service, state, wake, writing

LOG = logging.getLogger(__name__)

#: Seconds after SIGTERM in which the loop may end by itself. Then the process
#: ends under it: a request that hangs is no reason to wait, and every next
#: cycle makes good what one left half done.
GRACE = 1.5


def run(options: service.Options, load: Callable[[], service.Options]) -> None:
    """Run the agent until SIGTERM or SIGINT.

    :param options: what the configuration files say.
    :param load: reads them again, on SIGHUP; raises AgentError where they are
        wrong.
    :raises errors.AgentError: where the folder of [agent] state_path cannot be
        used, or another agent holds its lock.
    """
    path = pathlib.Path(options.conf.agent.state_path)
    folder.prepare(path)
    with folder.locked(path):
        writing.tidy(path)
        systemd = sdnotify.SystemdNotifier()
        requests = wake.Wake(
            functools.partial(systemd.notify, 'WATCHDOG=1'),
            _watchdog_interval(),
        )
        end = functools.partial(_end, requests)
        _forward(
            {
                signal.SIGTERM: end,
                signal.SIGINT: end,
                signal.SIGHUP: requests.reload,
            }
        )
        events.watch(requests.devices_changed)
        systemd.notify('READY=1')
        loop = service.Service(
            options, load, requests, functools.partial(state.write, path)
        )
        loop.run()


def _forward(actions: Mapping[signal.Signals, Callable[[], None]]) -> None:
    """Wait for signals in a thread of its own, and act on each.

    Blocked in all threads and waited for in one, they interrupt none: an
    action may take locks, which a signal handler must not.
    """
    # Threads that are started later inherit it.
    signal.pthread_sigmask(signal.SIG_BLOCK, actions)

    def wait() -> None:
        while True:
            actions[signal.Signals(signal.sigwait(actions))]()

    threading.Thread(target=wait, name='signals', daemon=True).start()


def _end(requests: wake.Wake) -> None:
    LOG.info('The agent ends; what stands in Placement stays')
    requests.stop()
    time.sleep(GRACE)
    os._exit(0)


def _watchdog_interval() -> float:
    """Tell how often systemd wants to hear of the loop, in seconds."""
    microseconds = os.environ.get('WATCHDOG_USEC', '')
    # Half of its limit, as sd_watchdog_enabled(3) advises.
    return int(microseconds) / 2e6 if microseconds.isdigit() else 60.0
