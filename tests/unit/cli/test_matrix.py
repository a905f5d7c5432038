# SPDX-License-Identifier: Apache-2.0
"""The command matrix on documents of files: without Placement."""

import csv
import io
import pathlib
import sys
from xml.etree import ElementTree

import pytest

from nova_migcompat.cli import pairs
from tests.terminal import Terminal

UUID1 = 'C53XG7HETQCJHVDJHCOF7GSL4NFC2J53'


def cells(answer):
    return [(row['From'], row['To'], row['Compatible']) for row in answer.rows]


@pytest.fixture
def names(examples):
    """Return the digests of the mail's documents, by file."""
    return {name: vector['digest'] for name, vector in examples.items()}


def test_files_are_compared_with_each_other(run, names):
    answer = run('matrix', *names, '-f', 'json')

    one, other = names.values()
    assert (answer.status, answer.err) == (0, '')
    assert cells(answer) == [
        (one, one, 'yes'),
        (one, other, 'yes'),
        (other, one, 'no'),
        (other, other, 'yes'),
    ]
    assert answer.rows[1]['Reason'] == 'COMPATIBLE object 2 of the source'
    assert 'interface_version' in answer.rows[2]['Reason']
    assert answer.rows[0]['Hosts'] is None


def test_a_table_names_the_files(run, names):
    answer = run('matrix', *names, '-c', 'From', '-c', 'Compatible')

    assert '| UUID1 | yes        |' in answer.out
    assert UUID1 not in answer.out


def test_a_table_has_the_beginning_of_a_reason(run, names):
    wanted = ('matrix', *names, '-c', 'Reason')

    rows = run(*wanted, '-f', 'json').rows
    table = run(*wanted).out
    values = run(*wanted, '-f', 'value').out

    reason = rows[2]['Reason']
    assert len(reason) > 64
    assert f'| {reason[:63]}… |' in table
    assert reason in values


def test_a_policy_is_taken(run, names):
    equal = run('matrix', *names, '--equal-field', 'mdev_type', '-f', 'json')
    turned = run('matrix', *names, '--direction', 'target', '-f', 'json')

    assert [answer for *_, answer in cells(equal)] == [
        'yes',
        'no',
        'no',
        'yes',
    ]
    assert [answer for *_, answer in cells(turned)] == [
        'yes',
        'no',
        'yes',
        'yes',
    ]


def test_files_of_the_same_document_are_one(run, put):
    put('a', 'SELF:\n x=1\nCOMPATIBLE:\n x=1\n')
    put('b', 'SELF:\n\tx="1"\nCOMPATIBLE:\n\tx=1\n')

    answer = run('matrix', 'a', 'b', '-f', 'value', '-c', 'From', '-c', 'To')

    assert len(answer.out.splitlines()) == 1
    assert 'a and 1 more' in run('matrix', 'a', 'b').out


def test_standard_input_is_a_file(run, names):
    document = pathlib.Path('UUID1').read_bytes()

    answer = run('matrix', '-', 'UUID2', '-f', 'json', stdin=document)

    assert cells(answer) == cells(run('matrix', *names, '-f', 'json'))


@pytest.mark.parametrize('suffix', ['html', 'svg'])
def test_a_picture_is_written(run, names, suffix):
    path = f'out.{suffix}'

    answer = run('matrix', *names, '--output', path, '-f', 'json')

    assert (answer.status, answer.err) == (0, '')
    assert answer.rows == [
        {
            'Output': path,
            'Rows': 2,
            'Hosts': None,
            'Compatible': 3,
            'Dead Ends': 1,
            'Islands': 1,
        }
    ]
    text = pathlib.Path(path).read_text()
    assert 'Read from 2 files, ' in text
    assert 'direction source, unlisted fields reject' in text
    assert 'UUID1  →  UUID2' in text


def test_the_policy_is_in_the_picture(run, names):
    run('matrix', *names, '--equal-field', 'a', '--output', 'out.svg')

    ElementTree.parse('out.svg')
    assert 'equal fields a' in pathlib.Path('out.svg').read_text()


def test_no_cell_is_a_formula(run, put):
    for name, value in (('a', '=1+1'), ('b', '@x')):
        put(f'={name}', f'SELF:\n x="{value}"\n')
    answer = run('matrix', './=a', '=b', '-f', 'csv')

    rows = list(csv.reader(io.StringIO(answer.out)))
    assert len(rows) == 5
    assert not [c for row in rows for c in row if c.startswith(tuple('=+-@'))]


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['none'], 'none: cannot be read: No such file or directory'),
        (['bad', 'UUID1'], 'bad:1:4: found'),
        (['-', '-'], 'standard input (-) can be read once'),
        (['UUID1', '--by', 'host'], '--by host is about the hosts that'),
        (['UUID1', '--by', 'rack'], "invalid choice: 'rack'"),
        (['UUID1', '--output', 'a.png'], "'a.png' ends neither in .html nor"),
        (['UUID1', '--output', 'no/a.svg'], 'no/a.svg: cannot be written: No'),
        (['UUID1', '--output', 'folder.html'], 'folder.html: cannot be'),
        (['UUID1', '--equal-field', '-'], "'-' is no name of a field"),
    ],
)
def test_what_cannot_be_used_is_2_and_said(run, put, names, arguments, words):
    put('bad', 'no document\n')
    pathlib.Path('folder.html').mkdir()

    answer = run('matrix', *arguments)

    assert (answer.status, answer.out) == (2, '')
    assert words in ' '.join(answer.err.split())


def test_more_than_anybody_can_look_at_is_not_drawn(run, put, monkeypatch):
    """Nor compared, which would take its time."""
    monkeypatch.setattr(pairs, 'compare', None)
    files = [put(f'f{n}', f'SELF:\n x={n}\n') for n in range(201)]

    answer = run('matrix', *files, '--output', 'out.html')

    assert (answer.status, answer.out) == (2, '')
    assert '201 rows make no picture to look at, 200 at most do' in answer.err
    assert not pathlib.Path('out.html').exists()


def test_on_a_terminal_only_it_shows_how_far_it_is(run, put, monkeypatch):
    files = [put(f'f{n}', f'SELF:\n x={n}\n') for n in range(3)]
    assert run('matrix', *files).err == ''

    terminal = Terminal()
    monkeypatch.setattr(sys, 'stderr', terminal)
    assert run('matrix', *files).status == 0
    assert '/3 ' in terminal.getvalue()
    assert ' kinds of rows' in terminal.getvalue()
    assert terminal.getvalue().endswith('\r')
