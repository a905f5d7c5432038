# SPDX-License-Identifier: Apache-2.0
"""What is asked, and what need not be."""

import urllib.parse

import pytest

from nova_migcompat import placement
from tests.unit.placement.wire import OURS, URL, UUID

GPU = placement.Group({'VGPU': 1, 'MEMORY_MB': 64}, ('CUSTOM_A', '!CUSTOM_B'))
VF = placement.Group({'CUSTOM_VF': 1})


def test_an_error_about_something_else_than_a_trait_is_not_asked_again(
    client, requests_mock
):
    requests_mock.get(
        f'{URL}/resource_providers', status_code=400, text='something else'
    )

    with pytest.raises(placement.PlacementError, match='something else'):
        client.providers_with_any([OURS])

    assert requests_mock.call_count == 1


@pytest.mark.parametrize('arguments', [{}, {'uuid': UUID, 'name': 'compute1'}])
def test_a_provider_is_looked_for_by_one_thing(client, arguments):
    with pytest.raises(ValueError, match='either'):
        client.provider(**arguments)


def test_traits_are_listed_by_names_or_by_their_beginning(client):
    with pytest.raises(ValueError, match='not both'):
        client.traits(names=[OURS], startswith='CUSTOM_')


def test_no_names_need_no_request(client, requests_mock):
    assert client.traits(names=[]) == frozenset()
    assert client.providers_with_any([]) == ()
    assert requests_mock.call_count == 0


@pytest.mark.parametrize(
    ('groups', 'options', 'expected'),
    [
        (
            {'': GPU},
            {},
            {
                'resources': 'MEMORY_MB:64,VGPU:1',
                'required': 'CUSTOM_A,!CUSTOM_B',
            },
        ),
        (
            {'': GPU, '_1': VF},
            {'limit': 7, 'member_of': ['y', 'x']},
            {
                'resources': 'MEMORY_MB:64,VGPU:1',
                'required': 'CUSTOM_A,!CUSTOM_B',
                'resources_1': 'CUSTOM_VF:1',
                'member_of': 'in:x,y',
                'limit': '7',
            },
        ),
        (
            {'1': VF, '2': VF},
            {'in_tree': UUID, 'isolate': True},
            {
                'resources1': 'CUSTOM_VF:1',
                'in_tree1': UUID,
                'resources2': 'CUSTOM_VF:1',
                'in_tree2': UUID,
                'group_policy': 'isolate',
            },
        ),
        (
            {'1': VF, '2': VF},
            {},
            {
                'resources1': 'CUSTOM_VF:1',
                'resources2': 'CUSTOM_VF:1',
                'group_policy': 'none',
            },
        ),
    ],
)
def test_candidates_are_asked_for_as_nova_does(
    client, requests_mock, groups, options, expected
):
    requests_mock.get(
        f'{URL}/allocation_candidates',
        json={'allocation_requests': [], 'provider_summaries': {}},
    )

    assert client.allocation_candidates(groups, **options) == {}

    query = urllib.parse.urlparse(requests_mock.last_request.url).query
    assert dict(urllib.parse.parse_qsl(query)) == {
        'root_required': '!COMPUTE_STATUS_DISABLED',
        **expected,
    }
