# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat check."""

import csv
import io
import json

import pytest
import yaml

from nova_migcompat import descriptor
from tests.unit.cli import conftest

VECTORS = json.loads((conftest.VECTORS / 'match.json').read_text())
COLUMNS = (
    'Compatible',
    'Side',
    'Object',
    'Field',
    'Found',
    'Allowed',
    'Variables',
)
JSON = ('-f', 'json')


def row(*values):
    return dict(zip(COLUMNS, values, strict=True))


def options(vector):
    yield from ('--direction', vector['direction'])
    yield from ('--unlisted-fields', vector['unlisted_fields'])
    for field in vector.get('equal_fields', ()):
        yield from ('--equal-field', field)


@pytest.mark.parametrize('vector', VECTORS, ids=lambda v: v['name'])
def test_the_vectors_are_answered(run, put, vector):
    put('source', vector['source'])
    put('target', vector['target'])

    answer = run('check', 'source', 'target', *options(vector), *JSON)

    assert answer.status == (0 if vector['compatible'] else 1)
    assert {r['Compatible'] for r in answer.rows} == {vector['compatible']}
    if 'object' in vector:
        assert answer.rows[0]['Object'] == vector['object'] + 1
    if 'variables' in vector:
        assert answer.rows[0]['Variables'] == vector['variables']


def test_the_object_and_its_variables_are_named(run, examples):
    answer = run('check', 'UUID1', 'UUID2', *JSON)

    assert answer.rows == [
        row(True, 'source', 2, None, None, None, {'val1': 4})
    ]
    assert (answer.status, answer.err) == (0, '')


@pytest.mark.parametrize(
    ('source', 'target', 'direction', 'side'),
    [
        ('UUID1', 'UUID2', 'source', 'source'),
        ('UUID2', 'UUID1', 'target', 'target'),
        ('UUID1', 'UUID2', 'either', 'source'),
        ('UUID2', 'UUID1', 'either', 'target'),
        ('UUID1', 'UUID1', 'both', 'source'),
    ],
)
def test_the_side_is_whose_object_it_is(
    run, put, examples, source, target, direction, side
):
    if direction == 'both':
        put('UUID1', 'SELF:\n a=1\nCOMPATIBLE:\n a=1\n')

    answer = run('check', source, target, '--direction', direction, *JSON)

    assert [r['Side'] for r in answer.rows] == [side]


def test_no_has_a_row_for_each_object(run, put):
    put('a', 'SELF:\n x=1\nCOMPATIBLE:\n x={v:int:2}\nCOMPATIBLE:\n x=\n')
    put('b', 'SELF:\n x=1\n')

    answer = run('check', 'a', 'b', *JSON)

    assert answer.status == 1
    assert answer.rows == [
        row(False, 'source', 1, 'x', '1', '{v:int:2}', {}),
        row(False, 'source', 2, 'x', '1', '""', {}),
    ]


def test_each_field_that_differs_for_sure_is_a_row(run, put):
    put('a', 'SELF:\n x=1\nCOMPATIBLE:\n x=2\n y=3\n z={v:int:1}\n')
    put('b', 'SELF:\n x=1\n u=4\n')

    answer = run('check', 'a', 'b', *JSON)

    assert answer.rows == [
        row(False, 'source', 1, 'x', '1', '"2"', {}),
        row(False, 'source', 1, 'y', None, '"3"', {}),
        row(False, 'source', 1, 'u', '4', None, {}),
    ]


def test_the_variables_that_had_a_value_are_shown(run, put):
    text = 'SELF:\n t=g2\n n=7\nCOMPATIBLE:\n t=g{v:int:1..4}\n n={v}/2\n'
    put('a', text)

    answer = run('check', 'a', 'a', *JSON)

    assert answer.rows == [
        row(False, 'source', 1, 'n', '7', '{v}/2', {'v': 2})
    ]


def test_a_field_that_is_not_mentioned_differs_from_an_empty_one(run, put):
    put('a', 'SELF:\n x=1\nCOMPATIBLE:\n x=1\nCOMPATIBLE:\n x=1\n y=\n')
    put('b', 'SELF:\n x=1\n y=2\n')

    answer = run('check', 'a', 'b', *JSON)
    table = run('check', 'a', 'b').out

    assert [r['Allowed'] for r in answer.rows] == [None, '""']
    assert '(field not mentioned)' in table
    assert run('check', 'a', 'b', '--unlisted-fields', 'ignore').status == 0


def test_a_field_that_the_device_lacks_is_found_as_nothing(run, put):
    put('a', 'SELF:\n x=1\nCOMPATIBLE:\n x=1\n y=2\n')

    answer = run('check', 'a', 'a', *JSON)

    assert answer.rows == [row(False, 'source', 1, 'y', None, '"2"', {})]
    assert '(nothing)' in run('check', 'a', 'a').out


def test_a_document_without_objects_says_so(run, put):
    put('a', 'SELF:\n x=1\n')

    answer = run('check', 'a', 'a', *JSON)

    assert answer.status == 1
    assert answer.rows == [row(False, 'source', None, None, None, None, {})]
    assert '(no COMPATIBLE object)' in run('check', 'a', 'a').out


def test_fields_that_must_be_equal_are_rows_without_an_object(run, examples):
    arguments = ('--equal-field', 'mdev_type', '--equal-field', 'pv_mode')

    answer = run('check', 'UUID1', 'UUID2', *arguments, *JSON)

    one, two = 'i915-GVTg_V5_2', 'i915-GVTg_V5_4'
    mode = 'none+ppgtt+context'
    assert answer.status == 1
    assert answer.rows == [
        row(False, 'both', None, 'mdev_type', two, one, {}),
        row(False, 'both', None, 'pv_mode', None, mode, {}),
    ]
    table = run('check', 'UUID2', 'UUID1', *arguments).out
    assert f'equal to {two}' in table
    assert 'equal to (nothing)' in table


