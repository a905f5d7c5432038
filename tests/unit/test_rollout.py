# SPDX-License-Identifier: Apache-2.0
"""The playbook brings agents before the filter, and what the package has.

Whether Ansible takes it, ``ansible-playbook --syntax-check`` tells.
"""

import configparser
import pathlib

import pytest
import yaml

from nova_migcompat.cli import status

ROOT = pathlib.Path(__file__).parents[2]
PLAYBOOK = ROOT / 'etc/ansible/rollout.yaml'


@pytest.fixture(scope='module')
def plays():
    return yaml.safe_load(PLAYBOOK.read_text())


def tasks(play, module):
    """Return the arguments of the tasks that use a module."""
    name = f'ansible.builtin.{module}'
    return [task[name] for task in play['tasks'] if name in task]


def test_agents_are_everywhere_before_a_filter_is(plays):
    agents, filters = plays

    assert (agents['hosts'], filters['hosts']) == ('compute', 'nova_scheduler')
    health, gate = agents['tasks'][-2:]
    assert health['ansible.builtin.command'].endswith('--status')
    assert health['until'] == 'migcompat_health.rc == 0'
    assert gate['run_once'] is gate['any_errors_fatal'] is True
    assert gate['vars']['migcompat_missing'] == (
        '{{ ansible_play_hosts_all | difference(ansible_play_hosts) }}'
    )


def test_a_host_that_fails_keeps_no_other_from_its_agent(plays):
    agents = plays[0]
    fatal = [t['name'] for t in agents['tasks'] if 'any_errors_fatal' in t]

    assert 'any_errors_fatal' not in agents
    assert fatal == [agents['tasks'][-1]['name']]


def test_every_handler_that_is_notified_is_there(plays):
    for play in plays:
        notified = {t['notify'] for t in play['tasks'] if 'notify' in t}

        assert notified == {handler['name'] for handler in play['handlers']}


def test_the_password_is_neither_shown_nor_for_everybody_to_read(plays):
    (secret,) = (
        task
        for task in plays[0]['tasks']
        if 'migcompat_password' in str(task.get('ansible.builtin.copy', ''))
    )

    assert secret['no_log'] is True
    assert secret['ansible.builtin.copy']['mode'] == '0640'


def test_what_is_copied_from_the_package_is_in_it(plays):
    parser = configparser.ConfigParser()
    parser.read(ROOT / 'setup.cfg')
    folders = parser['options.data_files']
    copied = [
        task['src'].removeprefix('{{ migcompat_venv }}/')
        for task in tasks(plays[0], 'copy')
        if task.get('remote_src')
    ]

    assert copied == [
        'etc/nova-migcompat/rules.d/',
        'lib/systemd/system/nova-migcompat-agent.service',
    ]
    for path in copied:
        assert path.rpartition('/')[0] in folders


def test_a_folder_that_is_copied_can_be_entered(plays):
    (rules,) = (
        t for t in tasks(plays[0], 'copy') if t.get('src', '')[-1:] == '/'
    )

    # A number would be the mode of the folder as well as of its files.
    assert rules['mode'] == 'u=rwX,go=rX'


def test_the_lines_of_the_scheduler_are_those_that_the_check_wants(plays):
    (text,) = (
        task['content']
        for task in tasks(plays[1], 'copy')
        if 'content' in task
    )

    assert f'available_filters = {status.FILTER_PATH}\n' in text
    enabled = plays[1]['vars']['migcompat_enabled_filters']
    assert enabled[-1] == status.FILTER
