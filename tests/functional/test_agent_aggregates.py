# SPDX-License-Identifier: Apache-2.0
"""The agent's memberships, and how it leaves, on a real Placement."""

import uuid

import pytest

from nova_migcompat import descriptor, traits
from nova_migcompat.agent import cycle, publish
from tests.functional.agent_host import FOREIGN, NODE, NOVAS, Host

GPU = f'{NODE}_pci_0000_84_00_0'
X = 'SELF:\n\tname=x\n'
Y = 'SELF:\n\tname=y\n'
Z = 'SELF:\n\tname=z\n'
#: Version 5, as ours are: the version tells nothing of whose it is.
OTHERS = {str(uuid.uuid4()), str(uuid.uuid5(uuid.NAMESPACE_DNS, 'gold'))}


class Killed(BaseException):
    """The agent is no more."""


@pytest.fixture
def host(tmp_path, placement):
    host = Host(tmp_path, placement)
    host.admin.set_aggregates(host.uuids[NODE], OTHERS)
    return host


def aggregate(text):
    return traits.aggregate(descriptor.parse(text).digest)


def kill_before(host, number):
    """End the agent before one of the writes of its next cycle."""
    send = host.adapter.request

    def request(url, method, **options):
        if method != 'GET' and len(host.writes) == number:
            raise Killed
        return send(url, method, **options)

    host.adapter.request = request
    return send


def purge(placement):
    adapter = placement.adapter()
    for name in adapter.get('/traits', microversion='1.39').json()['traits']:
        if traits.is_ours(name):
            adapter.delete(
                f'/traits/{name}', microversion='1.39', raise_exc=False
            )


def assert_memberships_are_those_of_the_d_names(host):
    assert host.aggregates() == OTHERS | traits.aggregates(host.ours())


def test_the_aggregate_of_a_document_is_the_uuid_of_the_design():
    digest = descriptor.parse(X).digest

    assert traits.aggregate(digest) == str(
        uuid.uuid5(uuid.UUID('a9c970ac-20ea-499a-b410-5cefcf69f2b3'), digest)
    )


def test_the_compute_node_is_a_member_once_for_each_document(host):
    host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)

    host.run()

    assert host.aggregates() == OTHERS | {aggregate(X), aggregate(Y)}
    assert host.aggregates(GPU) == set()


def test_a_document_that_goes_takes_its_membership_with_it(host):
    gpu = host.gpu('0000:84:00.0', X)
    host.run()
    (gpu / 'migration_compatible').write_text(Y)

    host.run()

    assert host.aggregates() == OTHERS | {aggregate(Y)}


def test_a_membership_that_was_lost_is_restored(host):
    host.gpu('0000:84:00.0', X)
    host.run()
    host.admin.set_aggregates(host.uuids[NODE], OTHERS)

    host.run()

    assert host.aggregates() == OTHERS | {aggregate(X)}
    assert [path.rpartition('/')[2] for _, path in host.writes] == [
        'aggregates'
    ]


def test_a_d_name_stands_there_while_its_membership_does(host):
    gpu = host.gpu('0000:84:00.0', X)
    seen = []

    def look():
        seen.append(
            (host.ours(), host.aggregates() - OTHERS, len(host.writes))
        )

    for text in (X, Y):
        (gpu / 'migration_compatible').write_text(text)
        for kind in ('provider traits', 'provider aggregates'):
            host.before_request['PUT', kind].append(look)
        host.run()
        look()

    assert len(seen) == 6
    for names, aggregates, _ in seen:
        assert aggregates <= traits.aggregates(names)


def test_aggregates_that_another_changes_meanwhile_are_merged(host):
    host.gpu('0000:84:00.0', X)
    gold = str(uuid.uuid4())

    def write():
        host.admin.set_aggregates(host.uuids[NODE], OTHERS | {gold})

    host.before_request['PUT', 'provider aggregates'].append(write)

    host.run()

    assert host.aggregates() == OTHERS | {gold, aggregate(X)}
    assert host.foreign() == FOREIGN


