# SPDX-License-Identifier: Apache-2.0
"""What ends the agent's wait, by a clock of the test's own."""

import pytest

from nova_migcompat.agent import wake


class Clock:
    """Passes only while somebody waits; then things happen on time.

    :ivar now: seconds
    """

    def __init__(self):
        self.now = 1000.0
        self.due = []

    def at(self, seconds, action):
        """Let an action happen so many seconds from now."""
        self.due.append((self.now + seconds, action))
        self.due.sort(key=lambda pair: pair[0])

    def monotonic(self):
        return self.now


class Event:
    """A threading.Event whose wait takes time of the clock only."""

    def __init__(self, clock):
        self._clock = clock
        self._set = False

    def set(self):
        self._set = True

    def clear(self):
        self._set = False

    def wait(self, seconds):
        until = self._clock.now + seconds
        while not self._set:
            if not self._clock.due or self._clock.due[0][0] > until:
                self._clock.now = until
                return False
            self._clock.now, action = self._clock.due.pop(0)
            action()
        return True


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(wake.time, 'monotonic', clock.monotonic)
    monkeypatch.setattr(wake.threading, 'Event', lambda: Event(clock))
    return clock


def waited(clock, requests, *arguments, **options):
    """Return how long a wait took, and what it returned."""
    begun = clock.now
    reload = requests.wait(*arguments, **options)
    return round(clock.now - begun, 3), reload


def test_without_a_request_it_waits_as_long_as_it_was_told(clock):
    assert waited(clock, wake.Wake(), 60) == (60, False)


def test_time_that_is_over_already_is_no_wait(clock):
    assert waited(clock, wake.Wake(), -5) == (0, False)


def test_new_options_end_it_at_once_and_are_asked_for_once(clock):
    requests = wake.Wake()
    clock.at(3, requests.reload)

    assert waited(clock, requests, 60) == (3, True)
    assert waited(clock, requests, 60) == (60, False)


def test_an_end_ends_it_at_once_and_every_later_wait_too(clock):
    requests = wake.Wake()
    clock.at(3, requests.stop)

    assert waited(clock, requests, 60) == (3, False)
    assert requests.stopping
    assert waited(clock, requests, 60) == (0, False)


def test_a_device_event_ends_it_when_no_other_follows(clock):
    requests = wake.Wake()
    clock.at(3, requests.devices_changed)

    assert waited(clock, requests, 60) == (3 + wake.QUIET, False)
    assert waited(clock, requests, 60) == (60, False)


def test_a_burst_of_events_is_one_look(clock):
    requests = wake.Wake()
    for number in range(256):
        clock.at(3 + number * 0.002, requests.devices_changed)

    seconds, _ = waited(clock, requests, 60)

    assert seconds == pytest.approx(3 + 255 * 0.002 + wake.QUIET)
    assert waited(clock, requests, 60) == (60, False)


def test_events_without_end_do_not_keep_it_from_looking(clock):
    requests = wake.Wake()
    for number in range(1000):
        clock.at(3 + number * 0.1, requests.devices_changed)

    seconds, _ = waited(clock, requests, 60)

    assert seconds <= 3 + wake.LONGEST_BURST + wake.QUIET


def test_an_event_during_a_look_is_for_the_next_one(clock):
    requests = wake.Wake()
    waited(clock, requests, 60)

    requests.devices_changed()

    assert waited(clock, requests, 60) == (wake.QUIET, False)


def test_an_event_does_not_end_a_back_off_and_new_options_do(clock):
    requests = wake.Wake()
    clock.at(3, requests.devices_changed)
    clock.at(20, requests.reload)

    assert waited(clock, requests, 60, heed_devices=False) == (20, True)


def test_an_event_during_a_back_off_is_answered_by_the_look_after_it(clock):
    requests = wake.Wake()
    clock.at(3, requests.devices_changed)

    assert waited(clock, requests, 60, heed_devices=False) == (60, False)
    assert waited(clock, requests, 60) == (60, False)


@pytest.mark.parametrize('request_name', ['reload', 'stop'])
def test_signals_do_not_wait_for_the_end_of_a_burst(clock, request_name):
    requests = wake.Wake()
    clock.at(3, requests.devices_changed)
    clock.at(3.1, getattr(requests, request_name))

    seconds, _ = waited(clock, requests, 60)

    assert seconds == 3.1


def test_a_watchdog_hears_of_it_while_it_waits(clock):
    heard = []
    requests = wake.Wake(lambda: heard.append(clock.now - 1000), 10)

    waited(clock, requests, 35)

    assert heard == [0, 10, 20, 30, 35]
