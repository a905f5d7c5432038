# SPDX-License-Identifier: Apache-2.0
"""The application around the commands: usage, help, exit status."""

import configparser
import pathlib
import subprocess
import sys

import pytest

from nova_migcompat.cli import cells, main, plugin

ROOT = pathlib.Path(__file__).parents[3]


@pytest.mark.parametrize(
    'arguments',
    [
        (),
        ('nonsense',),
        ('--nonsense',),
        ('parse',),
        ('parse', '--nonsense', 'UUID1'),
        ('parse', 'UUID1', '-c', 'Nonsense'),
        ('check', 'UUID1'),
        ('help', 'nonsense'),
        ('--log-file', '/nonexistent/log', 'parse', 'UUID1'),
    ],
)
def test_a_wrong_call_is_2_and_said_on_stderr(run, examples, arguments):
    answer = run(*arguments)

    assert (answer.status, answer.out) == (2, '')
    assert answer.err
    assert 'Traceback' not in answer.err


def test_an_error_of_ours_is_not_taken_for_a_no(run, examples, monkeypatch):
    def fail(*_):
        raise RuntimeError('a mistake')

    monkeypatch.setattr('nova_migcompat.descriptor.parse', fail)

    answer = run('parse', 'UUID1')

    assert (answer.status, answer.err) == (2, 'a mistake\n')


def entry_points(group):
    """Return the entry points of setup.cfg, their targets by name."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / 'setup.cfg')
    lines = setup['options.entry_points'][group].split('\n')
    return dict(line.split(' = ') for line in lines if line)


def test_the_commands_of_setup_cfg_are_found():
    named = entry_points(main.NAMESPACE)

    app = main.MigcompatApp()

    found = set(app.command_manager.commands) - {'help', 'complete'}
    assert named
    assert found == {name.replace('_', ' ') for name in named}


def test_openstackclient_has_the_same_commands():
    named = entry_points(main.NAMESPACE)
    (group,) = plugin.API_VERSIONS.values()

    assert entry_points(group) == {
        f'{plugin.API_NAME}_{name}': target for name, target in named.items()
    }


def test_every_command_has_help_with_an_example(run):
    names = main.MigcompatApp().command_manager.commands

    for name in set(names) - {'help', 'complete'}:
        answer = run(*name.split(), '--help')
        assert answer.status == 0
        assert answer.out == run('help', *name.split()).out
        assert f'\n  $ nova-migcompat {name} ' in answer.out


def test_help_lists_the_commands(run):
    answer = run('--help')

    assert answer.status == 0
    assert '\n  check  ' in answer.out
    assert '\n  parse  ' in answer.out


def test_a_shell_can_be_told_how_to_complete(run):
    answer = run('complete')

    assert answer.status == 0
    assert 'complete -F _nova_migcompat nova-migcompat' in answer.out


def test_a_locale_without_a_character_is_no_error(run, put, monkeypatch):
    with pathlib.Path('latin1').open('w', encoding='latin-1') as out:
        monkeypatch.setattr(sys, 'stdout', out)
        status = main.main(['parse', '--canonical', put('a', 'SELF:\n a=ą')])

    assert status == 0
    assert pathlib.Path('latin1').read_text() == 'SELF:\n\ta="\\u0105"\n'


@pytest.mark.parametrize(
    ('text', 'shown'),
    [
        ('plain ä 汉', 'plain ä 汉'),
        ('\x1b[0m', '\\x1b[0m'),
        ('\u202e\u2066\u200b\ufeff', '\\u202e\\u2066\\u200b\\ufeff'),
        ('a\u00a0b\u2028', 'a\\xa0b\\u2028'),
        ('\udc80\U000e0041', '\\udc80\\U000e0041'),
        ('\t\n', '\\t\\n'),
    ],
)
def test_what_is_not_printable_is_escaped(text, shown):
    assert cells.printable(text) == shown


def test_an_unknown_format_gets_printable_text():
    cell = cells.kind('somebody_elses')('\x1b')

    assert cell.machine_readable() == '\\x1b'


def test_a_negative_number_is_no_formula():
    assert cells.kind('csv')(-1).machine_readable() == '-1'
    assert cells.kind('csv')('-1').machine_readable() == "'-1"


def test_csv_without_quotes_has_no_formula_after_a_comma_either(run, put):
    name = put('=a,=b,-c', 'SELF:\n a=1\n')

    answer = run('parse', name, '-f', 'csv', '--quote', 'none', '-c', 'File')

    assert answer.out.splitlines() == ['File', r"'=a\,'=b\,'-c"]
    assert cells.kind('csv', 'none')(-1).machine_readable() == '-1'


def test_a_shell_runs_nothing_of_a_value():
    value = 'a"; `id` $(id) $HOME \\" !'
    cell = cells.kind('shell')(value)
    # As cliff's shell format writes it.
    quoted = cell.machine_readable().replace('"', '\\"')

    shell = subprocess.run(
        ['/bin/sh', '-c', f'a="{quoted}"; printf %s "$a"'],
        capture_output=True,
        check=True,
        text=True,
    )

    assert (shell.stdout, shell.stderr) == (value, '')


@pytest.mark.parametrize(
    ('count', 'separator', 'shown'),
    [
        (0, ', ', ''),
        (2, ', ', 'h0, h1'),
        (3, '; ', 'h0; h1 and 1 more'),
        (1002, ', ', 'h0, h1 and 1,000 more'),
        (4, '\n', 'h0\nh1\nand 2 more'),
    ],
)
def test_of_many_names_the_first_are_shown(count, separator, shown):
    names = [f'h{number}' for number in range(count)]

    assert cells.some(names, 2, separator) == shown


def test_names_and_shortened_texts_are_printable():
    assert cells.some(['a\n', 'b'], 1) == r'a\n and 1 more'
    assert cells.cut('a\x1bbcd', 6) == 'a\\x1b…'
    assert cells.cut('abcdef', 6) == 'abcdef'


@pytest.mark.parametrize(
    'options',
    [
        ('--sort-column', 'Nope'),
        ('--sort-column', 'File', '--sort-column', 'Nope'),
        ('-c', 'Nope'),
        ('-c', 'File', '-c', 'Nope'),
        ('-c', '\x1b[31m'),
    ],
)
@pytest.mark.parametrize('form', ['table', 'json', 'csv', 'value', 'yaml'])
def test_a_column_that_does_not_exist_is_2(run, examples, options, form):
    answer = run('parse', 'UUID1', '-f', form, *options)

    assert (answer.status, answer.out) == (2, '')
    assert answer.err.startswith("no column '")
    assert '; there are: File, Digest, ' in answer.err
    assert '\x1b' not in answer.err


def test_case_and_blanks_of_a_column_do_not_matter(run, examples):
    answer = run(
        'parse',
        'UUID2',
        'UUID1',
        '-f',
        'value',
        '-c',
        'file',
        '--sort-column',
        'FILE',
    )

    assert (answer.status, answer.out) == (0, 'UUID1\nUUID2\n')
