# SPDX-License-Identifier: Apache-2.0
"""How the commands reach a cloud: which credentials count, and where."""

import pytest

from nova_migcompat.cli import access, cloud, main
from tests.functional.keystone import AUTH, NOTHING_TO_DO, SECRET, options
from tests.placement_server import TOKEN, Admin

pytestmark = pytest.mark.usefixtures('logging_as_before', 'nothing_given')

D_NAME = f'CUSTOM_MIGCOMPAT_D_{"A" * 32}'
OPTIONS = options(region_name='here', **AUTH)


def test_a_cloud_of_clouds_yaml_is_taken_by_its_name(purge, keystone, clouds):
    clouds(one={'auth': AUTH, 'region_name': 'here'}, two={})

    assert purge('--os-cloud', 'one') == NOTHING_TO_DO
    assert purge(before=['--os-cloud', 'one'])[:2] == NOTHING_TO_DO[:2]
    assert purge(before=['--os-cloud=one'])[:2] == NOTHING_TO_DO[:2]


def test_the_only_cloud_needs_no_name(purge, keystone, clouds):
    clouds(one={'auth': AUTH, 'region_name': 'here'})

    assert purge() == NOTHING_TO_DO


def test_the_variable_names_a_cloud(purge, keystone, clouds, monkeypatch):
    clouds(one={'auth': AUTH, 'region_name': 'here'}, two={})
    monkeypatch.setenv('OS_CLOUD', 'one')

    assert purge() == NOTHING_TO_DO


def test_the_variables_are_enough(purge, keystone, variables):
    assert purge() == NOTHING_TO_DO
    sent = keystone.tokens.last_request.json()['auth']
    assert sent['identity']['password']['user']['name'] == 'operator'


def test_the_options_are_enough_before_and_after_the_command(purge, keystone):
    assert purge(*OPTIONS) == NOTHING_TO_DO
    assert purge(before=OPTIONS)[:2] == NOTHING_TO_DO[:2]


def test_an_option_counts_before_a_variable(purge, keystone, variables):
    assert purge('--os-username', 'other')[0] == 0

    sent = keystone.tokens.last_request.json()['auth']
    assert sent['identity']['password']['user']['name'] == 'other'


def test_a_keystone_is_not_needed(purge, placement):
    Admin(placement.adapter()).create_traits([D_NAME])
    token = ('--os-auth-type', 'admin_token', '--os-token', TOKEN)

    status, rows, _ = purge(*token, '--os-endpoint', placement.url)

    assert (status, len(rows)) == (0, 1)


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

    assert found == NOTHING_TO_DO


def test_clouds_yaml_that_is_wrong_does_not_harm_an_explicit_file(
    purge, placement, tmp_path
):
    (tmp_path / 'clouds.yaml').write_text('clouds: {a: 3}\n')
    (tmp_path / 'own.conf').write_text(placement.config())

    found = purge('--config-file', str(tmp_path / 'own.conf'))

    assert found == NOTHING_TO_DO


def test_variables_count_before_the_agents_file(
    purge, placement, variables, keystone, tmp_path
):
    (tmp_path / 'agent.conf').write_text('[placement]\n')

    assert purge() == NOTHING_TO_DO


@pytest.mark.parametrize('others', [{}, {'one': {'auth': AUTH}, 'two': {}}])
def test_the_agents_file_counts_where_nothing_else_does(
    purge, placement, clouds, tmp_path, others
):
    clouds(**others)
    (tmp_path / 'agent.conf').write_text(placement.config())

    assert purge() == NOTHING_TO_DO


def test_a_region_alone_says_nothing_of_how_to_authenticate(
    purge, placement, monkeypatch, tmp_path
):
    monkeypatch.setenv('OS_REGION_NAME', 'here')
    (tmp_path / 'agent.conf').write_text(placement.config())

    assert purge() == NOTHING_TO_DO


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


def test_a_password_that_is_missing_is_asked_for_on_a_terminal(
    purge, keystone, monkeypatch
):
    asked = []
    monkeypatch.setattr(access, '_can_ask', lambda: True)
    monkeypatch.setattr(
        'getpass.getpass', lambda prompt: asked.append(prompt) or SECRET
    )
    known = {**AUTH, 'region_name': 'here'}
    del known['password']

    assert purge(*options(**known)) == NOTHING_TO_DO
    sent = keystone.tokens.last_request.json()['auth']
    assert sent['identity']['password']['user']['password'] == SECRET
    assert len(asked) == 1


def test_a_password_that_is_missing_is_not_asked_for_elsewhere(
    purge, monkeypatch
):
    monkeypatch.setattr('getpass.getpass', lambda _: pytest.fail('asked'))
    known = {**AUTH}
    del known['password']

    assert purge(*options(**known))[0] == 2


@pytest.mark.parametrize('given', ['options', 'clouds', 'variables'])
def test_the_most_verbose_log_shows_no_secret(
    purge, keystone, clouds, request, given
):
    if given == 'variables':
        request.getfixturevalue('variables')
    elif given == 'clouds':
        clouds(one={'auth': AUTH, 'region_name': 'here'})
    before = OPTIONS if given == 'options' else []

    status, _, error = purge(before=['-v', '-v', '--debug', *before])

    assert status == 0
    assert AUTH['auth_url'] in error
