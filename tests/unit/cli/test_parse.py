# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat parse."""

import csv
import io
import json

import pytest
import yaml

from nova_migcompat import descriptor
from nova_migcompat.cli import documents
from tests.unit.cli import conftest

BAD = 'SELF:\n\ta=1\nCOMPATIBLE:\n\ta={v:int:x}\n'
SUBTRACTION = 'SELF:\n a=1\nCOMPATIBLE:\n a={a:int:1}\n b={b:int:3}-{a}\n'


def test_each_document_is_a_row(run, examples):
    answer = run('parse', 'UUID1', 'UUID2', '-f', 'json')

    assert answer.rows == [
        {
            'File': 'UUID1',
            'Digest': examples['UUID1']['digest'],
            'Objects': 2,
            'Warnings': [],
        },
        {
            'File': 'UUID2',
            'Digest': examples['UUID2']['digest'],
            'Objects': 1,
            'Warnings': [],
        },
    ]
    assert (answer.status, answer.err) == (0, '')


def test_the_default_is_a_table(run, examples):
    answer = run('parse', 'UUID1')

    assert '| File  | Digest ' in answer.out
    assert examples['UUID1']['digest'] in answer.out


def test_yaml_csv_and_value_say_the_same(run, examples):
    digest = examples['UUID1']['digest']

    as_yaml = yaml.safe_load(run('parse', 'UUID1', '-f', 'yaml').out)
    as_csv = list(
        csv.DictReader(io.StringIO(run('parse', 'UUID1', '-f', 'csv').out))
    )
    as_value = run('parse', 'UUID1', '-f', 'value', '-c', 'Digest')

    assert as_yaml[0]['Digest'] == as_csv[0]['Digest'] == digest
    assert as_yaml[0]['Objects'] == 2
    assert as_csv[0]['Objects'] == '2'
    assert as_value.out == f'{digest}\n'


def test_a_dash_is_standard_input(run, examples):
    answer = run(
        'parse',
        'UUID2',
        '-',
        '-f',
        'json',
        stdin=examples['UUID1']['text'].encode(),
    )

    assert [row['File'] for row in answer.rows] == ['UUID2', '<stdin>']
    assert answer.rows[1]['Digest'] == examples['UUID1']['digest']


def test_standard_input_is_read_once_only(run):
    answer = run('parse', '-', '-')

    assert answer.status == 2
    assert 'standard input (-) can be read once' in answer.err


def test_a_closed_standard_input_is_said():
    reader = documents.Reader(None)

    assert reader.read(['-']) == [None]
    assert reader.problems == ['<stdin>: cannot be read: it is closed']


def test_a_bad_file_is_shown_and_the_others_are_read(run, examples, put):
    answer = run('parse', 'UUID1', put('bad', BAD), 'UUID2', '-f', 'json')

    assert [row['File'] for row in answer.rows] == ['UUID1', 'UUID2']
    assert answer.status == 2
    first, line, caret = answer.err.splitlines()
    assert first.startswith("bad:4:11: found 'x', expected an integer")
    assert line == '    \ta={v:int:x}'
    assert caret == '    \t         ^'


