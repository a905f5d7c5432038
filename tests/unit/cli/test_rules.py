# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat rules test."""

import os

import pytest

from nova_migcompat import descriptor
from tests import fake_sysfs

RULES = """\
rules:
  - name: VFs
    applies_to: {driver: acme_vfio_pci}
    facts:
      board: {from: pf, path: 'acme/*/board'}
    document: |
      SELF:
        board="${board}"
        kernel=${kernel_release}
  - name: everything else
    enabled: false
    applies_to: {bus: pci}
    document: |
      SELF:
        address=${address}
"""
BOARD = 'a "b"'
DOCUMENT = descriptor.parse(f"""
SELF:
 board={BOARD}
 kernel=6.12
""").canonical


@pytest.fixture
def tree(tmp_path):
    """Return sysfs with a VF of an Acme device."""
    tree = fake_sysfs.FakeSysfs(tmp_path / 'sys')
    pf = tree.function('0000:81:00.0', 'acme')
    tree.function('0000:81:00.1', 'acme_vfio_pci', physfn='0000:81:00.0')
    fake_sysfs.files(pf / 'acme/0', board=f'{BOARD}\n')
    return tree


@pytest.fixture
def try_rules(run, put, tree):
    """Return a function that runs the command on that sysfs."""

    def run_test(*arguments, text=RULES):
        put('50-x.yaml', text)
        return run(
            *('rules', 'test', *(arguments or ('50-x.yaml',))),
            *('--sysfs', 'sys', '--kernel-release', '6.12'),
        )

    return run_test


def rows(try_rules, *arguments):
    return try_rules('50-x.yaml', '-f', 'json', *arguments).rows


def test_rule_facts_and_document_of_each_device_are_shown(try_rules):
    answer = try_rules('50-x.yaml', '-f', 'json')

    assert answer.rows == [
        {
            'Device': 'PCI_0000_81_00_1',
            'Rule': 'VFs',
            'Facts': {'board': BOARD, 'kernel_release': '6.12'},
            'Document': DOCUMENT,
            'Error': None,
        }
    ]
    assert answer.status == 0


def test_a_table_has_a_line_for_each_field_and_fact(try_rules):
    out = try_rules('50-x.yaml', '--max-width', '200').out

    assert '| board=a "b"' in out
    assert 'kernel="6.12"' in out


def test_rules_that_are_switched_off_can_be_tried(try_rules):
    assert [row['Rule'] for row in rows(try_rules, '--disabled')] == [
        'everything else',
        'VFs',
    ]


def test_devices_without_a_rule_can_be_shown(try_rules):
    assert [
        (row['Device'], row['Rule']) for row in rows(try_rules, '--all')
    ] == [
        ('PCI_0000_81_00_0', None),
        ('PCI_0000_81_00_1', 'VFs'),
    ]


def test_a_device_in_error_is_shown_and_is_1(try_rules, tree):
    (tree.root / 'bus/pci/devices/0000:81:00.0/acme/0/board').unlink()

    answer = try_rules('50-x.yaml', '-f', 'json')

    (row,) = answer.rows
    assert row['Document'] is None
    assert row['Error'].startswith("50-x.yaml:5: rule 'VFs': fact 'board'")
    assert 'acme/*/board is not there' in row['Error']
    assert answer.status == 1


def test_a_device_that_cannot_be_looked_at_is_said_and_is_1(try_rules, tree):
    (tree.root / 'bus/pci/devices/0000:99:00.0').symlink_to('0000:99:00.0')

    answer = try_rules('50-x.yaml')

    assert 'PCI_0000_99_00_0' in answer.err
    assert answer.status == 1


def test_what_is_wrong_with_rules_is_said_and_is_2(try_rules):
    text = RULES.replace('board="', 'board=$x"').replace('bus', 'buss')

    answer = try_rules('50-x.yaml', text=text)

    assert answer.err.splitlines() == [
        "50-x.yaml:8:15: found '$', expected ${fact}, or $$ for a dollar",
        "50-x.yaml:12:18: found 'buss', expected a built-in fact",
    ]
    assert (answer.out, answer.status) == ('', 2)


