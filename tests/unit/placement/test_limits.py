# SPDX-License-Identifier: Apache-2.0
"""Time limits, retries and what else goes along with each request."""

import time

import pytest
import requests

from nova_migcompat import placement
from tests.unit.placement.wire import URL


def test_every_request_names_the_microversion(adapter, requests_mock):
    adapter.service_type = None
    adapter.endpoint_override = URL
    requests_mock.get(f'{URL}/traits', json={'traits': []})

    placement.PlacementClient(adapter).traits()

    headers = requests_mock.last_request.headers
    assert headers['OpenStack-API-Version'] == 'placement 1.39'
    assert headers['Accept'] == 'application/json'


def test_an_adapter_that_does_not_raise_will_do(adapter, requests_mock):
    adapter.raise_exc = False
    requests_mock.get(f'{URL}/traits', status_code=403, text='no')

    with pytest.raises(placement.PlacementError, match='status 403: no'):
        placement.PlacementClient(adapter).traits()


def test_without_limits_the_session_decides(adapter, requests_mock):
    adapter.session.timeout = 12
    requests_mock.get(f'{URL}/traits', json={'traits': []})

    placement.PlacementClient(adapter).traits()

    assert requests_mock.last_request.timeout == 12


def test_the_timeout_holds_for_each_request(adapter, requests_mock):
    requests_mock.get(f'{URL}/traits', json={'traits': []})
    client = placement.PlacementClient(adapter, timeout=3)

    client.traits()
    client.traits()

    assert [r.timeout for r in requests_mock.request_history] == [3, 3]


def test_the_budget_holds_for_all_requests(
    adapter, requests_mock, monkeypatch
):
    now = 1000.0
    monkeypatch.setattr(time, 'monotonic', lambda: now)
    requests_mock.get(f'{URL}/traits', json={'traits': []})
    client = placement.PlacementClient(adapter, timeout=6, budget=10)

    client.traits()
    now += 7
    client.traits()
    now += 3
    with pytest.raises(
        placement.PlacementError, match='the time for all requests is over'
    ):
        client.traits()

    assert [r.timeout for r in requests_mock.request_history] == [6, 3]


def test_a_client_without_retries_tries_once(adapter, requests_mock, pauses):
    adapter.connect_retries = adapter.status_code_retries = 3
    requests_mock.get(f'{URL}/traits', exc=requests.exceptions.ConnectionError)

    with pytest.raises(placement.PlacementError):
        placement.PlacementClient(adapter, retries=0).traits()

    assert requests_mock.call_count == 1
    assert pauses == []


def test_the_adapters_retries_count_unless_told_otherwise(
    adapter, requests_mock, pauses
):
    adapter.status_code_retries = 3
    requests_mock.get(f'{URL}/traits', status_code=503)

    with pytest.raises(placement.PlacementError):
        placement.PlacementClient(adapter).traits()

    assert requests_mock.call_count == 4


def test_the_request_id_goes_along(adapter, requests_mock):
    requests_mock.get(f'{URL}/traits', json={'traits': []})

    placement.PlacementClient(adapter, global_request_id='req-1').traits()

    headers = requests_mock.last_request.headers
    assert headers['X-OpenStack-Request-ID'] == 'req-1'


@pytest.mark.parametrize(
    'error',
    [
        ValueError('Invalid IPv6 URL'),
        UnicodeEncodeError('latin-1', 'x', 0, 1, 'no such character'),
    ],
)
def test_what_the_libraries_let_through_is_a_placement_error(
    adapter, requests_mock, error
):
    requests_mock.get(f'{URL}/traits', exc=error)

    with pytest.raises(placement.PlacementError, match='GET /traits: '):
        placement.PlacementClient(adapter).traits()


def test_an_error_page_in_no_charset_is_a_placement_error(
    adapter, requests_mock
):
    requests_mock.get(
        f'{URL}/traits',
        status_code=500,
        content=b'no',
        headers={'Content-Type': 'text/html; charset=idna'},
    )

    with pytest.raises(placement.PlacementError, match='status 500'):
        placement.PlacementClient(adapter).traits()


def test_half_a_character_in_a_uuid_is_not_what_placement_answers(
    adapter, requests_mock
):
    provider = {
        'uuid': '\ud800',
        'name': 'compute1',
        'generation': 1,
        'root_provider_uuid': 'x',
        'parent_provider_uuid': None,
    }
    requests_mock.get(
        f'{URL}/resource_providers', json={'resource_providers': [provider]}
    )

    with pytest.raises(placement.PlacementError, match='not what'):
        placement.PlacementClient(adapter).provider(name='compute1')
