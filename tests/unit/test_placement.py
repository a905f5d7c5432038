# SPDX-License-Identifier: Apache-2.0
"""What the client makes of every answer, and of none.

The answers are canned here; tests/functional/test_placement_client.py asks a
real Placement.
"""

import logging
import time

import pytest
import requests
from keystoneauth1 import adapter as ksa_adapter
from keystoneauth1 import exceptions, fixture, session, token_endpoint
from keystoneauth1.identity import v3
from oslo_config import cfg
from requests_mock import ANY

from nova_migcompat import placement
from nova_migcompat.conf import placement as conf

URL = 'http://placement.example/placement'
UUID = '6c4a8f4e-4a37-4f0b-9f9e-3a3e4b6a1a01'
TRAITS = f'{URL}/resource_providers/{UUID}/traits'
OURS = 'CUSTOM_MIGCOMPAT_F_A_B'
PROVIDER = {
    'uuid': UUID,
    'name': 'compute1',
    'generation': 7,
    'root_provider_uuid': UUID,
    'parent_provider_uuid': None,
}


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


def placement_error(status, detail, **more):
    return {'errors': [{'status': status, 'detail': detail, **more}]}


def standing(*names, generation=7):
    return {
        'traits': list(names),
        'resource_provider_generation': generation,
    }


CALLS = {
    'traits': (lambda c: c.traits(), 'GET /traits'),
    'create_trait': (lambda c: c.create_trait(OURS), f'PUT /traits/{OURS}'),
    'provider': (
        lambda c: c.provider(name='compute1'),
        'GET /resource_providers',
    ),
    'tree': (lambda c: c.tree(UUID), 'GET /resource_providers'),
    'provider_traits': (
        lambda c: c.provider_traits(UUID),
        f'GET /resource_providers/{UUID}/traits',
    ),
    'put_provider_traits': (
        lambda c: c.put_provider_traits(UUID, [OURS], 7),
        f'PUT /resource_providers/{UUID}/traits',
    ),
    'update_provider_traits': (
        lambda c: c.update_provider_traits(UUID, lambda names: names),
        f'GET /resource_providers/{UUID}/traits',
    ),
    'providers_with_any': (
        lambda c: c.providers_with_any([OURS]),
        'GET /resource_providers',
    ),
    'allocations': (
        lambda c: c.allocations(UUID),
        f'GET /allocations/{UUID}',
    ),
}
every_call = pytest.mark.parametrize(
    ('call', 'what'), CALLS.values(), ids=CALLS
)


