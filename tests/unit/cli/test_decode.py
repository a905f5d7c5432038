# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat decode."""

import random
import string

import pytest

from nova_migcompat import descriptor, traits
from nova_migcompat.cli import decode

JSON = ('-f', 'json')
SMALL = descriptor.parse('SELF:\n\ta=1\n')
LETTERS = ''.join(random.Random(1).choices(string.ascii_letters, k=600))
LARGE = descriptor.parse(f'SELF:\n\tname={LETTERS}\n')


def row(trait, **values):
    names = dict.fromkeys(decode.COLUMNS)
    return {**names, 'Trait': trait, **values}


@pytest.mark.parametrize(
    ('name', 'said'),
    [
        (
            traits.document_trait(SMALL.digest),
            {'Kind': 'document', 'Digest': SMALL.digest},
        ),
        (
            traits.location_trait('pci_0000_84_00_0', SMALL.digest),
            {
                'Kind': 'location',
                'Digest': SMALL.digest,
                'Location': 'PCI_0000_84_00_0',
            },
        ),
        (
            'CUSTOM_MIGCOMPAT_F_DEVICE_TYPE_PCI',
            {'Kind': 'field', 'Field': 'DEVICE_TYPE_PCI'},
        ),
    ],
)
def test_each_kind_of_name_says_what_it_can(run, name, said):
    answer = run('decode', name, *JSON)

    assert (answer.status, answer.err) == (0, '')
    assert answer.rows == [row(name, **said)]


def test_the_name_of_a_long_field_is_said_to_be_cut(run):
    (name,) = traits.field_traits(LARGE)

    answer = run('decode', name, *JSON)

    assert answer.status == 0
    assert answer.rows[0]['Note'] == decode.CUT


def test_all_parts_give_the_text_once(run):
    names = traits.text_traits(LARGE)

    answer = run('decode', *reversed(names), *JSON)

    count = len(names)
    assert count > 2
    assert answer.status == 0
    assert [found['Part'] for found in answer.rows] == [
        f'{number} of {count}' for number in range(count, 0, -1)
    ]
    texts = [found['Text'] for found in answer.rows]
    assert texts == [None] * (count - 1) + [LARGE.canonical]


def test_some_parts_say_which_they_are(run):
    first, second, *_ = traits.text_traits(LARGE)

    answer = run('decode', second, first, *JSON)

    assert answer.status == 0
    assert {found['Note'] for found in answer.rows} == {traits.MISSING}
    assert {found['Text'] for found in answer.rows} == {None}


def test_a_forged_text_is_1_and_said(run):
    (name,) = traits.text_traits(SMALL)
    forged = name.replace(SMALL.digest, LARGE.digest)

    answer = run('decode', name, forged, *JSON)

    assert answer.status == 1
    assert [found['Text'] for found in answer.rows] == [SMALL.canonical, None]
    assert answer.rows[1]['Note'] == 'its text is that of another document'


@pytest.mark.parametrize(
    ('name', 'note'),
    [
        ('HW_CPU_X86_AVX', decode.FOREIGN),
        ('CUSTOM_MIGCOMPATIBLE', decode.FOREIGN),
        ('custom_migcompat_f_a', decode.FOREIGN),
        ('nonsense \x1b', decode.FOREIGN),
        ('CUSTOM_MIGCOMPAT_', decode.UNKNOWN),
        ('CUSTOM_MIGCOMPAT_Q_X', decode.UNKNOWN),
        ('CUSTOM_MIGCOMPAT_D_SHORT', decode.UNKNOWN),
        (f'CUSTOM_MIGCOMPAT_L_{"A" * 32}', decode.UNKNOWN),
        (f'CUSTOM_MIGCOMPAT_T_{"A" * 32}_{"B" * 8}_3_2_C', decode.UNKNOWN),
        ('CUSTOM_MIGCOMPAT_F_', decode.UNKNOWN),
    ],
)
def test_what_says_nothing_is_1_and_hides_no_other(run, name, note):
    good = traits.document_trait(SMALL.digest)

    answer = run('decode', name, good, *JSON)

    assert answer.status == 1
    assert answer.rows[0] == row(name, Note=note)
    assert answer.rows[1]['Digest'] == SMALL.digest


def test_names_come_from_standard_input_as_well(run):
    names = traits.text_traits(LARGE)
    stdin = '\r\n'.join(['', *names, ' ']).encode()

    answer = run('decode', 'CUSTOM_MIGCOMPAT_F_A', '-', *JSON, stdin=stdin)

    assert answer.status == 0
    assert answer.rows[1]['Text'] == LARGE.canonical
    assert len(answer.rows) == 1 + len(names)


def test_bytes_that_are_no_text_are_shown_escaped(run):
    answer = run('decode', '-', *JSON, stdin=b'\xff\xfe\n')

    assert (answer.status, answer.rows[0]['Note']) == (1, decode.FOREIGN)


@pytest.mark.parametrize(
    ('arguments', 'stdin'),
    [
        ((), b''),
        (('-',), b''),
        (('-',), b' \n'),
        (('-', '-'), b'X'),
        ((' ',), b''),
    ],
)
def test_no_name_is_2(run, arguments, stdin):
    answer = run('decode', *arguments, stdin=stdin)

    assert (answer.status, answer.out) == (2, '')
    assert answer.err


def test_more_than_any_fleet_has_is_2(run, monkeypatch):
    monkeypatch.setattr(decode, 'MAX_BYTES', 10)

    answer = run('decode', '-', stdin=b'X\n' * 6)

    assert answer.status == 2
    assert '<stdin>: holds more than 10 bytes' in answer.err


@pytest.mark.parametrize('format_', ['table', 'csv', 'value', 'yaml', 'json'])
def test_no_format_prints_what_is_not_printable(run, format_):
    document = descriptor.parse('SELF:\n\ta="\u202e=1"\n')
    names = [*traits.text_traits(document), '=\x1b[31m']

    out = run('decode', *names, '-f', format_).out

    assert out.translate({9: None, 10: None}).isprintable()
    if format_ == 'csv':
        assert '"\'=' in out
