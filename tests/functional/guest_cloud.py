# SPDX-License-Identifier: Apache-2.0
"""A fleet with guests: a real Placement, and what Nova's API says of them.

What the API says is written down here; nova_scenarios/explained.py asks a real
one.
"""

import json
import types
import uuid

from nova_migcompat.cli import main
from tests.functional import published_fleet


class Nova:
    """Answers as Nova's API, at its edge to keystoneauth1.

    :ivar state: of every host that is not among those that are down.
    """

    def __init__(self):
        self.servers = []
        self.nodes = {}
        self.state = 'up'
        self.down = set()
        self.disabled = set()

    def add(self, host, name='guest', ram=1, **extra_specs):
        server = {
            'id': str(uuid.uuid4()),
            'name': name,
            'OS-EXT-SRV-ATTR:host': host,
            'OS-EXT-SRV-ATTR:hypervisor_hostname': host,
            'flavor': {'ram': ram, 'extra_specs': extra_specs},
        }
        self.servers.append(server)
        return server['id']

    def get(self, url, **_options):
        path, _, query = url.partition('?')
        if path == '/os-hypervisors/detail':
            return self._answer(
                'hypervisors',
                [
                    {
                        'id': node,
                        'hypervisor_hostname': name,
                        'service': {'host': name},
                        'state': 'down' if name in self.down else self.state,
                        'status': (
                            'disabled' if name in self.disabled else 'enabled'
                        ),
                        'memory_mb': 64,
                    }
                    for name, node in self.nodes.items()
                ],
            )
        if path != '/servers/detail':
            [server] = (s for s in self.servers if path.endswith(s['id']))
            return self._answer('server', server)
        return self._answer(
            'servers',
            [
                server
                for server in self.servers
                if 'host=' not in query
                or f'host={server["OS-EXT-SRV-ATTR:host"]}&' in f'{query}&'
            ],
        )

    def _answer(self, key, found):
        return types.SimpleNamespace(
            status_code=200, json=lambda: {key: found}
        )


class Cloud(published_fleet.Fleet):
    """A fleet whose hosts Nova knows.

    :param capsys: what the command prints.
    """

    def __init__(self, server, capsys):
        super().__init__(server)
        self.nova = Nova()
        self._capsys = capsys

    def guest(
        self,
        host,
        name='guest',
        gpu='pci_0000_81_00_0',
        amount=1,
        ram=1,
        **specs,
    ):
        """A guest with mediated devices of a host's GPU."""
        specs = {'resources:VGPU': str(amount), **specs}
        server = self.nova.add(host, name, ram, **specs)
        parent = self.client.provider(name=f'{host}_{gpu}')
        self.admin.allocate(server, {parent.uuid: {'VGPU': amount}})
        return server

    def ask(self, command, *arguments):
        """Run the operator's command; keep what Placement was asked.

        :returns: its status, its rows, and what it said besides.
        """
        self.nova.nodes = {
            each.name: each.uuid
            for each in self.client.providers()
            if each.parent_uuid is None
        }
        self.adapter.urls.clear()
        status = main.main([command, '-f', 'json', *arguments])
        out, err = self._capsys.readouterr()
        return status, json.loads(out) if out else None, err
