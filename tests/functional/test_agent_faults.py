# SPDX-License-Identifier: Apache-2.0
"""Cycles of the agent that fail, or are killed, at each of their requests.

What a cycle asks, how often and in which order is not written here: an
undisturbed cycle is counted. After each fault Placement must not have lost
anything that is not ours, and the next cycle must leave what an undisturbed
one would have left.
"""

import collections
import contextlib
import itertools
import sys

import pytest

from nova_migcompat import placement, traits
from nova_migcompat.agent import errors
from nova_migcompat.placement import transport
from tests import placement_in_process
from tests.functional import faults, found_hosts
from tests.functional.agent_host import FOREIGN, NODE, NOVAS, Host

GPU = f'{NODE}_pci_0000_84_00_0'
GPU2 = f'{NODE}_pci_0000_85_00_0'
AGGREGATE = '7c3e1d4a-30b8-4a36-a9b1-2f2a3a5e0001'
OUR_ERRORS = (placement.PlacementError, errors.AgentError)
#: So many lost races in a row are borne.
CONFLICTS = 9

AGGREGATE2 = '7c3e1d4a-30b8-4a36-a9b1-2f2a3a5e0002'


def found_as(*hosts):
    """Run a test on each of these hosts."""
    return pytest.mark.parametrize(
        'found',
        hosts,
        ids=[prepare.__name__ for prepare in hosts],
        indirect=True,
    )


every_host = found_as(*found_hosts.ALL)
several_hosts = found_as(
    found_hosts.is_fresh_and_uniform,
    found_hosts.was_uniform,
    found_hosts.lost_some_devices,
)


class Watch:
    """What must hold at every moment, whoever wrote last.

    :param placement: where to look
    """

    def __init__(self, placement):
        self._placement = placement
        self.accept()

    def accept(self):
        """Take what stands there for what others want."""
        self._start = self._placement.state()

    def __call__(self):
        now = self._placement.state()
        for name in now.traits:
            self._look_at(name, now)

    def _look_at(self, name, now):
        before = self._start.traits[name]
        standing = now.traits[name]
        assert not any(n.startswith(traits.TEXT_PREFIX) for n in standing)
        assert not_ours(standing) == not_ours(before)
        assert now.aggregates[name] >= self._start.aggregates[name] & {
            AGGREGATE,
            AGGREGATE2,
        }
        assert unreadable(standing - before, now) == set()


def not_ours(names):
    return {name for name in names if not traits.is_ours(name)}


def unreadable(names, state):
    """Return the digests of D names whose text cannot be read."""
    digests = traits.digests(names)
    return digests - traits.read_texts(state.names, digests).documents.keys()


class Case:
    """A host as it is found, and what one undisturbed cycle makes of it.

    :ivar connection: that of the host's agent
    :ivar expected: the tests.placement_in_process.State after that cycle
    :ivar requests: what that cycle asked
    """

    def __init__(self, folder, placement, prepare):
        placement.reset()
        self.placement = placement
        self.host = Host(folder, placement)
        prepare(self.host)
        self.join_aggregate(AGGREGATE)
        self.connection = faults.Connection(placement.send)
        self.host.adapter.session.session.mount(
            placement_in_process.URL, self.connection
        )
        self._saved = placement.save(), dict(self.host.uuids)
        self.reset()
        assert self.run().problems == ()
        self.expected = placement.state()
        self.requests = tuple(self.connection.requests)
        #: States from which the next cycle was seen to end as expected.
        self._repaired = set()

    def reset(self):
        """Bring back the host as it was found."""
        saved, uuids = self._saved
        self.placement.restore(saved)
        self.host.uuids = dict(uuids)
        self.watch = Watch(self.placement)
        self.connection.before = lambda _method, _path: None
        self.connection.after = self.watch

    def run(self, **fault_at):
        """Run a cycle; everything that must hold is looked at all the time.

        :param fault_at: what happens to request number ``at``
        """
        self.connection.requests.clear()
        self.connection.faults = (
            {fault_at['at']: fault_at['fault']} if fault_at else {}
        )
        try:
            return self.host.run(publish_fields=['*'])
        finally:
            self.watch()

    def join_aggregate(self, uuid):
        """Make an operator's aggregate one of each provider's."""
        for provider in self.host.uuids.values():
            path = f'/resource_providers/{provider}/aggregates'
            adapter = self.placement.adapter()
            held = adapter.get(path, microversion='1.39').json()
            held['aggregates'] = sorted({*held['aggregates'], uuid})
            adapter.put(path, json=held, microversion='1.39')

    def assert_repaired_by_the_next_cycle(self):
        state = self.placement.state()
        key = (state.names, *state.traits.items(), *state.aggregates.items())
        if key not in self._repaired:
            self.run()
            assert self.placement.state() == self.expected
            self._repaired.add(key)


@pytest.fixture(scope='module')
def found(request, near_placement, tmp_path_factory):
    return Case(tmp_path_factory.mktemp('host'), near_placement, request.param)


@pytest.fixture
def case(found):
    found.reset()
    return found


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """Seconds that clients would have waited; they do not."""
    seconds = []
    monkeypatch.setattr(
        transport.Transport, 'pause', lambda _self, wait: seconds.append(wait)
    )
    return seconds


