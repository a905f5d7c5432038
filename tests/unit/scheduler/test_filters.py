# SPDX-License-Identifier: Apache-2.0
"""The filter's own part: policies on errors, threads, what it never does."""

import logging
import threading
import types

import fixtures
import nova.conf
import pytest
from keystoneauth1 import exceptions
from oslo_config import cfg
from oslo_config import fixture as config_fixture

from nova_migcompat import (
    decision,
    descriptor,
    fleet,
    selection,
    targets,
    traits,
)
from nova_migcompat.conf import filter as options
from nova_migcompat.placement import PlacementError
from nova_migcompat.scheduler import filters, moves

GPU = descriptor.parse('SELF:\n a=1\nCOMPATIBLE:\n a=1\n')
DECIDED = decision.decide(
    [decision.SourceDevice('gpu', frozenset({GPU.digest}))],
    {GPU.digest: GPU},
    decision.Policy(),
)
MOVE = moves.LiveMigration(
    'migration', 'instance', 'source', fleet.Guest('source-node')
)


class Host:
    def __init__(self, uuid):
        self.uuid = uuid

    def __repr__(self):
        return self.uuid


HOSTS = [Host('right'), Host('wrong')]


class Spec:
    instance_uuid = 'instance'
    _context = types.SimpleNamespace(global_id='req-1')

    def __contains__(self, name):
        return hasattr(self, name)


@pytest.fixture
def flags():
    options.register_opts(nova.conf.CONF)
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


def publish(
    patched, digests=(GPU.digest,), holders=('right',), objection='', bad=()
):
    """Let a fleet publish one document on the hosts named."""
    device = decision.SourceDevice('gpu', frozenset(digests))
    source = fleet.Source(MOVE.guest, fleet.Names(frozenset(), {}))
    in_use = fleet.Names(frozenset({GPU.digest}), {})
    patched('nova_migcompat.fleet.read_source', lambda *_: source)
    patched('nova_migcompat.fleet.source_devices', lambda *_: (device,))
    patched('nova_migcompat.fleet.in_use', lambda *_, **__: in_use)
    patched(
        'nova_migcompat.fleet.Library.read',
        lambda *_: traits.Texts(
            {GPU.digest: GPU}, dict.fromkeys(bad, 'it is forged')
        ),
    )
    survey(patched, lambda _: holders)
    patched(
        'nova_migcompat.reasons.objections',
        lambda client, requirement, hosts: dict.fromkeys(hosts, objection),
    )


def survey(patched, holders):
    """Let every device of some hosts have what a requirement accepts."""
    patched('nova_migcompat.targets.having', lambda *_: targets.Having({}))
    patched(
        'nova_migcompat.targets.survey',
        lambda client, requirement, *_: targets.Survey(
            requirement,
            targets.Holders(uniform=frozenset(holders(requirement))),
            targets.Holders(),
        ),
    )


def failing(error):
    def fail(*_arguments):
        raise error

    return fail


def passing():
    chosen = filters.MigrationCompatibilityFilter().filter_all(HOSTS, Spec())
    return [host.uuid for host in chosen]


def test_a_request_that_is_none_of_ours_passes_untouched(patch):
    patch('nova_migcompat.scheduler.moves.may_concern_us', lambda *_: False)
    patch('nova_migcompat.scheduler.moves.live_migration', failing(KeyError))
    hosts = iter(HOSTS)
    filter_ = filters.MigrationCompatibilityFilter()
    assert filter_.filter_all(hosts, Spec()) is hosts


def test_where_no_host_is_left_nothing_is_asked(patch):
    asked = []
    patch(
        'nova_migcompat.scheduler.moves.live_migration',
        lambda *arguments: asked.append(arguments),
    )
    filter_ = filters.MigrationCompatibilityFilter()

    assert filter_.filter_all(iter([]), Spec()) == []
    assert asked == []


def test_hosts_keep_their_order_and_only_compatible_ones_pass(patch):
    publish(patch, holders=('wrong', 'right'))
    assert passing() == ['right', 'wrong']
    publish(patch)
    assert passing() == ['right']


def test_one_host_can_be_asked_about_by_itself(patch):
    publish(patch)
    filter_ = filters.MigrationCompatibilityFilter()
    assert filter_.host_passes(HOSTS[0], Spec())
    assert not filter_.host_passes(HOSTS[1], Spec())


@pytest.mark.parametrize(
    'error', [PlacementError('GET /traits: timeout'), RuntimeError('odd')]
)
@pytest.mark.parametrize(
    ('on_error', 'expected'), [('reject', []), ('pass', ['right', 'wrong'])]
)
def test_whatever_fails_the_decision_follows_on_error(
    patch, flags, caplog, error, on_error, expected
):
    flags(on_error=on_error)
    patch('nova_migcompat.fleet.read_source', failing(error))
    assert passing() == expected
    [line] = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert str(error) in line.getMessage()
    assert 'instance' in line.getMessage()


def test_an_error_of_the_database_is_one_line_that_says_what_it_is(
    patch, caplog
):
    patch(
        'nova_migcompat.scheduler.moves.live_migration',
        failing(RuntimeError('gone away\n[SQL: SELECT 1]')),
    )
    assert passing() == []
    [line] = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert 'RuntimeError: gone away [SQL: SELECT 1]. No' in line.getMessage()