def test_rules_of_several_files_and_folders_count_by_name(try_rules, tmp_path):
    early = RULES.replace('VFs', 'early')
    (tmp_path / 'rules.d').mkdir()
    (tmp_path / 'rules.d/10-x.yaml').write_text(early)
    (tmp_path / 'rules.d/.00-x.yaml').write_text('nonsense')
    (tmp_path / 'rules.d/README').write_text('nonsense')

    answer = try_rules('50-x.yaml', 'rules.d', '-f', 'value', '-c', 'Rule')

    assert answer.out == 'early\n'


@pytest.mark.parametrize(
    ('name', 'reason'),
    [('absent', 'is not there'), ('fifo', 'found a FIFO')],
)
def test_a_file_that_cannot_be_read_is_2(try_rules, tmp_path, name, reason):
    if name == 'fifo':
        os.mkfifo(tmp_path / 'fifo')

    answer = try_rules(name)

    assert f'{name}: {reason}' in answer.err
    assert answer.status == 2


def test_modes_and_links_do_not_matter_here(try_rules, tmp_path, put):
    put('real', RULES)
    (tmp_path / 'real').chmod(0o666)
    (tmp_path / 'link.yaml').symlink_to('real')

    assert try_rules('link.yaml').status == 0


def test_a_folder_without_rules_is_2(try_rules, tmp_path, put):
    (tmp_path / 'rules.d').mkdir()
    put('rules.d/50-x.yml', RULES)
    put('rules.d/.50-x.yaml', RULES)

    answer = try_rules('rules.d')

    assert (answer.status, answer.out) == (2, '')
    assert answer.err.startswith('rules.d: holds no file *.yaml')


def test_rules_that_apply_to_nothing_are_an_empty_list_and_it_is_said(
    try_rules,
):
    answer = try_rules(text=RULES.replace('driver: ', 'driver: another-'))

    assert answer.status == 0
    assert answer.err == 'no rule applies to any device\n'


def test_no_sysfs_is_2(run, put):
    put('50-x.yaml', RULES)

    answer = run('rules', 'test', '50-x.yaml', '--sysfs', 'nowhere')

    assert answer.err.startswith('nowhere holds no sysfs')
    assert '--sysfs' in answer.err
    assert answer.status == 2


def test_nothing_is_written(try_rules, tmp_path):
    try_rules()
    before = sorted(tmp_path.rglob('*'))

    try_rules()

    assert sorted(tmp_path.rglob('*')) == before


def test_what_sysfs_says_cannot_act_on_a_terminal(try_rules, tree):
    board = tree.root / 'bus/pci/devices/0000:81:00.0/acme/0/board'
    board.write_text('x\u202ey\n')

    for format_ in ('table', 'csv', 'value'):
        answer = try_rules('50-x.yaml', '-f', format_)
        assert '\u202e' not in answer.out
        assert '\\u202e' in answer.out


@pytest.fixture
def from_stdin(run, tree):
    """Return a function that gives the rules on standard input."""

    def run_test(text, *arguments):
        return run(
            *('rules', 'test', '-', *arguments, '-f', 'json'),
            *('--sysfs', 'sys', '--kernel-release', '6.12'),
            stdin=text.encode(),
        )

    return run_test


def test_rules_may_come_from_standard_input(from_stdin):
    answer = from_stdin(RULES)

    assert answer.status == 0
    assert [found['Document'] for found in answer.rows] == [DOCUMENT]


@pytest.mark.parametrize(
    ('text', 'arguments', 'words'),
    [
        ('rules:\n- nonsense\n', (), '<stdin>:2:'),
        (' ' * 70000, (), '<stdin>: holds more than 65,536 bytes'),
        (RULES, ('-',), 'can be read once'),
    ],
)
def test_wrong_rules_on_standard_input_are_2(
    from_stdin, text, arguments, words
):
    answer = from_stdin(text, *arguments)

    assert (answer.status, answer.out) == (2, '')
    assert words in answer.err
