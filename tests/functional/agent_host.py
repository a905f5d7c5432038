# SPDX-License-Identifier: Apache-2.0
"""A compute host whose agent runs in this process against a real Placement.

Nova-compute's part, its providers with their traits, is made up. Knows nothing
of what the agent should publish.
"""

import collections

from oslo_config import cfg

from nova_migcompat import placement as placement_module
from nova_migcompat import traits
from nova_migcompat.agent import cycle
from nova_migcompat.conf import agent as agent_conf
from tests import fake_sysfs
from tests.placement_server import Admin

NODE = 'compute1'
FOREIGN = {'HW_CPU_X86_AVX', 'CUSTOM_GOLD', 'CUSTOM_MIGCOMPATIBLE'}
#: As nova-compute gives them to what it makes.
NOVAS = {'COMPUTE_NODE', 'OWNER_NOVA'}


class Host:
    """A compute host: its sysfs, its nova.conf, its provider, its agent.

    :ivar requests: what its agent asked for in its last cycle, methods and
        paths
    """

    def __init__(self, folder, server):
        self.folder = folder
        self.sysfs = fake_sysfs.FakeSysfs(folder / 'sys')
        self.admin = Admin(server.adapter())
        self._observer = placement_module.PlacementClient(server.adapter())
        self.uuids = {NODE: self.admin.create_provider(NODE, traits=FOREIGN)}
        self.requests = []
        self.before_request = collections.defaultdict(list)
        self.act_as(server.adapter())
        self.types('a')

    def act_as(self, adapter):
        """Let the agent reach Placement by this adapter."""
        self.adapter = adapter
        self.client = placement_module.PlacementClient(adapter)
        self._send = adapter.request
        adapter.request = self._request

    def _request(self, url, method, **options):
        self.requests.append((method, url.partition('?')[0]))
        for action in self.before_request.pop((method, self._kind(url)), ()):
            action()
        return self._send(url, method, **options)

    @staticmethod
    def _kind(url):
        if url.startswith('/resource_providers'):
            what = url.rpartition('/')[2]
            return (
                f'provider {what}'
                if what in ('traits', 'aggregates')
                else 'provider'
            )
        return 'trait'

    def types(self, *enabled):
        (self.folder / 'nova.conf').write_text(
            f'[devices]\nenabled_mdev_types = {",".join(enabled)}\n'
        )

    def gpu(self, address, text=None, provider=True):
        """Add an mdev parent with one type; return the type's folder."""
        folder = self.sysfs.function(address, 'acme')
        types = self.sysfs.mdev_parent(folder, 'a')
        if provider:
            name = folder.name.replace(':', '_').replace('.', '_')
            name = f'{NODE}_pci_{name}'
            self.uuids[name] = self.admin.create_provider(
                name, self.uuids[NODE], NOVAS
            )
        if text:
            (types / 'a' / 'migration_compatible').write_text(text)
        return types / 'a'

    def vfs(self, *texts):
        """Add a PF and a VF for each text; return the VFs' folders."""
        self.sysfs.function('0000:81:00.0', 'acme')
        folders = []
        for number, text in enumerate(texts, 1):
            folder = self.sysfs.function(
                f'0000:81:00.{number}', 'acme_vfio_pci', physfn='0000:81:00.0'
            )
            (folder / 'migration_compatible').write_text(text)
            folders.append(folder)
        return folders

    def run(self, **options):
        """Run one cycle.

        :param options: of [agent]
        """
        self.requests.clear()
        return cycle.run_once(self.conf(options), self.client)

    def dry_run(self, **options):
        self.requests.clear()
        return cycle.run_once(self.conf(options), self.client, dry_run=True)

    def withdraw(self, **options):
        self.requests.clear()
        return cycle.withdraw(self.conf({}), self.client, **options)

    def conf(self, options):
        conf = cfg.ConfigOpts()
        agent_conf.register_opts(conf)
        conf([])
        values = {
            'resource_provider': NODE,
            'nova_config_files': [str(self.folder / 'nova.conf')],
            'sysfs_root': str(self.sysfs.root),
            'publish_fields': [],
            **options,
        }
        for name, value in values.items():
            conf.set_override(name, value, group='agent')
        return conf

    @property
    def writes(self):
        """What the last cycle wrote."""
        return [request for request in self.requests if request[0] != 'GET']

    def ours(self, name=NODE):
        """Return our traits on a provider."""
        found = self.admin.traits(self.uuids[name])
        return {trait for trait in found if traits.is_ours(trait)}

    def foreign(self, name=NODE):
        """Return the other traits on a provider."""
        return self.admin.traits(self.uuids[name]) - self.ours(name)

    def aggregates(self, name=NODE):
        """Return the aggregates of a provider, ours and others'."""
        return self.admin.aggregates(self.uuids[name])

    def texts(self):
        """Return the documents that can be read in Placement, by digest."""
        names = self.texts_by_name()
        wanted = {name.split('_')[3] for name in names}
        return traits.read_texts(names, wanted).documents

    def texts_by_name(self):
        """Return the T names that exist."""
        return self._observer.traits(startswith=traits.PREFIX + 'T_')
