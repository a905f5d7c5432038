# SPDX-License-Identifier: Apache-2.0
"""A compute host: its GPUs, its nova-compute and its nova-migcompat-agent."""

from collections.abc import Sequence

from tests.functional.agent_process import AgentProcess
from tests.integration import processes
from tests.integration.cloud import config, gpu, nova, services

#: Seconds between two looks of the agents.
INTERVAL = 2
COMMAND = ('python', '-m', 'tests.integration.cloud.compute')


class Host:
    """A compute host.

    :ivar name: its name, which is that of its service and of its node
    :ivar driver: the driver of its GPUs, at the beginning
    :ivar agent: its agent, an AgentProcess
    :ivar compute: its nova-compute, a Process
    :param models: of its GPUs
    :param reserved: memory that guests do not get, in MiB
    """

    def __init__(
        self,
        name: str,
        models: Sequence[str],
        driver: gpu.Driver,
        ground: services.Ground,
        reserved: int = 512,
    ) -> None:
        self.name = name
        self.driver = driver
        self.folder = ground.folder / 'hosts' / name
        state = self.folder / 'nova'
        state.mkdir(parents=True)
        groups = nova.groups(state, ground)
        nova_conf = config.write(
            self.folder / 'nova.conf',
            {
                **groups,
                'DEFAULT': {
                    **groups['DEFAULT'],
                    'host': name,
                    'compute_driver': 'gpus.GpuDriver',
                    'reserved_host_memory_mb': reserved,
                },
                'devices': {'enabled_mdev_types': gpu.MDEV_TYPE},
            },
        )
        self.compute = processes.Process(
            f'nova-compute-{name}',
            [*COMMAND, '--config-file', nova_conf],
            ground.logs,
            processes.environment(self.folder),
        )
        placement = services.login(ground.identity, 'nova-migcompat')
        self.agent = AgentProcess(
            self.folder,
            config.text({'placement': placement}),
            resource_provider=name,
            nova_config_files=nova_conf,
            interval=INTERVAL,
            publish_fields='*',
        )
        self.agent.log_file = ground.logs / f'agent-{name}.log'
        gpu.plug(self.agent.sysfs, models, driver)

    def upgrade(self, driver: gpu.Driver) -> None:
        """Load another driver; nobody is told."""
        gpu.drive(self.agent.sysfs.root, driver)

    def gpus(self) -> dict[str, gpu.Gpu]:
        """Return its GPUs as they are now, by libvirt's name."""
        return gpu.read(self.agent.sysfs.root)
