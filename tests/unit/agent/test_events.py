# SPDX-License-Identifier: Apache-2.0
"""Device events: what is watched, and what happens where nothing can be."""

import pytest
import pyudev

from nova_migcompat.agent import events


class Monitor:
    """A pyudev.Monitor, and the observer's callback with it."""

    subsystems: list[str]

    @classmethod
    def from_netlink(cls, _context):
        cls.subsystems = []
        return cls()

    def filter_by(self, subsystem):
        self.subsystems.append(subsystem)


class Observer:
    """A pyudev.MonitorObserver that runs in the test."""

    started = None

    def __init__(self, monitor, callback, name):
        self.callback = callback

    def start(self):
        Observer.started = self


@pytest.fixture
def udev(monkeypatch):
    monkeypatch.setattr(pyudev, 'Context', lambda: None)
    monkeypatch.setattr(pyudev, 'Monitor', Monitor)
    monkeypatch.setattr(pyudev, 'MonitorObserver', Observer)


def test_each_event_asks_for_a_look(udev):
    asked = []

    events.watch(lambda: asked.append(1))
    Observer.started.callback('a device')
    Observer.started.callback('another')

    assert asked == [1, 1]
    assert {'pci', 'mdev', 'vfio-dev'} <= set(Monitor.subsystems)


@pytest.mark.parametrize(
    'error', [ImportError('No library named udev'), OSError(97, 'no netlink')]
)
def test_without_udev_the_log_says_what_that_means(
    udev, monkeypatch, caplog, error
):
    def fail():
        raise error

    monkeypatch.setattr(pyudev, 'Context', fail)

    events.watch(lambda: None)

    (line,) = caplog.messages
    assert '[agent] interval' in line
