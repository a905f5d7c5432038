# SPDX-License-Identifier: Apache-2.0
"""Read, change, write, and again where another wrote in between."""

import re
import time

import pytest

from nova_migcompat import placement, traits
from tests.unit.placement.wire import (
    AGGREGATES,
    OURS,
    TRAITS,
    URL,
    UUID,
    membership,
    placement_error,
    standing,
)

FOREIGN = ('COMPUTE_NODE', 'CUSTOM_GOLD')
D_X, D_Y = ('CUSTOM_MIGCOMPAT_D_' + letter * 32 for letter in 'XY')
(OF_X,), (OF_Y,) = map(traits.aggregates, ([D_X], [D_Y]))
GOLD = '0f3a3c5e-6d0c-5b53-8c3e-2f7f3d3f1f10'


def test_others_names_stay(client, requests_mock):
    requests_mock.get(TRAITS, json=standing(OURS, *FOREIGN))
    put = requests_mock.put(TRAITS, json=standing(generation=8))

    client.update_provider_traits(
        UUID, lambda _names: ['CUSTOM_MIGCOMPAT_D_NEW']
    )

    assert put.last_request.json() == {
        'resource_provider_generation': 7,
        'traits': [
            'COMPUTE_NODE',
            'CUSTOM_GOLD',
            'CUSTOM_MIGCOMPAT_D_NEW',
        ],
    }


def test_change_sees_all_names_and_may_return_them(client, requests_mock):
    requests_mock.get(TRAITS, json=standing(OURS, *FOREIGN))
    requests_mock.put(TRAITS, json=standing('A', generation=8))
    seen = []

    def change(names):
        seen.append(names)
        return names - {OURS}

    after = client.update_provider_traits(UUID, change)

    assert seen == [{OURS, *FOREIGN}]
    assert after == placement.ProviderTraits(frozenset({'A'}), 8)


@pytest.mark.parametrize(
    'wanted', [[OURS], [OURS, 'CUSTOM_GOLD'], [OURS, *FOREIGN]]
)
def test_nothing_is_written_where_nothing_changes(
    client, requests_mock, wanted
):
    requests_mock.get(TRAITS, json=standing(OURS, *FOREIGN))

    after = client.update_provider_traits(UUID, lambda _names: wanted)

    assert after.generation == 7
    assert requests_mock.call_count == 1


def test_a_name_that_is_not_ours_cannot_be_added(client, requests_mock):
    requests_mock.get(TRAITS, json=standing(*FOREIGN))

    with pytest.raises(ValueError, match='CUSTOM_SILVER'):
        client.update_provider_traits(
            UUID, lambda names: names | {'CUSTOM_SILVER'}
        )

    assert requests_mock.call_count == 1


@pytest.mark.parametrize(
    ('status', 'detail'),
    [
        (409, "Resource provider's generation already changed."),
        (
            500,
            'Another thread concurrently updated the resource provider '
            'data. Please retry your update',
        ),
    ],
)
def test_a_conflict_is_read_again_and_merged(
    client, requests_mock, pauses, status, detail
):
    requests_mock.get(
        TRAITS,
        [
            {'json': standing('CUSTOM_GOLD')},
            {'json': standing('CUSTOM_SILVER', generation=9)},
        ],
    )
    put = requests_mock.put(
        TRAITS,
        [
            {
                'status_code': status,
                'json': placement_error(status, detail),
            },
            {'json': standing(generation=10)},
        ],
    )

    client.update_provider_traits(UUID, lambda names: names | {OURS})

    assert put.last_request.json() == {
        'resource_provider_generation': 9,
        'traits': [OURS, 'CUSTOM_SILVER'],
    }
    assert len(pauses) == 1
    assert 0 <= pauses[0] <= 0.2


def test_conflicts_without_end_are_an_error(client, requests_mock, pauses):
    requests_mock.get(TRAITS, json=standing())
    put = requests_mock.put(TRAITS, status_code=409, text='again')

    with pytest.raises(placement.Conflict, match='again'):
        client.update_provider_traits(UUID, lambda _names: [OURS])

    assert put.call_count == 10
    assert max(pauses) <= 5


def test_no_wait_is_longer_than_the_budget(
    adapter, requests_mock, pauses, monkeypatch
):
    monkeypatch.setattr(time, 'monotonic', lambda: 1000.0)
    requests_mock.get(TRAITS, json=standing())
    requests_mock.put(TRAITS, status_code=409)
    client = placement.PlacementClient(adapter, budget=0.001)

    with pytest.raises(placement.Conflict):
        client.update_provider_traits(UUID, lambda _names: [OURS])

    assert max(pauses) == pytest.approx(0.001)


def test_another_error_is_not_tried_again(client, requests_mock, pauses):
    requests_mock.get(TRAITS, json=standing())
    put = requests_mock.put(TRAITS, status_code=500, text='broken')

    with pytest.raises(placement.PlacementError, match='broken'):
        client.update_provider_traits(UUID, lambda _names: [OURS])

    assert put.call_count == 1
    assert pauses == []


# Traits and, with them, aggregates