@every_call
@pytest.mark.parametrize(
    'error',
    [
        requests.exceptions.ConnectTimeout('slow'),
        requests.exceptions.ReadTimeout('slow'),
        requests.exceptions.ConnectionError('refused'),
        requests.exceptions.SSLError('self-signed'),
        requests.exceptions.ChunkedEncodingError('cut off'),
        OSError('no CA bundle at /nowhere'),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_answer_is_an_error_that_names_the_request(
    client, requests_mock, call, what, error
):
    requests_mock.register_uri(ANY, ANY, exc=error)

    with pytest.raises(placement.PlacementError) as caught:
        call(client)

    assert str(caught.value).startswith(f'{what}: ')
    assert caught.value.status is None


@every_call
@pytest.mark.parametrize('status', [300, 400, 401, 403, 404, 500, 502, 503])
def test_a_bad_status_is_an_error_with_the_servers_own_words(
    client, requests_mock, call, what, status
):
    requests_mock.register_uri(
        ANY,
        ANY,
        status_code=status,
        json=placement_error(status, 'Usual words.\n\n The cause.  '),
    )

    with pytest.raises(placement.PlacementError) as caught:
        call(client)

    assert str(caught.value) == f'{what}: status {status}: The cause.'
    assert caught.value.status == status
    assert isinstance(caught.value, placement.NotFound) == (status == 404)


@every_call
@pytest.mark.parametrize(
    'body',
    [
        b'<html>It works!</html>',
        b'\xff\xfe',
        b'[]',
        b'"traits"',
        b'{}',
        b'{"traits": null, "resource_providers": {}, "allocations": []}',
        b'{"traits": [1], "resource_provider_generation": 1,'
        b' "resource_providers": [1], "allocations": {"a": 1}}',
        b'{"traits": {}, "resource_provider_generation": "1",'
        b' "resource_providers": [{}], "allocations": {"a": {}}}',
    ],
)
def test_another_answer_than_placements_is_an_error(
    client, requests_mock, call, what, body
):
    requests_mock.register_uri(ANY, ANY, content=body)

    with pytest.raises(placement.PlacementError) as caught:
        call(client)

    assert str(caught.value).startswith(f'{what}: status 200, but not')


@pytest.mark.parametrize('name', sorted(set(CALLS) - {'create_trait'}))
def test_no_content_is_an_error_where_something_was_asked(
    client, requests_mock, name
):
    call, what = CALLS[name]
    requests_mock.register_uri(ANY, ANY, status_code=204)

    with pytest.raises(placement.PlacementError) as caught:
        call(client)

    assert str(caught.value).startswith(f'{what}: status 204, but not')


@pytest.mark.parametrize('key', sorted(PROVIDER))
def test_a_provider_without_one_of_its_keys_is_an_error(
    client, requests_mock, key
):
    provider = {k: v for k, v in PROVIDER.items() if k != key}
    requests_mock.get(
        f'{URL}/resource_providers', json={'resource_providers': [provider]}
    )

    with pytest.raises(placement.PlacementError, match=f"there is no '{key}'"):
        client.provider(uuid=UUID)


@pytest.mark.parametrize('generation', [None, True, '7', 7.0])
def test_a_generation_that_is_no_integer_is_an_error(
    client, requests_mock, generation
):
    requests_mock.get(TRAITS, json=standing(generation=generation))

    with pytest.raises(placement.PlacementError, match='generation'):
        client.provider_traits(UUID)


def test_a_servers_words_fit_into_one_line(client, requests_mock):
    requests_mock.get(
        f'{URL}/traits',
        status_code=502,
        text='<html>\n\x1b[31mBad\x00 gateway' + 'x' * 1000,
    )

    with pytest.raises(placement.PlacementError) as caught:
        client.traits()

    message = str(caught.value)
    assert message.startswith(
        'GET /traits: status 502: <html> ?[31mBad? gatewayxxx'
    )
    assert message.isprintable()
    assert len(message) < 400


@pytest.mark.parametrize(
    'body', [{'errors': []}, {'errors': [1]}, {'errors': {}}, [], 1]
)
def test_an_error_of_another_form_is_shown_as_it_is(
    client, requests_mock, body
):
    requests_mock.get(f'{URL}/traits', status_code=500, json=body)

    with pytest.raises(placement.PlacementError, match='status 500: '):
        client.traits()


def test_an_older_placement_is_an_error_that_names_its_version(
    client, requests_mock
):
    requests_mock.get(
        f'{URL}/traits',
        status_code=406,
        json=placement_error(
            406, 'Unacceptable version header: 1.39', max_version='1.38'
        ),
    )

    with pytest.raises(placement.PlacementError) as caught:
        client.traits()

    assert 'up to 1.38, and 1.39 is needed' in str(caught.value)
    assert caught.value.status == 406


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


class TestCredentials:
    """Whatever is wrong with them is one PlacementError."""

    @pytest.fixture
    def by_password(self, requests_mock):
        """Return an adapter, and the token that keystone gives it."""
        token = fixture.V3Token()
        requests_mock.get(
            'http://keystone.example/v3',
            json={
                'version': fixture.V3Discovery('http://keystone.example/v3')
            },
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

    def test_no_endpoint_in_the_catalog(self, by_password):
        adapter, token = by_password
        token.add_service('volume').add_standard_endpoints(public=URL)

        with pytest.raises(placement.PlacementError, match='endpoint'):
            placement.PlacementClient(adapter).traits()

    def test_an_endpoint_in_the_catalog(self, by_password, requests_mock):
        adapter, token = by_password
        token.add_service('placement').add_standard_endpoints(public=URL)
        requests_mock.get(f'{URL}/traits', json={'traits': [OURS]})

        assert placement.PlacementClient(adapter).traits() == {OURS}

    def test_keystone_refuses(self, by_password, requests_mock):
        requests_mock.post(
            'http://keystone.example/v3/auth/tokens', status_code=401
        )

        with pytest.raises(placement.PlacementError, match='401'):
            placement.PlacementClient(by_password[0]).traits()

    def test_keystone_is_away(self, by_password, requests_mock):
        requests_mock.post(
            'http://keystone.example/v3/auth/tokens',
            exc=requests.exceptions.ConnectionError,
        )

        with pytest.raises(
            placement.PlacementError, match=r'keystone\.example'
        ):
            placement.PlacementClient(by_password[0]).traits()

    def test_no_credentials_at_all(self):
        adapter = ksa_adapter.Adapter(
            session.Session(), service_type='placement'
        )

        with pytest.raises(placement.PlacementError, match='auth'):
            placement.PlacementClient(adapter).traits()

    def test_neither_token_nor_password_is_logged(
        self, by_password, requests_mock, caplog
    ):
        caplog.set_level(logging.DEBUG)
        adapter, token = by_password
        token.add_service('placement').add_standard_endpoints(public=URL)
        requests_mock.get(f'{URL}/traits', status_code=401, text='no')

        with pytest.raises(placement.PlacementError) as caught:
            placement.PlacementClient(adapter).traits()

        assert 'GET' in caplog.text
        assert 'secret' not in caplog.text + str(caught.value)


class TestLimits:
    """Time limits and retries of one client."""

    def test_without_limits_the_session_decides(self, adapter, requests_mock):
        adapter.session.timeout = 12
        requests_mock.get(f'{URL}/traits', json={'traits': []})

        placement.PlacementClient(adapter).traits()

        assert requests_mock.last_request.timeout == 12

    def test_the_timeout_holds_for_each_request(self, adapter, requests_mock):
        requests_mock.get(f'{URL}/traits', json={'traits': []})
        client = placement.PlacementClient(adapter, timeout=3)

        client.traits()
        client.traits()

        assert [r.timeout for r in requests_mock.request_history] == [3, 3]

    def test_the_budget_holds_for_all_requests(
        self, adapter, requests_mock, monkeypatch
    ):
        now = 1000.0
        monkeypatch.setattr(time, 'monotonic', lambda: now)
        requests_mock.get(f'{URL}/traits', json={'traits': []})
        client = placement.PlacementClient(adapter, timeout=6, budget=10)

        client.traits()
        now += 7
        client.traits()
        now += 3
        with pytest.raises(placement.PlacementError, match='the 10 s for all'):
            client.traits()

        assert [r.timeout for r in requests_mock.request_history] == [6, 3]

    def test_a_client_without_retries_tries_once(
        self, adapter, requests_mock, pauses
    ):
        adapter.connect_retries = adapter.status_code_retries = 3
        requests_mock.get(
            f'{URL}/traits', exc=requests.exceptions.ConnectionError
        )

        with pytest.raises(placement.PlacementError):
            placement.PlacementClient(adapter, retries=0).traits()

        assert requests_mock.call_count == 1
        assert pauses == []

    def test_the_adapters_retries_count_unless_told_otherwise(
        self, adapter, requests_mock, pauses
    ):
        adapter.status_code_retries = 3
        requests_mock.get(f'{URL}/traits', status_code=503)

        with pytest.raises(placement.PlacementError):
            placement.PlacementClient(adapter).traits()

        assert requests_mock.call_count == 4

    def test_the_request_id_goes_along(self, adapter, requests_mock):
        requests_mock.get(f'{URL}/traits', json={'traits': []})

        placement.PlacementClient(adapter, global_request_id='req-1').traits()

        headers = requests_mock.last_request.headers
        assert headers['X-OpenStack-Request-ID'] == 'req-1'


class TestUpdateProviderTraits:
    """Read, change, write, and again where another wrote in between."""

    FOREIGN = ('COMPUTE_NODE', 'CUSTOM_GOLD')

    def test_others_names_stay(self, client, requests_mock):
        requests_mock.get(TRAITS, json=standing(OURS, *self.FOREIGN))
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

    def test_change_sees_all_names_and_may_return_them(
        self, client, requests_mock
    ):
        requests_mock.get(TRAITS, json=standing(OURS, *self.FOREIGN))
        requests_mock.put(TRAITS, json=standing('A', generation=8))
        seen = []

        def change(names):
            seen.append(names)
            return names - {OURS}

        after = client.update_provider_traits(UUID, change)

        assert seen == [{OURS, *self.FOREIGN}]
        assert after == placement.ProviderTraits(frozenset({'A'}), 8)

    @pytest.mark.parametrize(
        'wanted', [[OURS], [OURS, 'CUSTOM_GOLD'], [OURS, *FOREIGN]]
    )
    def test_nothing_is_written_where_nothing_changes(
        self, client, requests_mock, wanted
    ):
        requests_mock.get(TRAITS, json=standing(OURS, *self.FOREIGN))

        after = client.update_provider_traits(UUID, lambda _names: wanted)

        assert after.generation == 7
        assert requests_mock.call_count == 1

    def test_a_name_that_is_not_ours_cannot_be_added(
        self, client, requests_mock
    ):
        requests_mock.get(TRAITS, json=standing(*self.FOREIGN))

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
        self, client, requests_mock, pauses, status, detail
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

    def test_conflicts_without_end_are_an_error(
        self, client, requests_mock, pauses
    ):
        requests_mock.get(TRAITS, json=standing())
        put = requests_mock.put(TRAITS, status_code=409, text='again')

        with pytest.raises(placement.Conflict, match='again'):
            client.update_provider_traits(UUID, lambda _names: [OURS])

        assert put.call_count == 10
        assert max(pauses) <= 5

    def test_no_wait_is_longer_than_the_budget(
        self, adapter, requests_mock, pauses, monkeypatch
    ):
        monkeypatch.setattr(time, 'monotonic', lambda: 1000.0)
        requests_mock.get(TRAITS, json=standing())
        requests_mock.put(TRAITS, status_code=409)
        client = placement.PlacementClient(adapter, budget=0.001)

        with pytest.raises(placement.Conflict):
            client.update_provider_traits(UUID, lambda _names: [OURS])

        assert max(pauses) == pytest.approx(0.001)

    def test_another_error_is_not_tried_again(
        self, client, requests_mock, pauses
    ):
        requests_mock.get(TRAITS, json=standing())
        put = requests_mock.put(TRAITS, status_code=500, text='broken')

        with pytest.raises(placement.PlacementError, match='broken'):
            client.update_provider_traits(UUID, lambda _names: [OURS])

        assert put.call_count == 1
        assert pauses == []


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


class TestLoadAdapter:
    """From options to an adapter."""

    @pytest.fixture
    def load(self, tmp_path):
        def load(text):
            path = tmp_path / 'agent.conf'
            path.write_text('[placement]\n' + text)
            config = cfg.ConfigOpts()
            conf.register_opts(config)
            config(['--config-file', str(path)], project='nova-migcompat')
            return placement.load_adapter(config)

        return load

    def test_the_options_reach_the_request(self, load, requests_mock):
        requests_mock.get(f'{URL}/traits', json={'traits': []})
        adapter = load(
            'auth_type = admin_token\n'
            f'endpoint = {URL}\n'
            'token = abc\n'
            'timeout = 4\n'
        )

        placement.PlacementClient(adapter).traits()

        request = requests_mock.last_request
        assert request.timeout == 4
        assert request.headers['X-Auth-Token'] == 'abc'
        assert 'nova-migcompat' in request.headers['User-Agent']

    @pytest.mark.parametrize(
        'plugin', ['password', 'v3applicationcredential', 'none', 'http_basic']
    )
    def test_plugins_are_loaded_by_name(self, load, plugin):
        adapter = load(
            f'auth_type = {plugin}\n'
            'auth_url = http://keystone.example/v3\n'
            'username = agent\n'
            'user_domain_id = default\n'
            'password = secret\n'
            'application_credential_id = 1\n'
            'application_credential_secret = secret\n'
            f'endpoint = {URL}\n'
        )

        assert adapter.session.auth is not None
        assert adapter.interface == ['internal', 'public']

    @pytest.mark.parametrize(
        ('text', 'message'),
        [
            ('', r'\[placement\] auth_type is not set'),
            ('auth_type = telepathy', 'telepathy'),
            ('auth_type = password', 'auth_url'),
        ],
    )
    def test_what_is_missing_is_named(self, load, text, message):
        with pytest.raises(placement.PlacementError, match=message):
            load(text)


def test_the_errors_are_no_subclasses_of_keystoneauths():
    assert not issubclass(placement.PlacementError, exceptions.ClientException)
