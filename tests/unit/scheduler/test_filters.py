# SPDX-License-Identifier: Apache-2.0
"""The filter's own part: policies on errors, threads, what it never does."""

import logging
import threading
import types

import fixtures
import nova.conf
import pytest
from oslo_config import fixture as config_fixture

from nova_migcompat import descriptor, fleet, traits
from nova_migcompat.placement import PlacementError
from nova_migcompat.scheduler import filters, moves

GPU = descriptor.parse('SELF:\n a=1\nCOMPATIBLE:\n a=1\n')
MOVE = moves.LiveMigration(
    'migration', 'instance', 'source', fleet.Guest('source-node')
)


class Host:
    def __init__(self, uuid):
        self.uuid = uuid

    def __repr__(self):
        return self.uuid


HOSTS = [Host('right'), Host('wrong')]
SPEC = types.SimpleNamespace(
    instance_uuid='instance',
    _context=types.SimpleNamespace(global_id='req-1'),
)


@pytest.fixture
def flags():
    with config_fixture.Config(nova.conf.CONF) as config:
        yield lambda **options: config.config(group='migcompat', **options)


def adapter(timeout=None):
    return types.SimpleNamespace(
        session=types.SimpleNamespace(timeout=timeout)
    )


@pytest.fixture
def patch():
    """Let every request be a live migration, and Placement a stub."""
    with fixtures.Fixture() as patches:

        def patched(name, value):
            patches.useFixture(fixtures.MonkeyPatch(name, value))

        patched('nova_migcompat.scheduler.moves.may_concern_us', lambda *_: 1)
        patched(
            'nova_migcompat.scheduler.moves.live_migration', lambda *_: MOVE
        )
        patched('nova.utils.get_ksa_adapter', lambda _: adapter())
        yield patched


def publish(patched, digests=(GPU.digest,), holders=('right',)):
    """Let a fleet publish one document on the hosts named."""
    device = types.SimpleNamespace(name='gpu', digests=frozenset(digests))
    patched('nova_migcompat.fleet.source_devices', lambda *_: [device])
    patched('nova_migcompat.fleet.in_use', lambda _: frozenset({GPU.digest}))
    patched(
        'nova_migcompat.fleet.Library.read',
        lambda *_: traits.Texts({GPU.digest: GPU}, {'BAD': 'it is forged'}),
    )
    patched('nova_migcompat.fleet.holders', lambda *_: frozenset(holders))
    patched('nova_migcompat.fleet.objections', lambda *_: {'wrong': 'a: no'})


def failing(error):
    def fail(*_arguments):
        raise error

    return fail


def passing(spec=SPEC):
    chosen = filters.MigrationCompatibilityFilter().filter_all(HOSTS, spec)
    return [host.uuid for host in chosen]


def test_a_request_that_is_none_of_ours_passes_untouched(patch):
    patch('nova_migcompat.scheduler.moves.may_concern_us', lambda *_: False)
    patch('nova_migcompat.scheduler.moves.live_migration', failing(KeyError))
    hosts = iter(HOSTS)
    filter_ = filters.MigrationCompatibilityFilter()
    assert filter_.filter_all(hosts, SPEC) is hosts


def test_hosts_keep_their_order_and_only_compatible_ones_pass(patch):
    publish(patch, holders=('wrong', 'right'))
    assert passing() == ['right', 'wrong']
    publish(patch)
    assert passing() == ['right']


def test_one_host_can_be_asked_about_by_itself(patch):
    publish(patch)
    filter_ = filters.MigrationCompatibilityFilter()
    assert filter_.host_passes(HOSTS[0], SPEC)
    assert not filter_.host_passes(HOSTS[1], SPEC)


@pytest.mark.parametrize(
    'error', [PlacementError('GET /traits: timeout'), RuntimeError('odd')]
)
@pytest.mark.parametrize(
    ('on_error', 'expected'), [('reject', []), ('pass', ['right', 'wrong'])]
)
def test_whatever_fails_the_decision_follows_on_error(
    patch, flags, caplog, error, on_error, expected
):
    filters.options.register_opts(nova.conf.CONF)
    flags(on_error=on_error)
    patch('nova_migcompat.fleet.source_devices', failing(error))
    assert passing() == expected
    [line] = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert str(error) in line.getMessage()
    assert 'instance' in line.getMessage()


def test_a_source_document_that_does_not_verify_is_an_error(patch, caplog):
    publish(patch, digests=('BAD',))
    assert passing() == []
    assert 'BAD of gpu on the source host cannot be read: it is forged' in (
        caplog.text
    )


def test_an_explanation_that_fails_does_not_change_the_decision(patch, caplog):
    caplog.set_level(logging.DEBUG, 'nova_migcompat')
    publish(patch)
    patch('nova_migcompat.fleet.objections', failing(PlacementError('gone')))
    assert passing() == ['right']
    assert 'why is not known: gone' in caplog.text


def test_one_info_line_a_decision_and_a_reason_for_each_host_at_debug(
    patch, caplog
):
    caplog.set_level(logging.DEBUG, 'nova_migcompat')
    publish(patch)
    passing()
    info, debug = (r.getMessage() for r in caplog.records)
    assert info == (
        'Live migration migration of instance instance from source: 1 of 2 '
        'hosts pass, 1 have no compatible device; 1 of 1 documents in use '
        f'are compatible with {GPU.digest}'
    )
    assert debug == 'wrong does not pass for live migration migration: a: no'


def test_reasons_are_not_asked_for_where_nobody_reads_them(patch, caplog):
    caplog.set_level(logging.INFO, 'nova_migcompat')
    publish(patch)
    patch('nova_migcompat.fleet.objections', failing(AssertionError))
    assert passing() == ['right']


def test_the_adapter_is_made_at_the_first_use_and_shared_by_threads(patch):
    made = []
    barrier = threading.Barrier(8)
    patch(
        'nova.utils.get_ksa_adapter',
        lambda name: made.append(name) or adapter(),
    )
    filter_ = filters.MigrationCompatibilityFilter()
    assert made == []

    def ask():
        barrier.wait()
        filter_._placement()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ['placement']


@pytest.mark.parametrize(('timeout', 'expected'), [(None, 10.0), (3, 3)])
def test_keystone_is_not_waited_for_without_end(patch, timeout, expected):
    patch('nova.utils.get_ksa_adapter', lambda _: adapter(timeout))
    filter_ = filters.MigrationCompatibilityFilter()
    assert filter_._placement().session.timeout == expected
