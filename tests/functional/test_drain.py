# SPDX-License-Identifier: Apache-2.0
"""The command nova-migcompat drain on a real Placement.

What Nova's API says is written down here; nova_scenarios/explained.py asks a
real one.
"""

import io
import itertools
import json
import sys
import types
import uuid

import pytest

from nova_migcompat import descriptor, traits
from nova_migcompat import placement as placement_module
from nova_migcompat.cli import cloud as cloud_module
from nova_migcompat.cli import judging, main
from tests.functional.published_fleet import Fleet
from tests.functional.test_explain import (
    GPU1,
    NEW,
    OLD,
    OTHER,
    PF1,
    PF2,
    at,
    with_gpus,
)

# As it runs the application in this process.
pytestmark = pytest.mark.usefixtures('logging_as_before')


class Nova:
    """Answers as Nova's API, at its edge to keystoneauth1."""

    def __init__(self):
        self.servers = []
        self.nodes = {}
        self.state = 'up'

    def add(self, host, name='guest', **extra_specs):
        server = {
            'id': str(uuid.uuid4()),
            'name': name,
            'OS-EXT-SRV-ATTR:host': host,
            'OS-EXT-SRV-ATTR:hypervisor_hostname': host,
            'flavor': {'ram': 1, 'extra_specs': extra_specs},
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
                        'state': self.state,
                        'status': 'enabled',
                    }
                    for name, node in self.nodes.items()
                ],
            )
        assert path == '/servers/detail'
        return self._answer(
            'servers',
            [
                server
                for server in self.servers
                if 'host=' not in query
                or f'host={server["OS-EXT-SRV-ATTR:host"]}&' in f'{query}&'
            ],
        )

    def _answer(self, key, items):
        return types.SimpleNamespace(
            status_code=200, json=lambda: {key: items}
        )


class Cloud(Fleet):
    """A fleet whose hosts Nova knows."""

    def __init__(self, server):
        super().__init__(server)
        self.nova = Nova()

    def guest(self, host, name='guest', gpu=GPU1, amount=1):
        """A guest with mediated devices of a host's GPU."""
        server = self.nova.add(host, name, **{'resources:VGPU': str(amount)})
        parent = self.client.provider(name=f'{host}_{gpu}')
        self.admin.allocate(server, {parent.uuid: {'VGPU': amount}})
        return server


@pytest.fixture
def cloud(placement):
    return Cloud(placement)


@pytest.fixture
def drain(cloud, monkeypatch, tmp_path, capsys):
    """Return what runs the command; it keeps what Placement was asked."""

    def client(*_):
        cloud.adapter.urls.clear()
        return placement_module.PlacementClient(cloud.adapter)

    lister = cloud_module.CloudLister
    monkeypatch.setattr(lister, 'placement', client)
    monkeypatch.setattr(lister, 'compute', lambda *_: cloud.nova)

    def run(*arguments):
        cloud.nova.nodes = {
            each.name: each.uuid
            for each in cloud.client.providers()
            if each.parent_uuid is None
        }
        status = main.main(['drain', '-f', 'json', *arguments])
        out, err = capsys.readouterr()
        return status, json.loads(out) if out else None, err

    return run


def test_guests_that_can_go_nowhere_are_named_with_the_reason(cloud, drain):
    with_gpus(cloud, 'source', OLD, OTHER)
    with_gpus(cloud, 'right', NEW)
    with_gpus(cloud, 'also', NEW)
    moves = cloud.guest('source', 'moves')
    stays = cloud.guest('source', 'stays', gpu='pci_0000_82_00_0')
    cloud.nova.add('source', 'plain')

    status, rows, err = drain('source')

    assert status == 1, err
    assert [row['Server'] for row in rows] == [moves, stays]
    assert rows[0]['To'] == ['also', 'right']
    assert (rows[0]['Hosts'], rows[0]['Why']) == (2, None)
    assert (rows[1]['Hosts'], rows[1]['To']) == (0, [])
    why = 'only the source host has such a document; 1 of 3 documents in use'
    assert rows[1]['Why'].startswith(why)
    assert "type: 'a'" in rows[1]['Why']


def test_a_host_that_can_be_emptied_ends_with_0(cloud, drain):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    cloud.guest('source')
    assert drain('source')[0] == 0
    assert drain('right')[:2] == (0, [])
    assert drain('--all')[:2] == (0, [])


def test_all_lists_the_hosts_that_cannot_be_emptied(cloud, drain):
    for name in ('a', 'b'):
        with_gpus(cloud, name, OTHER)
    with_gpus(cloud, 'c', OLD)
    cloud.guest('a')
    stuck = [cloud.guest('c', str(number)) for number in range(2)]

    status, rows, _ = drain('--all')

    assert status == 1
    assert rows == [{'Host': 'c', 'Guests': 2, 'Stuck': 2, 'Servers': stuck}]


def test_a_host_has_room_for_as_many_devices_as_a_guest_has(cloud, drain):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    cloud.admin.allocate(
        str(uuid.uuid4()),
        {cloud.client.provider(name=f'right_{GPU1}').uuid: {'VGPU': 3}},
    )
    cloud.guest('source', 'one')
    cloud.guest('source', 'two', amount=2)

    _, rows, _ = drain('source')

    assert [row['Hosts'] for row in rows] == [1, 0]
    assert rows[1]['Why'] == 'no other host has such a device free'


