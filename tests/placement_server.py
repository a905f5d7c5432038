# SPDX-License-Identifier: Apache-2.0
"""A real Placement of one's own, for tests and for the demo.

Placement's WSGI application runs under waitress in a process of its own, on
127.0.0.1 and a free port, over an SQLite file in a temporary folder, with
``noauth2``: the token ``admin`` may do everything. It ends with the process
that started it, even when that one is killed. Knows nothing of nova_migcompat.

    with PlacementServer() as server:
        server.adapter().get('/traits', microversion='1.39')

The same file is what that process runs.
"""

import contextlib
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from typing import Any

from keystoneauth1 import adapter, session, token_endpoint

TOKEN = 'admin'

CONFIG = """\
[DEFAULT]
use_stderr = true
[api]
auth_strategy = noauth2
[placement_database]
connection = {database}
sqlite_synchronous = false
sync_on_startup = true
"""


class PlacementServer:
    """Start Placement in a process of its own.

    :ivar url: the endpoint, ``http://127.0.0.1:<port>``
    :ivar log: the path of Placement's log
    :param threads: how many requests are served at once. With one, writers
        never meet inside Placement and SQLite is never busy
    :param policy: the text of a policy.yaml, where other rules than
        Placement's own are wanted
    :param database: the SQLAlchemy URL of another database, which several may
        share
    """

    def __init__(
        self, threads: int = 1, policy: str = '', database: str = ''
    ) -> None:
        self._threads = threads
        self._policy = policy
        self._database = database
        self.url = ''

    def __enter__(self) -> 'PlacementServer':
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    @property
    def log(self) -> pathlib.Path:
        """Return the path of Placement's log, for a look after a failure."""
        return pathlib.Path(self._folder.name) / 'placement.log'

    def start(self) -> None:
        """Start the process, and return when it answers.

        :raises RuntimeError: it ended; with the end of its log
        """
        self._folder = tempfile.TemporaryDirectory(prefix='placement-')
        folder = pathlib.Path(self._folder.name)
        database = self._database or f'sqlite:///{folder}/placement.db'
        (folder / 'placement.conf').write_text(
            CONFIG.format(database=database)
        )
        if self._policy:
            (folder / 'policy.yaml').write_text(self._policy)
        with self.log.open('wb') as log:
            self._process = subprocess.Popen(
                [sys.executable, '-P', __file__, str(self._threads)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, 'OS_PLACEMENT_CONFIG_DIR': str(folder)},
            )
        self.url = self._answer()

    def stop(self) -> None:
        """End the process and remove its folder."""
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()
        self._folder.cleanup()

    def reset(self) -> None:
        """Empty Placement, as if it had just been started."""
        self._do('reset')

    def save(self) -> None:
        """Keep what stands there now, in place of what was kept before."""
        self._do('save')

    def restore(self) -> None:
        """Bring back what was kept."""
        self._do('restore')

    def adapter(
        self, token: str = TOKEN, **options: object
    ) -> adapter.Adapter:
        """Return an adapter for this Placement.

        :param token: what to authenticate with; ``noauth2`` reads it as
            ``user`` or ``user:project``, and gives roles to ``admin`` only
        :param options: further arguments of keystoneauth1's Adapter
        """
        auth = token_endpoint.Token(self.url, token)
        return adapter.Adapter(
            session.Session(auth=auth), service_type='placement', **options
        )

    def config(self) -> str:
        """Return the group [placement] that the agent needs to get here."""
        return (
            '[placement]\n'
            'auth_type = admin_token\n'
            f'endpoint = {self.url}\n'
            f'token = {TOKEN}\n'
        )

    def _do(self, command: str) -> None:
        self._process.stdin.write(f'{command}\n')
        self._process.stdin.flush()
        self._answer()

    def _answer(self) -> str:
        line = self._process.stdout.readline().strip()
        if not line:
            self._process.wait(timeout=30)
            raise RuntimeError(
                'Placement ended:\n' + self.log.read_text()[-4000:]
            )
        return line


