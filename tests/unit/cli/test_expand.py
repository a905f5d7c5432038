# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat expand."""

import csv
import io
import json

import pytest
import yaml

from nova_migcompat import descriptor
from tests.unit.cli import conftest

JSON = ('-f', 'json')


@pytest.fixture
def expand(run, put):
    """Return a function that expands one document's COMPATIBLE objects."""

    def expand_objects(*objects, options=()):
        compatible = ''.join(f'COMPATIBLE:\n{fields}\n' for fields in objects)
        put('a', f'SELF:\n a=1\n{compatible}')
        return run('expand', 'a', *options)

    return expand_objects


def test_each_device_is_a_row(run, examples):
    answer = run('expand', 'UUID2', *JSON)

    same = {'device_type': 'pci', 'device_id': '8086591d'}
    assert answer.rows == [
        {
            'Object': 1,
            'Fields': {
                **same,
                'mdev_type': f'i915-GVTg_V5_{number}',
                'aggregator': str(number // 2),
                'interface_version': '1',
            },
            'Rules': {},
        }
        for number in (2, 4, 8)
    ]
    assert (answer.status, answer.err) == (0, '')


def test_rules_are_told_from_values(expand):
    answer = expand('a={v:int:4..}\nb="{v}"', options=JSON)

    assert answer.rows == [
        {'Object': 1, 'Fields': {'b': '{v}'}, 'Rules': {'a': '{v:int:4..}'}}
    ]


def test_a_table_has_a_line_for_each_field(expand):
    out = expand('a=1\nb={v:int:4..}\nc=x').out

    assert [line.split() for line in out.splitlines()[3:-1]] == [
        ['|', '1', '|', 'a=1', '|', 'b={v:int:4..}', '|'],
        ['|', '|', 'c=x', '|', '|'],
    ]


@pytest.mark.parametrize('format_', ['table', 'json', 'yaml', 'csv', 'value'])
def test_what_is_not_printed_is_counted_on_standard_error(expand, format_):
    options = ('--limit', '2', '-f', format_)
    answer = expand('a={v:int:1..1000000}', options=options)

    assert answer.err == 'and 999,998 more\n'
    assert 'more' not in answer.out
    assert answer.status == 0


def test_a_bound_is_said_to_be_one(expand):
    objects = ('a={v:int:1..1000000}\nb={v}/2',)
    answer = expand(*objects, options=('--limit', '2', *JSON))

    assert [row['Fields']['b'] for row in answer.rows] == ['1', '2']
    assert answer.err.startswith('and up to ')


def test_quiet_does_not_hide_that_there_are_more(run, put):
    put('a', 'SELF:\n a=1\nCOMPATIBLE:\n a={v:int:1..3}\n')

    assert run('-q', 'expand', '--limit', '1', 'a').err == 'and 2 more\n'


def test_the_default_limit_is_100(expand):
    answer = expand('a={v:int:1..101}', options=JSON)

    assert len(answer.rows) == 100
    assert answer.err == 'and 1 more\n'


@pytest.mark.parametrize(
    ('objects', 'reason'),
    [((), 'has no COMPATIBLE object'), (('a={v:int:1}/2',), 'can ever match')],
)
def test_no_row_has_a_reason(expand, objects, reason):
    answer = expand(*objects, options=JSON)

    assert (answer.status, answer.rows) == (0, [])
    assert reason in answer.err


def test_the_document_may_come_from_standard_input(run, examples):
    answer = run('expand', '-', stdin=examples['UUID1']['text'].encode())

    assert answer.status == 0
    assert 'i915-GVTg_V5_8' in answer.out


def test_a_bad_file_is_2_and_has_a_place(run, put):
    answer = run('expand', put('bad', 'SELF:\n a\n'), *JSON)

    assert (answer.status, answer.out) == (2, '')
    assert answer.err.startswith('bad:2:3: found')


def test_several_files_are_told_apart(run, put):
    for name, most in (('a', 3), ('b', 4)):
        put(name, f'SELF:\n x=1\nCOMPATIBLE:\n x={{v:int:1..{most}}}\n')

    answer = run('expand', '--limit', '1', 'a', 'b', *JSON)

    assert answer.status == 0
    assert [(row['File'], row['Fields']) for row in answer.rows] == [
        ('a', {'x': '1'}),
        ('b', {'x': '1'}),
    ]
    assert answer.err == 'a: and 2 more\nb: and 3 more\n'


def test_a_bad_file_hides_no_other(run, put, examples):
    put('bad', 'nonsense\n')
    text = examples['UUID2']['text'].encode()

    answer = run('expand', 'bad', '-', *JSON, stdin=text)

    assert answer.status == 2
    assert {row['File'] for row in answer.rows} == {'<stdin>'}
    assert answer.err.startswith('bad:1:9: found')


@pytest.mark.parametrize(
    'arguments',
    [
        (),
        ('UUID1', 'UUID2', '-c', 'Nonsense'),
        ('-', '-'),
        ('UUID1', '--limit', '0'),
        ('UUID1', '--limit', '-1'),
        ('UUID1', '--limit', 'x'),
        ('UUID1', '--limit', '\u0661'),
        ('UUID1', '--limit', '9' * 5000),
        ('UUID1', '-c', 'Nonsense'),
    ],
)
def test_a_wrong_command_line_is_2(run, examples, arguments):
    answer = run('expand', *arguments)

    assert (answer.status, answer.out) == (2, '')
    assert answer.err
    assert 'Traceback' not in answer.err


NASTY = 'f={v:string:"=1+1\u202e","@x\u2028y"}'


@pytest.mark.parametrize('format_', ['table', 'csv', 'value', 'yaml', 'json'])
def test_no_format_prints_what_is_not_printable(expand, format_):
    out = expand(NASTY, options=('-f', format_)).out

    assert out.replace('\n', '').isprintable()


@pytest.mark.parametrize('format_', ['yaml', 'json'])
def test_json_and_yaml_give_the_exact_values(expand, format_):
    found = yaml.safe_load(expand(NASTY, options=('-f', format_)).out)

    assert [row['Fields']['f'] for row in found] == ['=1+1\u202e', '@x\u2028y']


def test_csv_can_be_read(expand):
    out = expand('a={v:int:4..}\nb=x', options=('-f', 'csv')).out

    (found,) = csv.DictReader(io.StringIO(out))
    assert found == {'Object': '1', 'Fields': 'b=x', 'Rules': 'a={v:int:4..}'}


def test_every_vector_is_expanded(run, put):
    vectors = json.loads((conftest.VECTORS / 'canonical.json').read_text())
    for vector in vectors:
        put('a', vector['text'])
        answer = run('expand', 'a', *JSON)
        assert answer.status == 0
        limited = descriptor.expand(descriptor.parse(vector['text']), 100)
        assert len(answer.rows) == len(limited.rows)
