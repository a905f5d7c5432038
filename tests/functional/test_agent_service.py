# SPDX-License-Identifier: Apache-2.0
"""The agent as a process that runs until it is stopped."""

import signal
import subprocess
import time

import pytest

from nova_migcompat import descriptor, traits
from nova_migcompat.agent import process
from tests.functional import agent_process
from tests.functional.agent_process import until

X = 'SELF:\n\tname="x"\n'
Y = 'SELF:\n\tname="y"\n'

#: Seconds: far less than the interval and a request's time limit, and enough
#: on a busy machine. The figures themselves are for benchmarks.agent_cycle.
PROMPT = 10


def d(text):
    return traits.document_trait(descriptor.parse(text).digest)


def published(agent):
    return agent.admin.traits(agent.node)


# Start, change, end


def test_it_publishes_at_once_and_ends_on_sigterm(agent):
    agent.vf(1, X)

    agent.start()

    until(lambda: d(X) in published(agent))
    status, seconds = agent.stop()
    assert status == 0
    assert seconds < PROMPT
    assert d(X) in published(agent)


def test_sigint_ends_it_too(agent):
    agent.start()

    agent.process.send_signal(signal.SIGINT)

    assert agent.process.wait(timeout=PROMPT) == 0


#: Python that runs the command and, while it reads its options for the first
#: time, sends it SIGHUP.
EARLY = """
import os, signal, sys
from nova_migcompat.agent import main
load = main.load_conf
def load_once(arguments):
    main.load_conf = load
    os.kill(os.getpid(), signal.SIGHUP)
    return load(arguments)
main.load_conf = load_once
sys.exit(main.main())
"""


def early(agent, *arguments):
    """Return the command line of a command that gets SIGHUP very early."""
    python, _, _, *rest = agent.command(*arguments)
    return [python, '-c', EARLY, *rest]


def test_a_sighup_before_it_is_waited_for_is_one_reload(agent, monkeypatch):
    agent.vf(1, X)
    command = early(agent)
    monkeypatch.setattr(agent, 'command', lambda: command)

    agent.start()

    until(lambda: 'The options were read again' in agent.log())
    until(lambda: d(X) in published(agent))
    assert agent.stop()[0] == 0


def test_a_call_ends_with_its_terminal(agent):
    ended = subprocess.run(
        early(agent, '--status'),
        check=False,
        timeout=60,
        # Whoever started the tests may ignore it (nohup).
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )

    assert ended.returncode == -signal.SIGHUP


def test_a_change_reaches_placement_promptly_after_sighup(agent):
    document = agent.vf(1, X)
    agent.start()
    until(agent.cycles)
    document.write_text(Y)

    begun = time.monotonic()
    agent.reload()

    until(lambda: published(agent) == {d(Y)})
    assert time.monotonic() - begun < PROMPT


def test_a_change_without_an_event_is_seen_after_the_interval(agent):
    agent.configure(interval=1)
    document = agent.vf(1, X)
    agent.start()
    until(agent.cycles)

    document.write_text(Y)

    assert until(lambda: published(agent) == {d(Y)})


def test_quiet_cycles_log_nothing(agent):
    agent.configure(interval=1)
    agent.vf(1, X)
    agent.vf(2, 'oops')
    agent.start()
    until(agent.cycles)
    agent.next_cycle()
    said = agent.log()

    agent.next_cycle()
    agent.next_cycle()

    assert agent.log() == said
    assert said.count('A device is left out') == 1


@pytest.mark.parametrize('when', ['at the start', 'later'])
def test_sigterm_ends_it_promptly_while_placement_hangs(agent, gate, when):
    if when == 'at the start':
        gate.hang()
    agent.start()
    if when == 'later':
        until(agent.cycles)
        gate.hang()
    taken = gate.taken
    until(lambda: gate.taken > taken)

    status, seconds = agent.stop()

    assert process.GRACE < 2
    assert status == 0
    assert seconds < PROMPT


def test_sigterm_ends_it_promptly_while_it_backs_off(agent):
    agent.configure(agent.placement.replace('//127.0.0.1:', '//127.0.0.2:'))
    agent.start()
    until(lambda: agent.state()['failures'] >= 2)

    status, seconds = agent.stop()

    assert status == 0
    assert seconds < PROMPT


# Options


def test_sighup_reads_the_options_again(agent):
    agent.vf(1, X)
    agent.start()
    until(agent.cycles)

    agent.configure(publish_fields='*')
    agent.reload()

    assert until(lambda: 'CUSTOM_MIGCOMPAT_F_NAME_X' in published(agent))
    assert agent.log().count('The options were read again') == 1


