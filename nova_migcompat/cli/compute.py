# SPDX-License-Identifier: Apache-2.0
"""What the commands about servers read from Nova's API.

Reads only. What the API refuses becomes one InputError that says what to do;
that it cannot be reached is keystoneauth1's to say, and cloud.py's to show.
Knows nothing of documents.
"""

import dataclasses
import http
import re
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

from keystoneauth1 import adapter as ksa_adapter
from keystoneauth1 import exceptions

from nova_migcompat.cli import base
from nova_migcompat.placement.errors import clean

#: The first in which a hypervisor's ID is its compute node's UUID (Pike); a
#: server shows its flavor with extra specs since 2.47.
MICROVERSION = '2.53'

#: Servers or hypervisors of one answer, at most; the server may give fewer.
PAGE = 1000

_UUID = re.compile(r'[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}')
#: What an answer of another shape raises where it is read.
_MISSHAPEN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
_SPECS_RIGHTS = (
    'the Nova API does not show this user the extra specs of flavors: it must '
    'be allowed to (policy os_compute_api:os-flavor-extra-specs:index)'
)
_RIGHTS = (
    'it must be allowed to see the hosts of servers, as the role admin of '
    'the system or of a project is'
)


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """A server as the API shows it.

    :param node: its compute node's name, which is its provider's in
        Placement; None: it is on no host, or that is not shown.
    :param memory_mb: of its flavor.
    """

    uuid: str
    name: str
    host: str | None
    node: str | None
    extra_specs: Mapping[str, str]
    memory_mb: int


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """A compute node as the API shows it.

    :param name: the hypervisor's, which is the provider's in Placement.
    :param host: the service's.
    :param is_up: whether its nova-compute reports.
    :param is_enabled: whether Nova may schedule to it.
    :param memory_mb: altogether, which no single guest may exceed.
    """

    uuid: str
    name: str
    host: str
    is_up: bool
    is_enabled: bool
    memory_mb: int


class Compute:
    """Nova's API.

    :param adapter: any keystoneauth1 adapter for it; its raise_exc does not
        matter.
    """

    def __init__(self, adapter: ksa_adapter.Adapter) -> None:
        self._adapter = adapter

    def server(self, uuid: str) -> Server:
        """Read a server and where it is.

        :raises base.InputError: there is none, it is on no host, or the user
            may not see that.
        """
        if not _UUID.fullmatch(uuid):
            raise base.InputError(
                f'{uuid!a} is no UUID of a server; openstack server show '
                'NAME gives it'
            )
        what = f'server {uuid}'
        body = self._get(f'/servers/{uuid}', what, may_be_missing=True)
        server: Server = _read(_server, body, 'server')
        if 'OS-EXT-SRV-ATTR:hypervisor_hostname' not in body['server']:
            raise base.InputError(
                f'the Nova API does not show this user the host of server '
                f'{uuid}: {_RIGHTS}'
            )
        if server.node is None:
            raise base.InputError(
                f'server {uuid} is on no host, so there is nothing to migrate'
            )
        return server

    def servers(self, host: str | None = None) -> Iterator[Server]:
        """Read the servers of all projects.

        :param host: of this host alone, by the name of its service.
        :raises base.InputError: the user may not see them.
        """
        query = '/servers/detail?all_tenants=1'
        if host is not None:
            query += f'&host={urllib.parse.quote(host)}'
        for item in self._pages(query, 'servers'):
            if 'OS-EXT-SRV-ATTR:hypervisor_hostname' not in item:
                raise base.InputError(
                    f'the Nova API does not show this user the hosts of '
                    f'servers: {_RIGHTS}'
                )
            server = _read(_server, {'server': item}, 'server')
            if server.node is not None and host in (None, server.host):
                yield server

    def nodes(self) -> list[Node]:
        """Read the compute nodes.

        :raises base.InputError:
        """
        found = self._pages('/os-hypervisors/detail?', 'hypervisors')
        return [_read(_node, {'node': item}, 'node') for item in found]

    def _pages(self, query: str, key: str) -> Iterator[dict[str, Any]]:
        marker = None
        while True:
            url = f'{query}&limit={PAGE}'.replace('?&', '?')
            if marker is not None:
                url += f'&marker={urllib.parse.quote(marker)}'
            body = self._get(url, key)
            try:
                items = [dict(item) for item in body[key]]
                last = str(items[-1]['id']) if items else None
            except _MISSHAPEN as e:
                raise _strange(query.partition('?')[0]) from e
            yield from items
            if last is None or not body.get(f'{key}_links'):
                return
            # Else there would be no end.
            if last == marker:
                raise _strange(query.partition('?')[0])
            marker = last

    def _get(
        self, url: str, what: str, *, may_be_missing: bool = False
    ) -> Any:
        where = f'GET {url.partition("?")[0]}'
        try:
            response = self._adapter.get(
                url,
                microversion=MICROVERSION,
                microversion_service_type='compute',
                raise_exc=False,
                headers={'Accept': 'application/json'},
            )
        # What keystoneauth1 lets through, as in placement/transport.py.
        except (OSError, ValueError) as e:
            raise base.InputError(f'Nova API: {where}: {clean(str(e))}') from e
        _check(response, where, what, may_be_missing)
        try:
            return response.json()
        except (ValueError, RecursionError) as e:
            raise _strange(url) from e


def _check(response: Any, where: str, what: str, may_be_missing: bool) -> None:
    """Raise what a status other than 200 means."""
    status = response.status_code
    if status == http.HTTPStatus.UNAUTHORIZED:
        raise exceptions.Unauthorized(f'Nova API: {where}: status 401')
    if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        raise exceptions.HttpServerError(
            f'Nova API: {where}: status {status}: {clean(response.text)}'
        )
    if status == http.HTTPStatus.NOT_FOUND and not may_be_missing:
        raise _strange(where)
    if status == http.HTTPStatus.NOT_FOUND:
        raise base.InputError(
            f'Nova has no {what}, or this user may not see it'
        )
    if status == http.HTTPStatus.FORBIDDEN:
        raise base.InputError(
            f'the Nova API does not show this user {what}: {_RIGHTS}'
        )
    if status == http.HTTPStatus.NOT_ACCEPTABLE:
        raise base.InputError(
            f'this Nova API does not speak microversion {MICROVERSION}'
        )
    if status != http.HTTPStatus.OK:
        raise base.InputError(
            f'Nova API: {where}: status {status}: {clean(response.text)}'
        )


def _read(read: Any, body: Any, key: str) -> Any:
    try:
        return read(body[key])
    except _MISSHAPEN as e:
        raise _strange(key) from e


def _strange(what: str) -> base.InputError:
    return base.InputError(
        f'Nova API: {what}: this is not what Nova answers; is the endpoint '
        'right?'
    )


def _server(item: Any) -> Server:
    flavor = item['flavor']
    if 'extra_specs' not in flavor:
        raise base.InputError(_SPECS_RIGHTS)
    specs = {str(k): str(v) for k, v in flavor['extra_specs'].items()}
    return Server(
        str(item['id']),
        str(item['name']),
        item.get('OS-EXT-SRV-ATTR:host'),
        item.get('OS-EXT-SRV-ATTR:hypervisor_hostname'),
        specs,
        int(flavor['ram']),
    )


def _node(item: Any) -> Node:
    return Node(
        str(item['id']),
        str(item['hypervisor_hostname']),
        str(item['service']['host']),
        item['state'] == 'up',
        item['status'] == 'enabled',
        int(item['memory_mb']),
    )
