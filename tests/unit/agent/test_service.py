# SPDX-License-Identifier: Apache-2.0
"""What the loop decides after each cycle; cycles and waits are made up."""

import types

import pytest

from nova_migcompat import placement
from nova_migcompat.agent import cycle, errors, schedule, service

INTERVAL = 60
AWAY = placement.PlacementError('no answer')
WELL = types.SimpleNamespace(
    node=types.SimpleNamespace(uuid='u', name='compute1'),
    host=types.SimpleNamespace(
        inventory=types.SimpleNamespace(devices=(1, 2)),
        desired=types.SimpleNamespace(documents={'B': 0, 'A': 0}),
    ),
    problems=('p',),
)


def options(state_path='/s', interval=INTERVAL):
    return service.Options(
        types.SimpleNamespace(
            agent=types.SimpleNamespace(
                interval=interval, state_path=state_path
            ),
            placement=types.SimpleNamespace(timeout=30),
        ),
        adapter=object(),
    )


class Requests:
    """A wake.Wake that waits for nothing.

    :ivar waits: how long each wait would have been, and whether a device
        event would have ended it
    :ivar reloads: the numbers of the waits that SIGHUP ends
    """

    stopping = False

    def __init__(self, cycles, reloads=()):
        self.cycles = cycles
        self.reloads = reloads
        self.waits = []

    def wait(self, seconds, *, heed_devices):
        self.waits.append((seconds, heed_devices))
        self.stopping = len(self.waits) == self.cycles
        return len(self.waits) in self.reloads


@pytest.fixture
def run(monkeypatch):
    """Return a function that runs the loop over given outcomes."""
    clock = types.SimpleNamespace(now=1000.0)
    monkeypatch.setattr(service.time, 'monotonic', lambda: clock.now)
    monkeypatch.setattr(service.state, 'boot_id', lambda: 'boot')
    monkeypatch.setattr(
        schedule, 'after_success', lambda interval: float(interval)
    )
    monkeypatch.setattr(
        schedule, 'after_failure', lambda n, longest: (n, longest)[n > 2]
    )

    def run(*outcomes, load=options, reloads=(), record=None, took=0):
        left = list(outcomes)
        made = []
        used = []

        class Reconciler:
            def __init__(self, conf):
                made.append(self)
                used.append(conf)

            def reconfigure(self, conf):
                used.append(conf)

            def cycle(self, _client):
                clock.now += took
                outcome = left.pop(0)
                if isinstance(outcome, Exception):
                    raise outcome
                return outcome

        monkeypatch.setattr(cycle, 'Reconciler', Reconciler)
        requests = Requests(len(outcomes), reloads)
        states = []
        service.Service(
            options(), load, requests, record or states.append
        ).run()
        return types.SimpleNamespace(
            waits=requests.waits,
            states=states,
            reconcilers=made,
            configurations=used,
        )

    return run


def test_after_a_success_the_interval_passes_or_an_event_comes(run):
    assert run(WELL).waits == [(INTERVAL, True)]


def test_after_failures_of_placement_only_the_back_off_counts(run):
    waits = run(AWAY, AWAY, AWAY, WELL, AWAY).waits

    assert waits == [
        (1, False),
        (2, False),
        (schedule.LONGEST_BACK_OFF, False),
        (INTERVAL, True),
        (1, False),
    ]


@pytest.mark.parametrize('kind', [errors.AgentError, errors.NoProviderError])
def test_what_the_host_may_put_right_is_tried_within_the_interval(run, kind):
    waits = run(*[kind('no sysfs')] * 3).waits

    assert waits == [(1, True), (2, True), (INTERVAL, True)]


def test_the_time_that_a_cycle_took_is_not_waited_again(run):
    assert run(WELL, took=7).waits == [(INTERVAL - 7, True)]


def test_the_state_is_recorded_before_the_first_cycle_and_after_each(run):
    before, after, failed = run(WELL, AWAY).states

    assert before.cycle is None
    assert after.error is None
    assert after.provider == ('u', 'compute1')
    assert (after.devices, after.documents) == (2, ('A', 'B'))
    assert after.problems == ('p',)
    assert after.next_in == INTERVAL
    assert failed.error == 'Placement: no answer'
    assert failed.failures == 1
    assert failed.success == after.success
    assert failed.problems == ('p',)


def test_a_state_that_cannot_be_recorded_is_said_once(run, caplog):
    def fail(_state):
        raise OSError(28, 'No space left on device')

    run(WELL, WELL, record=fail)

    assert [line for line in caplog.messages if 'not recorded' in line] == [
        'The state is not recorded: [Errno 28] No space left on device'
    ]


def test_new_options_count_from_the_next_cycle_on(run):
    new = options(interval=5)

    found = run(WELL, WELL, load=lambda: new, reloads=[1])

    assert found.waits == [(INTERVAL, True), (5, True)]
    assert found.configurations[1:] == [new.conf]
    assert len(found.reconcilers) == 1
    assert found.states[-1].interval == 5


def test_wrong_options_are_said_and_the_loop_goes_on_with_the_old(run, caplog):
    def fail():
        raise errors.AgentError('line 1')

    found = run(WELL, WELL, load=fail, reloads=[1])

    assert found.waits == [(INTERVAL, True)] * 2
    assert len(found.configurations) == 1
    assert caplog.messages == ['The options stay as they were: line 1']


def test_another_state_folder_is_said_to_need_a_restart(run, caplog):
    run(WELL, load=lambda: options('/other'), reloads=[1])

    assert '[agent] state_path takes effect at a restart only' in (
        caplog.messages
    )


def test_an_error_of_the_agents_own_ends_it(run):
    with pytest.raises(ZeroDivisionError):
        run(ZeroDivisionError())
