# SPDX-License-Identifier: Apache-2.0
"""Every policy of DESIGN.md's table both ways, through filter and push-down.

Each host of the fleet is there for one of them, and says by its name what it
has. Nothing is stubbed but Placement and Nova's database; pci_claim, which is
about pools that only Nova knows, is in tests/unit/test_selection.py.
"""

import types

import fixtures
import nova.conf
import pytest
from nova import context, exception, objects
from nova.scheduler import request_filter
from oslo_config import fixture as config_fixture

from nova_migcompat import descriptor, fleet, traits
from nova_migcompat.conf import filter as options
from nova_migcompat.placement import PlacementError
from nova_migcompat.scheduler import filters, moves
from tests.unit.written_fleet import Placement, d

objects.register_all()

ACCEPTS = 'COMPATIBLE:\n a={v:int:1..9}\n'
SELVES = {
    # Its document and the source's list each other.
    'same': f'SELF:\n a=1\n{ACCEPTS}',
    'mutual': f'SELF:\n a=2\n{ACCEPTS}',
    # Only the source's lists it, or only it lists the source.
    'listed': 'SELF:\n a=3\n',
    'listing': f'SELF:\n a=33\n{ACCEPTS}',
    # The source's document does not mention b.
    'unlisted': 'SELF:\n a=4\n b=1\n',
    # Neither lists the other.
    'wrong': 'SELF:\n a=44\n',
    # In use, but of its text nothing is to be seen.
    'unreadable': f'SELF:\n a=5\n{ACCEPTS}',
}
DOCUMENTS = {name: descriptor.parse(text) for name, text in SELVES.items()}
HOSTS = [*DOCUMENTS, 'unknown']

DEFAULT = {'same', 'mutual', 'listed'}


@pytest.fixture
def cloud():
    readable = [x for name, x in DOCUMENTS.items() if name != 'unreadable']
    placement = Placement(*readable)
    placement.add('source', *d(DOCUMENTS['same']))
    placement.add('unknown')
    for name, document in DOCUMENTS.items():
        placement.add(name, *d(document))
    return placement


@pytest.fixture
def patch():
    with fixtures.Fixture() as patches:
        yield lambda name, value: patches.useFixture(
            fixtures.MonkeyPatch(name, value)
        )


@pytest.fixture
def flags():
    options.register_opts(nova.conf.CONF)
    with config_fixture.Config(nova.conf.CONF) as config:
        yield lambda values: config.config(group='migcompat', **values)


@pytest.fixture
def schedule(cloud, patch, flags):
    """Return what schedules a live migration, as Nova would.

    It returns the hosts that pass, and the aggregates that are required.
    """
    patch('nova.scheduler.request_filter.ALL_REQUEST_FILTERS', [])
    patch('nova_migcompat.scheduler.deciding.Decider.client', lambda *_: cloud)

    sources = []
    patch(
        'nova_migcompat.scheduler.moves.live_migration',
        lambda *_: live_migration(sources[-1]),
    )

    def scheduled(values, source='source'):
        flags(values)
        sources.append(source)
        return run(spec())

    return scheduled


def live_migration(source):
    guest = fleet.Guest(source, (), 'consumer', {'VGPU': 1})
    return moves.LiveMigration('migration', 'instance', source, guest)


def spec():
    return objects.RequestSpec(
        context.RequestContext(is_admin=True),
        instance_uuid='5f3f1b0e-2a4e-4a4e-9d1e-0f6d2c9f6a51',
        flavor=objects.Flavor(extra_specs={'resources:VGPU': '1'}),
        pci_requests=None,
        requested_destination=objects.Destination(cell=objects.CellMapping()),
    )


def run(spec_obj):
    filter_ = filters.MigrationCompatibilityFilter()
    try:
        for each in request_filter.ALL_REQUEST_FILTERS:
            each(None, spec_obj)
    except exception.RequestFilterFailed:
        return set(), set()
    hosts = [
        types.SimpleNamespace(uuid=name, allocation_candidates=[])
        for name in HOSTS
    ]
    passed = {host.uuid for host in filter_.filter_all(hosts, spec_obj)}
    aggregates = spec_obj.requested_destination.aggregates or ['']
    assert len(aggregates) == 1
    return passed, set(filter(None, aggregates[0].split(',')))


def of(hosts):
    return {traits.aggregate(DOCUMENTS[name].digest) for name in hosts}


@pytest.mark.parametrize(
    ('values', 'expected'),
    [
        ({}, DEFAULT),
        ({'direction': 'source'}, DEFAULT),
        ({'direction': 'target'}, {'same', 'mutual', 'listing'}),
        ({'direction': 'both'}, {'same', 'mutual'}),
        ({'direction': 'either'}, DEFAULT | {'listing'}),
        ({'unlisted_fields': 'reject'}, DEFAULT),
        ({'unlisted_fields': 'ignore'}, DEFAULT | {'unlisted'}),
        ({'equal_fields': []}, DEFAULT),
        ({'equal_fields': ['a']}, {'same'}),
        ({'equal_fields': ['c']}, DEFAULT),
        ({'unlisted_fields': 'ignore', 'equal_fields': ['b']}, DEFAULT),
        ({'unknown_target': 'reject'}, DEFAULT),
    ],
)
def test_exactly_the_hosts_that_pass_are_asked_for(schedule, values, expected):
    assert schedule(values) == (expected, of(expected))
    values = {**values, 'placement_prefilter': False}
    assert schedule(values) == (expected, set())


def test_targets_of_which_nothing_is_known_may_pass(schedule):
    passed, required = schedule({'unknown_target': 'pass'})
    assert passed == DEFAULT | {'unknown', 'unreadable'}
    assert required == set()


@pytest.mark.parametrize(
    ('policy', 'expected'), [('pass', set(HOSTS)), ('reject', set())]
)
@pytest.mark.parametrize('pushes_down', [True, False])
def test_a_source_of_which_nothing_is_known(
    schedule, policy, expected, pushes_down
):
    values = {'unknown_source': policy, 'placement_prefilter': pushes_down}
    assert schedule(values, source='unknown') == (expected, set())


def failing(*_arguments, **_options):
    raise PlacementError('GET /traits: nothing within 10 s')


def broken(*_arguments, **_options):
    raise RuntimeError('MySQL server has gone away')


@pytest.mark.parametrize(
    ('policy', 'expected'), [('pass', set(HOSTS)), ('reject', set())]
)
@pytest.mark.parametrize('pushes_down', [True, False])
@pytest.mark.parametrize(
    ('source', 'fails', 'how'),
    [
        ('unreadable', None, None),
        ('source', 'fleet.in_use', failing),
        ('source', 'targets.having', failing),
        ('source', 'targets.survey', failing),
        ('source', 'scheduler.moves.live_migration', broken),
    ],
)
def test_what_cannot_be_decided_follows_on_error(
    schedule, patch, caplog, policy, expected, pushes_down, source, fails, how
):
    if fails:
        patch(f'nova_migcompat.{fails}', how)
    values = {'on_error': policy, 'placement_prefilter': pushes_down}
    passed, _ = schedule(values, source)
    assert passed == expected
    [line] = [r for r in caplog.records if r.levelname == 'ERROR']
    assert f'on_error = {policy}' in line.getMessage()