def test_a_guest_costs_one_request_at_most(cloud, drain):
    """Where the host's GPUs differ; where they do not, none at all."""
    with_gpus(cloud, 'differs', OLD, OTHER)
    with_gpus(cloud, 'uniform', OLD)
    for number in range(4):
        with_gpus(cloud, f'right{number}', NEW)

    def requests(host):
        cloud.guest(host)
        assert drain(host)[0] == 0
        return len(cloud.adapter.urls)

    counts = [requests('differs') for _ in range(4)]
    assert [b - a for a, b in itertools.pairwise(counts)] == [1] * 3
    constant = [requests('uniform') for _ in range(4)]
    assert len(set(constant)) == 1
    assert constant[0] <= counts[0] < 12


def with_pfs(cloud, name):
    """A host with two PFs that differ; PCI is in Placement."""
    places = [at(PF1, NEW), at(PF2, OTHER)]
    root = cloud.host(name, NEW, OTHER, more=places)
    cloud.admin.set_inventory(root, {'MEMORY_MB': 64})
    for address in ('0000:41:00.0', '0000:42:00.0'):
        cloud.admin.create_provider(
            f'{name}_{address}', root, [], {'SRIOV_NET_VF': 4}
        )


def test_hosts_whose_devices_differ_cost_no_request_each(cloud, drain):
    for number in range(12):
        with_pfs(cloud, f'h{number}')
    server = cloud.nova.add('h0', **{'pci_passthrough:alias': 'vf:1'})
    pf = cloud.client.provider(name='h0_0000:41:00.0').uuid
    cloud.admin.allocate(server, {pf: {'SRIOV_NET_VF': 1}})

    _, [row], err = drain('h0')
    before = len(cloud.adapter.urls)
    for number in range(12, 16):
        with_pfs(cloud, f'h{number}')

    assert row['Hosts'] == 11, err
    assert drain('h0')[1][0]['Hosts'] == 15
    assert len(cloud.adapter.urls) == before < 30


def test_a_document_of_the_source_that_cannot_be_read_stops_its_guests_only(
    cloud, drain
):
    unread = descriptor.parse('SELF:\n type=a\n n=3\n')
    with_gpus(cloud, 'source', OLD, OTHER)
    with_gpus(cloud, 'right', NEW)
    name = traits.document_trait(unread.digest)
    source = cloud.client.provider(name='source').uuid
    parent = cloud.admin.create_provider(
        'source_pci_0000_83_00_0', source, [name], {'VGPU': 4}
    )
    cloud.admin.set_traits(source, [*cloud.admin.traits(source), name])
    assert parent
    cloud.guest('source', 'moves')
    cloud.guest('source', 'unread', gpu='pci_0000_83_00_0')

    status, rows, err = drain('source')

    assert status == 1, err
    assert [row['Hosts'] for row in rows] == [1, 0]
    assert 'cannot be read' in rows[1]['Why']


def test_a_host_that_nova_does_not_know_is_a_bad_input(cloud, drain):
    status, rows, err = drain('moon')
    assert (status, rows) == (2, None)
    assert "no compute host 'moon'" in err


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_only_it_shows_how_far_it_is(cloud, drain, monkeypatch):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    cloud.guest('source')
    assert drain('source')[2] == ''

    terminal = Terminal()
    monkeypatch.setattr(sys, 'stderr', terminal)
    assert drain('source')[0] == 0
    assert ' servers' in terminal.getvalue()
    assert terminal.getvalue().endswith('\r')


def test_a_server_whose_host_placement_does_not_know_stops_no_other(
    cloud, drain
):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    lost = cloud.nova.add('lost', **{'resources:VGPU': '1'})
    cloud.guest('source')

    status, rows, _ = drain('--all')

    assert status == 1
    assert [(row['Host'], row['Servers']) for row in rows] == [
        ('lost', [lost])
    ]


@pytest.mark.parametrize(
    'specs',
    [
        {'trait:CUSTOM_MISSPELT': 'required'},
        {'resources:CUSTOM_MISSPELT': '1'},
    ],
)
def test_a_flavor_that_placement_refuses_stops_no_other_guest(
    cloud, drain, specs
):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    wrong = cloud.nova.add('source', **{'resources:VGPU': '1'}, **specs)
    right = cloud.guest('source')

    status, rows, err = drain('source')

    assert status == 1, err
    found = {row['Server']: row for row in rows}
    assert found[right]['Hosts'] == 1
    assert found[wrong]['Hosts'] == 0
    assert 'correct the flavor' in found[wrong]['Why']
    assert 'CUSTOM_MISSPELT' in found[wrong]['Why']


def test_what_placement_offered_is_forgotten_where_it_becomes_too_much(
    cloud, drain, monkeypatch
):
    kept = []

    class Judge(judging.Judge):
        def judge(self, *arguments):
            made = super().judge(*arguments)
            kept.append(sum(map(len, self._offers.values())))
            assert not made.selected.left
            return made

    monkeypatch.setattr(judging, 'Judge', Judge)
    monkeypatch.setattr(judging, '_MOST_KEPT', 4)
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW, OTHER)
    for amount in (1, 2, 3, 1):
        cloud.nova.add('source', **{'resources:VGPU': str(amount)})

    status, rows, err = drain('source')

    assert (status, len(rows)) == (0, 4), err
    assert max(kept) <= 4 < 2 * 3


def test_a_host_that_is_down_takes_nobody(cloud, drain, monkeypatch):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    cloud.guest('source')
    monkeypatch.setattr(cloud.nova, 'state', 'down')

    status, rows, _ = drain('source')

    assert (status, rows[0]['Hosts']) == (1, 0)
    assert rows[0]['Why'] == 'no other host has such a device free'
