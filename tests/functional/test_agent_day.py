# SPDX-License-Identifier: Apache-2.0
"""A day of an agent in less than a minute.

One process on one fake sysfs tree and one Placement, from a host's first boot
to its end. What each hour's event needs to be tested for in detail is tested
elsewhere; here nothing is set back in between.
"""

import subprocess
import sys

from nova_migcompat import descriptor, placement, traits
from tests.functional.agent_process import NODE, AgentProcess, Gate, until
from tests.placement_server import Admin

OLD = 'SELF:\n\tfw="28.41"\nCOMPATIBLE:\n\tfw={v:version:28.41-}\n'
NEW = 'SELF:\n\tfw="28.43"\nCOMPATIBLE:\n\tfw={v:version:28.43-}\n'
GPU_TEXT = 'SELF:\n\tgpu="a40"\nCOMPATIBLE:\n\tgpu="a40"\n'
VF = '0000:81:00.1'
GPU = '0000:84:00.0'
GPU_PROVIDER = f'{NODE}_pci_0000_84_00_0'

FOREIGN = {'COMPUTE_NODE', 'CUSTOM_GOLD', 'CUSTOM_MIGCOMPATIBLE'}
FOREIGN_AGGREGATE = '6d9f1e0a-1f0f-4a43-a2ba-c9d7be8a2b61'


def digest(text):
    return descriptor.parse(text).digest


def names(*texts):
    return {traits.document_trait(digest(text)) for text in texts}


def places(**texts):
    """Return L names: addresses with _ for : and ., and their texts."""
    return {
        traits.location_trait(place, digest(text))
        for place, text in texts.items()
    }


class Day:
    """The host, as an operator and an administrator see it."""

    def __init__(self, agent, server, gate):
        self.agent = agent
        self.server = server
        self.gate = gate
        self.admin = Admin(server.adapter())
        self.client = placement.PlacementClient(server.adapter())

    def node(self):
        """Return the traits of the compute node's provider."""
        return self.admin.traits(self.agent.node)

    def ours(self):
        """Return ours among them, and see that no other is gone."""
        found = self.node()
        assert found >= FOREIGN
        assert FOREIGN_AGGREGATE in self.admin.aggregates(self.agent.node)
        return {name for name in found if traits.is_ours(name)}

    def generation(self):
        return self.client.provider_traits(self.agent.node).generation

    def readable(self):
        """Return the digests whose text can be read, and which are in use."""
        known = self.client.traits(startswith=traits.TEXT_PREFIX)
        used = traits.digests(self.node())
        return set(traits.read_texts(known, used).documents)

    def boot_nova(self):
        """Do what nova-compute does first: make the providers."""
        self.agent.node = self.admin.create_provider(NODE, traits=FOREIGN)
        self.admin.set_aggregates(self.agent.node, [FOREIGN_AGGREGATE])
        self.boot_gpu()

    def boot_gpu(self):
        self.gpu = self.admin.create_provider(
            GPU_PROVIDER, self.agent.node, ['OWNER_NOVA']
        )

    def status(self):
        """Ask as a monitoring system does; return exit status and words."""
        found = self.agent.call('--status')
        return found.returncode, found.stdout

    def purge(self):
        subprocess.run(
            [
                sys.executable,
                '-m',
                'nova_migcompat.cli.main',
                'purge',
                '--config-file',
                str(self.agent.config),
            ],
            check=True,
            timeout=60,
            capture_output=True,
        )


def test_a_day_of_an_agent(tmp_path, placement):
    with Gate(placement.url) as gate:
        config = placement.config().replace(placement.url, gate.url)
        agent = AgentProcess(
            tmp_path, config, interval=1, full_check_interval=2
        )
        try:
            live_through(Day(agent, placement, gate))
        finally:
            agent.close()


def live_through(day):
    first_boot(day)
    upgrade(day)
    outage(day)
    nova_makes_a_provider_anew(day)
    reload(day)
    crash(day)
    restart(day)
    withdraw(day)


