# SPDX-License-Identifier: Apache-2.0
"""How the commands reach a cloud: a Keystone with a catalog, real Placement.

Keystone's answers are keystoneauth1's own fixtures; the token that it gives is
the one that Placement knows.
"""

import json
import os
import socket

import pytest
import requests_mock
import yaml
from keystoneauth1 import fixture as ksa_fixture

from nova_migcompat.cli import access, cloud, main
from tests.placement_server import TOKEN, Admin

pytestmark = pytest.mark.usefixtures('logging_as_before')

AUTH_URL = 'http://keystone.example.org/v3'
DEAD = 'http://127.0.0.1:9'
SECRET = 'a-secret'
AUTH = {
    'auth_url': AUTH_URL,
    'username': 'operator',
    'password': SECRET,
    'project_name': 'admin',
    'user_domain_name': 'Default',
    'project_domain_name': 'Default',
}
D_NAME = f'CUSTOM_MIGCOMPAT_D_{"A" * 32}'


class Keystone:
    """A Keystone whose catalog has Placement in two regions.

    :ivar requests: what was asked of it
    """

    def __init__(self, mocker, placement_url):
        self._mocker = mocker
        self._placement = placement_url
        discovery = ksa_fixture.DiscoveryList(
            'http://keystone.example.org', v2=False
        )
        mocker.get(AUTH_URL, json={'version': discovery.versions[0]})
        self.give_token()

    def give_token(self, *, services=('placement', 'compute')):
        token = ksa_fixture.V3Token(user_name='operator')
        token.set_project_scope()
        for name in services:
            service = token.add_service(name)
            service.add_standard_endpoints(
                public=self._placement, internal=DEAD, region='here'
            )
            service.add_standard_endpoints(
                public=DEAD, internal=self._placement, region='there'
            )
        self.tokens = self._mocker.post(
            f'{AUTH_URL}/auth/tokens',
            json=token,
            headers={'X-Subject-Token': TOKEN},
        )

    def refuse(self, status):
        self._mocker.post(
            f'{AUTH_URL}/auth/tokens',
            status_code=status,
            json={'error': {'message': 'No.', 'code': status}},
        )


@pytest.fixture
def keystone(placement):
    with requests_mock.Mocker(real_http=True) as mocker:
        yield Keystone(mocker, placement.url)


@pytest.fixture(autouse=True)
def nothing_given(tmp_path, monkeypatch):
    """Let neither this machine's variables nor its files count."""
    for name in os.environ:
        if name.startswith('OS_'):
            monkeypatch.delenv(name)
    monkeypatch.setenv('OS_CLIENT_CONFIG_FILE', str(tmp_path / 'clouds.yaml'))
    monkeypatch.setattr(access, 'CONFIG_FILE', str(tmp_path / 'agent.conf'))
    (tmp_path / 'clouds.yaml').write_text('clouds: {}\n')


@pytest.fixture
def clouds(tmp_path):
    """Return a function that writes clouds.yaml."""

    def write(**clouds):
        text = yaml.safe_dump({'clouds': clouds})
        (tmp_path / 'clouds.yaml').write_text(text)

    return write


@pytest.fixture
def variables(monkeypatch):
    """Set the variables that openrc files set."""
    for name, value in AUTH.items():
        monkeypatch.setenv(f'OS_{name.upper()}', value)
    monkeypatch.setenv('OS_REGION_NAME', 'here')


@pytest.fixture
def purge(capsys):
    """Return a function that asks Placement, and changes nothing there."""

    def run(*options, before=()):
        arguments = [*before, 'purge', '--dry-run', '-f', 'json', *options]
        try:
            status = main.main(arguments)
        except SystemExit as e:
            status = e.code
        out, err = capsys.readouterr()
        assert SECRET not in out + err
        assert 'Traceback' not in err
        rows = json.loads(out) if out else None
        return status, rows, err

    return run


def options(**auth):
    return [
        text
        for name, value in auth.items()
        for text in (f'--os-{name.replace("_", "-")}', value)
    ]


OPTIONS = options(region_name='here', **AUTH)


