# SPDX-License-Identifier: Apache-2.0
"""A real Placement in this process, for tests that look at it very often.

Placement's WSGI application over SQLite in memory, reached without a socket:
its whole state can be looked at, saved and brought back in a millisecond, and
a test can stand between a client and it. What was asked before in the same
state is not worked out again, so that thousands of cycles which differ little
cost little. There is one for each process, for Placement's database is global.
Where time does not matter, take tests.placement_server. Knows nothing of
nova_migcompat.
"""

import dataclasses
import hashlib
import threading
from collections.abc import Iterable, Mapping
from typing import Any

import requests
import webob
from keystoneauth1 import adapter, session, token_endpoint
from oslo_config import cfg
from placement import conf, db_api, deploy
from placement.db.sqlalchemy import migration

URL = 'http://placement.test'
TOKEN = 'admin'

_NAMES = "SELECT name FROM traits WHERE name LIKE 'CUSTOM~_%' ESCAPE '~'"
_PROVIDERS = 'SELECT name FROM resource_providers'
_TRAITS = """
    SELECT p.name, t.name FROM resource_providers p
    JOIN resource_provider_traits l ON l.resource_provider_id = p.id
    JOIN traits t ON t.id = l.trait_id
"""
_AGGREGATES = """
    SELECT p.name, a.uuid FROM resource_providers p
    JOIN resource_provider_aggregates l ON l.resource_provider_id = p.id
    JOIN placement_aggregates a ON a.id = l.aggregate_id
"""


@dataclasses.dataclass(frozen=True)
class State:
    """What stands in Placement; generations do not count.

    :ivar names: the custom traits that exist
    :ivar traits: those that each provider has, by its name
    :ivar aggregates: the UUIDs of those it is a member of, by its name
    """

    names: frozenset[str]
    traits: Mapping[str, frozenset[str]]
    aggregates: Mapping[str, frozenset[str]]


class PlacementInProcess(requests.adapters.BaseAdapter):
    """Placement, and the way of a ``requests`` session to it."""

    def __init__(self) -> None:
        super().__init__()
        config = cfg.ConfigOpts()
        conf.register_opts(config)
        config.set_override('auth_strategy', 'noauth2', 'api')
        config.set_override('connection', 'sqlite://', 'placement_database')
        config([], default_config_files=[], default_config_dirs=[])
        db_api.configure(config)
        engine = db_api.get_placement_engine()
        migration.create_schema(engine)
        # The only one there is: the database is in memory.
        self._database = engine.raw_connection().driver_connection
        self._application = deploy.loadapp(config)
        self._empty = self.save()
        self._one_at_a_time = threading.Lock()
        self._answers: dict[Any, tuple[webob.Response, bytes]] = {}

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Answer as a WSGI application, from any thread."""
        with self._one_at_a_time:
            return list(self._application(environ, start_response))

    def send(
        self, request: requests.PreparedRequest, **_options: object
    ) -> requests.Response:
        """Answer what a session sends."""
        before = hashlib.blake2b(self.save()).digest()
        key = before, request.method, request.path_url, request.body
        if key not in self._answers:
            self._answers[key] = self._ask(request), self.save()
        answer, after = self._answers[key]
        if request.method != 'GET':
            self.restore(after)
        return response(
            request, answer.status_code, answer.body, answer.headers
        )

    def reset(self) -> None:
        """Empty Placement, and forget what was asked."""
        self._answers.clear()
        self.restore(self._empty)

    def _ask(self, request: requests.PreparedRequest) -> webob.Response:
        body = request.body or b''
        return webob.Request.blank(
            request.path_url,
            method=request.method,
            headers=request.headers,
            body=body.encode() if isinstance(body, str) else body,
        ).get_response(self)

    def close(self) -> None:
        """Do nothing: no connection is held."""

    def adapter(
        self, token: str = TOKEN, **options: object
    ) -> adapter.Adapter:
        """Return an adapter for this Placement, with a session of its own.

        Its requests are answered by what is mounted in that session.

        :param token: what to authenticate with
        :param options: further arguments of keystoneauth1's Adapter
        """
        transport = requests.Session()
        transport.trust_env = False
        transport.mount(URL, self)
        auth = token_endpoint.Token(URL, token)
        return adapter.Adapter(
            session.Session(auth=auth, session=transport),
            service_type='placement',
            **options,
        )

    def save(self) -> bytes:
        """Return everything that stands there, for restore."""
        return self._database.serialize()

    def restore(self, saved: bytes) -> None:
        """Make everything what it was when it was saved."""
        self._database.deserialize(saved)

    def state(self) -> State:
        """Look at everything that the agent may have to do with."""
        rows = self._database.execute
        providers = [name for (name,) in rows(_PROVIDERS)]
        return State(
            frozenset(name for (name,) in rows(_NAMES)),
            _by_provider(providers, rows(_TRAITS)),
            _by_provider(providers, rows(_AGGREGATES)),
        )


def response(
    request: requests.PreparedRequest,
    status: int,
    body: bytes,
    headers: Mapping[str, str],
) -> requests.Response:
    """Make an answer to a request."""
    answer = requests.Response()
    answer.request = request
    answer.url = request.url
    answer.status_code = status
    answer._content = body
    answer.headers.update(headers)
    return answer


def _by_provider(
    providers: Iterable[str], rows: Iterable[tuple[str, str]]
) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {name: set() for name in providers}
    for provider, value in rows:
        found[provider].add(value)
    return {name: frozenset(values) for name, values in found.items()}