@pytest.mark.parametrize(
    ('broken', 'said'),
    [
        ('a-secret\n', 'agent.conf, line 1: '),
        ('[agent]\ninterval = often\n', 'interval'),
        ('[agent]\n', 'auth_type is not set'),
        ('[DEFAULT]\nlog_file = /nowhere/agent.log\n', '/nowhere'),
        ('# caf\udce9\n', 'no UTF-8'),
        ('[DEFAULT]\ndefault_log_levels = foo\n', 'ValueError'),
        ('[agent]\npublish_fields = $agent.publish_fields\n', 'Recursion'),
    ],
)
def test_broken_options_on_sighup_change_nothing_and_are_said(
    agent, broken, said
):
    document = agent.vf(1, X)
    agent.start()
    until(agent.cycles)
    agent.config.write_text(broken, errors='surrogateescape')
    document.write_text(Y)

    agent.reload()

    until(lambda: published(agent) == {d(Y)})
    (line,) = (
        line
        for line in agent.log().splitlines()
        if 'The options stay as they were' in line
    )
    assert said in line
    assert 'a-secret' not in line


# The provider


def test_a_provider_that_is_not_there_yet_is_waited_for_and_said_once(agent):
    agent.configure(resource_provider='later', interval=1)
    agent.vf(1, X)
    agent.start()
    until(lambda: agent.state()['failures'] >= 3)
    assert agent.log().count("no resource provider with the name 'later'") == 1
    assert 'ERROR' not in agent.log()

    node = agent.admin.create_provider('later')

    until(lambda: d(X) in agent.admin.traits(node))
    until(lambda: 'Well again' in agent.log())


def test_a_provider_that_was_made_again_is_found_again(agent, placement):
    agent.configure(interval=1)
    agent.vf(1, X)
    agent.start()
    until(agent.cycles)
    agent.next_cycle()

    placement.adapter().delete(
        f'/resource_providers/{agent.node}', microversion='1.39'
    )
    agent.node = agent.admin.create_provider(agent_process.NODE)

    assert until(lambda: d(X) in published(agent))


# Placement away


def test_an_outage_is_not_said_at_each_try_and_its_end_is_said(agent, gate):
    document = agent.vf(1, X)
    agent.configure(agent.placement + 'timeout = 1\n', interval=1)
    agent.start()
    until(agent.cycles)
    gate.hang()
    until(lambda: agent.state()['failures'] >= 3)
    document.write_text(Y)

    gate.open()

    until(lambda: published(agent) == {d(Y)})
    until(lambda: 'Well again' in agent.log())
    # The connection that was cut, and those that nobody answers.
    assert 1 <= agent.log().count('ERROR') <= 2


# One agent for a provider


def test_a_second_agent_refuses_to_start_and_says_who_runs(agent):
    agent.start()

    second = agent.call()

    assert second.returncode == 1
    assert f'as process {agent.process.pid}' in second.stderr
    assert 'Traceback' not in second.stderr


def test_an_agent_that_was_killed_leaves_no_lock(agent):
    agent.start()
    agent.kill()

    agent.start()

    assert agent.stop()[0] == 0


def test_once_may_be_called_beside_it(agent):
    agent.vf(1, X)
    agent.start()
    until(lambda: d(X) in published(agent))

    assert agent.call('--once').returncode == 0
    assert agent.call('--once', '--dry-run').stdout == 'nothing to write\n'


def test_withdraw_is_refused_while_it_runs(agent):
    agent.vf(1, X)
    agent.start()
    until(lambda: d(X) in published(agent))

    result = agent.call('--withdraw')

    assert result.returncode == 1
    assert f'as process {agent.process.pid}' in result.stderr
    assert d(X) in published(agent)
    agent.stop()
    assert agent.call('--withdraw').returncode == 0
    assert published(agent) == set()


def test_a_state_folder_that_others_may_write_to_is_refused(agent):
    agent.state_path.mkdir()
    agent.state_path.chmod(0o775)

    result = agent.call()

    assert result.returncode == 1
    assert 'chmod 0700' in result.stderr


def test_the_state_folder_is_for_the_agent_alone(agent):
    agent.start()

    assert agent.state_path.stat().st_mode & 0o777 == 0o700


# What does not end it


def test_a_state_file_that_cannot_be_written_does_not_end_it(agent):
    agent.configure(interval=1)
    document = agent.vf(1, X)
    agent.start()
    until(agent.cycles)
    (agent.state_path / 'state.json').unlink()
    (agent.state_path / 'state.json').mkdir()
    until(lambda: 'The state is not recorded' in agent.log())

    document.write_text(Y)

    until(lambda: published(agent) == {d(Y)})
    assert agent.log().count('The state is not recorded') == 1


# systemd


def test_systemd_is_told_of_the_start_and_of_each_turn_of_the_loop(
    agent, tmp_path
):
    systemd = agent_process.NotifySocket(tmp_path)
    agent.start(NOTIFY_SOCKET=systemd.path, WATCHDOG_USEC='200000')

    assert systemd.next() == 'READY=1'
    assert [systemd.next() for _ in range(5)] == ['WATCHDOG=1'] * 5
    systemd.close()


def test_a_loop_that_hangs_does_not_tell_the_watchdog_that_it_lives(
    agent, gate, tmp_path
):
    systemd = agent_process.NotifySocket(tmp_path)
    gate.hang()
    agent.start(NOTIFY_SOCKET=systemd.path, WATCHDOG_USEC='200000')

    assert systemd.next() == 'READY=1'
    assert systemd.next(0.5) is None
    systemd.close()
