# SPDX-License-Identifier: Apache-2.0
"""From options to an adapter."""

import pytest
from keystoneauth1 import exceptions
from oslo_config import cfg

from nova_migcompat import placement
from nova_migcompat.conf import placement as conf
from tests.unit.placement.wire import URL


@pytest.fixture
def load(tmp_path):
    def load(text):
        path = tmp_path / 'agent.conf'
        path.write_text('[placement]\n' + text)
        config = cfg.ConfigOpts()
        conf.register_opts(config)
        config(['--config-file', str(path)], project='nova-migcompat')
        return placement.load_adapter(config)

    return load


def test_the_options_reach_the_request(load, requests_mock):
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
def test_plugins_are_loaded_by_name(load, plugin):
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
def test_what_is_missing_is_named(load, text, message):
    with pytest.raises(placement.PlacementError, match=message):
        load(text)


def test_the_errors_are_no_subclasses_of_keystoneauths():
    assert not issubclass(placement.PlacementError, exceptions.ClientException)
