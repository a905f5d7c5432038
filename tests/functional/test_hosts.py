# SPDX-License-Identifier: Apache-2.0
"""The commands hosts and show on a real Placement."""

import csv
import io

import pytest

from nova_migcompat import descriptor, traits
from tests.functional import sample_cloud

# As it runs the application in this process.
pytestmark = pytest.mark.usefixtures('logging_as_before')

GPU = """\
SELF:
\tmdev_type=nvidia-35
\tdriver_version=535.{minor}
COMPATIBLE:
\tmdev_type=nvidia-35
\tdriver_version={{v:version:535.{minor}-}}
"""
OLD, NEW = (
    descriptor.parse(GPU.format(minor=minor)) for minor in ('54', '129')
)
PF = 'PCI_0000_84_00_0'


@pytest.fixture
def sample(tmp_path, placement):
    sample_cloud.publish(tmp_path, placement)


def names(answer):
    return [row['Host'] for row in answer.rows]


def test_every_host_of_the_sample_fleet_is_listed(command, sample):
    answer = command('hosts', '-f', 'json')

    assert (answer.status, answer.err) == (0, '')
    # compute9 has nothing that a guest could be given.
    assert names(answer) == [f'compute{number}' for number in range(1, 9)]
    rows = {row['Host']: row for row in answer.rows}
    assert rows['compute1']['Summary'] == ['i915-GVTg_V5_2, interface 3']
    assert rows['compute1']['Devices'] == {}
    assert rows['compute3']['Documents'] == 2
    assert rows['compute3']['Devices'].keys() == {
        'pci_0000_00_02_0',
        'pci_0000_03_00_0',
    }
    assert set(rows['compute3']['Devices'].values()) == set(
        rows['compute3']['Digests']
    )
    firmware = 'mlx5_vfio_pci 15b3101e, firmware 28.43.1014'
    assert rows['compute5']['Summary'] == [firmware]


def test_a_table_shows_what_the_other_commands_take(command, cloud):
    cloud.host('compute1', OLD, NEW)
    cloud.host('compute2', NEW)

    lines = command('hosts').out.splitlines()

    (row,) = (line for line in lines if 'compute2' in line)
    assert NEW.digest[:8] in row
    assert NEW.digest not in row
    assert '(all alike)' in row
    assert 'nvidia-35, driver 535.129' in row
    assert NEW.digest[:8] in command('show', NEW.digest[:8]).out


def test_locations_of_functions_are_devices_too(command, cloud):
    more = [
        traits.location_trait(PF, OLD.digest),
        traits.location_trait(PF, NEW.digest),
    ]
    cloud.host('compute1', OLD, NEW, more=more)

    (row,) = command('hosts', '-f', 'json').rows

    both = ' '.join(sorted([OLD.digest, NEW.digest]))
    assert row['Devices'] == {'pci_0000_84_00_0': both}


def test_a_fleet_that_publishes_nothing_is_an_empty_list_and_it_is_said(
    command,
):
    answer = command('hosts', '-f', 'json')

    assert (answer.status, answer.rows) == (0, [])
    assert 'no host publishes a document: do the agents run' in answer.err


def test_a_text_that_cannot_be_read_is_said_beside_its_host(command, cloud):
    cloud.host('compute1', OLD, texts=False)

    (row,) = command('hosts', '-f', 'json').rows

    assert row['Summary'] == ['text cannot be read: no text is published']


@pytest.mark.parametrize(
    ('filters', 'expected'),
    [
        (['--document', OLD.digest], ['compute1', 'compute3']),
        (['--document', OLD.digest[:9].lower()], ['compute1', 'compute3']),
        (['--field', 'mdev_type=nvidia-35'], [f'compute{n}' for n in '123']),
        (['--field', 'driver_version=535.129'], ['compute2', 'compute3']),
        (
            ['--field', 'driver_version=535.54', '--document', NEW.digest],
            ['compute3'],
        ),
    ],
)
def test_hosts_are_chosen(command, cloud, filters, expected):
    cloud.host('compute1', OLD)
    cloud.host('compute2', NEW)
    cloud.host('compute3', OLD, NEW)

    answer = command('hosts', '-f', 'json', *filters)

    assert (answer.status, names(answer)) == (0, expected)


def test_one_device_must_have_all_of_the_fields(command, cloud):
    other = descriptor.parse('SELF:\n mdev_type=other\n driver_version=1\n')
    cloud.host('compute1', OLD, other)
    fields = ['--field', 'mdev_type=nvidia-35', '--field', 'driver_version=1']

    answer = command('hosts', '-f', 'json', *fields)

    assert (answer.status, answer.rows) == (1, [])
    assert answer.err == 'no host has a device with all that\n'


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['hosts', '--document', 'AAAA'], 'no host has a document AAAA'),
        (['show', 'AAAA'], '"nova-migcompat hosts" lists those'),
        (['hosts', '--document', 'no-digest'], "'no-digest' is no digest"),
        (['show', 'A' * 33], 'is no digest'),
        (['hosts', '--field', 'mdev_type'], "'mdev_type' is not FIELD=VALUE"),
        (['hosts', '--field', '1=2'], "'1' is no name of a field"),
        (
            ['hosts', '--field', 'mdev_typ=x'],
            'no document has a field mdev_typ; fields are: driver_version, '
            'mdev_type',
        ),
        (['show', OLD.digest, '--equal-field', '='], 'no name of a field'),
    ],
)
def test_what_cannot_be_used_is_2_and_said(command, cloud, arguments, words):
    cloud.host('compute1', OLD)

    answer = command(*arguments)

    assert (answer.status, answer.out) == (2, '')
    assert words in ' '.join(answer.err.split())