class Admin:
    """Others who write to Placement: nova-compute and administrators.

    :param adapter: of someone who may do everything
    """

    def __init__(self, adapter: adapter.Adapter) -> None:
        self._adapter = adapter

    def create_traits(self, names: Iterable[str]) -> None:
        """Make custom traits; standard ones exist."""
        for name in names:
            if name.startswith('CUSTOM_'):
                self._send('PUT', f'/traits/{name}')

    def create_resource_class(self, name: str) -> None:
        """Make a custom resource class; standard ones exist."""
        if name.startswith('CUSTOM_'):
            self._send('PUT', f'/resource_classes/{name}')

    def create_provider(
        self,
        name: str,
        parent: str | None = None,
        traits: Iterable[str] = (),
        inventory: dict[str, int] | None = None,
    ) -> str:
        """Make a resource provider; return its UUID.

        :param inventory: the total by resource class
        """
        provider = self._send(
            'POST',
            '/resource_providers',
            {'name': name, 'parent_provider_uuid': parent},
        )
        traits = list(traits)
        if traits:
            self.set_traits(provider['uuid'], traits)
        if inventory:
            self.set_inventory(provider['uuid'], inventory)
        return provider['uuid']

    def all_traits(self) -> set[str]:
        """Return the traits that exist."""
        return set(self._send('GET', '/traits')['traits'])

    def traits(self, provider: str) -> set[str]:
        """Return the traits of a provider."""
        path = f'/resource_providers/{provider}/traits'
        return set(self._send('GET', path)['traits'])

    def set_traits(self, provider: str, names: Iterable[str]) -> None:
        """Replace the traits of a provider, whatever its generation."""
        names = list(names)
        self.create_traits(names)
        self._send(
            'PUT',
            f'/resource_providers/{provider}/traits',
            {
                'resource_provider_generation': self._generation(provider),
                'traits': names,
            },
        )

    def aggregates(self, provider: str) -> set[str]:
        """Return the aggregates of a provider."""
        path = f'/resource_providers/{provider}/aggregates'
        return set(self._send('GET', path)['aggregates'])

    def set_aggregates(self, provider: str, uuids: Iterable[str]) -> None:
        """Replace the aggregates of a provider, whatever its generation."""
        self._send(
            'PUT',
            f'/resource_providers/{provider}/aggregates',
            {
                'resource_provider_generation': self._generation(provider),
                'aggregates': list(uuids),
            },
        )

    def delete_provider(self, provider: str) -> None:
        """Delete a provider that nobody has anything of."""
        self._send('DELETE', f'/resource_providers/{provider}')

    def set_inventory(
        self, provider: str, totals: dict[str, int], **limits: float
    ) -> None:
        """Replace the inventory of a provider, whatever its generation.

        :param limits: what else each resource class has, as ``max_unit``
        """
        self._send(
            'PUT',
            f'/resource_providers/{provider}/inventories',
            {
                'resource_provider_generation': self._generation(provider),
                'inventories': {
                    name: {'total': total, **limits}
                    for name, total in totals.items()
                },
            },
        )

    def allocate(
        self, consumer: str, amounts: dict[str, dict[str, int]]
    ) -> None:
        """Give a new consumer amounts by resource class by provider."""
        self._send(
            'PUT',
            f'/allocations/{consumer}',
            {
                'allocations': {
                    provider: {'resources': resources}
                    for provider, resources in amounts.items()
                },
                'project_id': 'project',
                'user_id': 'user',
                'consumer_generation': None,
                'consumer_type': 'INSTANCE',
            },
        )

    def _generation(self, provider: str) -> int:
        return self._send('GET', f'/resource_providers/{provider}')[
            'generation'
        ]

    def _send(self, method: str, url: str, body: object = None) -> Any:
        response = self._adapter.request(
            url, method, json=body, microversion='1.39'
        )
        return response.json() if response.content else None


def _reset() -> None:
    """Empty every table, and bring back what stands there from the start."""
    from placement import db_api
    from placement.db.sqlalchemy import models
    from placement.objects import resource_class, trait

    context = db_api.DbContext()

    @db_api.placement_context_manager.writer
    def empty(context: db_api.DbContext) -> None:
        for table in reversed(models.BASE.metadata.sorted_tables):
            context.session.execute(table.delete())

    empty(context)
    trait._TRAITS_SYNCED = False
    resource_class._RESOURCE_CLASSES_SYNCED = False
    trait.ensure_sync(context)
    resource_class.ensure_sync(context)


def _copy(source: str, target: str) -> None:
    folder = pathlib.Path(os.environ['OS_PLACEMENT_CONFIG_DIR'])
    with (
        contextlib.closing(sqlite3.connect(folder / source)) as from_this,
        contextlib.closing(sqlite3.connect(folder / target)) as to_that,
    ):
        from_this.backup(to_that)


_COMMANDS = {
    'reset': _reset,
    'save': lambda: _copy('placement.db', 'saved.db'),
    'restore': lambda: _copy('saved.db', 'placement.db'),
}


def _serve(threads: int) -> None:
    """Serve until the input ends; answer each of its lines when it is done."""
    import waitress
    from placement import wsgi

    server = waitress.create_server(
        wsgi.init_application(),
        host='127.0.0.1',
        port=0,
        threads=threads,
        connection_limit=1000,  # clients keep theirs open
    )
    threading.Thread(target=server.run, daemon=True).start()
    _say(f'http://127.0.0.1:{server.effective_port}')
    for line in sys.stdin:
        _COMMANDS[line.strip()]()
        _say('done')


def _say(line: str) -> None:
    sys.stdout.write(line + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    _serve(int(sys.argv[1]))
