# SPDX-License-Identifier: Apache-2.0
"""The same with many things: how many at once, and what a failure ends."""

import threading

import pytest

from nova_migcompat.placement import together


class Calls:
    """Calls that wait for each other until so many run at once.

    :ivar begun: what was called, in that order
    :ivar most: how many ran at once
    """

    def __init__(self, meet):
        self.begun = []
        self.most = self._running = 0
        self._meet = threading.Barrier(meet)
        self._lock = threading.Lock()

    def __call__(self, thing):
        with self._lock:
            self.begun.append(thing)
            self._running += 1
            self.most = max(self.most, self._running)
        self._meet.wait(10)
        with self._lock:
            self._running -= 1


def threads_of_ours():
    return [t for t in threading.enumerate() if t.name == 'together']


@pytest.mark.parametrize(('things', 'most'), [(12, 4), (3, 8), (1, 8)])
def test_so_many_calls_run_at_once_and_no_more(things, most):
    at_once = min(things, most)
    calls = Calls(at_once)

    together.each(calls, range(things), most)

    assert sorted(calls.begun) == list(range(things))
    assert calls.most == at_once
    assert threads_of_ours() == []


@pytest.mark.parametrize('things', [(), 'a', 'abc'])
def test_one_at_a_time_stays_in_order_and_in_this_thread(things):
    seen = []

    together.each(
        lambda thing: seen.append((thing, threading.current_thread())),
        things,
        1,
    )

    assert seen == [(thing, threading.current_thread()) for thing in things]


@pytest.mark.parametrize('most', [1, 2, 8])
def test_nothing_is_begun_after_a_failure(most):
    begun = []
    failed = threading.Event()

    def fail(thing):
        begun.append(thing)
        if thing == 0:
            failed.set()
            raise ValueError('0')
        assert failed.wait(10)

    with pytest.raises(ValueError, match='0'):
        together.each(fail, range(100), most)

    assert len(begun) <= most + 1  # one may be between two of its calls
    assert threads_of_ours() == []


def test_what_runs_at_a_failure_is_waited_for():
    both = threading.Barrier(2)
    ended = []

    def act(thing):
        both.wait(10)
        if thing == 'fails':
            raise ValueError
        threading.Event().wait(0.1)
        ended.append(thing)

    with pytest.raises(ValueError):
        together.each(act, ['fails', 'runs'], 2)

    assert ended == ['runs']


def test_of_several_failures_one_is_raised():
    both = threading.Barrier(2)

    def fail(thing):
        both.wait(10)
        raise ValueError(f'failed {thing}')

    with pytest.raises(ValueError, match=r'failed [ab]'):
        together.each(fail, 'ab', 2)


def test_an_interruption_of_the_caller_begins_nothing_more():
    """As Ctrl-C does, whose exception is the main thread's."""
    both = threading.Barrier(2)
    begun = []

    def act(thing):
        begun.append(thing)
        both.wait(10)
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        threading.Event().wait(0.1)

    with pytest.raises(KeyboardInterrupt):
        together.each(act, range(100), 2)

    assert len(begun) == 2
    assert threads_of_ours() == []


def test_of_several_failures_the_first_is_raised():
    second = threading.Event()
    third = threading.Event()

    def fail(thing):
        if thing == 'late':
            assert second.wait(10)
            third.wait(0.1)
        else:
            second.set()
        raise ValueError(thing)

    for things in (['late', 'early'], ['early', 'late']):
        second.clear()
        with pytest.raises(ValueError, match='early'):
            together.each(fail, things, 2)


def test_without_a_further_thread_the_caller_does_it_all(monkeypatch):
    def start(_self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, 'start', start)
    done = []
    together.each(done.append, range(20), 8)
    assert sorted(done) == list(range(20))
