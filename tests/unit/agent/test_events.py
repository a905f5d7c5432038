# SPDX-License-Identifier: Apache-2.0
"""Device events: what is watched, and what happens where nothing can be."""

import errno
import threading

import pytest
import pyudev

from nova_migcompat.agent import events

# The thread has no end of its own; Monitor.poll ends it by SystemExit.
pytestmark = pytest.mark.filterwarnings(
    'ignore::pytest.PytestUnhandledThreadExceptionWarning'
)

OVERRUN = OSError(errno.ENOBUFS, 'No buffer space available')


class Udev:
    """Stands in for pyudev.Monitor.

    :ivar answers: of poll, in turn: a device, None, or an error; after the
        last of them the thread ends
    :ivar refusals: of from_netlink, in turn: an error, or None
    :ivar monitors: all that were made
    """

    def __init__(self):
        self.answers = []
        self.refusals = []
        self.monitors = []

    def from_netlink(self, _context):
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal:
            raise refusal
        self.monitors.append(Monitor(self.answers))
        return self.monitors[-1]


class Monitor:
    """A pyudev.Monitor of a process without privileges."""

    def __init__(self, answers):
        self.answers = answers
        self.subsystems = set()
        self.started = self.failed = False

    def filter_by(self, subsystem):
        self.subsystems.add(subsystem)

    def set_receive_buffer_size(self, size):
        raise OSError(errno.EPERM, 'Operation not permitted')

    def start(self):
        self.started = True

    def poll(self):
        assert self.started
        if self.failed:
            raise OSError('Error while polling fd: 5')
        if not self.answers:
            raise SystemExit
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            self.failed = True
            raise answer
        return answer


@pytest.fixture
def udev(monkeypatch):
    udev = Udev()
    monkeypatch.setattr(pyudev, 'Context', lambda: None)
    monkeypatch.setattr(pyudev, 'Monitor', udev)
    monkeypatch.setattr(events, 'PAUSE', 0)
    return udev


def looks():
    """Watch until the thread ends; return how many looks were asked for."""
    asked = []
    events.watch(lambda: asked.append(1))
    for thread in threading.enumerate():
        if thread.name == 'device-events':
            thread.join(10)
            assert not thread.is_alive()
    return len(asked)


def test_each_event_asks_for_a_look(udev):
    udev.answers = ['a device', None, 'another']

    assert looks() == 2

    (monitor,) = udev.monitors
    assert {'pci', 'mdev', 'vfio-dev'} <= monitor.subsystems


@pytest.mark.parametrize('error', [OVERRUN, ValueError('Invalid argument')])
def test_lost_events_ask_for_a_look_and_later_ones_are_seen(
    udev, caplog, error
):
    udev.answers = ['a device', error, 'another', 'a third']

    # One when they were lost, and one for what came until it receives again.
    assert looks() == 3 + 2

    (line,) = caplog.messages
    assert str(error) in line
    assert [monitor.subsystems for monitor in udev.monitors] == [
        set(events.SUBSYSTEMS)
    ] * 2


def test_udev_is_asked_again_until_it_answers(udev):
    udev.answers = [OVERRUN, 'a device']
    udev.refusals = [None, OSError(97, 'no netlink'), OSError(97, 'still')]

    assert looks() == 1 + 2


def test_events_that_are_lost_again_and_again_are_one_warning(udev, caplog):
    udev.answers = [OVERRUN] * 3

    assert looks() == 3 * 2

    assert [record.levelname for record in caplog.records].count(
        'WARNING'
    ) == 1


@pytest.mark.parametrize(
    'error', [ImportError('No library named udev'), OSError(97, 'no netlink')]
)
def test_without_udev_the_log_says_what_that_means(udev, caplog, error):
    udev.refusals = [error]

    assert looks() == 0

    (line,) = caplog.messages
    assert '[agent] interval' in line
