# SPDX-License-Identifier: Apache-2.0
"""Nova's control plane: API, conductor and scheduler."""

import pathlib

from tests.integration import processes
from tests.integration.cloud import config, services
from tests.integration.cloud.services import Ground

PASTE = services.ETC / 'nova/api-paste.ini'
FILTERS = (
    'ComputeFilter',
    'ComputeCapabilitiesFilter',
    'ImagePropertiesFilter',
    'ServerGroupAntiAffinityFilter',
    'ServerGroupAffinityFilter',
    'PciPassthroughFilter',
)
#: What is not wanted in logs, and what is.
LOG_LEVELS = (
    'nova_migcompat=DEBUG',
    'amqp=WARN',
    'neutronclient=ERROR',
    'stevedore=CRITICAL',
)
OURS = 'MigrationCompatibilityFilter'
WEIGHER = 'nova_migcompat.scheduler.weights.MigrationCompatibilityWeigher'


def groups(
    folder: pathlib.Path, ground: Ground
) -> dict[str, dict[str, object]]:
    """Return what every nova.conf of the cloud has.

    :param folder: for the state of the service
    """
    login = services.login(ground.identity, 'nova')
    return {
        'DEFAULT': {
            'transport_url': ground.broker.url,
            'my_ip': processes.HOST,
            'state_path': folder,
            'report_interval': 5,
            'default_log_levels': ','.join(LOG_LEVELS),
            # A test that restarts a service is not to wait for it long.
            'graceful_shutdown_timeout': 10,
            'manager_shutdown_timeout': 5,
        },
        'oslo_concurrency': {'lock_path': folder / 'locks'},
        'neutron': login,
        'placement': login,
        'service_user': {'send_service_user_token': True, **login},
        'vnc': {'enabled': False},
    }


class Nova:
    """What runs once in a cell.

    :ivar api: the API, a services.Api
    :ivar conductor: the conductor's process
    :ivar scheduler: the scheduler's process
    :ivar scheduler_config: the path of its nova.conf
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._databases = {
            name: ground.database.create(f'nova_{name}')
            for name in ('api', 'cell0', 'cell1')
        }
        folder = ground.folder / 'nova'
        self._config = folder / 'nova.conf'
        self.api = services.Api(
            'nova-api',
            'nova.wsgi.osapi_compute',
            folder,
            ground.logs,
            # In this order: the first one is taken for api-paste.ini.
            OS_NOVA_CONFIG_FILES=f'{PASTE};{self._config}',
        )
        self._groups = {
            **groups(folder, ground),
            'keystone_authtoken': services.checks_tokens(
                ground.identity, 'nova'
            ),
            'api_database': {'connection': self._databases['api']},
            'database': {'connection': self._databases['cell1']},
            'conductor': {'workers': 1},
            'scheduler': {'workers': 1},
        }
        config.write(self._config, self._groups)
        self.scheduler_config = folder / 'nova-scheduler.conf'
        self.use_filter(True)
        self.conductor = self._service('nova-conductor', self._config)
        self.scheduler = self._service('nova-scheduler', self.scheduler_config)

    def _service(self, name: str, file: pathlib.Path) -> processes.Process:
        return processes.Process(
            name,
            [name, '--config-file', file],
            self._ground.logs,
            self.api.env,
        )

    def use_filter(self, wanted: bool) -> None:
        """Write the scheduler's nova.conf, with the filter or without it."""
        options: dict[str, object] = {'enabled_filters': ','.join(FILTERS)}
        if wanted:
            options = {
                'available_filters': [
                    'nova.scheduler.filters.all_filters',
                    'nova_migcompat.scheduler.filters.' + OURS,
                ],
                'enabled_filters': ','.join((*FILTERS, OURS)),
                'weight_classes': 'nova.scheduler.weights.all_weighers,'
                + WEIGHER,
            }
        config.write(
            self.scheduler_config,
            {
                **self._groups,
                'filter_scheduler': options,
            },
        )

    def prepare(self) -> None:
        """Make the tables, and the cells."""
        cells = self._databases
        self.manage('api_db', 'sync')
        self.manage(
            'cell_v2', 'map_cell0', '--database_connection', cells['cell0']
        )
        self.manage(
            'cell_v2',
            'create_cell',
            '--name=cell1',
            f'--database_connection={cells["cell1"]}',
            f'--transport-url={self._ground.broker.url}',
        )
        self.manage('db', 'sync')

    def manage(self, *arguments: str) -> str:
        """Run nova-manage; return what it says."""
        return processes.call(
            ['nova-manage', '--config-file', self._config, *arguments],
            self.api.env,
        )
