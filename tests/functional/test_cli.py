# SPDX-License-Identifier: Apache-2.0
"""The installed command nova-migcompat, as an operator calls it."""

import json
import os
import pathlib
import subprocess
import sys
import sysconfig

import pytest

COMMAND = pathlib.Path(sysconfig.get_path('scripts')) / 'nova-migcompat'
VECTORS = pathlib.Path(__file__).parents[1] / 'vectors' / 'canonical.json'


@pytest.fixture
def command(tmp_path):
    """Return a function that runs the command beside FORMAT.md's examples."""
    for vector in json.loads(VECTORS.read_text())[:2]:
        (tmp_path / vector['name']).write_text(vector['text'])

    def run(*arguments, **kwargs):
        return subprocess.run(
            [COMMAND, *arguments],
            capture_output='stdout' not in kwargs,
            check=False,
            cwd=tmp_path,
            text=True,
            timeout=60,
            **kwargs,
        )

    run.folder = tmp_path
    return run


def test_the_example_of_the_format_is_compatible_one_way_only(command):
    there = command('check', 'UUID1', 'UUID2', '-f', 'json')
    back = command('check', 'UUID2', 'UUID1', '-f', 'json')

    assert (there.returncode, there.stderr) == (0, '')
    (found,) = json.loads(there.stdout)
    assert (found['Object'], found['Variables']) == (2, {'val1': 4})
    assert (back.returncode, back.stderr) == (1, '')
    rows = [(r['Object'], r['Field']) for r in json.loads(back.stdout)]
    assert rows == [(1, 'interface_version'), (1, 'pv_mode')]


def test_the_other_direction_is_the_mails_example(command):
    direction = ('--direction', 'target')

    assert command('check', 'UUID2', 'UUID1', *direction).returncode == 0
    assert command('check', 'UUID1', 'UUID2', *direction).returncode == 1


def test_a_canonical_form_can_be_piped_back(command):
    form = command('parse', '--canonical', 'UUID1').stdout

    again = command('parse', '-', '-f', 'json', input=form)

    (found,) = json.loads(again.stdout)
    assert found['Digest'] == json.loads(VECTORS.read_text())[0]['digest']


def test_a_bad_file_among_good_ones_is_2(command, tmp_path):
    (tmp_path / 'bad').write_text('SELF:\n  a=1\n  a=2\n')

    done = command('parse', 'UUID1', 'bad', 'UUID2', '-f', 'value')

    assert done.returncode == 2
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        'UUID1',
        'UUID2',
    ]
    assert done.stderr.startswith('bad:3:3: found ')


def test_a_wrong_call_is_2(command):
    done = command('check', 'UUID1')

    assert done.returncode == 2
    assert 'the following arguments are required: TARGET' in done.stderr


def test_the_version_is_said(command):
    assert command('--version').stdout.startswith('nova-migcompat ')


def test_a_full_disk_is_said_without_a_traceback(command):
    with pathlib.Path('/dev/full').open('w') as full:
        done = command('parse', 'UUID1', stdout=full, stderr=subprocess.PIPE)

    assert done.returncode == 2
    assert 'No space left on device' in done.stderr
    assert 'Traceback' not in done.stderr


@pytest.mark.parametrize('closed', ['>&-', '2>&-', '>&- 2>&-'])
def test_who_closes_the_outputs_gets_the_status_alone(command, closed):
    def run(*arguments):
        words = ['sh', '-c', f'exec "$@" {closed}', 'sh', COMMAND, *arguments]
        return subprocess.run(
            words, capture_output=True, check=False, cwd=command.folder
        )

    there, back = (
        run('check', 'UUID1', 'UUID2'),
        run('check', 'UUID2', 'UUID1'),
    )

    assert (there.returncode, back.returncode) == (0, 1)
    assert b'Traceback' not in there.stderr + back.stderr
    assert run('parse', 'nothing').returncode == 2


def test_a_reader_that_goes_away_is_no_error_text(command):
    end, start = os.pipe()
    os.close(end)
    try:
        done = command('parse', 'UUID1', stdout=start, stderr=subprocess.PIPE)
    finally:
        os.close(start)

    assert (done.returncode, done.stderr) == (141, '')


def test_what_reads_documents_imports_nothing_that_is_slow(command, tmp_path):
    code = (
        'import sys\n'
        'from nova_migcompat.cli import main\n'
        'main.main(["parse", "UUID1"])\n'
        'main.main(["check", "UUID1", "UUID2"])\n'
        'main.main(["expand", "UUID1"])\n'
        'main.main(["decode", "CUSTOM_MIGCOMPAT_F_A"])\n'
        'print(*{name.partition(".")[0] for name in sys.modules})\n'
    )

    out = subprocess.check_output(
        [sys.executable, '-c', code], cwd=tmp_path, text=True
    )

    imported = set(out.splitlines()[-1].split()) - {'nova_migcompat'}
    slow = (
        'openstack',
        'oslo',
        'keystone',
        'nova',
        'placement',
        'requests',
        'cmd2',
    )
    assert 'cliff' in imported
    assert [name for name in imported if name.startswith(slow)] == []


#: What the package bash-completion has, for a line without quotes.
_BY_REF = """
_get_comp_words_by_ref() {
    words=("${COMP_WORDS[@]}")
    cur=${COMP_WORDS[COMP_CWORD]}
    prev=${COMP_WORDS[COMP_CWORD-1]}
}
"""


@pytest.mark.parametrize(
    ('line', 'completed'),
    [
        (['par'], ['parse']),
        (['rules', ''], ['test']),
        (['purge', '--os-cl'], ['--os-cloud']),
        (['check', '--dir'], ['--direction']),
        (['check', 'UUID'], ['UUID1', 'UUID2']),
    ],
)
def test_bash_completes(command, tmp_path, line, completed):
    (tmp_path / 'completion').write_text(command('complete').stdout)
    (tmp_path / 'script').write_text(
        f"""{_BY_REF}
. ./completion
COMP_WORDS=(nova-migcompat "$@")
COMP_CWORD=$#
_nova_migcompat
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    )

    out = subprocess.check_output(
        ['bash', 'script', *line], cwd=tmp_path, text=True
    )

    assert sorted(out.split()) == completed
