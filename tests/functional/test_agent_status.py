# SPDX-License-Identifier: Apache-2.0
"""What --status says of a real process in each state it can be in."""

import json
import os
import pathlib
import signal
import subprocess

import pytest

from nova_migcompat import descriptor
from nova_migcompat.agent import folder, state
from tests.functional.agent_process import until

X = 'SELF:\n\tname="x"\n'


def test_the_status_of_a_healthy_agent_is_0(agent):
    agent.vf(1, X)
    agent.start()
    until(agent.cycles)

    result = agent.call('--status')

    assert result.returncode == 0, result.stdout
    assert 'healthy: every device is reported\n' in result.stdout
    assert agent.node in result.stdout
    assert descriptor.parse(X).digest in result.stdout


def test_the_status_tells_of_devices_that_are_left_out(agent):
    agent.vf(1, 'oops')
    agent.start()
    until(agent.cycles)

    result = agent.call('--status')

    assert result.returncode == 1
    assert 'failing: there is 1 problem\n' in result.stdout
    assert 'PCI_0000_81_00_1' in result.stdout


def test_the_status_tells_of_a_failed_cycle_and_the_next_try(agent):
    agent.configure(resource_provider='nobody')
    agent.start()
    until(agent.cycles)

    result = agent.call('--status')

    assert result.returncode == 1
    assert 'failing: Placement has no resource provider with the name' in (
        result.stdout
    )
    assert 'last success: none\n' in result.stdout
    assert 'next try: ' in result.stdout


def test_the_status_before_the_first_cycle_has_ended_is_not_healthy(
    agent, gate
):
    agent.configure()
    gate.hang()
    agent.start()

    result = agent.call('--status')

    assert result.returncode == 1
    assert 'failing: no cycle has ended yet\n' in result.stdout


@pytest.mark.parametrize('how', ['killed', 'stopped', 'never started'])
def test_the_status_of_an_agent_that_does_not_run_is_2(agent, how):
    agent.vf(1, X)
    if how != 'never started':
        agent.start()
        until(agent.cycles)
        agent.kill() if how == 'killed' else agent.stop()

    result = agent.call('--status')

    assert result.returncode == 2
    assert 'not running: no agent runs\n' in result.stdout


def test_the_status_of_an_agent_that_hangs_is_1(agent):
    agent.configure(interval=1)
    agent.start()
    until(agent.cycles)
    agent.process.send_signal(signal.SIGSTOP)
    left = agent.state()
    left['cycle']['uptime'] -= 600
    (agent.state_path / state.FILE).write_text(json.dumps(left))
    try:
        result = agent.call('--status')
    finally:
        agent.process.send_signal(signal.SIGCONT)

    assert result.returncode == 1
    assert 'failing: it hangs, or ' in result.stdout


@pytest.mark.parametrize('name', [state.FILE, folder.LOCK])
def test_the_status_never_waits_for_a_fifo_of_the_agents_user(agent, name):
    agent.state_path.mkdir(0o700)
    os.mkfifo(agent.state_path / name)

    result = agent.call('--status')

    assert result.returncode == 2
    assert result.stderr == (
        f'nova-migcompat-agent: error: {agent.state_path / name} found a'
        ' FIFO, expected a file\n'
    )


def test_a_state_of_something_else_is_said_to_be_so(agent):
    agent.state_path.mkdir(0o700)
    (agent.state_path / state.FILE).write_text('{"pid": "x"}')

    result = agent.call('--status')

    assert result.returncode == 2
    assert 'it is not what the agent writes: ' in result.stderr
    assert result.stderr.count('\n') == 1


def test_who_reads_no_further_gets_no_error(agent):
    """As after ``| head -1``; the exit status is what it would have been."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer) as pipe:
        result = subprocess.run(
            agent.command('--status'),
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )

    assert (result.returncode, result.stderr) == (2, '')


def test_without_an_output_the_exit_status_is_the_answer(agent):
    result = subprocess.run(
        ['sh', '-c', 'exec "$@" >&-', 'sh', *agent.command('--status')],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (result.returncode, result.stderr) == (2, '')


def test_an_output_that_takes_nothing_is_an_error(agent):
    with pathlib.Path('/dev/full').open('w') as full:
        result = subprocess.run(
            agent.command('--status'),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )

    assert result.returncode == 1
    assert 'No space left on device' in result.stderr
    assert 'Traceback' not in result.stderr


def test_the_status_for_programs_is_json(agent):
    agent.start()
    until(agent.cycles)

    result = agent.call('--status', '--format', 'json')

    assert '"health": "healthy"' in result.stdout
    assert f'"pid": {agent.process.pid}' in result.stdout
