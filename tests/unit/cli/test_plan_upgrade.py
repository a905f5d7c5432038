# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat plan-upgrade, on fleets of files."""

import csv
import io

import pytest

from nova_migcompat import descriptor
from nova_migcompat.cli import fleet_file
from nova_migcompat.upgrades import search

JSON = ('-f', 'json')
KEEPS = ('--replace', 'old.compat=new.compat')


def text(version, allowed, kind='gpu'):
    return (
        f'SELF:\n  kind={kind}\n  v={version}\n'
        f'COMPATIBLE:\n  kind={kind}\n  v={{v:int:{allowed}}}\n'
    )


OLD, NEW, STRICT = text(1, '1,2'), text(2, '1,2'), text(1, '1')
D_OLD, D_NEW, D_STRICT = (
    descriptor.parse(one).digest for one in (OLD, NEW, STRICT)
)
NIC = text(7, '7', 'nic')


@pytest.fixture
def plan(run, put):
    """Return a function that plans on a fleet of three hosts and a NIC's."""
    put('old.compat', OLD)
    put('new.compat', NEW)
    put('strict.compat', STRICT)
    put('nic.compat', NIC)
    put(
        'fleet.yaml',
        'hosts:\n'
        '  c10: [old.compat]\n'
        '  c9: [old.compat]\n'
        '  c8: [old.compat, nic.compat]\n'
        '  n1: [nic.compat]\n',
    )
    put('strict.yaml', 'hosts: {s1: [strict.compat], s2: [strict.compat]}')

    def plan_upgrade(*arguments, fleet='fleet.yaml', stdin=b''):
        call = ('plan-upgrade', '--fleet', fleet, *arguments)
        return run(*call, stdin=stdin)

    return plan_upgrade


def test_an_order_has_a_row_for_each_step_and_the_status_0(plan):
    answer = plan(*KEEPS, *JSON)

    assert answer.status == 0
    assert answer.rows == [
        {
            'Step': 1,
            'Hosts': ['c8'],
            'Guests From': D_OLD,
            'May Go To': {D_OLD: 2},
            'Stuck': False,
            'Why': None,
            'Servers': None,
        },
        {
            'Step': 2,
            'Hosts': ['c9'],
            'Guests From': D_OLD,
            'May Go To': dict(sorted({D_OLD: 1, D_NEW: 1}.items())),
            'Stuck': False,
            'Why': None,
            'Servers': None,
        },
        {
            'Step': 3,
            'Hosts': ['c10'],
            'Guests From': D_OLD,
            'May Go To': {D_NEW: 2},
            'Stuck': False,
            'Why': None,
            'Servers': None,
        },
    ]
    assert answer.err == (
        'There is an order of 3 hosts in which no guest is ever stuck.\n'
        'Which servers there are is not known: every host is taken to have a '
        'guest on each of its documents.\n'
    )


def test_no_order_is_a_proof_and_the_status_1(plan):
    answer = plan(
        '--replace', 'strict.compat=new.compat', *JSON, fleet='strict.yaml'
    )

    assert answer.status == 1
    assert [(r['Hosts'], r['Stuck']) for r in answer.rows] == [
        (['s1'], False),
        (['s2'], True),
    ]
    assert answer.rows[1]['Why'] == (
        f"not to {D_NEW}: source object 1, v: '2', allowed {{v:int:1}}"
    )
    assert answer.err.startswith(
        'No order exists: whichever of s1, s2 is the last of them to be '
        f'emptied, all of the others have been upgraded by then, and a guest '
        f'on {D_STRICT[:8]} (kind=gpu, v=1) can go nowhere (not to {D_NEW[:8]}'
    )


def test_a_table_names_documents_in_words(plan):
    answer = plan(*KEEPS)

    assert f'{D_OLD[:8]} (kind=gpu, v=1): 2 hosts' in answer.out
    assert D_OLD not in answer.out


def test_a_table_names_few_of_many_hosts(plan, put):
    names = ', '.join(f'h{i}: [old.compat]' for i in range(30))
    put('many.yaml', f'hosts: {{{names}}}')

    table = plan(*KEEPS, fleet='many.yaml').out
    rows = plan(*KEEPS, *JSON, fleet='many.yaml').rows

    assert 'h3 ' in table
    assert 'and 25 more' in table
    assert rows[1]['Hosts'] == [f'h{i}' for i in range(1, 29)]


