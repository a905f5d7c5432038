# SPDX-License-Identifier: Apache-2.0
"""The command nova-migcompat plan-upgrade on a real Placement."""

import pathlib
import re
import shlex

import pytest

from nova_migcompat import descriptor
from nova_migcompat.cli import main
from tests.functional import published_fleet

# As it runs the application in this process.
pytestmark = pytest.mark.usefixtures('logging_as_before')

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / 'doc' / 'source' / 'plan-upgrade.rst'


def text(version, allowed):
    return f'SELF:\n  v={version}\nCOMPATIBLE:\n  v={{v:int:{allowed}}}\n'


OLD, NEW, OTHER, STRICT = (
    descriptor.parse(text(*one))
    for one in ((1, '1,2'), (2, '1,2'), (7, '7'), (3, '3'))
)


@pytest.fixture
def fleet(placement):
    return published_fleet.Fleet(placement)


@pytest.fixture
def plan(tmp_path, command):
    """Return a function that plans the replacement of a digest by NEW."""
    new = tmp_path / 'new.compat'
    new.write_text(NEW.canonical)

    def run(old, *arguments):
        replace = ('--replace', f'{old}={new}')
        return command('plan-upgrade', '-f', 'json', *replace, *arguments)

    return run


def test_an_order_is_planned_of_what_hosts_have_published(plan, fleet):
    for name in ('c1', 'c2', 'c10'):
        fleet.host(name, OLD)
    fleet.host('n1', OTHER)

    answer = plan(OLD.digest[:8])

    assert answer.status == 0
    assert [row['Hosts'] for row in answer.rows] == [['c1'], ['c2'], ['c10']]
    assert [row['May Go To'] for row in answer.rows] == [
        {OLD.digest: 2},
        dict(sorted({OLD.digest: 1, NEW.digest: 1}.items())),
        {NEW.digest: 2},
    ]
    assert 'There is an order of 3 hosts' in answer.err


def test_a_host_whose_devices_differ_has_the_documents_of_its_tree(
    plan, fleet
):
    fleet.host('c1', OTHER, parents=[('gpu0', OLD), ('gpu1', OTHER)])
    fleet.host('c2', OLD)

    answer = plan(OLD.digest, '--hosts', 'c2')

    assert answer.status == 0
    assert [(r['Hosts'], r['May Go To']) for r in answer.rows] == [
        (['c2'], {OLD.digest: 1})
    ]


def test_hosts_of_which_one_must_get_a_guest_stuck_are_a_no(plan, fleet):
    fleet.host('s1', STRICT)
    fleet.host('s2', STRICT)

    answer = plan(STRICT.digest)

    assert answer.status == 1
    assert [row['Stuck'] for row in answer.rows] == [False, True]
    assert 'No order exists: whichever of s1, s2 is the last' in answer.err


def test_pairs_are_those_of_hosts_in_placement(plan, fleet):
    fleet.host('s1', STRICT)
    fleet.host('s2', STRICT)

    answer = plan(STRICT.digest, '--pairs')

    assert [
        (r['Change'], r['From'], r['Hosts Before']['From'])
        for r in answer.rows
    ] == [('lost', STRICT.digest, 2), ('gained', NEW.digest, 0)]


def test_the_servers_that_would_be_stuck_are_named(
    cloud_with_guests, tmp_path
):
    cloud = cloud_with_guests
    new = tmp_path / 'new.compat'
    new.write_text(NEW.canonical)
    gpus = [('pci_0000_81_00_0', STRICT), ('pci_0000_82_00_0', OTHER)]
    for name in ('s1', 's2', 's3'):
        cloud.host(name, STRICT, OTHER, parents=gpus)
        for gpu, _ in gpus:
            parent = cloud.client.provider(name=f'{name}_{gpu}')
            cloud.admin.set_inventory(parent.uuid, {'VGPU': 4})
    named = {
        name: [cloud.guest(name, f'{name}-{number}') for number in range(2)]
        for name in ('s1', 's2', 's3')
    }
    cloud.guest('s2', 'elsewhere', gpu='pci_0000_82_00_0')
    cloud.nova.add('s2', 'plain')

    status, rows, err = cloud.ask(
        'plan-upgrade', '--replace', f'{STRICT.digest}={new}'
    )

    assert status == 1, err
    assert [row['Stuck'] for row in rows] == [False, True]
    assert rows[0]['Servers'] == {
        uuid: f'{name}-{number}'
        for name in ('s1', 's2')
        for number, uuid in enumerate(named[name])
    }
    assert rows[1]['Servers'] == dict(
        zip(named['s3'], ('s3-0', 's3-1'), strict=True)
    )
    assert 'not known' not in err


