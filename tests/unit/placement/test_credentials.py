# SPDX-License-Identifier: Apache-2.0
"""Whatever is wrong with credentials is one PlacementError."""

import logging

import pytest
import requests
from keystoneauth1 import adapter as ksa_adapter
from keystoneauth1 import fixture, session
from keystoneauth1.identity import v3

from nova_migcompat import placement
from tests.unit.placement.wire import OURS, URL


@pytest.fixture
def by_password(requests_mock):
    """Return an adapter, and the token that keystone gives it."""
    token = fixture.V3Token()
    requests_mock.get(
        'http://keystone.example/v3',
        json={'version': fixture.V3Discovery('http://keystone.example/v3')},
    )
    requests_mock.post(
        'http://keystone.example/v3/auth/tokens',
        json=token,
        headers={'X-Subject-Token': 'very-secret'},
    )
    auth = v3.Password(
        'http://keystone.example/v3',
        username='agent',
        password='also-secret',
        user_domain_id='default',
    )
    adapter = ksa_adapter.Adapter(
        session.Session(auth=auth), service_type='placement'
    )
    return adapter, token


def test_no_endpoint_in_the_catalog_is_an_error(by_password):
    adapter, token = by_password
    token.add_service('volume').add_standard_endpoints(public=URL)

    with pytest.raises(placement.PlacementError, match='endpoint'):
        placement.PlacementClient(adapter).traits()


def test_the_endpoint_is_taken_from_the_catalog(by_password, requests_mock):
    adapter, token = by_password
    token.add_service('placement').add_standard_endpoints(public=URL)
    requests_mock.get(f'{URL}/traits', json={'traits': [OURS]})

    assert placement.PlacementClient(adapter).traits() == {OURS}


def test_a_refusal_of_keystones_is_an_error(by_password, requests_mock):
    requests_mock.post(
        'http://keystone.example/v3/auth/tokens', status_code=401
    )

    with pytest.raises(placement.PlacementError, match='401'):
        placement.PlacementClient(by_password[0]).traits()


def test_no_answer_of_keystones_is_an_error(by_password, requests_mock):
    requests_mock.post(
        'http://keystone.example/v3/auth/tokens',
        exc=requests.exceptions.ConnectionError,
    )

    with pytest.raises(placement.PlacementError, match=r'keystone\.example'):
        placement.PlacementClient(by_password[0]).traits()


def test_no_credentials_at_all_are_an_error():
    adapter = ksa_adapter.Adapter(session.Session(), service_type='placement')

    with pytest.raises(placement.PlacementError, match='auth'):
        placement.PlacementClient(adapter).traits()


def test_neither_token_nor_password_is_logged(
    by_password, requests_mock, caplog
):
    caplog.set_level(logging.DEBUG)
    adapter, token = by_password
    token.add_service('placement').add_standard_endpoints(public=URL)
    requests_mock.get(f'{URL}/traits', status_code=401, text='no')

    with pytest.raises(placement.PlacementError) as caught:
        placement.PlacementClient(adapter).traits()

    assert 'GET' in caplog.text
    assert 'secret' not in caplog.text + str(caught.value)
