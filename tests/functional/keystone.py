# SPDX-License-Identifier: Apache-2.0
"""A Keystone whose catalog has a real Placement, and who asks it.

Its answers are keystoneauth1's own fixtures; the token that it gives is one
that Placement knows.
"""

import json

from keystoneauth1 import fixture as ksa_fixture

from nova_migcompat.cli import main
from tests.placement_server import TOKEN

AUTH_URL = 'http://keystone.example.org/v3'
DEAD = 'http://127.0.0.1:9'
SECRET = 'a-secret'
#: What purge leaves that got to an empty Placement.
NOTHING_TO_DO = (0, [], 'there is nothing to remove\n')
AUTH = {
    'auth_url': AUTH_URL,
    'username': 'operator',
    'password': SECRET,
    'project_name': 'admin',
    'user_domain_name': 'Default',
    'project_domain_name': 'Default',
}


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


def options(**auth):
    return [
        text
        for name, value in auth.items()
        for text in (f'--os-{name.replace("_", "-")}', value)
    ]


def purge(capsys, *given, before=()):
    """Ask Placement with the command purge, and change nothing there.

    :param given: options after the command's name
    :param before: options before it
    :returns: the exit status, the rows, and the errors
    """
    arguments = [*before, 'purge', '--dry-run', '-f', 'json', *given]
    try:
        status = main.main(arguments)
    except SystemExit as e:
        status = e.code
    out, err = capsys.readouterr()
    assert SECRET not in out + err
    assert 'Traceback' not in err
    return status, json.loads(out) if out else None, err
