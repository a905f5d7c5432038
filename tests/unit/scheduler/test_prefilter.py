# SPDX-License-Identifier: Apache-2.0
"""What the push-down requires of Placement, and when it does not."""

import gc
import logging
import types

import fixtures
import nova.conf
import pytest
from nova import context, exception, objects
from nova.scheduler import request_filter
from oslo_config import fixture as config_fixture

from nova_migcompat import (
    decision,
    demand,
    descriptor,
    fleet,
    targets,
    traits,
)
from nova_migcompat.conf import filter as options
from nova_migcompat.placement import PlacementError
from nova_migcompat.scheduler import deciding, filters, moves, prefilter

objects.register_all()

MANY = [
    descriptor.parse(f'SELF:\n a={n}\nCOMPATIBLE:\n a={{v:int:0..}}\n')
    for n in range(70)
]
NIC = descriptor.parse('SELF:\n b=1\nCOMPATIBLE:\n b=1\n')
MOVE = moves.LiveMigration(
    'migration', 'instance', 'source', fleet.Guest('source-node')
)


@pytest.fixture
def flags():
    options.register_opts(nova.conf.CONF)
    with config_fixture.Config(nova.conf.CONF) as config:
        yield lambda **values: config.config(group='migcompat', **values)


@pytest.fixture(autouse=True)
def present():
    """Let each test have Nova's list for itself."""
    with fixtures.MonkeyPatch(
        'nova.scheduler.request_filter.ALL_REQUEST_FILTERS', [len]
    ):
        yield request_filter.ALL_REQUEST_FILTERS


class Decider:
    """Finds out what it is told, and counts."""

    def __init__(self, asked):
        self.asked = asked
        self.calls = 0

    def ask(self, _spec_obj):
        self.calls += 1
        return self.asked


def asked(*sources, in_use=MANY, policy=None, host='host'):
    """Decide devices with these documents against those in use.

    :param host: the compute node that has the latter
    """
    devices = [
        decision.SourceDevice(str(n), frozenset({s.digest} if s else ()), 'g')
        for n, s in enumerate(sources)
    ]
    documents = {each.digest: each for each in (*MANY, NIC)}
    decided = decision.decide(devices, documents, policy or decision.Policy())
    names = fleet.Names(frozenset(d.digest for d in in_use), {})
    having = {
        r.source: targets.Having(
            {host: host} if r.compatible & names.digests else {}
        )
        for r in decided.requirements
    }
    return deciding.Asked(MOVE, demand.Demand(decided, names, {}, having))


def spec(**destination):
    return objects.RequestSpec(
        context.RequestContext(is_admin=True),
        instance_uuid='5f3f1b0e-2a4e-4a4e-9d1e-0f6d2c9f6a51',
        flavor=objects.Flavor(extra_specs={'resources:VGPU': '1'}),
        pci_requests=None,
        requested_destination=objects.Destination(
            cell=objects.CellMapping(), **destination
        ),
    )


def required(found, spec_obj=None):
    """Ask the request filter; return what is required then."""
    spec_obj = spec_obj or spec()
    prefilter.install(Decider(found))
    for each in request_filter.ALL_REQUEST_FILTERS[1:]:
        each(None, spec_obj)
    aggregates = spec_obj.requested_destination.aggregates or []
    return [frozenset(each.split(',')) for each in aggregates]


def of(*documents):
    return frozenset(traits.aggregate(each.digest) for each in documents)


def test_hosts_must_have_one_of_the_compatible_documents_in_use(flags):
    assert required(asked(MANY[0], in_use=[*MANY[:3], NIC])) == [of(*MANY[:3])]


def test_what_a_query_requires_already_stays(flags):
    found = spec(aggregates=['zone'])
    assert required(asked(NIC, in_use=[NIC]), found) == [
        frozenset({'zone'}),
        of(NIC),
    ]


def test_each_kind_of_device_is_required(flags):
    found = asked(MANY[0], NIC, in_use=[*MANY[:3], NIC])
    assert sorted(required(found), key=len) == [of(NIC), of(*MANY[:3])]