@pytest.mark.parametrize('name', ['hosts', 'show'])
def test_a_beginning_of_several_digests_is_2_and_names_them(
    command, cloud, name
):
    documents = [descriptor.parse(f'SELF:\n a={n}\n') for n in range(64)]
    cloud.host('compute1', *documents)
    letters = [document.digest[0] for document in documents]
    letter = max(letters, key=letters.count)
    arguments = ['--document', letter] if name == 'hosts' else [letter]

    answer = command(name, *arguments)

    assert (answer.status, answer.out) == (2, '')
    count = letters.count(letter)
    assert f'{letter} is the beginning of {count} digests: ' in answer.err
    assert 'give more characters' in answer.err


@pytest.mark.parametrize('arguments', [['hosts'], ['show', 'A'], ['matrix']])
def test_a_placement_that_does_not_answer_is_2(command, arguments):
    command.lose_placement()

    answer = command(*arguments)

    assert (answer.status, answer.out) == (2, '')
    assert '127.0.0.1' in answer.err


def test_a_document_of_the_sample_fleet_is_shown(command, sample):
    (row,) = command(
        'hosts', '--field', 'interface_version=3', '-f', 'json'
    ).rows
    (digest,) = row['Digests']

    answer = command('show', digest, '-f', 'json')

    assert (answer.status, answer.err) == (0, '')
    shown = answer.rows
    assert (shown['Digest'], shown['Host Names']) == (digest, ['compute1'])
    assert descriptor.parse(shown['Text']).digest == digest
    # As samples/README.md has it: to itself, compute2 and compute8.
    assert shown['Target Hosts'] == 3
    assert list(shown['May Move To'].values()) == [1, 1, 1]
    assert shown['Source Hosts'] == 2
    assert shown['Problem'] is None


def test_a_policy_changes_who_it_may_move_to(command, sample):
    (row,) = command(
        'hosts', '--field', 'interface_version=3', '-f', 'json'
    ).rows
    (digest,) = row['Digests']
    other = ('--direction', 'target')

    equal = command('show', digest, '--equal-field', 'mdev_type', '-f', 'json')
    turned = command('show', digest, *other, '-f', 'json')

    assert equal.rows['Target Hosts'] == 2
    # What may come from it by its own document is what it may go to by theirs.
    assert turned.rows['Target Hosts'] == 2
    assert turned.rows['Source Hosts'] == 3


def test_hosts_behind_documents_are_counted_once(command, cloud):
    cloud.host('compute1', OLD, NEW)
    cloud.host('compute2', OLD)
    cloud.host('compute3', NEW)

    shown = command('show', OLD.digest, '-f', 'json').rows

    assert shown['May Move To'] == {OLD.digest: 2, NEW.digest: 2}
    assert (shown['Hosts'], shown['Target Hosts']) == (2, 3)
    assert shown['May Come From'] == {OLD.digest: 2}


def test_a_text_that_cannot_be_read_is_1(command, cloud):
    cloud.host('compute1', OLD, texts=False)
    cloud.host('compute2', NEW)

    shown = command('show', OLD.digest, '-f', 'json')
    other = command('show', NEW.digest, '-f', 'json')

    assert shown.status == 1
    assert shown.rows['Problem'] == 'no text is published'
    assert (shown.rows['Text'], shown.rows['May Move To']) == (None, None)
    assert (other.status, other.rows['Not Known']) == (0, [OLD.digest])


def test_a_text_can_be_read_back(command, cloud):
    cloud.host('compute1', OLD)

    text = command('show', OLD.digest, '-f', 'value', '-c', 'Text').out

    assert descriptor.parse(text) == OLD


def test_a_table_shows_a_value_that_is_printable(command, cloud):
    document = descriptor.parse('SELF:\n a="\u202e<b>"\n')
    cloud.host('compute1', document)

    for arguments in (['hosts'], ['show', document.digest]):
        answer = command(*arguments)
        assert '\u202e' not in answer.out
        assert '\\u202e<b>' in answer.out


def test_one_document_is_a_row_of_csv_in_which_no_formula_runs(command, cloud):
    evil = descriptor.parse('SELF:\n mdev_type==1+1\n')
    cloud.host('@host', evil)

    answer = command('show', evil.digest, '-f', 'csv')

    assert answer.status == 0
    header, row = csv.reader(io.StringIO(answer.out))
    shown = dict(zip(header, row, strict=True))
    assert (shown['Digest'], shown['Hosts']) == (evil.digest, '1')
    assert shown['Summary'] == "'=1+1"
    assert shown['Host Names'] == "'@host"
    assert shown['Text'] == evil.canonical


def test_the_help_does_not_say_that_a_wrong_column_is_ignored(command):
    words = ' '.join(command('hosts', '--help').out.split())

    assert '--sort-column' in words
    assert 'non-existing columns are ignored' not in words
