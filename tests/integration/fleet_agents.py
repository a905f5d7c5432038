# SPDX-License-Identifier: Apache-2.0
"""Many agents in one process, each in a thread, which all start at once.

Several such processes wait for each other. What the agents publish is nothing
that this module knows.
"""

import dataclasses
import pathlib
import threading
import time
from multiprocessing import synchronize

from keystoneauth1 import adapter, session, token_endpoint
from oslo_config import cfg

from nova_migcompat import placement
from nova_migcompat.agent import cycle, schedule, service
from nova_migcompat.conf import agent as agent_conf
from nova_migcompat.conf import placement as placement_conf
from tests import placement_server

_ready: synchronize.Barrier


@dataclasses.dataclass(frozen=True)
class Agent:
    """The agent of one host.

    :param node: the name of the compute node's provider
    :param folder: where its nova.conf and its sysfs are
    :param url: the Placement that it asks
    """

    node: str
    folder: pathlib.Path
    url: str


@dataclasses.dataclass(frozen=True)
class Report:
    """How an agent has fared.

    :param seconds: from the start of all until it was done
    :param requests: how many it sent
    :param failures: why its cycles failed that it had to repeat
    """

    seconds: float
    requests: int
    failures: tuple[str, ...]


def prepare(ready: synchronize.Barrier) -> None:
    """Set up a process.

    :param ready: where the processes wait for each other
    """
    global _ready
    _ready = ready


def run(agents: list[Agent], cycles: int) -> list[Report]:
    """Run agents at once with those of the other processes.

    :param agents: those of this process
    :param cycles: how often each tries at most
    """
    runs = [_Run(agent, cycles) for agent in agents]
    _ready.wait(120)
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    return [one.report for one in runs]


class _Run(threading.Thread):
    def __init__(self, agent: Agent, cycles: int) -> None:
        super().__init__(name=agent.node)
        self._cycles = cycles
        self._conf = _conf(agent)
        self._session = session.Session(
            auth=token_endpoint.Token(agent.url, placement_server.TOKEN),
            timeout=placement_conf.TIMEOUT,
            collect_timing=True,
        )
        self._client = placement.PlacementClient(
            adapter.Adapter(self._session, service_type='placement'),
            budget=schedule.LONGEST_CYCLE,
            at_once=service.REQUESTS_AT_ONCE,
        )
        self.report = Report(0, 0, ('it never ended',))

    def run(self) -> None:
        begin = time.monotonic()
        failures: list[str] = []
        while len(failures) < self._cycles:
            try:
                cycle.run_once(self._conf, self._client)
                break
            except placement.PlacementError as e:
                failures.append(str(e))
        self.report = Report(
            time.monotonic() - begin,
            len(self._session.get_timings()),
            tuple(failures),
        )


def _conf(agent: Agent) -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    agent_conf.register_opts(conf)
    conf([], default_config_files=[], default_config_dirs=[])
    for name, value in {
        'resource_provider': agent.node,
        'nova_config_files': [str(agent.folder / 'nova.conf')],
        'sysfs_root': str(agent.folder / 'sys'),
    }.items():
        conf.set_override(name, value, group='agent')
    return conf
