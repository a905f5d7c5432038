# SPDX-License-Identifier: Apache-2.0
"""The whole cloud: which processes, and in which order they start."""

import concurrent.futures
import contextlib
import datetime
import pathlib
import shutil
from collections.abc import Callable, Iterable

from nova_migcompat import descriptor, traits
from tests import placement_server
from tests.integration import processes
from tests.integration.cloud import services
from tests.integration.cloud.broker import Broker
from tests.integration.cloud.gpu import Driver
from tests.integration.cloud.hosts import Host
from tests.integration.cloud.identity import Identity
from tests.integration.cloud.nova import Nova
from tests.integration.database import Database

#: From compute1 a guest can only go to compute2, which has the least memory
#: left, so that Nova by itself tries it last. From compute3 it can only go to
#: the first GPU of compute6, from compute4 to the second.
FLEET = {
    'compute1': (['A1'], Driver(16, 4)),
    'compute2': (['A1'], Driver(16, 9)),
    'compute3': (['A3'], Driver(16, 2)),
    'compute4': (['A2'], Driver(16, 4)),
    'compute5': (['A1'], Driver(16, 2)),
    'compute6': (['A3', 'A2'], Driver(16, 6)),
}
FULLEST = 'compute2'
#: Seconds a test may take, and the start of the cloud with it.
LIMIT = 900
#: Processes that are set up at once.
AT_ONCE = 3


class Cloud:
    """All processes of a cloud.

    :ivar admin: a connection of the administrator's
    :ivar logs: the folder of all logs
    :ivar hosts: the compute hosts by name
    :param folder: for everything; should be empty
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self.logs = folder / 'logs'
        self.logs.mkdir()
        self.broker = Broker(folder / 'rabbitmq', self.logs)
        self.database = Database(folder / 'mariadb', self.logs)

    def start(self) -> None:
        """Start everything; return when guests can be made.

        :raises processes.WaitError: something does not start
        """
        together(self.broker.start, self.database.start)
        self._configure()
        together(
            self.neutron.prepare,
            self.identity.start,
            self.nova.prepare,
            self.placement.prepare,
            self.glance.prepare,
        )
        self.identity.register(
            {
                'placement': self.placement.url,
                'image': self.glance.url,
                'network': self.neutron.url,
                'compute': f'{self.nova.api.url}/v2.1',
            }
        )
        self.admin = self.identity.connect()
        together(*(process.start for process in self._control_plane()))
        # Neutron fails where the first query of all is for ports.
        list(self.admin.network.networks())
        together(*(host.compute.start for host in self.hosts.values()))
        self.wait_for_services()
        self.nova.manage('cell_v2', 'discover_hosts')
        together(*(host.agent.start for host in self.hosts.values()))
        for host in self.hosts.values():
            self.wait_published(host)

    def _configure(self) -> None:
        self.identity = Identity(
            self._folder / 'keystone',
            self.logs,
            self.database.create('keystone'),
        )
        ground = services.Ground(
            self._folder, self.logs, self.broker, self.database, self.identity
        )
        self.placement = services.Placement(ground)
        self.glance = services.Glance(ground)
        self.neutron = services.Neutron(ground)
        self.nova = Nova(ground)
        self.hosts = {
            name: Host(
                name,
                *gpus,
                ground,
                reserved=400000 if name == FULLEST else 512,
            )
            for name, gpus in FLEET.items()
        }

    def _control_plane(self) -> Iterable[processes.Process]:
        return (
            self.placement.process,
            self.glance.process,
            self.neutron.process,
            self.nova.conductor,
            self.nova.api.process,
            self.nova.scheduler,
        )

    def processes(self) -> list[processes.Process]:
        """Return all processes but the agents."""
        return [
            self.broker.process,
            self.database.process,
            self.identity.process,
            *self._control_plane(),
            *(host.compute for host in self.hosts.values()),
        ]

    def wait_for_services(self) -> None:
        """Wait until each service of Nova's has reported from now on."""
        now = datetime.datetime.now(datetime.UTC)
        begin = now.replace(tzinfo=None).isoformat()
        services = ('nova-conductor', 'nova-scheduler', *self.hosts)

        def all_are_up() -> bool:
            up = {
                s.host if s.binary == 'nova-compute' else s.binary
                for s in self.admin.compute.services()
                if s.state == 'up' and (s.updated_at or '') > begin
            }
            return up == set(services)

        processes.until(f'{services} report', all_are_up)

    def wait_published(self, host: Host) -> None:
        """Wait until Placement has what a host's driver says now."""
        documents = {gpu.document() for gpu in host.gpus().values()}
        digests = {descriptor.parse(text).digest for text in documents}
        processes.until(
            f'{host.name} is known to have {host.gpus()}',
            lambda: traits.digests(self.names(host)) == digests,
        )

    def names(self, host: Host) -> set[str]:
        """Return the names of ours that a host's provider has."""
        provider = self.provider(host.name)
        if provider is None:
            return set()
        names = placement_server.Admin(self.admin.placement).traits(provider)
        return {name for name in names if traits.is_ours(name)}

    def provider(self, name: str) -> str | None:
        """Return the UUID of a resource provider, None where it is not."""
        answer = self.admin.placement.get(f'/resource_providers?name={name}')
        found = answer.json()['resource_providers']
        return found[0]['uuid'] if found else None

    def stop(self) -> None:
        """End everything; what is left is logs and configuration files."""
        with contextlib.suppress(AttributeError):
            for host in self.hosts.values():
                host.agent.close()
            for process in self.processes():
                process.kill()
        self.broker.stop()
        self.database.process.stop()
        for data in ('mariadb', 'rabbitmq'):
            shutil.rmtree(self._folder / data)


def together(*functions: Callable[[], None]) -> None:
    """Call functions at once, some at a time; wait until all have returned."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as executor:
        for future in [executor.submit(function) for function in functions]:
            future.result()