def test_objects_count_from_1_as_in_the_reasons_text(run, put):
    text = 'SELF:\n x=1\nCOMPATIBLE:\n x=2\n'
    document = descriptor.parse(text)
    (reason,) = descriptor.match(document, document).reasons
    put('a', text)

    (found,) = run('check', 'a', 'a', *JSON).rows

    assert str(reason).startswith(f'source object {found["Object"]}, x: ')


def test_it_decides_as_a_scheduler_s_nova_conf_says(run, put, examples):
    put('nova.conf', '[migcompat]\nequal_fields = mdev_type\n')

    answer = run('check', 'UUID1', 'UUID2', '--nova-conf', 'nova.conf', *JSON)

    assert (answer.status, answer.rows[0]['Field']) == (1, 'mdev_type')
    absent = run('check', 'UUID1', 'UUID2', '--nova-conf', 'absent')
    assert (absent.status, absent.out) == (2, '')
    assert 'absent' in absent.err


def test_every_bad_file_is_shown(run, put):
    put('bad', 'nonsense\n')

    answer = run('check', 'bad', 'absent', *JSON)

    assert (answer.status, answer.out) == (2, '')
    assert 'bad:1:9: found' in answer.err
    assert 'absent: cannot be read: No such file' in answer.err


def test_one_document_may_come_from_standard_input(run, examples):
    text = examples['UUID2']['text'].encode()

    assert run('check', 'UUID1', '-', stdin=text).status == 0
    assert run('check', '-', 'UUID1', stdin=text).status == 1
    assert run('check', '-', '-', stdin=text).status == 2


@pytest.mark.parametrize(
    'arguments',
    [
        ('--direction', 'sideways'),
        ('--unlisted-fields', 'perhaps'),
        ('--equal-field', 'not a name'),
        ('--equal-field', ''),
        ('--equal-field', 'a' * 65),
        ('-f', 'shell'),
        ('-c', 'Nonsense'),
        ('third', '-c', 'Nonsense'),
        ('third', '-', '-'),
    ],
)
def test_a_wrong_command_line_is_never_a_no(run, examples, arguments):
    answer = run('check', 'UUID1', 'UUID2', *arguments)

    assert (answer.status, answer.out) == (2, '')
    assert answer.err
    assert 'Traceback' not in answer.err


def test_several_targets_are_told_apart(run, put, examples):
    put('a', 'SELF:\n x=1\n')

    answer = run('check', 'UUID1', 'UUID2', 'a', 'UUID1', *JSON)

    assert answer.status == 1
    assert list(answer.rows[0]) == ['Target', *COLUMNS]
    found = {(r['Target'], r['Compatible']) for r in answer.rows}
    assert found == {('UUID2', True), ('a', False), ('UUID1', True)}
    assert [r['Target'] for r in answer.rows][:2] == ['UUID2', 'a']


def test_several_targets_that_are_all_compatible_are_0(run, examples):
    assert run('check', 'UUID1', 'UUID2', 'UUID1').status == 0


def test_a_bad_target_hides_no_other(run, put, examples):
    put('bad', 'nonsense\n')
    text = examples['UUID2']['text'].encode()

    answer = run('check', 'UUID1', 'bad', '-', 'absent', *JSON, stdin=text)

    assert answer.status == 2
    assert [(r['Target'], r['Compatible']) for r in answer.rows] == [
        ('<stdin>', True)
    ]
    assert 'bad:1:9: found' in answer.err
    assert 'absent: cannot be read' in answer.err


def test_a_bad_source_leaves_nothing_to_decide(run, put, examples):
    put('bad', 'nonsense\n')

    answer = run('check', 'bad', 'UUID1', 'UUID2', *JSON)

    assert (answer.status, answer.out) == (2, '')


@pytest.fixture
def nasty(put):
    """Put two documents there whose values act on who reads them."""
    put(
        'a',
        'SELF:\n f=1\nCOMPATIBLE:\n f={v:string:"=1+1\u202e","@x"}\n',
    )
    put('b', 'SELF:\n f==cmd|calc\u2066\tx\n')


@pytest.mark.parametrize('format_', ['table', 'csv', 'value', 'yaml', 'json'])
def test_no_format_prints_what_is_not_printable(run, nasty, format_):
    answer = run('check', 'a', 'b', '-f', format_)

    assert answer.status == 1
    assert answer.out.replace('\n', '').isprintable()


@pytest.mark.parametrize('format_', ['yaml', 'json'])
def test_json_and_yaml_give_the_exact_values(run, nasty, format_):
    (found,) = yaml.safe_load(run('check', 'a', 'b', '-f', format_).out)

    assert found['Found'] == '=cmd|calc\u2066\tx'
    assert found['Allowed'] == '{v:string:"=1+1\u202e","@x"}'


def test_no_cell_of_csv_is_a_formula(run, nasty):
    out = run('check', 'a', 'b', '-f', 'csv').out

    (found,) = csv.DictReader(io.StringIO(out))
    assert found['Found'].startswith("'=cmd|calc")


def test_rows_with_and_without_a_value_can_be_sorted(run, put):
    put('a', 'SELF:\n x=2\nCOMPATIBLE:\n x=1\nCOMPATIBLE:\n x=3\n')
    put('b', 'SELF:\n x=4\n')

    answer = run(
        *('check', 'a', 'b', '--equal-field', 'x', *JSON),
        *('--sort-column', 'Object', '--sort-column', 'Variables'),
    )

    assert [r['Object'] for r in answer.rows] == [1, 2, None]
    assert answer.err == ''