def test_no_request_is_waited_for_longer_than_the_timeout(patch, flags):
    asked = []

    def get(url, **options):
        asked.append(options)
        raise exceptions.ConnectFailure

    flags(timeout=2.5)
    silent = adapter()
    silent.get = get
    patch('nova.utils.get_ksa_adapter', lambda _: silent)
    assert passing() == []
    [options] = asked
    assert 0 < options['timeout'] <= 2.5
    assert options['connect_retries'] == options['status_code_retries'] == 0


def test_a_bad_value_is_refused_at_the_start_and_not_at_a_boot(tmp_path):
    path = tmp_path / 'nova.conf'
    path.write_text('[migcompat]\nmdev_resource_classes = VGPU\n')
    conf = cfg.ConfigOpts()
    conf(['--config-file', str(path)])
    with (
        fixtures.MonkeyPatch('nova_migcompat.scheduler.filters.CONF', conf),
        pytest.raises(cfg.ConfigFileValueError, match='mdev_resource_classes'),
    ):
        filters.MigrationCompatibilityFilter()


def test_a_source_document_that_does_not_verify_is_an_error(patch, caplog):
    publish(patch, digests=('BAD',), bad=('BAD',))
    assert passing() == []
    assert 'BAD of gpu on the source host cannot be read: it is forged' in (
        caplog.text
    )


def test_an_explanation_that_fails_does_not_change_the_decision(patch, caplog):
    caplog.set_level(logging.DEBUG, 'nova_migcompat')
    publish(patch)
    patch('nova_migcompat.reasons.objections', failing(PlacementError('gone')))
    assert passing() == ['right']
    assert 'why is not known: gone' in caplog.text


def test_one_info_line_a_decision_and_a_reason_for_each_host_at_debug(
    patch, caplog
):
    caplog.set_level(logging.DEBUG, 'nova_migcompat')
    publish(patch, objection='a: no')
    passing()
    info, debug = (r.getMessage() for r in caplog.records)
    assert info == (
        'Live migration migration of instance instance from source: 1 of 2 '
        'hosts pass, 1 have no compatible device; 1 of 1 documents in use '
        f'are compatible with {GPU.digest}'
    )
    assert debug == 'wrong does not pass for live migration migration: a: no'


def test_hosts_that_publish_nothing_are_counted_as_such(patch, caplog):
    caplog.set_level(logging.INFO, 'nova_migcompat')
    publish(patch, holders=())
    assert passing() == []
    assert '0 of 2 hosts pass, 2 publish no document; 1 of' in caplog.text


def test_an_unknown_source_that_is_rejected_is_no_matter_of_the_hosts(
    patch, flags, caplog
):
    caplog.set_level(logging.INFO, 'nova_migcompat')
    flags(unknown_source='reject')
    publish(patch, digests=())
    assert passing() == []
    [line] = [r.getMessage() for r in caplog.records]
    assert line.endswith(
        ': 0 of 2 hosts pass; the source host publishes nothing for gpu '
        '([migcompat] unknown_source = reject)'
    )


def test_documents_that_cannot_be_read_are_named(patch, caplog):
    caplog.set_level(logging.DEBUG, 'nova_migcompat')
    publish(patch, bad=('BAD1', 'BAD2', 'BAD3', 'BAD4'))
    assert passing() == ['right']
    info, *debug = (r.getMessage() for r in caplog.records)
    assert info.endswith(
        '; 4 documents in use cannot be read and count as none: '
        'BAD1, BAD2, BAD3, ...'
    )
    assert debug[0] == 'The document BAD1 cannot be read: it is forged'


@pytest.mark.parametrize(
    ('options', 'expected'),
    [
        ({}, []),
        ({'direction': 'target'}, ['right']),
        ({'direction': 'either'}, ['right']),
        ({'unlisted_fields': 'ignore'}, ['right']),
        ({'direction': 'either', 'equal_fields': ['b']}, []),
    ],
)
def test_the_operators_options_decide(patch, flags, options, expected):
    # The target has a field that the source's document does not mention.
    target = descriptor.parse('SELF:\n a=1\n b=2\nCOMPATIBLE:\n a=1\n')
    flags(**options)
    publish(patch)
    patch(
        'nova_migcompat.fleet.Library.read',
        lambda *_: traits.Texts({GPU.digest: GPU, target.digest: target}, {}),
    )
    survey(
        patch,
        lambda requirement: (
            ['right'] if target.digest in requirement.compatible else []
        ),
    )
    assert passing() == expected


def test_reasons_are_not_asked_for_where_nobody_reads_them(patch, caplog):
    caplog.set_level(logging.INFO, 'nova_migcompat')
    publish(patch)
    patch('nova_migcompat.reasons.objections', failing(AssertionError))
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
        filter_._decider._placement()

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
    assert filter_._decider._placement().session.timeout == expected


def test_a_host_whose_devices_differ_is_logged_with_the_device_that_failed(
    patch, caplog
):
    caplog.set_level(logging.DEBUG, 'nova_migcompat')
    publish(patch, objection='a: no')
    patch(
        'nova_migcompat.selection.Selector.select',
        lambda *_: selection.Selection(
            frozenset(), {'wrong': 'VGPU may come from gpu1'}, DECIDED, {}
        ),
    )
    assert passing() == []
    info, right, wrong = (r.getMessage() for r in caplog.records)
    assert (
        '0 of 2 hosts pass, 1 have no compatible device, 1 have devices that '
        'differ and may give another; 1 of 1' in info
    )
    assert right.endswith(': a: no')
    assert wrong.endswith(': VGPU may come from gpu1; a: no')