def test_a_cloud_of_clouds_yaml_is_taken_by_its_name(purge, keystone, clouds):
    clouds(one={'auth': AUTH, 'region_name': 'here'}, two={})

    assert purge('--os-cloud', 'one') == (0, [], '')
    assert purge(before=['--os-cloud', 'one']) == (0, [], '')
    assert purge(before=['--os-cloud=one']) == (0, [], '')


def test_the_only_cloud_needs_no_name(purge, keystone, clouds):
    clouds(one={'auth': AUTH, 'region_name': 'here'})

    assert purge() == (0, [], '')


def test_the_variable_names_a_cloud(purge, keystone, clouds, monkeypatch):
    clouds(one={'auth': AUTH, 'region_name': 'here'}, two={})
    monkeypatch.setenv('OS_CLOUD', 'one')

    assert purge() == (0, [], '')


def test_the_variables_are_enough(purge, keystone, variables):
    assert purge() == (0, [], '')
    sent = keystone.tokens.last_request.json()['auth']
    assert sent['identity']['password']['user']['name'] == 'operator'


def test_the_options_are_enough_before_and_after_the_command(purge, keystone):
    assert purge(*OPTIONS) == (0, [], '')
    assert purge(before=OPTIONS) == (0, [], '')


def test_an_option_counts_before_a_variable(purge, keystone, variables):
    assert purge('--os-username', 'other')[0] == 0

    sent = keystone.tokens.last_request.json()['auth']
    assert sent['identity']['password']['user']['name'] == 'other'


def test_a_keystone_is_not_needed(purge, placement):
    Admin(placement.adapter()).create_traits([D_NAME])
    token = ('--os-auth-type', 'admin_token', '--os-token', TOKEN)

    status, rows, _ = purge(*token, '--os-endpoint', placement.url)

    assert (status, len(rows)) == (0, 1)


def test_a_token_that_placement_does_not_know_is_told(purge):
    token = ('--os-auth-type', 'admin_token', '--os-token', SECRET)
    url = 'http://placement.example.org'
    with requests_mock.Mocker() as mocker:
        mocker.get(f'{url}/traits', status_code=401)
        status, _, error = purge(*token, '--os-endpoint', url)

    assert status == 2
    assert 'status 401' in error
    assert 'were not accepted' in error


@pytest.mark.parametrize(
    ('region', 'interface', 'status'),
    [
        ('here', 'public', 0),
        ('here', 'internal', 2),
        ('there', 'public', 2),
        ('there', 'internal', 0),
    ],
)
def test_region_and_interface_choose_the_endpoint(
    purge, keystone, clouds, region, interface, status
):
    clouds(
        one={'auth': AUTH, 'region_name': region, 'interface': interface},
        two={'auth': AUTH},
    )
    chosen = ('--os-region-name', region, '--os-interface', interface)

    assert purge('--os-cloud', 'one')[0] == status
    assert purge('--os-cloud', 'two', *chosen)[0] == status


def test_an_explicit_file_counts_most(
    purge, placement, variables, clouds, tmp_path
):
    clouds(one={'auth': AUTH})
    (tmp_path / 'own.conf').write_text(placement.config())

    found = purge('--config-file', str(tmp_path / 'own.conf'))

    assert found == (0, [], '')


def test_clouds_yaml_that_is_wrong_does_not_harm_an_explicit_file(
    purge, placement, tmp_path
):
    (tmp_path / 'clouds.yaml').write_text('clouds: {a: 3}\n')
    (tmp_path / 'own.conf').write_text(placement.config())

    found = purge('--config-file', str(tmp_path / 'own.conf'))

    assert found == (0, [], '')


def test_variables_count_before_the_agents_file(
    purge, placement, variables, keystone, tmp_path
):
    (tmp_path / 'agent.conf').write_text('[placement]\n')

    assert purge() == (0, [], '')


@pytest.mark.parametrize('others', [{}, {'one': {'auth': AUTH}, 'two': {}}])
def test_the_agents_file_counts_where_nothing_else_does(
    purge, placement, clouds, tmp_path, others
):
    clouds(**others)
    (tmp_path / 'agent.conf').write_text(placement.config())

    assert purge() == (0, [], '')