@pytest.mark.parametrize(
    ('name', 'reason'),
    [
        ('absent', 'cannot be read: No such file or directory'),
        ('folder', 'cannot be read: Is a directory'),
        ('a\0b', 'cannot be read: embedded null byte'),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    run, examples, tmp_path, name, reason
):
    (tmp_path / 'folder').mkdir()

    answer = run('parse', name, 'UUID1', '-f', 'json')

    assert [row['File'] for row in answer.rows] == ['UUID1']
    assert answer.status == 2
    shown = name.replace('\0', '\\x00')
    assert answer.err == f'{shown}: {reason}\n'


def test_bytes_that_are_no_utf8_have_a_place(run, put):
    answer = run('parse', put('latin1', b'SELF:\n a=\xe9\n'))

    assert answer.err.startswith('latin1:2:4: found the byte 0xe9')
    assert answer.status == 2


def test_a_document_that_is_too_long_is_refused_by_the_language(run, put):
    answer = run('parse', put('long', '#' * 70000))

    assert answer.err.startswith('long:1:1: found a document of 70,000 bytes')


def test_a_file_without_an_end_is_not_read_to_the_end(run):
    answer = run('parse', '/dev/zero')

    assert answer.err.startswith('/dev/zero: holds more than 1,048,576 bytes')
    assert answer.status == 2


def test_a_link_is_followed(run, examples, tmp_path):
    (tmp_path / 'link').symlink_to('UUID1')

    answer = run('parse', 'link', '-f', 'value', '-c', 'Digest')

    assert answer.out == examples['UUID1']['digest'] + '\n'


def test_warnings_are_shown_and_are_no_errors(run, put):
    answer = run('parse', put('doubtful', SUBTRACTION), '-f', 'json')

    assert any(
        'is a subtraction' in warning for warning in answer.rows[0]['Warnings']
    )
    assert answer.status == 0


def test_the_canonical_form_is_printed_as_it_is(run, examples):
    answer = run('parse', '--canonical', 'UUID1')

    assert answer.out == examples['UUID1']['canonical']
    again = run('parse', '--canonical', '-', stdin=answer.out.encode())
    assert again.out == answer.out


def test_several_canonical_forms_are_told_apart_by_a_comment(run, examples):
    answer = run('parse', '--canonical', 'UUID1', 'UUID2')

    one, two = (examples[name]['canonical'] for name in ('UUID1', 'UUID2'))
    assert answer.out == f'# UUID1\n{one}# UUID2\n{two}'


@pytest.mark.parametrize('read', ['json', 'yaml'])
def test_the_canonical_form_is_a_column_of_other_formats(run, examples, read):
    answer = run('parse', '--canonical', 'UUID1', '-f', read)

    (row,) = yaml.safe_load(answer.out)
    assert row['Canonical'] == examples['UUID1']['canonical']
    assert row['Digest'] == examples['UUID1']['digest']


def test_the_canonical_column_keeps_its_lines_as_a_value(run, examples):
    answer = run(
        'parse', '--canonical', 'UUID1', '-f', 'value', '-c', 'Canonical'
    )

    assert answer.out == examples['UUID1']['canonical'] + '\n'


def test_a_terminal_gets_nothing_that_acts_on_it(run, put, monkeypatch):
    name = put('bidi', 'SELF:\n a=x\u202ey\n')
    exact = run('parse', '--canonical', name).out
    monkeypatch.setattr('_pytest.capture.CaptureIO.isatty', lambda _: True)

    shown = run('parse', '--canonical', name).out

    assert exact == 'SELF:\n\ta="x\u202ey"\n'
    assert shown == 'SELF:\n\ta="x\\u202ey"\n'


@pytest.mark.parametrize('format_', ['table', 'csv', 'value'])
def test_the_name_of_a_file_cannot_act_on_a_terminal(run, put, format_):
    text = 'SELF:\n a=1\n'

    answer = run('parse', put('\x1b[31m', text), 'a\x1bb', '-f', format_)

    assert '\x1b' not in answer.out + answer.err
    assert '\\x1b[31m' in answer.out.replace('\\\\', '\\')


def test_no_format_makes_a_bad_file_a_success(run, put):
    put('bad', BAD)

    statuses = [
        run('parse', 'bad', '-f', format_).status
        for format_ in ('table', 'json', 'yaml', 'csv', 'value')
    ]

    assert statuses == [2] * 5


def test_rows_can_be_sorted_by_number(run, put):
    compatible = 'COMPATIBLE:\n a=1\n'
    for count in (2, 10, 1):
        put(f'n{count}', 'SELF:\n a=1\n' + compatible * count)

    answer = run(
        *('parse', 'n2', 'n10', 'n1', '-f', 'value'),
        *('-c', 'Objects', '--sort-column', 'Objects'),
    )

    assert answer.out.split() == ['1', '2', '10']


def test_every_vector_of_errors_is_refused(run, put):
    vectors = json.loads((conftest.VECTORS / 'errors.json').read_text())
    names = [
        put(f'{number}', vector['text'].encode(errors='surrogatepass'))
        for number, vector in enumerate(vectors)
    ]

    answer = run('parse', *names, '-f', 'json')

    assert (answer.status, answer.rows) == (2, [])
    found = [
        line.split(':')[0]
        for line in answer.err.splitlines()
        if not line.startswith(' ')
    ]
    assert found == names


def test_the_digest_is_the_one_of_the_language(run, put):
    text = 'SELF:\n a=1\n'

    answer = run('parse', put('one', text), '-f', 'value', '-c', 'Digest')

    assert answer.out.strip() == descriptor.parse(text).digest
