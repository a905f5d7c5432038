# SPDX-License-Identifier: Apache-2.0
"""No log shows a password or a token, however much it says.

Each program runs as a process of its own with every logger at DEBUG, those of
keystoneauth, urllib3 and oslo.config too. Keystone answers over HTTP, and the
token that it gives is one that Placement takes.
"""

import http.server
import json
import os
import subprocess
import sys
import threading

import pytest
import yaml
from keystoneauth1 import fixture as ksa_fixture

from tests import fake_sysfs
from tests.placement_server import Admin

PASSWORD = 'a-passw0rd-that-nobody-sees'
SECRET_PART = 'a-t0ken-that-nobody-sees'
#: Placement's noauth2 takes what stands before the colon for the user.
TOKEN = f'admin:{SECRET_PART}'
NODE = 'compute1'

#: What an agent's and a scheduler's process do not do by themselves: log all.
VERBOSE = 'import logging; logging.basicConfig(level=logging.DEBUG);'
STATUS = f"""{VERBOSE}
import sys
from nova_migcompat.cli import status
sys.exit(status.main(['--config-file', sys.argv[1], 'upgrade', 'check']))
"""
FILTER = f"""{VERBOSE}
import sys, types
import nova.conf
from nova_migcompat.scheduler import deciding, filters
nova.conf.CONF([], default_config_files=[sys.argv[1]], project='nova')
filters.MigrationCompatibilityFilter()
nova.conf.CONF.log_opt_values(logging.getLogger(), logging.DEBUG)
context = types.SimpleNamespace(global_id=None)
request = types.SimpleNamespace(_context=context)
try:
    print(len(deciding.Decider().client(request, 10).traits()))
except deciding.PlacementError as error:
    logging.exception(error)
"""


class Keystone(http.server.BaseHTTPRequestHandler):
    """Answers as keystoneauth1's own fixtures say.

    :cvar refused: the status of the answer to everybody; None: takes all.
    :cvar placement: the URL in the catalog.
    """

    refused = None
    placement = ''

    def do_GET(self):
        url = f'http://{self.headers["Host"]}'
        found = ksa_fixture.DiscoveryList(url, v2=False)
        self._answer(200, {'version': found.versions[0]})

    def do_POST(self):
        asked = self.rfile.read(int(self.headers['Content-Length']))
        assert PASSWORD in asked.decode()
        if self.refused:
            message = {'code': self.refused, 'message': 'No.'}
            self._answer(self.refused, {'error': message})
            return
        token = ksa_fixture.V3Token(user_name='nova-migcompat')
        token.set_project_scope()
        service = token.add_service('placement')
        service.add_standard_endpoints(
            public=self.placement, internal=self.placement
        )
        self._answer(201, token)

    def _answer(self, status, body):
        self.send_response(status)
        self.send_header('X-Subject-Token', TOKEN)
        self.send_header('Content-Type', 'application/json')
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_arguments):
        pass


class Host:
    """The files of a host, and what is run there.

    :ivar auth_url: of its Keystone
    :param folder: for its files
    """

    def __init__(self, folder, auth_url):
        self.auth_url = auth_url
        self._folder = folder
        auth = {
            'auth_url': auth_url,
            'username': 'nova-migcompat',
            'password': PASSWORD,
            'project_name': 'service',
            'user_domain_name': 'Default',
            'project_domain_name': 'Default',
        }
        sysfs = fake_sysfs.FakeSysfs(folder / 'sys')
        vf = sysfs.function('0000:81:00.0', 'acme_vfio_pci')
        (vf / 'migration_compatible').write_text('SELF:\n\tname=x\n')
        group = '\n'.join(f'{name} = {value}' for name, value in auth.items())
        self.config = folder / 'any.conf'
        self.config.write_text(
            '[DEFAULT]\ndebug = true\ndefault_log_levels =\n'
            f'[agent]\nresource_provider = {NODE}\nnova_config_files =\n'
            f'sysfs_root = {sysfs.root}\nstate_path = {folder / "state"}\n'
            f'[placement]\nauth_type = password\n{group}\n'
        )
        cloud = {'clouds': {'one': {'auth': auth}}}
        (folder / 'clouds.yaml').write_text(yaml.safe_dump(cloud))

    def run(self, *arguments):
        """Run Python; return all that it says."""
        ended = subprocess.run(
            [sys.executable, *map(str, arguments)],
            env={
                **os.environ,
                'OS_CLIENT_CONFIG_FILE': str(self._folder / 'clouds.yaml'),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
        )
        return ended.stdout


@pytest.fixture
def keystone(placement):
    handler = type('Handler', (Keystone,), {'placement': placement.url})
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        handler.url = f'http://127.0.0.1:{server.server_port}/v3'
        yield handler
        server.shutdown()


@pytest.fixture
def host(tmp_path, keystone, placement):
    Admin(placement.adapter()).create_provider(NODE)
    return Host(tmp_path, keystone.url)


PROGRAMS = {
    'agent': ('-m', 'nova_migcompat.agent.main', '--once', '--config-file'),
    'agent that withdraws': (
        *('-m', 'nova_migcompat.agent.main', '--withdraw'),
        '--config-file',
    ),
    'command, of the same file': (
        *('-m', 'nova_migcompat.cli.main', '-v', '-v', '--debug', 'hosts'),
        '--config-file',
    ),
    'status': ('-c', STATUS),
    'filter': ('-c', FILTER),
}


def assert_nothing_is_shown(said, auth_url):
    # As keystoneauth shows a request: silence would prove nothing.
    assert f'REQ: curl -g -i -X GET {auth_url}' in said
    assert PASSWORD not in said
    assert SECRET_PART not in said


@pytest.mark.parametrize('refused', [None, 401, 500])
@pytest.mark.parametrize('program', PROGRAMS)
def test_everything_is_logged_but_a_secret(host, keystone, program, refused):
    keystone.refused = refused

    said = host.run(*PROGRAMS[program], host.config)

    assert_nothing_is_shown(said, host.auth_url)


def test_the_commands_log_with_clouds_yaml_has_no_secret(host):
    said = host.run(
        *('-m', 'nova_migcompat.cli.main', '-v', '-v', '--debug'),
        *('hosts', '--os-cloud', 'one'),
    )

    assert_nothing_is_shown(said, host.auth_url)


def test_the_agent_has_published_with_that_token(host, placement):
    host.run(*PROGRAMS['agent'], host.config)

    names = Admin(placement.adapter()).all_traits()
    assert any(name.startswith('CUSTOM_MIGCOMPAT_D_') for name in names)
