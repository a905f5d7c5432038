# SPDX-License-Identifier: Apache-2.0
"""Read, change, write, and again where another wrote in between."""

import time

import pytest

from nova_migcompat import placement
from tests.unit.placement.wire import (
    OURS,
    TRAITS,
    UUID,
    placement_error,
    standing,
)

FOREIGN = ('COMPUTE_NODE', 'CUSTOM_GOLD')


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