def each_request(case):
    """Yield the number of each request, each time from the beginning."""
    for number in range(1, len(case.requests) + 1):
        case.reset()
        yield number
        case.assert_repaired_by_the_next_cycle()


@every_host
def test_an_undisturbed_cycle_is_complete(case):
    case.run()

    state = case.placement.state()
    assert state == case.expected
    ours = frozenset().union(*state.traits.values())
    assert unreadable(ours, state) == set()
    assert not_ours(state.traits[NODE]) == FOREIGN
    assert not_ours(state.traits[GPU]) == NOVAS
    assert AGGREGATE in state.aggregates[NODE]


@several_hosts
@pytest.mark.parametrize('fault', faults.FAILURES)
def test_a_request_that_fails_ends_the_cycle_with_our_error(case, fault):
    for number in each_request(case):
        with pytest.raises(OUR_ERRORS):
            case.run(fault=faults.FAILURES[fault], at=number)

        assert len(case.connection.requests) == number


@several_hosts
@pytest.mark.parametrize('fault', faults.CONFLICTS)
def test_a_conflict_is_overcome_or_ends_the_cycle_with_our_error(case, fault):
    for number in each_request(case):
        with contextlib.suppress(*OUR_ERRORS):
            case.run(fault=faults.CONFLICTS[fault], at=number)


@every_host
def test_a_parent_has_its_document_before_readers_look_for_it(case):
    def look():
        case.watch()
        state = case.placement.state()
        if len(traits.digests(state.traits[NODE])) > 1:
            assert traits.digests(state.traits[GPU2])

    case.connection.after = look

    case.run()


@every_host
@pytest.mark.parametrize('fault', faults.KILLS)
def test_an_agent_may_be_killed_at_any_request(case, fault):
    for number in each_request(case):
        with pytest.raises(faults.Killed):
            case.run(fault=faults.KILLS[fault], at=number)


@several_hosts
def test_what_others_write_before_any_request_stays(case):
    for number in range(1, len(case.requests) + 1):
        case.reset()
        act_before(case, number, lambda: write_as_others(case))

        case.run()

        state = case.placement.state()
        assert 'CUSTOM_SILVER' in state.traits[NODE]
        assert AGGREGATE2 in state.aggregates[GPU]
        assert ours_of(state) == ours_of(case.expected)


@found_as(found_hosts.was_uniform)
def test_a_parents_provider_may_be_deleted_before_any_request(case):
    for number in range(1, len(case.requests) + 1):
        case.reset()
        act_before(case, number, lambda: delete_as_nova(case))

        case.run()

        assert GPU2 not in case.placement.state().traits
        create_as_nova(case)
        case.assert_repaired_by_the_next_cycle()


@several_hosts
def test_a_storm_of_other_writers_is_outlasted(case, pauses):
    storm(case, writes=CONFLICTS)

    case.run()

    assert case.placement.state() == case.expected
    assert len(pauses) >= CONFLICTS
    assert max(pauses) <= 5
    assert len(set(pauses)) > 1  # hosts that collide do not stay in step


@several_hosts
def test_a_storm_without_end_is_an_error_and_repaired_after_it(case, pauses):
    storm(case, writes=sys.maxsize)

    with pytest.raises(placement.Conflict, match=r'409: .*generation'):
        case.run()

    assert len(pauses) <= 2 * CONFLICTS
    case.connection.before = lambda _method, _path: None
    case.assert_repaired_by_the_next_cycle()


def storm(case, writes):
    """Let another writer be faster, at each provider so many times."""
    others = collections.Counter()

    def before(method, path):
        if method == 'PUT' and path.startswith('/resource_providers/'):
            uuid = path.split('/')[2]
            others[uuid] += 1
            if others[uuid] <= writes:
                case.host.admin.set_inventory(uuid, {'VCPU': others[uuid]})

    case.connection.before = before


def act_before(case, number, action):
    """Let something happen once, before a request of the next cycle."""
    numbers = itertools.count(1)

    def before(_method, _path):
        if next(numbers) == number:
            action()
            case.watch.accept()

    case.connection.before = before


def write_as_others(case):
    for name, uuid in case.host.uuids.items():
        held = case.placement.state().traits[name]
        case.host.admin.set_traits(uuid, held | {'CUSTOM_SILVER'})
    case.join_aggregate(AGGREGATE2)


def delete_as_nova(case):
    case.placement.adapter().delete(
        f'/resource_providers/{case.host.uuids[GPU2]}', microversion='1.39'
    )


def create_as_nova(case):
    uuids = case.host.uuids
    uuids[GPU2] = case.host.admin.create_provider(GPU2, uuids[NODE], NOVAS)
    case.join_aggregate(AGGREGATE)
    case.watch.accept()


def ours_of(state):
    """Return what the agent answers for, apart from all others' names."""
    return (
        {
            name: set(filter(traits.is_ours, state.traits[name]))
            for name in state.traits
        },
        {
            name: state.aggregates[name] - {AGGREGATE2}
            for name in state.aggregates
        },
        set(filter(traits.is_ours, state.names)),
    )
