# SPDX-License-Identifier: Apache-2.0
"""How the agent's health is judged."""

import dataclasses
import json

import pytest

from nova_migcompat.agent import state, status

BOOT = 'b2fcd1c9-0a41-4f56-8a3f-000000000001'
NOW = 5000.0
PID = 4711


def moment(seconds_ago):
    return state.Moment('2026-11-25T20:00:00+00:00', NOW - seconds_ago)


WELL = state.State(
    pid=PID,
    boot_id=BOOT,
    started=moment(1000),
    interval=60,
    cycle=moment(30),
    success=moment(30),
    next_in=55.0,
    provider=('3b9f1b9e-6d1a-4b5e-9a34-0d0d0f8e1a01', 'compute1'),
    devices=4,
    documents=('A' * 32, 'B' * 32),
)


def judge(found, holder=PID):
    return status.judge(found, holder, BOOT, NOW)


def but(**changes):
    return dataclasses.replace(WELL, **changes)


def test_an_agent_that_runs_and_whose_cycle_went_well_is_healthy():
    found = judge(WELL)

    assert found.health == 0
    assert list(found.lines()) == [
        'healthy: every device is reported',
        'process: 4711, since 2026-11-25T20:00:00+00:00',
        'last cycle: 2026-11-25T20:00:00+00:00, 30 s ago',
        'resource provider: compute1 (3b9f1b9e-6d1a-4b5e-9a34-0d0d0f8e1a01)',
        'devices: 4',
        'documents: 2',
        '  ' + 'A' * 32,
        '  ' + 'B' * 32,
        'problems: 0',
    ]


@pytest.mark.parametrize(
    ('found', 'why'),
    [
        (but(error='no answer'), 'no answer'),
        (but(problems=('p',)), 'there is 1 problem'),
        (but(problems=('p', 'q')), 'there are 2 problems'),
        (but(cycle=moment(296)), 'it hangs, or cannot record'),
        (but(cycle=None, success=None, started=moment(5)), 'no cycle has'),
        (but(cycle=None, started=moment(999)), 'it hangs'),
    ],
)
def test_what_is_wrong_with_a_running_agent_is_1(found, why):
    assert judge(found).health == 1
    assert judge(found).reason.startswith(why)


def test_a_state_that_is_too_old_says_how_old_and_where_to_look():
    """On a full disk an agent that is well leaves such a one."""
    reason = judge(but(cycle=moment(296))).reason

    assert reason.endswith(': no cycle has ended for 296 s')
    assert 'its log' in reason


def test_a_cycle_may_take_as_long_as_its_requests():
    assert judge(but(cycle=moment(295))).health == 0


def test_with_a_long_interval_a_cycle_is_too_old_after_three():
    assert judge(but(interval=600, cycle=moment(1800))).health == 0
    assert judge(but(interval=600, cycle=moment(1801))).health == 1


def test_a_long_back_off_is_a_failure_and_no_hang():
    backing_off = but(error='no answer', cycle=moment(299), next_in=300.0)

    assert judge(backing_off).reason == 'no answer'


@pytest.mark.parametrize(
    ('found', 'holder'),
    [
        (None, None),
        (WELL, None),
        (but(error='no answer'), None),
        (None, PID),
        (WELL, PID + 1),
        (but(boot_id='another'), PID),
        (but(boot_id='another'), None),
    ],
    ids=[
        'never started',
        'ended',
        'ended in an outage',
        'starting',
        'starting after another',
        'starting after a reboot',
        'not yet started after a reboot',
    ],
)
def test_what_nobody_stands_for_is_2(found, holder):
    assert judge(found, holder).health == 2


def test_what_was_before_the_end_is_still_told():
    assert 'devices: 4' in list(judge(WELL, None).lines())


def test_what_was_before_a_reboot_is_not():
    lines = list(judge(but(boot_id='another'), None).lines())

    assert lines == ['not running: no agent runs']


def test_a_failure_tells_of_the_last_success_and_the_next_try():
    lines = list(judge(but(error='e', failures=3, cycle=moment(5))).lines())

    assert 'last success: 2026-11-25T20:00:00+00:00, 30 s ago' in lines
    assert 'failures in a row: 3' in lines
    assert 'next try: at most 55 s after the last' in lines


def test_each_problem_is_a_line():
    lines = list(judge(but(problems=('p', 'q'))).lines())

    assert lines[-3:] == ['problems: 2', '  p', '  q']


def test_no_value_makes_a_line_of_its_own():
    found = but(provider=('u', 'a\nhealthy'), problems=('b\nhealthy',))

    assert not [line for line in judge(found).lines() if '\n' in line]


def test_programs_are_told_the_same():
    told = json.loads(judge(WELL).json())

    assert told['health'] == 'healthy'
    assert told['state']['devices'] == 4
    assert json.loads(judge(None, None).json())['state'] is None