def test_no_url_names_more_documents_than_it_can_hold(flags):
    assert required(asked(MANY[0], in_use=MANY[:64])) == [of(*MANY[:64])]
    assert required(asked(MANY[0], in_use=MANY[:65])) == []
    # The fewest first: they leave out most.
    assert required(asked(MANY[0], NIC, in_use=[*MANY[:64], NIC])) == [of(NIC)]
    flags(placement_prefilter_max_documents=2)
    assert required(asked(MANY[0], in_use=MANY[:3])) == []
    assert required(asked(MANY[0], in_use=MANY[:2])) == [of(*MANY[:2])]


def test_nothing_is_required_for_devices_that_may_go_anywhere(flags):
    assert required(asked(None)) == []
    assert required(deciding.Asked()) == []


def test_no_compatible_document_ends_the_request_and_a_line_says_why(
    flags, caplog
):
    caplog.set_level(logging.INFO, 'nova_migcompat')
    found = asked(MANY[0], NIC, in_use=MANY[:2])
    with pytest.raises(exception.RequestFilterFailed) as error:
        required(found)
    assert error.value.format_message() == (
        'Scheduling failed: no host has a compatible device'
    )
    [line] = caplog.messages
    assert line.startswith(
        'Live migration migration of instance instance from source: no host '
        'passes; '
    )


def test_what_only_the_source_host_has_is_no_destination(flags, caplog):
    caplog.set_level(logging.INFO, 'nova_migcompat')
    with pytest.raises(exception.RequestFilterFailed):
        required(asked(NIC, in_use=[NIC], host='source-node'))
    [line] = caplog.messages
    assert line.endswith('; only the source host has such a document')
    assert required(asked(NIC, in_use=[NIC], host='other')) == [of(NIC)]


def test_a_source_that_is_rejected_ends_the_request(flags, caplog):
    caplog.set_level(logging.INFO, 'nova_migcompat')
    rejecting = decision.Policy(unknown_source='reject')
    with pytest.raises(exception.RequestFilterFailed):
        required(asked(None, policy=rejecting))
    assert 'unknown_source = reject' in caplog.text


def test_an_error_follows_on_error(flags):
    with pytest.raises(exception.RequestFilterFailed):
        required(deciding.Asked(failed=True))
    flags(on_error='pass')
    assert required(deciding.Asked(failed=True)) == []


@pytest.mark.parametrize(
    'values', [{'placement_prefilter': False}, {'unknown_target': 'pass'}]
)
def test_it_can_be_off(flags, values):
    flags(**values)
    decider = Decider(asked(MANY[0]))
    prefilter.install(decider)
    found = spec()
    # Of a run before: this request may be scheduled again.
    deciding.REQUESTS.keep(found, decider.asked)
    request_filter.ALL_REQUEST_FILTERS[-1](None, found)
    assert not decider.calls
    assert found.requested_destination.aggregates is None
    assert deciding.REQUESTS.get(found) is None


@pytest.mark.parametrize(
    'other',
    [
        spec(host='right'),
        objects.RequestSpec(
            flavor=objects.Flavor(extra_specs={}),
            requested_destination=objects.Destination(
                cell=objects.CellMapping()
            ),
        ),
        objects.RequestSpec(
            flavor=objects.Flavor(extra_specs={'resources:VGPU': '1'})
        ),
    ],
    ids=['a host that the user names', 'no device', 'a boot'],
)
def test_other_requests_cost_nothing(flags, other):
    decider = Decider(asked(MANY[0]))
    prefilter.install(decider)
    assert not request_filter.ALL_REQUEST_FILTERS[-1](None, other)
    assert not decider.calls


def test_nova_has_one_request_filter_of_ours(flags, present):
    first, second = Decider(asked(MANY[0])), Decider(asked(MANY[0]))
    prefilter.install(first)
    prefilter.install(second)
    assert len(present) == 2
    assert present[0] is len
    present[1](None, spec())
    assert (first.calls, second.calls) == (0, 1)


def test_a_nova_without_the_list_is_logged(caplog):
    with fixtures.MonkeyPatch(
        'nova.scheduler.request_filter.ALL_REQUEST_FILTERS', None
    ):
        prefilter.install(Decider(None))
    [line] = caplog.messages
    assert 'nova.scheduler.request_filter.ALL_REQUEST_FILTERS' in line