class Provider:
    """A provider that keeps what is written to it.

    :ivar writes: what was written, names of ours and aggregates
    """

    def __init__(self, requests_mock, names, aggregates):
        self.names, self.aggregates = list(names), list(aggregates)
        self.generation = 7
        self.writes = []
        for url, put in (
            (TRAITS, self._put_traits),
            (AGGREGATES, self._put_aggregates),
        ):
            requests_mock.get(url, json=self._get(url))
            requests_mock.put(url, json=put)

    def _get(self, url):
        return lambda _request, _context: self._answer(url)

    def _answer(self, url):
        if url == TRAITS:
            return standing(*self.names, generation=self.generation)
        return membership(*self.aggregates, generation=self.generation)

    def _put_traits(self, request, context):
        return self._put(request, context, TRAITS, 'traits')

    def _put_aggregates(self, request, context):
        return self._put(request, context, AGGREGATES, 'aggregates')

    def _put(self, request, context, url, what):
        body = request.json()
        if body['resource_provider_generation'] != self.generation:
            context.status_code = 409
            return placement_error(409, 'changed')
        self.generation += 1
        if what == 'traits':
            self.names = body['traits']
            self.writes.append(set(filter(traits.is_ours, self.names)))
        else:
            self.aggregates = body['aggregates']
            self.writes.append(set(self.aggregates))
        return self._answer(url)


@pytest.mark.parametrize(
    ('before', 'wanted', 'writes'),
    [
        ([], [D_X, OURS], [{D_X, OURS}, {OF_X, GOLD}]),
        ([D_X], [], [{GOLD}, set()]),
        ([D_X], [D_Y], [{D_X, D_Y}, {OF_Y, GOLD}, {D_Y}]),
        ([D_X], [D_X, OURS], [{D_X, OURS}]),
        ([D_X], [D_X], []),
    ],
    ids=['added', 'removed', 'replaced', 'another name', 'the same'],
)
def test_a_membership_comes_after_its_d_name_and_goes_before_it(
    client, requests_mock, before, wanted, writes
):
    provider = Provider(
        requests_mock, [*FOREIGN, *before], [GOLD, *traits.aggregates(before)]
    )

    after = client.update_provider(UUID, lambda _names: wanted)

    assert provider.writes == writes
    assert after == placement.Standing(
        frozenset([*FOREIGN, *wanted]),
        traits.aggregates(wanted) | {GOLD},
        7 + len(writes),
    )


def test_a_membership_without_a_d_name_is_anothers(client, requests_mock):
    provider = Provider(requests_mock, [D_X], [OF_X, OF_Y])

    client.update_provider(UUID, lambda _names: [])

    assert provider.aggregates == [OF_Y]


def test_a_membership_that_is_missing_is_added_alone(client, requests_mock):
    provider = Provider(requests_mock, [D_X], [GOLD])

    client.update_provider(UUID, lambda names: names)

    assert provider.writes == [{OF_X, GOLD}]


@pytest.mark.parametrize('url', [TRAITS, AGGREGATES])
def test_a_conflict_at_any_write_begins_with_reading_both(
    client, requests_mock, pauses, url
):
    provider = Provider(requests_mock, [D_X], [OF_X])
    requests_mock.put(
        url,
        [
            {'status_code': 409, 'json': placement_error(409, 'changed')},
            {
                'json': provider._put_traits
                if url == TRAITS
                else provider._put_aggregates
            },
        ],
    )

    after = client.update_provider(UUID, lambda _names: [D_Y])

    assert (after.names, after.aggregates) == ({D_Y}, {OF_Y})
    assert len(pauses) == 1
    reads = [r.url for r in requests_mock.request_history if r.method == 'GET']
    assert reads == [TRAITS, AGGREGATES] * 2


def test_two_generations_in_one_reading_are_read_again(
    client, requests_mock, pauses
):
    requests_mock.get(TRAITS, json=standing(D_X, generation=8))
    requests_mock.get(
        AGGREGATES,
        [
            {'json': membership(GOLD, generation=7)},
            {'json': membership(OF_X, generation=8)},
        ],
    )

    assert client.standing(UUID) == placement.Standing(
        frozenset({D_X}), frozenset({OF_X}), 8
    )
    assert len(pauses) == 1


def test_a_name_that_is_no_trait_any_more_is_an_error_of_its_own(
    client, requests_mock
):
    requests_mock.get(TRAITS, json=standing())
    requests_mock.put(
        TRAITS,
        status_code=400,
        json=placement_error(400, f'No such trait {OURS}'),
    )

    with pytest.raises(placement.NoSuchTrait):
        client.update_provider_traits(UUID, lambda _names: [OURS])


@pytest.mark.parametrize('at_once', [1, 4])
def test_traits_are_made_one_request_each(adapter, requests_mock, at_once):
    requests_mock.put(re.compile(f'{URL}/traits/'), status_code=201)
    client = placement.PlacementClient(adapter, at_once=at_once)
    names = [f'{OURS}_{number}' for number in range(20)]

    client.create_traits(names)

    sent = [r.url.rpartition('/')[2] for r in requests_mock.request_history]
    assert sorted(sent) == sorted(names)


@pytest.mark.parametrize('at_once', [1, 4])
def test_the_first_trait_that_is_refused_ends_it(
    adapter, requests_mock, at_once
):
    put = requests_mock.put(
        re.compile(f'{URL}/traits/'), status_code=503, text='busy'
    )
    client = placement.PlacementClient(adapter, retries=0, at_once=at_once)

    with pytest.raises(placement.PlacementError, match=r'PUT .* status 503'):
        client.create_traits(f'{OURS}_{number}' for number in range(20))

    assert put.call_count <= at_once