def test_pairs_are_listed_with_how_many_hosts_have_them(plan):
    answer = plan('--pairs', *KEEPS, *JSON)

    assert answer.status == 0
    assert answer.rows == [
        {
            'Change': 'lost',
            'From': D_OLD,
            'To': D_OLD,
            'Hosts Before': {'From': 3, 'To': 3},
            'Hosts After': {'From': 0, 'To': 0},
            'Why': f'instead, {D_NEW} may move to {D_NEW}',
        },
        {
            'Change': 'gained',
            'From': D_NEW,
            'To': D_NEW,
            'Hosts Before': {'From': 0, 'To': 0},
            'Hosts After': {'From': 3, 'To': 3},
            'Why': f'before, {D_OLD} could move to {D_OLD}',
        },
    ]


def test_pairs_of_an_upgrade_without_an_order_have_the_status_1(plan):
    answer = plan(
        '--pairs', '--replace', 'strict.compat=new.compat', fleet='strict.yaml'
    )

    assert answer.status == 1
    assert 'No order exists' in answer.err


@pytest.mark.parametrize('name', [D_OLD, D_OLD[:6], D_OLD[:6].lower()])
def test_the_old_document_is_named_by_its_digest_too(plan, name):
    rows = plan('--replace', f'{name}=new.compat', *JSON).rows

    assert [row['Guests From'] for row in rows] == [D_OLD] * 3


def test_the_new_document_may_come_from_standard_input(plan):
    rows = plan('--replace', 'old.compat=-', *JSON, stdin=NEW.encode()).rows

    assert D_NEW in rows[1]['May Go To']


@pytest.mark.parametrize(
    'hosts',
    [
        ('--hosts', 'c8,c9'),
        ('--hosts', 'c[89]'),
        ('--hosts', 'c8', '--hosts', 'c9, n*'),
    ],
)
def test_hosts_are_chosen_by_name_and_by_pattern(plan, hosts):
    rows = plan(*KEEPS, *hosts, *JSON).rows

    assert [host for row in rows for host in row['Hosts']] == ['c8', 'c9']


def test_a_host_whose_name_looks_like_a_pattern_is_itself(plan, put):
    put('odd.yaml', 'hosts: {"c[1]": [old.compat], c1: [old.compat]}')

    rows = plan(*KEEPS, '--hosts', 'c[1]', *JSON, fleet='odd.yaml').rows

    assert [row['Hosts'] for row in rows] == [['c[1]']]


def test_several_documents_are_replaced_at_once(plan, put):
    put('nic9.compat', text(9, '7,9', 'nic'))

    answer = plan(*KEEPS, '--replace', 'nic.compat=nic9.compat', *JSON)

    digest = descriptor.parse(NIC).digest
    assert answer.status == 1
    assert digest in {row['Guests From'] for row in answer.rows}
    assert 'c8, n1 is the last of them' in answer.err


def test_the_policy_counts(plan):
    assert plan(*KEEPS, '--equal-field', 'v').status == 1
    assert plan(*KEEPS, '--direction', 'both').status == 0


def test_a_guest_that_cannot_leave_again_is_warned_of(plan, put):
    put('trap.compat', text(2, '3'))

    answer = plan('--replace', 'old.compat=trap.compat')

    assert answer.status == 0
    assert 'After step 1, and for good, a guest on ' in answer.err
    assert ' at c8 cannot leave again (not to ' in answer.err


def test_a_guest_that_can_leave_when_others_have_followed_is_told(plan, put):
    put('once.compat', text(2, '2'))

    answer = plan('--replace', 'old.compat=once.compat')

    assert 'After step 1 and until step 2 is done, a guest on' in answer.err


def test_a_search_that_is_too_long_is_said_and_is_2(plan, put, monkeypatch):
    monkeypatch.setattr(search, 'MAX_WORK', 1)
    for number, allowed in ((1, '3'), (2, '4'), (3, '1'), (4, '9')):
        put(f'{number}.compat', text(number, allowed))
    put('crossed.yaml', 'hosts: {a: [1.compat], b: [2.compat, 3.compat]}')

    answer = plan(
        '--replace',
        '1.compat=4.compat',
        '--replace',
        '2.compat=3.compat',
        '--replace',
        '3.compat=4.compat',
        fleet='crossed.yaml',
    )

    assert answer.status == 2
    assert 'Not found out: ' in answer.err
    assert 'Plan fewer documents or hosts at once (--hosts)' in answer.err


def test_a_hostile_name_does_nothing_to_a_terminal_or_a_spreadsheet(plan, put):
    put('evil.yaml', 'hosts: {"=c\\e[31m": [old.compat], b: [old.compat]}')

    table = plan(*KEEPS, fleet='evil.yaml')
    rows = plan(*KEEPS, '-f', 'csv', fleet='evil.yaml').out

    assert '\x1b' not in table.out + table.err
    hosts = [row['Hosts'] for row in csv.DictReader(io.StringIO(rows))]
    assert "'=c\\\\x1b[31m" in hosts  # cliff's csv doubles a backslash


