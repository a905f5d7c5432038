# SPDX-License-Identifier: Apache-2.0
"""The sample fleet in a real Placement, published by the real agent."""

import pathlib

from nova_migcompat.agent import hardware
from tests.functional.agent_host import NODE, Host

SAMPLES = pathlib.Path(__file__).parents[2] / 'samples'
FLEET = SAMPLES / 'fleet'
UPGRADE = SAMPLES / 'upgrade'


def publish(folder, server):
    """Make every host's providers, and run its agent once.

    :param folder: for files of the agent.
    :returns: the UUIDs of the hosts by their names.
    """
    agent = Host(folder, server)
    nodes = {}
    for path in sorted(FLEET.iterdir()):
        uuid = agent.uuids.get(path.name)
        if path.name != NODE:
            uuid = agent.admin.create_provider(path.name)
        agent.admin.set_inventory(uuid, {'MEMORY_MB': 262144})
        nodes[path.name] = uuid
        for device in hardware.scan(path / 'sys').devices:
            if device.mdev_types is not None:
                name = f'{path.name}_{device.node_device}'
                agent.admin.create_provider(name, uuid, (), {'VGPU': 4})
        agent.run(
            resource_provider=path.name,
            sysfs_root=str(path / 'sys'),
            nova_config_files=[str(path / 'nova.conf')],
        )
    return nodes
