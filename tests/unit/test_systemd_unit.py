# SPDX-License-Identifier: Apache-2.0
"""The systemd unit does what the documentation says of it."""

import configparser
import pathlib

import pytest

from nova_migcompat.agent import main, schedule
from nova_migcompat.conf import agent as agent_conf

ROOT = pathlib.Path(__file__).parents[2]
UNIT = ROOT / 'etc/systemd/nova-migcompat-agent.service'


@pytest.fixture(scope='module')
def unit():
    # No directive that is looked at stands there twice.
    parser = configparser.ConfigParser(
        strict=False, interpolation=None, delimiters='='
    )
    parser.optionxform = str
    parser.read_string(UNIT.read_text())
    return parser


def test_nova_compute_waits_for_one_look(unit):
    assert unit['Unit']['Before'].split() == [
        'nova-compute.service',
        'openstack-nova-compute.service',
    ]
    ignore_failure, _, limit, *command = unit['Service'][
        'ExecStartPre'
    ].split()
    assert ignore_failure == '-timeout'
    assert int(limit) + 2 < int(unit['Service']['TimeoutStartSec'])
    assert command == [main.PROGRAM, '--once']


def test_it_runs_as_novas_user_with_no_right_of_roots(unit):
    assert unit['Service']['User'] == 'nova'
    assert unit['Service']['CapabilityBoundingSet'] == ''
    assert unit['Service']['NoNewPrivileges'] == 'yes'


def test_its_state_folder_is_the_options_default(unit):
    (default,) = (
        opt.default for opt in agent_conf.OPTS if opt.name == 'state_path'
    )

    assert f'/var/lib/{unit["Service"]["StateDirectory"]}' == default
    assert unit['Service']['StateDirectoryMode'] == '0700'


def test_systemd_hears_of_the_loop_and_leaves_a_slow_cycle_alone(unit):
    assert unit['Service']['Type'] == 'notify'
    # The loop's wait ends a half of it before; then comes a whole cycle.
    watchdog = int(unit['Service']['WatchdogSec'])
    assert watchdog / 2 + schedule.LONGEST_CYCLE < watchdog


def test_a_reload_is_a_sighup(unit):
    assert unit['Service']['ExecReload'] == 'kill -HUP $MAINPID'


def test_a_wrong_option_is_not_tried_again(unit):
    prevented = int(unit['Service']['RestartPreventExitStatus'])

    assert prevented == main.USAGE


def test_what_it_speaks_to_is_not_forbidden(unit):
    families = unit['Service']['RestrictAddressFamilies'].split()

    # Placement, udev, systemd.
    assert {'AF_INET', 'AF_INET6', 'AF_NETLINK', 'AF_UNIX'} == set(families)


def test_it_is_installed_where_systemd_looks():
    assert (f'lib/systemd/system =\n    {UNIT.relative_to(ROOT)}\n') in (
        ROOT / 'setup.cfg'
    ).read_text()
