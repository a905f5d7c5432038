# SPDX-License-Identifier: Apache-2.0
"""What the agent says in its log, and how often."""

import logging

import pytest

from nova_migcompat.agent import model, notices

P, Q, R = (
    model.Problem(model.DeviceName(name), f'/{name}', 'x') for name in 'PQR'
)


@pytest.fixture
def log(caplog):
    """Return a function that returns what was said since its last call."""
    caplog.set_level(logging.INFO)

    def said():
        lines = [(r.levelname, r.getMessage()) for r in caplog.records]
        caplog.clear()
        return lines

    return said


def test_the_same_devices_are_told_of_once(log):
    said = notices.Notices()

    said.of_devices(['w'], [P], (2, 1))
    assert [level for level, _ in log()] == ['WARNING', 'ERROR', 'INFO']
    said.of_devices(['w'], [P], (2, 1))
    assert log() == []


def test_what_is_new_and_what_is_over_is_said(log):
    said = notices.Notices()
    said.of_devices([], [P, Q], (2, 1))
    log()

    said.of_devices([], [Q, R], (2, 1))

    assert log() == [
        ('ERROR', 'A device is left out: R: /R: x'),
        ('INFO', 'No longer: P: /P: x'),
    ]


def test_what_comes_back_is_said_again(log):
    said = notices.Notices()
    for problems in ([P], [], [P]):
        log()
        said.of_devices([], problems, (1, 1))

    assert log() == [('ERROR', 'A device is left out: P: /P: x')]


def test_what_is_about_no_device_leaves_none_out(log):
    said = notices.Notices()
    of_all = model.Problem(None, '/rules.d/x.yaml', 'oops', 2, 3)
    said.of_devices([], [], (1, 1))
    log()

    said.of_devices([], [of_all, P], (1, 1))
    said.of_devices([], [], (1, 1))

    line = '/rules.d/x.yaml, line 2, column 3: oops'
    assert log() == [
        ('ERROR', line),
        ('ERROR', 'A device is left out: P: /P: x'),
        ('INFO', f'No longer: {line}'),
        ('INFO', 'No longer: P: /P: x'),
    ]


def test_other_numbers_are_said(log):
    said = notices.Notices()
    said.of_devices([], [], (2, 1))
    log()

    said.of_devices([], [], (3, 2))

    ((level, line),) = log()
    assert level == 'INFO'
    assert '3 devices' in line
    assert '2 different documents' in line


def test_a_provider_that_is_absent_again_is_said_again(log):
    said = notices.Notices()
    for absent in (['a'], ['a', 'b'], [], ['b']):
        said.of_absent(absent)

    assert [line.split()[5] for _, line in log()] == ['a', 'b', 'b']


def test_an_outage_is_said_once_for_each_kind_of_failure(log):
    outage = notices.Outage()

    for error, kind in (('e1', None), ('e2', None), ('e3', 503), ('e4', None)):
        outage.failed(error, kind, logging.ERROR)

    assert [line.partition(';')[0] for _, line in log()] == ['e1', 'e3']
    assert outage.failures == 4


def test_the_end_of_an_outage_is_said_and_a_new_one_too(log):
    outage = notices.Outage()
    outage.failed('e', None, logging.ERROR)
    outage.failed('e', None, logging.ERROR)
    log()

    outage.succeeded()
    outage.succeeded()
    outage.failed('e', None, logging.WARNING)

    assert [level for level, _ in log()] == ['INFO', 'WARNING']
    assert outage.failures == 1