def test_every_run_decides_afresh(flags):
    decider = Decider(asked(MANY[0], in_use=MANY[:1]))
    prefilter.install(decider)
    found = spec()
    request_filter.ALL_REQUEST_FILTERS[-1](None, found)
    decider.asked = asked(NIC, in_use=[NIC])
    request_filter.ALL_REQUEST_FILTERS[-1](None, found)
    assert decider.calls == 2
    assert deciding.REQUESTS.get(found) is decider.asked


def test_the_filter_takes_what_the_request_filter_found(flags):
    host = types.SimpleNamespace(uuid='right')
    found = spec()
    filter_ = filters.MigrationCompatibilityFilter()
    with fixtures.MonkeyPatch(
        'nova_migcompat.scheduler.moves.live_migration',
        lambda *_: pytest.fail('asked again'),
    ):
        deciding.REQUESTS.keep(found, deciding.Asked())
        assert filter_.filter_all([host], found) == [host]
        deciding.REQUESTS.keep(found, deciding.Asked(failed=True))
        assert filter_.filter_all([host], found) == []
        flags(on_error='pass')
        assert filter_.filter_all([host], found) == [host]


def test_what_both_ask_takes_one_time_limit(flags, monkeypatch):
    flags(timeout=5.0)
    budgets = []

    def client(_self, _spec_obj, seconds):
        budgets.append(seconds)
        raise PlacementError('gone')

    monkeypatch.setattr(deciding.Decider, 'client', client)
    found = spec()
    slow = asked(MANY[0])
    deciding.REQUESTS.keep(
        found, deciding.Asked(slow.move, slow.found, seconds=4.0)
    )
    host = types.SimpleNamespace(uuid='right')
    filter_ = filters.MigrationCompatibilityFilter()
    assert filter_.filter_all([host], found) == []
    assert budgets == [1.0]


def test_a_request_is_known_by_identity_and_forgotten_when_it_is_gone():
    requests = deciding.BySpec()
    one, like = spec(), spec()
    requests.keep(one, deciding.Asked())
    assert requests.get(one)
    assert requests.get(like) is None
    del one
    gc.collect()
    assert not requests._kept


@pytest.mark.parametrize('error', [RecursionError('deep'), TypeError('odd')])
def test_nothing_else_than_an_answer_leaves_the_request_filter(
    flags, monkeypatch, error, caplog
):
    def fail(*_arguments):
        raise error

    monkeypatch.setattr(prefilter, '_wanted', fail)
    with pytest.raises(exception.RequestFilterFailed):
        required(asked(MANY[0]))
    assert str(error) in caplog.text
    flags(on_error='pass')
    assert required(asked(MANY[0])) == []


def test_what_else_a_query_has_leaves_less_room(flags):
    found = asked(MANY[0], in_use=MANY[:60])
    assert required(found) == [of(*MANY[:60])]
    zones = 'zone1,zone2,zone3'
    for others, fits in (([zones] * 10 + ['a', 'b'], True), ([zones] * 11, 0)):
        destination = spec(aggregates=list(others))
        assert len(required(found, destination)) == len(others) + fits
    tenants = spec(forbidden_aggregates=set(map(str, range(33))))
    assert required(found, tenants) == []
    devices = spec()
    devices.requested_resources = [objects.RequestGroup()] * 6
    assert len(required(found, devices)) == 1
    devices = spec()
    devices.requested_resources = [objects.RequestGroup()] * 7
    assert required(found, devices) == []


def test_findings_for_some_hosts_are_not_taken_for_others():
    some = deciding.Asked(hosts=frozenset({'a', 'b'}))
    assert some.holds_for(frozenset({'a'}))
    assert not some.holds_for(frozenset({'a', 'c'}))
    assert deciding.Asked().holds_for(frozenset({'a', 'c'}))


def test_a_request_that_does_not_name_its_server_is_logged_all_the_same(
    flags, caplog
):
    found = spec()
    del found._obj_instance_uuid
    assert deciding.guarded(found, lambda: 1 / 0) is None
    assert 'instance None: ZeroDivisionError' in caplog.text
