# SPDX-License-Identifier: Apache-2.0
"""A keystone with Fernet tokens, and the users of the cloud.

Knows nothing of what the users do.
"""

import os
import pathlib

import openstack
from openstack import connection

from tests.integration import processes
from tests.integration.cloud import config, wsgi

REGION = 'RegionOne'
PASSWORD = 'only-for-tests'
#: What Fernet tokens begin with: their version, and a time before 2106.
TOKEN = 'gAAAAA'
#: Who the services are, and the role of each in the project ``service``.
USERS = {
    'placement': 'service',
    'glance': 'service',
    'neutron': 'service',
    'nova': 'service',
    'nova-migcompat': 'migcompat_agent',
}


class Identity:
    """Keystone.

    :ivar process: its process
    :ivar url: where it is
    :param folder: for everything of it; must not exist
    :param logs: the folder of the logs
    :param database: the URL of its database
    """

    def __init__(
        self, folder: pathlib.Path, logs: pathlib.Path, database: str
    ) -> None:
        port = processes.free_port()
        self.url = f'http://{processes.HOST}:{port}/v3'
        self._config = config.write(
            folder / 'keystone.conf',
            {
                'database': {'connection': database},
                'token': {'provider': 'fernet'},
                'fernet_tokens': {'key_repository': folder / 'fernet'},
                'credential': {'key_repository': folder / 'credential'},
                # What hashing costs is nothing to tests.
                'identity': {'password_hash_rounds': 4},
            },
        )
        self._env = processes.environment(
            folder, OS_KEYSTONE_CONFIG_FILES=str(self._config)
        )
        self.process = processes.Process(
            'keystone',
            wsgi.command('keystone.wsgi.api', port),
            logs,
            self._env,
            port,
        )

    def start(self) -> None:
        """Make its tables, the keys and the administrator, and start it."""
        self._manage('db_sync')
        self._manage(
            'fernet_setup',
            f'--keystone-user={os.getuid()}',
            f'--keystone-group={os.getgid()}',
        )
        self._manage(
            'bootstrap',
            f'--bootstrap-password={PASSWORD}',
            f'--bootstrap-region-id={REGION}',
            f'--bootstrap-public-url={self.url}',
            f'--bootstrap-internal-url={self.url}',
        )
        self.process.start()

    def _manage(self, *arguments: str) -> None:
        processes.call(
            ['keystone-manage', '--config-file', self._config, *arguments],
            self._env,
        )

    def connect(
        self, user: str = 'admin', project: str = 'admin'
    ) -> connection.Connection:
        """Return a connection to the cloud.

        :param user: one of USERS, or ``admin``
        """
        return openstack.connect(
            load_yaml_config=False,
            load_envvars=False,
            auth={'auth_url': self.url, **credentials(user, project)},
            region_name=REGION,
        )

    def variables(self) -> dict[str, str]:
        """Return the environment of an administrator's commands."""
        options = {'auth_url': self.url, 'region_name': REGION}
        options |= credentials('admin', 'admin')
        return {f'OS_{n.upper()}': value for n, value in options.items()}

    def register(self, endpoints: dict[str, str]) -> None:
        """Make the services' users and endpoints.

        :param endpoints: the URL by the service's type
        """
        identity = self.connect().identity
        project = identity.create_project(name='service', domain_id='default')
        identity.create_role(name='migcompat_agent')
        roles = {role.name: role for role in identity.roles()}
        for name, role in USERS.items():
            user = identity.create_user(
                name=name, password=PASSWORD, domain_id='default'
            )
            identity.assign_project_role_to_user(project, user, roles[role])
        for kind, url in endpoints.items():
            service = identity.create_service(type=kind, name=kind)
            for interface in ('public', 'internal'):
                identity.create_endpoint(
                    service_id=service.id,
                    interface=interface,
                    region_id=REGION,
                    url=url,
                )


def credentials(user: str, project: str = 'service') -> dict[str, str]:
    """Return what a user authenticates with, besides the URL."""
    return {
        'username': user,
        'password': PASSWORD,
        'project_name': project,
        'user_domain_id': 'default',
        'project_domain_id': 'default',
    }
