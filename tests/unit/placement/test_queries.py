# SPDX-License-Identifier: Apache-2.0
"""What is asked, and what need not be."""

import pytest

from nova_migcompat import placement
from tests.unit.placement.wire import OURS, URL, UUID


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
