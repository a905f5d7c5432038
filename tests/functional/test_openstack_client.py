# SPDX-License-Identifier: Apache-2.0
"""The commands in OpenStackClient, as an operator calls it."""

import json
import os
import pathlib
import subprocess
import sysconfig

import pytest

from nova_migcompat.cli import main
from tests.placement_server import TOKEN, Admin

OPENSTACK = pathlib.Path(sysconfig.get_path('scripts')) / 'openstack'
VECTORS = pathlib.Path(__file__).parents[1] / 'vectors' / 'canonical.json'
D_NAME = f'CUSTOM_MIGCOMPAT_D_{"A" * 32}'


ROOT = pathlib.Path(__file__).parents[2]
SYSFS = str(ROOT / 'samples' / 'fleet' / 'compute4' / 'sys')
RULES = str(ROOT / 'etc' / 'nova-migcompat' / 'rules.d')
WITHOUT_A_CLOUD = [
    ('parse', 'UUID1'),
    ('check', 'UUID1', 'UUID2'),
    ('expand', 'UUID1'),
    ('decode', D_NAME),
    ('devices', '--sysfs', SYSFS),
    ('rules', 'test', RULES, '--sysfs', SYSFS),
    ('matrix', 'UUID1', 'UUID2'),
    (
        'plan-upgrade',
        '--fleet',
        'fleet.yaml',
        '--replace',
        'UUID1=UUID2',
    ),
]


@pytest.fixture
def openstack(tmp_path):
    """Return a function that runs it beside FORMAT.md's examples."""
    for vector in json.loads(VECTORS.read_text())[:2]:
        (tmp_path / vector['name']).write_text(vector['text'])
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith('OS_')
    }

    def run(*arguments, stdout=subprocess.PIPE, **variables):
        return subprocess.run(
            [OPENSTACK, *arguments],
            check=False,
            cwd=tmp_path,
            env={**environment, 'HOME': str(tmp_path), **variables},
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )

    return run


def on(placement, token=TOKEN):
    yield from ('--os-auth-type', 'admin_token', '--os-token', token)
    yield from ('--os-endpoint', placement.url)


def test_documents_are_read_without_credentials(openstack):
    done = openstack('migration', 'compat', 'parse', 'UUID1', '-f', 'json')

    assert (done.returncode, done.stderr) == (0, '')
    (found,) = json.loads(done.stdout)
    assert found['Digest'] == json.loads(VECTORS.read_text())[0]['digest']


def test_a_no_is_1_and_a_bad_file_is_2(openstack):
    check = ('migration', 'compat', 'check', '-f', 'json')

    assert openstack(*check, 'UUID2', 'UUID1').returncode == 1
    assert openstack(*check, 'UUID2', 'absent').returncode == 2


def test_what_cannot_be_printed_is_2_and_no_no(openstack):
    command = ('migration', 'compat', 'check', 'UUID1', 'UUID2')

    column = openstack(*command, '-c', 'Nope')
    with pathlib.Path('/dev/full').open('w') as full:
        disk = openstack(*command, stdout=full)

    assert column.returncode == 2
    # 120 is Python's own, where it still holds output when it ends.
    assert disk.returncode in (2, 120)
    assert "no column 'Nope'; there are: Compatible" in column.stderr
    assert 'No space left on device' in disk.stderr


def test_a_value_that_the_locale_cannot_write_is_no_error(openstack, tmp_path):
    (tmp_path / 'x').write_text('SELF:\n a=\xe9\n', encoding='utf-8')
    command = ('migration', 'compat', 'parse', '--canonical', 'x')

    done = openstack(*command, PYTHONIOENCODING='ascii')

    assert (done.returncode, done.stdout) == (0, 'SELF:\n\ta="\\xe9"\n')


def test_help_lists_all_commands_of_nova_migcompat(openstack):
    done = openstack('migration', 'compat', '--help')

    commands = set(main.MigcompatApp().command_manager.commands)
    listed = {line.strip() for line in done.stdout.splitlines()[1:]}
    assert done.returncode == 0
    assert listed == {
        f'migration compat {name}' for name in commands - {'help', 'complete'}
    }


def test_help_has_the_command_and_no_credentials_of_its_own(openstack):
    done = openstack('help', 'migration', 'compat', 'purge')

    assert '\n  $ openstack migration compat purge ' in done.stdout
    assert '--dry-run' in done.stdout
    assert '--config-file' not in done.stdout


def test_its_options_and_its_session_reach_placement(openstack, placement):
    Admin(placement.adapter()).create_traits([D_NAME])
    purge = ('migration', 'compat', 'purge', '-f', 'json')

    done = openstack(*on(placement), *purge)

    assert (done.returncode, done.stderr) == (0, '')
    assert json.loads(done.stdout)[0]['Result'] == 'removed'


def test_who_may_not_is_told_so(openstack, placement):
    done = openstack(*on(placement, 'nobody'), 'migration', 'compat', 'purge')

    assert done.returncode == 2
    assert 'role service or admin' in done.stderr


@pytest.mark.parametrize(
    'command',
    [
        ('purge',),
        ('hosts',),
        ('matrix',),
        ('drain', 'c1'),
        ('plan-upgrade', '--replace', 'AAAAAAAA=UUID1'),
    ],
)
def test_what_asks_the_cloud_needs_credentials(openstack, command):
    done = openstack('migration', 'compat', *command)

    assert (done.returncode, done.stdout) == (2, '')
    assert 'auth-url' in done.stderr


@pytest.mark.parametrize('command', WITHOUT_A_CLOUD, ids=' '.join)
def test_what_reads_files_needs_none(openstack, tmp_path, command):
    (tmp_path / 'fleet.yaml').write_text('hosts: {a: [UUID1], b: [UUID1]}\n')

    done = openstack('migration', 'compat', *command, '-f', 'json')

    assert done.returncode in (0, 1), done.stderr
    assert json.loads(done.stdout)
    assert 'auth' not in done.stderr


def test_what_is_said_besides_the_rows_is_shown_here_too(openstack, tmp_path):
    (tmp_path / 'fleet.yaml').write_text('hosts: {a: [UUID1], b: [UUID1]}\n')
    replace = ('--replace', 'UUID1=UUID2', '--hosts', 'a')
    plan = ('plan-upgrade', '--fleet', 'fleet.yaml', *replace)
    rules = ('rules', 'test', '--sysfs', SYSFS.replace('4', '7'), RULES)

    planned = openstack('migration', 'compat', *plan)
    ruled = openstack('migration', 'compat', *rules)

    assert 'There is an order of 1 host in which' in planned.stderr
    assert 'no rule applies to any device' in ruled.stderr


def test_a_keystone_that_is_away_is_2(openstack):
    options = {
        'auth-url': 'http://127.0.0.1:9/v3',
        'username': 'a',
        'password': 'b',
        'project-name': 'c',
        'user-domain-name': 'd',
        'project-domain-name': 'd',
    }
    words = [f'--os-{name}={value}' for name, value in options.items()]

    done = openstack(*words, 'migration', 'compat', 'hosts')

    assert (done.returncode, done.stdout) == (2, '')
    assert 'can it be reached' in done.stderr
