# SPDX-License-Identifier: Apache-2.0
"""The command nova-migcompat drain on a real Placement."""

import sys
import uuid

import pytest

from nova_migcompat import descriptor, traits
from nova_migcompat.cli import main
from tests.functional.gpu_fleet import (
    GPU1,
    GPU2,
    NEW,
    OLD,
    OTHER,
    with_functions,
    with_gpus,
)
from tests.terminal import Terminal

NOTHING_FREE = (
    'no other host that could take it is up and has free what its flavor asks '
    'for'
)

# As it runs the application in this process.
pytestmark = pytest.mark.usefixtures('logging_as_before')


@pytest.fixture
def cloud(cloud_with_guests):
    return cloud_with_guests


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
    nobody, everybody = drain('right'), drain('--all')
    assert nobody[:2] == everybody[:2] == (0, [])
    assert 'no guest with a device is on right' in nobody[2]
    assert 'every host can be emptied; 1 guests' in everybody[2]


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
    assert rows[1]['Why'] == NOTHING_FREE


def test_memory_that_is_not_free_is_not_called_a_device(cloud, drain):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    cloud.guest('source', ram=65)
    _, [row], _ = drain('source')
    assert (row['Hosts'], row['Why']) == (0, NOTHING_FREE)


def test_where_others_may_pass_a_full_host_is_mentioned_all_the_same(
    cloud, drain
):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW, free=False)
    with_gpus(cloud, 'wrong', OTHER)
    cloud.guest('source')

    _, [row], _ = drain('source', '--unknown-target', 'pass')

    assert row['Hosts'] == 0
    assert row['Why'].startswith(f'{NOTHING_FREE}; 2 of 3 documents in use')


def test_a_host_with_other_devices_free_is_no_reason(cloud, drain):
    """Whether one that could take the guest is full, or there is none."""
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW, free=False)
    with_gpus(cloud, 'wrong', OTHER)
    with_gpus(cloud, 'nothing')
    moves, stays = cloud.guest('source'), cloud.guest('wrong')

    rows = {**by_server(drain('source')), **by_server(drain('wrong'))}

    assert rows[moves]['Why'] == NOTHING_FREE
    assert rows[stays]['Why'].startswith(
        'only the source host has such a document; 1 of 3 documents in use'
    )


def test_a_host_that_has_only_its_other_device_free_is_named(cloud, drain):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'half', NEW, OTHER)
    parent = cloud.client.provider(name=f'half_{GPU1}').uuid
    cloud.admin.allocate(str(uuid.uuid4()), {parent: {'VGPU': 4}})
    cloud.guest('source')

    _, [row], _ = drain('source')

    assert row['Hosts'] == 0
    why = f'half: VGPU may come from half_{GPU2}, which is not known to be'
    assert row['Why'].startswith(why)
    assert '2 of 3 documents in use are compatible' in row['Why']


def by_server(answer):
    return {row['Server']: row for row in answer[1]}


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
def test_what_no_other_host_has_at_all_is_named(cloud, drain, specs):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    wrong = cloud.nova.add('source', **{'resources:VGPU': '1'}, **specs)
    right = cloud.guest('source')

    status, rows, err = drain('source')

    assert status == 1, err
    found = {row['Server']: row for row in rows}
    assert found[right]['Hosts'] == 1
    assert found[wrong]['Hosts'] == 0
    assert found[wrong]['Why'] == (
        f'{NOTHING_FREE}: none that is enabled and has MEMORY_MB free has any '
        'CUSTOM_MISSPELT'
    )


def test_a_guest_that_may_go_nowhere_is_not_said_to_lack_free_devices(
    cloud, drain
):
    with_gpus(cloud, 'source', None)
    with_gpus(cloud, 'right', NEW, free=False)
    cloud.nova.add('source', **{'resources:VGPU': '1'})

    _, [row], _ = drain('source', '--unknown-source', 'reject')

    why = 'the source host publishes nothing for'
    assert row['Why'].startswith(why)
    assert 'unknown_source = reject' in row['Why']


def test_a_flavor_that_asks_for_no_memory_stops_no_other(cloud, drain):
    """Its functions are not in Placement: only for the host is it asked."""
    with_functions(cloud, 'source', OLD)
    with_functions(cloud, 'right', NEW)
    with_functions(cloud, 'wrong', OTHER)
    alias = {'pci_passthrough:alias': 'vf:1'}
    cloud.nova.add('source', **alias)
    server = cloud.nova.add('source', **alias, **{'resources:MEMORY_MB': '0'})

    status, rows, err = drain('source')

    assert status == 0, err
    assert [row['To'] for row in rows] == [['right'], ['right']]
    assert cloud.ask('explain', '--server', server)[0] == 0


def test_a_host_that_is_down_takes_nobody(cloud, drain, monkeypatch):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    cloud.guest('source')
    monkeypatch.setattr(cloud.nova, 'state', 'down')

    status, rows, _ = drain('source')

    assert (status, rows[0]['Hosts']) == (1, 0)
    assert rows[0]['Why'] == NOTHING_FREE


def test_nothing_that_a_tenant_calls_a_server_acts_on_who_reads_it(
    cloud, drain, capsys, tmp_path
):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    name = '=1\x1b[31m\n<script>'
    server = cloud.guest('source', name)
    (tmp_path / 'new').write_text(NEW.canonical)
    plan = ('plan-upgrade', '--replace', f'{OLD.digest}={tmp_path / "new"}')

    _, [row], _ = drain('source')
    _, [step], _ = cloud.ask(*plan)

    assert (row['Name'], step['Servers']) == (name, {server: name})
    for command in (('drain', 'source'), plan):
        for form in ('table', 'csv', 'value'):
            assert main.main([*command, '-f', form]) == 0
            printed = capsys.readouterr().out
            # csv has each backslash twice.
            shown = printed.replace('\\\\', '\\')
            assert r'=1\x1b[31m\n<script>' in shown
            assert '\x1b' not in printed
    assert main.main(['drain', 'source', '-f', 'csv', '-c', 'Name']) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith('"\'=1')