def first_boot(day):
    """The agent is faster than nova-compute, and waits for it."""
    agent = day.agent
    day.vf = agent.vf(1, OLD)
    gpu = agent.sysfs.function(GPU, 'acme')
    day.gpu_type = agent.sysfs.mdev_parent(gpu, 'a') / 'a'
    (day.gpu_type / 'migration_compatible').write_text(GPU_TEXT)

    agent.start()
    agent.next_cycle()
    status, words = day.status()
    assert status == 1
    assert 'start nova-compute' in words
    day.boot_nova()

    wanted = names(OLD, GPU_TEXT) | places(pci_0000_81_00_1=OLD)
    until(lambda: wanted <= day.node())
    assert day.ours() == wanted
    assert day.admin.traits(day.gpu) == {'OWNER_NOVA', *names(GPU_TEXT)}
    assert day.readable() == {digest(OLD), digest(GPU_TEXT)}
    until(lambda: day.status()[0] == 0)


def upgrade(day):
    """The driver is another: what was said before is gone, then its text."""
    day.vf.write_text(NEW)
    day.agent.reload()

    wanted = names(NEW, GPU_TEXT) | places(pci_0000_81_00_1=NEW)
    until(lambda: day.ours() == wanted)
    assert day.readable() == {digest(NEW), digest(GPU_TEXT)}

    day.purge()
    assert day.readable() == {digest(NEW), digest(GPU_TEXT)}
    assert not day.client.traits(startswith=traits.text_prefix(digest(OLD)))


def outage(day):
    """Placement hangs, and a device changes meanwhile."""
    published = day.ours()
    day.agent.configure(
        interval=1,
        full_check_interval=2,
        placement=day.agent.placement + 'timeout = 1\n',
    )
    day.agent.reload()
    day.agent.next_cycle()
    day.gate.hang()
    day.vf.write_text(OLD)

    until(lambda: day.status()[0] == 1)
    assert day.ours() == published
    day.gate.open()
    day.agent.reload()

    until(lambda: day.ours() & names(OLD))
    until(lambda: day.status()[0] == 0)
    assert day.agent.log().count('Well again') == 2  # once of first_boot
    assert day.readable() == {digest(OLD), digest(GPU_TEXT)}


def nova_makes_a_provider_anew(day):
    """The provider of the GPU goes with its inventory, and comes back."""
    day.admin.delete_provider(day.gpu)
    day.boot_gpu()

    until(
        lambda: day.admin.traits(day.gpu) == {'OWNER_NOVA', *names(GPU_TEXT)}
    )


def reload(day):
    """New options count, and broken ones leave the old ones in force."""
    day.agent.configure(interval=1, full_check_interval=2, publish_fields='fw')
    day.agent.reload()
    field = 'CUSTOM_MIGCOMPAT_F_FW_28_41'
    until(lambda: field in day.ours())

    day.agent.config.write_text('[agent]\ninterval = soon\n')
    day.agent.reload()

    until(lambda: 'The options stay as they were' in day.agent.log())
    day.agent.next_cycle()
    assert field in day.ours()
    day.agent.configure(interval=1, full_check_interval=2)
    day.agent.reload()
    until(lambda: field not in day.ours())


def crash(day):
    """Killed, and the device changes before it is back."""
    day.agent.kill()
    day.vf.write_text(NEW)
    published = day.ours()

    assert day.status()[0] == 2
    assert day.ours() == published
    day.agent.start()

    wanted = names(NEW, GPU_TEXT) | places(pci_0000_81_00_1=NEW)
    until(lambda: day.ours() == wanted)
    until(lambda: day.status()[0] == 0)


def restart(day):
    """Stopped and started, it writes nothing."""
    before = day.generation(), day.ours()
    status, _ = day.agent.stop()
    assert status == 0
    assert day.status()[0] == 2

    day.agent.start()
    day.agent.next_cycle()
    day.agent.next_cycle()

    assert (day.generation(), day.ours()) == before


def withdraw(day):
    """The host leaves: while the agent runs that is refused."""
    refused = day.agent.call('--withdraw')
    assert refused.returncode == 1
    assert f'process {day.agent.process.pid}' in refused.stderr
    assert day.ours()

    day.agent.stop()
    assert day.agent.call('--withdraw').returncode == 0

    assert day.node() == FOREIGN
    assert day.admin.aggregates(day.agent.node) == {FOREIGN_AGGREGATE}
    assert day.admin.traits(day.gpu) == {'OWNER_NOVA'}
    day.purge()
    left = {name for name in day.admin.all_traits() if traits.is_ours(name)}
    # Names of fields may stand in flavors: the purge leaves them.
    assert left == {
        name for name in left if name.startswith(traits.FIELD_PREFIX)
    }