def test_servers_with_an_operators_class_of_devices_are_named_too(
    cloud_with_guests, tmp_path
):
    cloud = cloud_with_guests
    new = tmp_path / 'new.compat'
    new.write_text(NEW.canonical)
    cloud.host('c1', OLD)
    cloud.host('c2', OLD)
    server = cloud.nova.add('c1', 'acme', **{'resources:CUSTOM_ACME': '1'})
    plan = ('plan-upgrade', '--replace', f'{OLD.digest}={new}')

    _, [plain, _], _ = cloud.ask(*plan)
    _, [named, _], _ = cloud.ask(*plan, '--mdev-class', 'CUSTOM_ACME')

    assert (plain['Servers'], named['Servers']) == ({}, {server: 'acme'})


def test_where_nova_does_not_say_which_servers_there_are_it_is_said(
    plan, fleet
):
    """The endpoint of the file is Placement's, as nobody knows another."""
    fleet.host('c1', OLD)
    fleet.host('c2', OLD)

    answer = plan(OLD.digest)

    assert answer.status == 0
    assert [row['Servers'] for row in answer.rows] == [None, None]
    assert 'Which servers there are is not known (Nova API: ' in answer.err
    assert 'is the endpoint right?): every host is taken' in answer.err
    assert 'not known' not in plan(OLD.digest, '--pairs').err


def test_a_document_whose_text_is_lost_takes_no_guest_and_is_named(
    plan, fleet
):
    fleet.host('c1', OLD)
    fleet.host('c2', OLD)
    fleet.host('lost', OTHER, texts=False)

    answer = plan(OLD.digest)

    assert answer.status == 0
    assert '1 document of the fleet cannot be read' in answer.err
    assert OTHER.digest in answer.err


def test_a_document_whose_own_text_is_lost_cannot_be_planned(plan, fleet):
    fleet.host('lost', OTHER, texts=False)

    answer = plan(OTHER.digest)

    assert (answer.status, answer.out) == (2, '')
    assert f'the text of {OTHER.digest} is not known' in answer.err


def test_a_document_that_no_host_has_is_bad_input(plan, fleet):
    fleet.host('c1', OLD)

    answer = plan(STRICT.digest)

    assert (answer.status, answer.out) == (2, '')
    assert f'no host has a document {STRICT.digest}' in answer.err


def test_a_fleet_that_publishes_nothing_is_bad_input(plan):
    answer = plan(OLD.digest)

    assert (answer.status, answer.out) == (2, '')
    assert 'no host has a document' in answer.err


def test_a_placement_that_does_not_answer_is_bad_input(plan, command):
    command.lose_placement()

    answer = plan(OLD.digest)

    assert (answer.status, answer.out) == (2, '')
    assert answer.err.startswith('Placement: ')


def examples():
    """Read the commands of the page, with what it says they print."""
    for block in PAGE.read_text().split('.. code-block:: console\n')[1:]:
        lines = re.match(r'(?:\n|   .*\n)+', block)[0]
        call, shown = re.fullmatch(
            r'\s*\$ ((?:[^\n]*\\\n)*[^\n]*\n)(.*)', lines, re.DOTALL
        ).groups()
        yield shlex.split(call.replace('\\\n', ' '))[1:], shown.split()


@pytest.mark.parametrize(
    ('example', 'status'), [*zip(examples(), (1, 0), strict=True)]
)
def test_the_page_shows_what_the_command_prints(
    capsys, monkeypatch, example, status
):
    monkeypatch.chdir(ROOT / 'samples' / 'upgrade')
    arguments, shown = example

    assert main.main(arguments) == status
    printed = capsys.readouterr()
    assert (printed.out + printed.err).split() == shown
