# SPDX-License-Identifier: Apache-2.0
"""A RabbitMQ of the cloud's own.

It has an Erlang port mapper of its own too, so that it is in nobody's way who
runs another RabbitMQ on this machine.
"""

import pathlib

from tests.integration import processes

PACKAGE = 'rabbitmq-server'
#: Debian's command of that name in PATH wants to be root or rabbitmq, and
#: always uses the folders in /var.
SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'


class Broker:
    """A RabbitMQ on ports and with a folder of its own.

    :ivar process: its process
    :ivar url: the oslo.messaging URL
    :param folder: for everything of it; must not exist
    :param logs: the folder of the logs
    """

    def __init__(self, folder: pathlib.Path, logs: pathlib.Path) -> None:
        folder.mkdir()
        port = processes.free_port()
        mapper = processes.free_port()
        self.url = f'rabbit://guest:guest@{processes.HOST}:{port}/'
        config = folder / 'rabbitmq.conf'
        config.write_text(
            f'listeners.tcp.1 = {processes.HOST}:{port}\n'
            'log.console = true\n'
            'log.file = false\n'
        )
        (folder / 'enabled_plugins').write_text('[].\n')
        env = processes.environment(
            folder,
            ERL_EPMD_PORT=str(mapper),
            ERL_EPMD_ADDRESS=processes.HOST,
            RABBITMQ_NODENAME='migcompat@localhost',
            RABBITMQ_DIST_PORT=str(processes.free_port()),
            RABBITMQ_CONFIG_FILE=str(config),
            RABBITMQ_CONF_ENV_FILE='/dev/null',
            RABBITMQ_ENABLED_PLUGINS_FILE=str(folder / 'enabled_plugins'),
            RABBITMQ_MNESIA_BASE=str(folder),
            RABBITMQ_LOG_BASE=str(folder),
        )
        self._mapper = processes.Process(
            'epmd', [processes.program('epmd', PACKAGE)], logs, env, mapper
        )
        self.process = processes.Process(
            'rabbitmq', [processes.program(SERVER, PACKAGE)], logs, env, port
        )

    def start(self) -> None:
        """Start it."""
        self._mapper.start()
        self.process.start()

    def stop(self) -> None:
        """Stop it, and its port mapper."""
        self.process.stop()
        self._mapper.stop()