def test_a_region_alone_says_nothing_of_how_to_authenticate(
    purge, placement, monkeypatch, tmp_path
):
    monkeypatch.setenv('OS_REGION_NAME', 'here')
    (tmp_path / 'agent.conf').write_text(placement.config())

    assert purge() == (0, [], '')


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
        (f'clouds:\n  a: {{password: "{SECRET}\n', 'line 3: it is no YAML'),
        (f'clouds: [{SECRET}]\n', 'clouds.yaml'),
        (f'clouds: {{a: {SECRET}}}\n', 'clouds.yaml'),
        (f'clouds: {{a: {{auth: {SECRET}}}}}\n', 'clouds.yaml'),
        (f'{SECRET}\n', 'not a valid mapping'),
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


def test_a_cloud_that_never_answers_is_given_up(purge):
    with socket.create_server(('127.0.0.1', 0)) as server:
        url = f'http://127.0.0.1:{server.getsockname()[1]}'
        token = ('--os-auth-type', 'admin_token', '--os-token', 'x')

        status, _, error = purge(
            *token, '--os-endpoint', url, '--timeout', '0.2'
        )

    assert status == 2
    assert 'can it be reached from here?' in error


class Probe(cloud.CloudLister):
    """Tells what it was given."""

    def take_action(self, parsed_args):
        return (), (self.placement(parsed_args), self.compute(parsed_args))


@pytest.mark.parametrize(
    ('entry', 'given', 'seconds'),
    [
        ({}, (), 30),
        ({'api_timeout': 7}, (), 7),
        ({'api_timeout': 7}, ('--timeout', '3'), 3),
    ],
)
def test_every_request_has_a_limit(clouds, entry, given, seconds):
    clouds(one={'auth': AUTH, **entry})
    probe = Probe(None, None)
    parsed_args = probe.get_parser('probe').parse_args(given)

    adapter = probe.compute(parsed_args)

    assert adapter.session.timeout == seconds


def test_nova_is_reached_with_the_same_credentials(keystone, variables):
    probe = Probe(None, None)
    parsed_args = probe.get_parser('probe').parse_args([])

    adapter = probe.compute(parsed_args)

    assert adapter.get_endpoint() == keystone._placement
    assert probe.compute(parsed_args).session is adapter.session


def test_nova_is_reached_with_the_credentials_of_a_file(keystone, tmp_path):
    lines = ['[placement]', 'auth_type = password', 'region_name = there']
    lines += [f'{name} = {value}' for name, value in AUTH.items()]
    (tmp_path / 'own.conf').write_text('\n'.join(lines))
    probe = Probe(None, None)
    parsed_args = probe.get_parser('probe').parse_args(
        ['--config-file', str(tmp_path / 'own.conf')]
    )

    assert probe.compute(parsed_args).get_endpoint() == keystone._placement


def test_a_nova_that_fails_is_2(variables, keystone, caplog):
    class Asks(Probe):
        def take_action(self, parsed_args):
            self.compute(parsed_args).get('/servers')

    asks = Asks(None, None)
    keystone.give_token(services=['placement'])

    status = asks.run(asks.get_parser('asks').parse_args([]))

    assert status == 2
    assert 'openstack catalog list' in caplog.text


def test_the_help_shows_no_secret(purge, variables, capsys):
    assert main.main(['purge', '--help']) == 0
    assert SECRET not in capsys.readouterr().out


@pytest.mark.parametrize(
    'arguments',
    [
        ['purge', '--os-auth-type', 'v3token', '--help'],
        ['--os-auth-type', 'v3token', 'purge', '--dry-run', '--help'],
        ['--os-auth-type=v3token', 'help', 'purge'],
    ],
)
def test_the_help_has_the_options_of_the_auth_type(capsys, arguments):
    assert main.main(arguments) == 0

    out = capsys.readouterr().out
    assert '--os-token' in out
    assert '--os-password' not in out