def test_a_provider_that_is_written_while_it_is_read_is_read_again(host):
    host.gpu('0000:84:00.0', X)

    def write():
        host.admin.set_traits(host.uuids[NODE], FOREIGN | {'CUSTOM_SILVER'})

    host.before_request['GET', 'provider aggregates'].append(write)

    host.run()

    assert host.foreign() == FOREIGN | {'CUSTOM_SILVER'}
    assert_memberships_are_those_of_the_d_names(host)


@pytest.mark.parametrize(
    ('following', 'purged'),
    [(X, False), (Z, False), (Z, True), (None, True)],
    ids=['as before', 'another', 'another, purged', 'withdrawn, purged'],
)
def test_killed_before_any_write_the_next_cycle_knows_its_memberships(
    host, placement, following, purged
):
    gpu = host.gpu('0000:84:00.0', X)
    number = 0
    while True:
        (gpu / 'migration_compatible').write_text(X)
        host.run()
        purge(placement)
        (gpu / 'migration_compatible').write_text(Y)
        send = kill_before(host, number)
        try:
            host.run()
        except Killed:
            number += 1
        else:
            break
        finally:
            host.adapter.request = send
        if purged:
            purge(placement)
        if following is None:
            host.withdraw()
        else:
            (gpu / 'migration_compatible').write_text(following)
            host.run()
        expected = set() if following is None else {aggregate(following)}
        assert host.aggregates() == OTHERS | expected
        assert traits.aggregates(host.ours()) == expected
        assert host.foreign() == FOREIGN
    assert number == 5  # text, D name, traits, aggregates, traits


# The generation


@pytest.mark.parametrize('text', [X, None])
def test_what_stands_there_is_known_by_the_generation(host, text):
    host.gpu('0000:84:00.0', text)
    node = host.client.provider(uuid=host.uuids[NODE])
    wanted = cycle.look(host.conf({})).desired
    plan = publish.compare(host.client, node, wanted)

    generation = publish.apply(host.client, plan, wanted.documents)

    assert bool(plan) == (text is not None)
    assert generation == host.client.provider(uuid=node.uuid).generation
    again = publish.compare(host.client, node, wanted)
    assert not again
    assert generation == publish.apply(host.client, again, wanted.documents)


# Withdrawing


def test_withdrawing_takes_exactly_what_is_ours(host):
    gpu = host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)
    host.vfs(X, Y)
    host.run(publish_fields=['*'])
    host.admin.set_aggregates(host.uuids[GPU], OTHERS | {aggregate(X)})
    (gpu / 'migration_compatible').write_text('what it says does not matter')

    host.withdraw()

    for provider in host.uuids:
        assert host.ours(provider) == set()
    assert host.foreign() == FOREIGN
    assert host.foreign(GPU) == NOVAS
    assert host.aggregates() == OTHERS
    assert host.aggregates(GPU) == OTHERS | {aggregate(X)}
    assert len(host.texts()) == 2


def test_withdrawing_leaves_other_hosts_alone(host):
    names = {traits.document_trait(descriptor.parse(X).digest)}
    other = host.admin.create_provider('compute2', traits=names)
    host.admin.set_aggregates(other, [aggregate(X)])
    host.gpu('0000:84:00.0', X)
    host.run()

    host.withdraw()

    assert host.admin.traits(other) == names
    assert host.admin.aggregates(other) == {aggregate(X)}


def test_withdrawing_twice_writes_nothing(host):
    host.gpu('0000:84:00.0', X)
    host.run()
    host.withdraw()

    plan = host.withdraw()

    assert host.writes == []
    assert not plan


def test_a_dry_run_of_withdrawing_says_what_would_go(host):
    host.gpu('0000:84:00.0', X)
    host.run()

    plan = host.withdraw(dry_run=True)

    assert host.writes == []
    (name,) = host.ours()
    assert list(plan.lines()) == [
        f'compute1: remove {name}',
        f'compute1: leave aggregate {aggregate(X)}',
    ]
