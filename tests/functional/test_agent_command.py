# SPDX-License-Identifier: Apache-2.0
"""The command nova-migcompat-agent as a process, as an operator calls it."""

import subprocess
import sys

import pytest

from nova_migcompat import descriptor, traits
from tests import fake_sysfs
from tests.placement_server import Admin

X = 'SELF:\n\tname="x"\n'
D_X = traits.document_trait(descriptor.parse(X).digest)


class Command:
    """The command on one host.

    :ivar result: of the last call
    """

    def __init__(self, folder, placement):
        self.folder = folder
        self.sysfs = fake_sysfs.FakeSysfs(folder / 'sys')
        self.config = folder / 'agent.conf'
        self.configure(placement.config())
        self.admin = Admin(placement.adapter())
        self.node = self.admin.create_provider('compute1')
        self.result = None

    def configure(self, placement):
        self.config.write_text(
            '[agent]\n'
            'resource_provider = compute1\n'
            'nova_config_files =\n'
            f'sysfs_root = {self.sysfs.root}\n' + placement
        )

    def vf(self, number, text):
        folder = self.sysfs.function(f'0000:81:00.{number}', 'acme_vfio_pci')
        (folder / 'migration_compatible').write_text(text)

    def __call__(self, *arguments):
        """Call it; return the exit status."""
        self.result = subprocess.run(
            [
                sys.executable,
                '-m',
                'nova_migcompat.agent.main',
                '--config-file',
                str(self.config),
                *arguments,
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return self.result.returncode


@pytest.fixture
def command(tmp_path, placement):
    return Command(tmp_path, placement)


def test_once_publishes_and_exits_with_0(command):
    command.vf(1, X)

    assert command('--once') == 0
    assert D_X in command.admin.traits(command.node)
    assert command.result.stdout == ''


def test_a_device_in_error_makes_the_exit_status_1_and_hides_no_other(command):
    command.vf(1, X)
    command.vf(2, 'SELF:\n name=x\n oops\n')

    assert command('--once') == 1
    assert D_X in command.admin.traits(command.node)
    assert 'line 3, column 6' in command.result.stderr


def test_a_dry_run_prints_one_line_for_each_change_and_writes_nothing(command):
    command.vf(1, X)

    assert command('--once', '--dry-run') == 0
    assert f'compute1: add {D_X}\n' in command.result.stdout
    assert all(
        line.startswith(
            ('create trait ', 'compute1: add ', 'compute1: join aggregate ')
        )
        for line in command.result.stdout.splitlines()
    )
    assert command.admin.traits(command.node) == set()


def test_a_dry_run_with_nothing_to_do_says_so(command):
    assert command('--once', '--dry-run') == 0
    assert command.result.stdout == 'nothing to write\n'


def test_a_dry_run_tells_of_devices_in_error_by_its_exit_status(command):
    command.vf(1, 'oops')

    assert command('--once', '--dry-run') == 1


def test_withdraw_takes_away_what_once_has_published(command):
    command.vf(1, X)
    assert command('--once') == 0
    (command.sysfs.root / 'bus').rename(command.sysfs.root / 'gone')

    assert command('--withdraw', '--dry-run') == 0
    assert f'compute1: remove {D_X}\n' in command.result.stdout
    assert 'compute1: leave aggregate ' in command.result.stdout
    assert D_X in command.admin.traits(command.node)

    assert command('--withdraw') == 0
    assert command.admin.traits(command.node) == set()
    assert command.admin.aggregates(command.node) == set()


def test_without_a_provider_there_is_nothing_to_withdraw(command):
    command.admin.delete_provider(command.node)

    assert command('--withdraw') == 1
    assert 'there is nothing to withdraw, or correct' in command.result.stderr
    assert 'nova-compute' not in command.result.stderr


def test_a_dry_run_of_nothing_is_a_usage_error(command):
    assert command('--dry-run') == 2
    assert '--dry-run is for --once' in command.result.stderr


def test_two_things_at_once_are_a_usage_error(command):
    assert command('--once', '--withdraw') == 2
    assert 'exclude each other' in command.result.stderr


def test_an_unknown_option_is_a_usage_error(command):
    assert command('--twice') == 2


@pytest.mark.parametrize(
    ('group', 'option', 'value'),
    [
        ('agent', 'publish_fields', 'no field'),
        ('agent', 'interval', 'often'),
        ('placement', 'timeout', 'long'),
    ],
)
def test_a_bad_value_in_the_configuration_is_a_usage_error(
    command, group, option, value
):
    text = command.config.read_text()
    command.config.write_text(
        text.replace(f'[{group}]\n', f'[{group}]\n{option} = {value}\n')
    )

    assert command('--once') == 2
    assert option in command.result.stderr
    assert 'Traceback' not in command.result.stderr


def test_a_line_that_cannot_be_parsed_is_named_and_not_quoted(command):
    command.config.write_text('password = a-secret\n')

    assert command('--once') == 2
    assert 'agent.conf, line 1: ' in command.result.stderr
    assert 'a-secret' not in command.result.stderr


def test_a_placement_that_does_not_answer_is_a_clear_error(command):
    command.configure(
        '[placement]\n'
        'auth_type = admin_token\n'
        'endpoint = http://127.0.0.1:9\n'
        'token = a-secret-token\n'
    )

    assert command('--once', '--debug') == 1
    assert 'ERROR' in command.result.stderr
    assert 'http://127.0.0.1:9' in command.result.stderr
    assert command.result.stderr.count('127.0.0.1:9') == 1
    assert 'Traceback' not in command.result.stderr
    assert 'a-secret-token' not in command.result.stderr


def test_missing_credentials_are_a_clear_error(command):
    command.configure('')

    assert command('--once') == 2
    assert 'auth_type is not set' in command.result.stderr


def test_an_unknown_provider_is_a_clear_error(command):
    command.config.write_text(
        command.config.read_text().replace('= compute1', '= nobody')
    )

    assert command('--once') == 1
    assert "no resource provider with the name 'nobody'" in (
        command.result.stderr
    )


def test_a_hostile_document_forges_no_line_of_the_log(command):
    command.vf(1, 'SELF:\n name=x\n\x1b[2J ERROR forged\n')
    command.vf(2, 'SELF:\n name=x\n "\r\nERROR forged\n')

    assert command('--once') == 1
    assert not any(
        line.startswith('ERROR') or '\x1b[2J' in line
        for line in command.result.stderr.splitlines()
    )
