# SPDX-License-Identifier: Apache-2.0
"""The services of a cloud but keystone, each as its own manual installs it.

Nova's compute hosts are in hosts.py.
"""

import dataclasses
import pathlib
import sys

from tests.integration import processes
from tests.integration.cloud import config, wsgi
from tests.integration.cloud.broker import Broker
from tests.integration.cloud.identity import REGION, Identity, credentials
from tests.integration.database import Database

#: Where packages put their api-paste.ini.
ETC = pathlib.Path(sys.prefix) / 'etc'
POLICY = processes.ROOT / 'etc/nova-migcompat/placement-policy.yaml'


@dataclasses.dataclass(frozen=True, slots=True)
class Ground:
    """What all services stand on.

    :param folder: in which each has one of its own
    :param logs: the folder of the logs
    """

    folder: pathlib.Path
    logs: pathlib.Path
    broker: Broker
    database: Database
    identity: Identity


class Api:
    """A service that is asked over HTTP.

    :ivar process: its process
    :ivar url: its endpoint
    :param module: that has its WSGI application
    :param folder: for everything of it; made where it is missing
    :param logs: the folder of the logs
    :param variables: of its environment
    """

    def __init__(
        self,
        name: str,
        module: str,
        folder: pathlib.Path,
        logs: pathlib.Path,
        **variables: object,
    ) -> None:
        folder.mkdir(exist_ok=True)
        port = processes.free_port()
        self.url = f'http://{processes.HOST}:{port}'
        self.env = processes.environment(
            folder, **{name: str(value) for name, value in variables.items()}
        )
        self.process = processes.Process(
            name,
            wsgi.command(module, port),
            logs,
            self.env,
            port,
        )


def login(identity: Identity, user: str) -> dict[str, str]:
    """Return the options with which a service asks another."""
    return {
        'auth_type': 'password',
        'auth_url': identity.url,
        'region_name': REGION,
        **credentials(user),
    }


def checks_tokens(identity: Identity, user: str) -> dict[str, object]:
    """Return the group [keystone_authtoken] of a service."""
    return {
        'www_authenticate_uri': identity.url,
        'service_token_roles_required': True,
        **login(identity, user),
    }


class Placement(Api):
    """Placement, whose policy knows the agents' role."""

    def __init__(self, ground: Ground) -> None:
        folder = ground.folder / 'placement'
        super().__init__(
            'placement',
            'placement.wsgi.api',
            folder,
            ground.logs,
            OS_PLACEMENT_CONFIG_DIR=folder,
        )
        config.write(
            folder / 'placement.conf',
            {
                'api': {'auth_strategy': 'keystone'},
                'keystone_authtoken': checks_tokens(
                    ground.identity, 'placement'
                ),
                'oslo_policy': {'policy_file': POLICY},
                'placement_database': {
                    'connection': ground.database.create('placement')
                },
            },
        )

    def prepare(self) -> None:
        """Make its tables."""
        processes.call(['placement-manage', 'db', 'sync'], self.env)


class Glance(Api):
    """Glance with a store in files."""

    def __init__(self, ground: Ground) -> None:
        folder = ground.folder / 'glance'
        super().__init__(
            'glance',
            'glance.wsgi.api',
            folder,
            ground.logs,
            OS_GLANCE_CONFIG_DIR=folder,
        )
        stores = {
            group: {'filesystem_store_datadir': folder / group}
            for group in (
                'files',
                'os_glance_staging_store',
                'os_glance_tasks_store',
            )
        }
        self._config = config.write(
            folder / 'glance-api.conf',
            {
                'DEFAULT': {'enabled_backends': 'files:file'},
                'glance_store': {'default_backend': 'files'},
                **stores,
                'database': {'connection': ground.database.create('glance')},
                'keystone_authtoken': checks_tokens(ground.identity, 'glance'),
                'paste_deploy': {
                    'flavor': 'keystone',
                    'config_file': ETC / 'glance/glance-api-paste.ini',
                },
            },
        )

    def prepare(self) -> None:
        """Make its tables."""
        processes.call(
            ['glance-manage', '--config-file', self._config, 'db_sync'],
            self.env,
        )


class Neutron(Api):
    """Neutron's API, which nova asks for a guest's ports."""

    def __init__(self, ground: Ground) -> None:
        folder = ground.folder / 'neutron'
        self._config = folder / 'neutron.conf'
        super().__init__(
            'neutron',
            'neutron.wsgi.api',
            folder,
            ground.logs,
            OS_NEUTRON_CONFIG_FILES=self._config,
        )
        config.write(
            self._config,
            {
                'DEFAULT': {
                    'auth_strategy': 'keystone',
                    'core_plugin': 'ml2',
                    'service_plugins': '',
                    'transport_url': ground.broker.url,
                    'state_path': folder,
                    'api_paste_config': ETC / 'neutron/api-paste.ini',
                    'notify_nova_on_port_status_changes': False,
                    'notify_nova_on_port_data_changes': False,
                },
                'ml2': {
                    'type_drivers': 'local',
                    'tenant_network_types': 'local',
                    'mechanism_drivers': '',
                },
                'oslo_concurrency': {'lock_path': folder / 'locks'},
                'database': {'connection': ground.database.create('neutron')},
                'keystone_authtoken': checks_tokens(
                    ground.identity, 'neutron'
                ),
            },
        )

    def prepare(self) -> None:
        """Make its tables."""
        command = ('neutron-db-manage', '--config-file', self._config)
        processes.call(
            [*command, 'upgrade', 'heads'],
            self.env,
        )