BAD = {
    'new is not there': (
        ('--replace', 'old.compat=none.compat'),
        'none.compat: cannot be read: No such file',
    ),
    'new is no document': (
        ('--replace', 'old.compat=fleet.yaml'),
        "fleet.yaml:1:6: found ':', expected = after the name",
    ),
    'old is no document': (
        ('--replace', 'fleet.yaml=new.compat'),
        "fleet.yaml:1:6: found ':', expected = after the name",
    ),
    'old is nothing': (
        ('--replace', 'nothing.compat=new.compat'),
        'nothing.compat: is neither a file nor a digest, nor the beginning',
    ),
    'no host has old, a file': (
        ('--replace', 'strict.compat=new.compat'),
        'strict.compat: no host has this document, whose digest is '
        f'{D_STRICT}',
    ),
    'no host has old, a digest': (
        ('--replace', f'{D_STRICT}=new.compat'),
        f'no host has a document {D_STRICT}',
    ),
    'old is new': (
        ('--replace', 'old.compat=old.compat'),
        f'{D_OLD} would be replaced by itself: nothing changes',
    ),
    'old twice': (
        (*KEEPS, '--replace', f'{D_OLD}=strict.compat'),
        f'{D_OLD} would be replaced by two documents',
    ),
    'a circle': (
        (*KEEPS, '--replace', 'new.compat=old.compat', '--fleet', 'both.yaml'),
        'the replacements go round in a circle',
    ),
    'no equals': (('--replace', 'old.compat'), "'old.compat' is not OLD=NEW"),
    'nothing': ((), 'the following arguments are required: --replace'),
    'an unknown host': (
        (*KEEPS, '--hosts', 'c9,d1'),
        "--hosts: no host 'd1' has documents; hosts that do are c8, c9, c10 "
        'and 1 more',
    ),
    'a pattern without hosts': (
        (*KEEPS, '--hosts', 'd*'),
        "--hosts: no host 'd*' has documents",
    ),
    'a host without old': (
        (*KEEPS, '--hosts', 'n1'),
        f'none of the hosts to be upgraded has {D_OLD}; it is on c8, c9, c10',
    ),
    'a fleet whose name is none': (
        (*KEEPS, '--fleet', 'a\0b'),
        'a\\x00b: cannot be read: embedded null',
    ),
    'no fleet': (
        (*KEEPS, '--fleet', 'none.yaml'),
        'none.yaml: cannot be read: No such file',
    ),
    'a fleet of nothing': (
        (*KEEPS, '--fleet', 'empty.yaml'),
        'empty.yaml:1:1: found nothing, expected a mapping with the key hosts',
    ),
    'a fleet of another kind': (
        (*KEEPS, '--fleet', 'kind.yaml'),
        "kind.yaml:2:1: found the key 'more', expected one of: hosts",
    ),
    'a fleet with a host that has no list': (
        (*KEEPS, '--fleet', 'list.yaml'),
        "list.yaml:1:12: found 'old.compat', expected a list of the host's",
    ),
    'a fleet with a file that is not there': (
        (*KEEPS, '--fleet', 'gone.yaml'),
        'gone.compat: cannot be read: No such file',
    ),
    'a fleet with a host twice': (
        (*KEEPS, '--fleet', 'twice.yaml'),
        'twice.yaml:3:2: found a second a, expected a key once',
    ),
    'a fleet that is no text': (
        (*KEEPS, '--fleet', 'binary.yaml'),
        'binary.yaml: is no UTF-8 text',
    ),
    'a fleet that is no YAML': (
        (*KEEPS, '--fleet', 'broken.yaml'),
        'broken.yaml:2:1: no YAML: ',
    ),
}


@pytest.mark.parametrize(('arguments', 'said'), BAD.values(), ids=BAD)
def test_bad_input_is_2_and_says_what_is_wrong(plan, put, arguments, said):
    put('both.yaml', 'hosts: {a: [old.compat], b: [new.compat]}')
    put('empty.yaml', '')
    put('kind.yaml', 'hosts: {a: []}\nmore: 1\n')
    put('list.yaml', 'hosts: {a: old.compat}')
    put('gone.yaml', 'hosts: {a: [gone.compat]}')
    put('twice.yaml', 'hosts:\n a: []\n a: []\n')
    put('binary.yaml', b'hosts: \xff')
    put('broken.yaml', 'hosts: {\n')

    answer = plan(*arguments)

    assert (answer.status, answer.out) == (2, '')
    assert said in answer.err


def test_a_fleet_file_without_an_end_is_refused(plan, put, monkeypatch):
    monkeypatch.setattr(fleet_file, 'MAX_BYTES', 20)

    answer = plan(*KEEPS)

    assert answer.status == 2
    assert answer.err == (
        'fleet.yaml: holds more than 20 bytes, which is no fleet\n'
    )
