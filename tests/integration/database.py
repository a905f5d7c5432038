# SPDX-License-Identifier: Apache-2.0
"""A MariaDB of the tests' own, in a folder and on a port that nobody has.

Knows nothing of who keeps what in it.
"""

import getpass
import pathlib

import sqlalchemy

from tests.integration import processes

PACKAGE = 'mariadb-server'
#: What is lost in a power failure is nothing to tests.
_OPTIONS = (
    '--skip-log-bin',
    '--skip-name-resolve',
    '--innodb-flush-log-at-trx-commit=0',
    '--innodb-doublewrite=0',
    '--innodb-buffer-pool-size=256M',
    '--performance-schema=OFF',
    '--max-connections=1000',
    '--character-set-server=utf8mb3',
)


class Database:
    """A MariaDB on a port and with a folder of its own.

    :ivar process: its process
    :param folder: for everything of it; must not exist
    :param logs: the folder of the logs
    """

    def __init__(self, folder: pathlib.Path, logs: pathlib.Path) -> None:
        folder.mkdir()
        self._data = folder / 'data'
        self._env = processes.environment(folder)
        self._port = processes.free_port()
        # Refused to root unless it says so.
        self._user = f'--user={getpass.getuser()}'
        self.process = processes.Process(
            'mariadb',
            [
                processes.program('mariadbd', PACKAGE),
                '--no-defaults',
                self._user,
                f'--datadir={self._data}',
                f'--socket={folder / "socket"}',
                f'--pid-file={folder / "pid"}',
                f'--bind-address={processes.HOST}',
                f'--port={self._port}',
                *_OPTIONS,
            ],
            logs,
            self._env,
            self._port,
        )

    def start(self) -> None:
        """Make it and start it."""
        processes.call(
            [
                processes.program('mariadb-install-db', PACKAGE),
                '--no-defaults',
                self._user,
                f'--datadir={self._data}',
                '--auth-root-authentication-method=normal',
                '--skip-test-db',
            ],
            self._env,
        )
        self.process.start()

    def create(self, name: str) -> str:
        """Make an empty database; return its SQLAlchemy URL."""
        engine = sqlalchemy.create_engine(
            self._url(''), isolation_level='AUTOCOMMIT'
        )
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(f'CREATE DATABASE {name}'))
        engine.dispose()
        return self._url(name)

    def _url(self, name: str) -> str:
        return f'mysql+pymysql://root@{processes.HOST}:{self._port}/{name}'
