# SPDX-License-Identifier: Apache-2.0
"""How the commands fail where a cloud cannot be reached."""

import socket
import sys
import types

import pytest
import requests_mock

from nova_migcompat.cli import cloud
from tests.functional.keystone import AUTH, DEAD, SECRET, options

pytestmark = pytest.mark.usefixtures('logging_as_before', 'nothing_given')


def test_nothing_at_all_says_what_to_give(purge):
    status, rows, error = purge()

    assert (status, rows) == (2, None)
    for way in ('--os-cloud', 'OS_*', '--config-file', 'agent.conf'):
        assert way in error


def test_several_clouds_and_no_choice_are_named(purge, clouds):
    clouds(one={'auth': AUTH}, two={'auth': AUTH})

    status, _, error = purge()

    assert status == 2
    assert 'several clouds (one, two): choose one with --os-cloud' in error


def test_a_cloud_that_is_not_there_is_named(purge, clouds):
    clouds(one={'auth': AUTH})

    status, _, error = purge('--os-cloud', 'other')

    assert status == 2
    assert 'Cloud other was not found' in error


def test_half_of_the_variables_are_not_enough(purge, monkeypatch):
    monkeypatch.setenv('OS_USERNAME', 'operator')
    monkeypatch.setenv('OS_PASSWORD', SECRET)

    status, _, error = purge()

    assert status == 2
    assert 'auth_url must be given' in error


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        (f'clouds:\n  a: {{password: "{SECRET}\n', 'line 3'),
        (f'clouds: [{SECRET}]\n', 'clouds.yaml'),
        (f'clouds: {{a: {SECRET}}}\n', 'clouds.yaml'),
        (f'clouds: {{a: {{auth: {SECRET}}}}}\n', 'clouds.yaml'),
        (f'{SECRET}\n', 'clouds.yaml'),
        ('clouds: {a: {auth: {auth_url: x}, k: "{x}"}}\n', 'clouds.yaml'),
    ],
)
def test_a_wrong_clouds_yaml_is_2_and_not_quoted(purge, tmp_path, text, words):
    (tmp_path / 'clouds.yaml').write_text(text)

    status, rows, error = purge('--os-cloud', 'a')

    assert (status, rows) == (2, None)
    assert words in error


def test_an_auth_type_that_does_not_exist_is_2(purge):
    status, _, error = purge('--os-auth-type', 'nonsense')

    assert status == 2
    assert "no auth type 'nonsense'; there are: admin_token, " in error


@pytest.mark.parametrize('value', ['0', '-1', 'long', 'nan', 'inf'])
def test_a_wrong_timeout_is_2(purge, value):
    assert purge('--timeout', value)[0] == 2


def test_wrong_credentials_are_told(purge, keystone, clouds):
    clouds(one={'auth': AUTH})
    keystone.refuse(401)

    status, _, error = purge()

    assert status == 2
    assert "credentials of the cloud 'one' of clouds.yaml were not" in error


def test_a_user_without_the_role_is_told(purge, placement):
    nobody = ('--os-auth-type', 'admin_token', '--os-token', 'nobody')

    status, _, error = purge(*nobody, '--os-endpoint', placement.url)

    assert status == 2
    assert 'status 403' in error
    assert 'role service or admin' in error


def test_a_keystone_that_forbids_is_told(purge, keystone, variables):
    keystone.refuse(403)

    status, _, error = purge()

    assert status == 2
    assert 'needs another role or project' in error


def test_a_catalog_without_placement_is_told(purge, keystone, variables):
    keystone.give_token(services=['compute'])

    status, _, error = purge()

    assert status == 2
    assert 'placement' in error
    assert 'openstack catalog list' in error


def test_another_region_than_there_is_is_told(purge, keystone, variables):
    status, _, error = purge('--os-region-name', 'nowhere')

    assert status == 2
    assert 'nowhere' in error
    assert 'openstack catalog list' in error


def test_a_cloud_that_is_not_there_is_told(purge):
    status, _, error = purge(*options(**{**AUTH, 'auth_url': f'{DEAD}/v3'}))

    assert status == 2
    assert 'can it be reached from here?' in error


def test_a_url_that_is_not_keystones_is_told(purge):
    url = 'http://www.example.org'
    with requests_mock.Mocker() as mocker:
        mocker.register_uri(
            requests_mock.ANY, requests_mock.ANY, status_code=404
        )
        status, _, error = purge(*options(**{**AUTH, 'auth_url': url}))

    assert status == 2
    assert 'auth_url' in error


@pytest.mark.parametrize('path', ['', '/v3'])
def test_an_auth_url_that_asks_for_a_token_does_not_hang(
    purge, tmp_path, path
):
    auth = {**AUTH, 'auth_url': f'http://nova.example.org{path}'}
    lines = ['[placement]', 'auth_type = password']
    lines += [f'{name} = {value}' for name, value in auth.items()]
    (tmp_path / 'own.conf').write_text('\n'.join(lines))

    with requests_mock.Mocker() as mocker:
        mocker.register_uri(
            requests_mock.ANY, requests_mock.ANY, status_code=401
        )
        for given in (
            options(**auth),
            ['--config-file', str(tmp_path / 'own.conf')],
        ):
            status, _, error = purge(*given)
            assert status == 2
            assert 'auth_url' in error or 'were not accepted' in error


def test_a_cloud_that_never_answers_is_given_up(purge):
    with socket.create_server(('127.0.0.1', 0)) as server:
        url = f'http://127.0.0.1:{server.getsockname()[1]}'
        token = ('--os-auth-type', 'admin_token', '--os-token', 'x')

        status, _, error = purge(
            *token, '--os-endpoint', url, '--timeout', '0.2'
        )

    assert status == 2
    assert 'can it be reached from here?' in error


def test_a_token_that_placement_does_not_know_is_told(purge):
    token = ('--os-auth-type', 'admin_token', '--os-token', SECRET)
    url = 'http://placement.example.org'
    with requests_mock.Mocker() as mocker:
        mocker.get(f'{url}/traits', status_code=401)
        status, _, error = purge(*token, '--os-endpoint', url)

    assert status == 2
    assert 'status 401' in error
    assert 'were not accepted' in error


@pytest.mark.parametrize('status_code', [500, 502, 503, 504])
def test_a_placement_that_fails_is_to_be_tried_again(purge, status_code):
    token = ('--os-auth-type', 'admin_token', '--os-token', SECRET)
    url = 'http://placement.example.org'
    with requests_mock.Mocker() as mocker:
        mocker.get(f'{url}/traits', status_code=status_code, text='Oh')
        status, _, error = purge(*token, '--os-endpoint', url)

    assert status == 2
    assert f'status {status_code}: Oh (try again; ' in error
    assert 'is the service up' in error


def test_a_nova_that_fails_is_2(variables, keystone, caplog):
    class Asks(cloud.CloudLister):
        def take_action(self, parsed_args):
            self.compute(parsed_args).get('/servers')

    asks = Asks(types.SimpleNamespace(stdout=sys.stdout), None)
    keystone.give_token(services=['placement'])

    status = asks.run(asks.get_parser('asks').parse_args([]))

    assert status == 2
    assert 'openstack catalog list' in caplog.text
