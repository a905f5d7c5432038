# SPDX-License-Identifier: Apache-2.0
"""The client over an adapter whose answers are canned."""

import time

import pytest
from keystoneauth1 import adapter as ksa_adapter
from keystoneauth1 import session, token_endpoint

from nova_migcompat import placement
from tests.unit.placement.wire import URL


@pytest.fixture
def adapter():
    """An adapter that raises, as keystoneauth1's do unless told otherwise."""
    auth = token_endpoint.Token(URL, 'very-secret')
    return ksa_adapter.Adapter(
        session.Session(auth=auth), service_type='placement'
    )


@pytest.fixture
def client(adapter):
    return placement.PlacementClient(adapter)


@pytest.fixture
def pauses(monkeypatch):
    """Waits between tries, which are not waited for."""
    pauses = []
    monkeypatch.setattr(time, 'sleep', pauses.append)
    return pauses
