# SPDX-License-Identifier: Apache-2.0
"""How a request reaches Placement: adapter, microversion, URLs, time limits.

Knows nothing of what is asked.
"""

import time
import urllib.parse
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, TypeVar

from keystoneauth1 import adapter as ksa_adapter
from keystoneauth1 import exceptions, loading
from oslo_config import cfg

from nova_migcompat.placement.discovery import end_recursion
from nova_migcompat.placement.errors import PlacementError, clean, refusal

#: The first with ``required=in:`` (Placement 7.0.0, Yoga).
MICROVERSION = '1.39'
#: Bytes of the longest URL. uWSGI takes 4,096 for the request line and all
#: headers unless told otherwise, Apache 8,190 for the line.
MAX_URL = 4000
#: Names in one request: so many of our D names, of 51 bytes, fit into a URL.
MAX_NAMES = 64
#: Names that may stand beside the others, which divide what room is left.
MAX_BESIDE = 32

_SERVICE_TYPE = 'placement'
# Of MAX_URL, what scheme, host, and the endpoint's own path may take.
_ENDPOINT = 200

_T = TypeVar('_T')
Query = Iterable[tuple[str, str]]


def load_adapter(
    conf: cfg.ConfigOpts, group: str = 'placement'
) -> ksa_adapter.Adapter:
    """Make an adapter from ordinary keystoneauth options; sends nothing.

    :param conf: where the group is registered, as
        ``nova_migcompat.conf.placement`` does
    :param group: the name of the group
    :raises PlacementError: there is no ``auth_type``, its plugin does not
        exist, or an option that it needs is not set
    """
    try:
        auth = loading.load_auth_from_conf_options(conf, group)
        session = loading.load_session_from_conf_options(
            conf, group, auth=auth
        )
        adapter = loading.load_adapter_from_conf_options(
            conf, group, session=session, auth=auth
        )
    except exceptions.ClientException as error:
        raise PlacementError(f'[{group}]: {clean(str(error))}') from error
    if auth is None:
        raise PlacementError(f'[{group}] auth_type is not set')
    end_recursion(auth)
    adapter.client_name = 'nova-migcompat'
    return adapter


def path(*parts: str) -> str:
    """Make a path of parts that may hold any character."""
    return ''.join('/' + urllib.parse.quote(part, safe='') for part in parts)


def chunks(
    names: Iterable[str], beside: Collection[str] = ()
) -> Iterator[list[str]]:
    """Sort names into lists, each of which fits into one query parameter.

    :param beside: names that stand in the same URL, in another parameter
    :raises ValueError: those are more than MAX_BESIDE
    """
    if len(beside) > MAX_BESIDE:
        raise ValueError(f'{len(beside)} names beside the others')
    room = MAX_URL - _ENDPOINT - len('/resource_providers?required=in:')
    if beside:
        room -= len('&required=in:') + sum(len(name) + 1 for name in beside)
    chunk: list[str] = []
    size = 0
    for name in sorted(set(names)):
        full = len(chunk) + len(beside) == MAX_NAMES
        if chunk and (full or size + len(name) > room):
            yield chunk
            chunk, size = [], 0
        chunk.append(name)
        size += len(name) + len(',')
    if chunk:
        yield chunk


class Transport:
    """Requests to Placement over one adapter.

    The parameters are those of PlacementClient.
    """

    def __init__(
        self,
        adapter: ksa_adapter.Adapter,
        timeout: float | None,
        budget: float | None,
        retries: int | None,
        global_request_id: str | None,
    ) -> None:
        self._adapter = adapter
        self._timeout = timeout
        self._deadline = None if budget is None else time.monotonic() + budget
        self._options: dict[str, Any] = {
            'microversion': MICROVERSION,
            'microversion_service_type': _SERVICE_TYPE,
            'raise_exc': False,
        }
        if retries is not None:
            self._options['connect_retries'] = retries
            self._options['status_code_retries'] = retries
        if global_request_id is not None:
            self._options['global_request_id'] = global_request_id

    def get(self, path: str, query: Query, read: Callable[[Any], _T]) -> _T:
        """Ask, and read the answer.

        :param path: without the endpoint's own
        :param query: names and values; a name may come several times
        :param read: makes a value of decoded JSON, or raises ValueError
        :raises PlacementError:
        """
        encoded = urllib.parse.urlencode(list(query), safe=',:')
        url = f'{path}?{encoded}' if encoded else path
        return self._send(self._adapter.get, f'GET {path}', url, read)

    def put(self, path: str, body: object, read: Callable[[Any], _T]) -> _T:
        """Write, and read the answer.

        :param body: what becomes JSON; None sends no body
        :param read: makes a value of decoded JSON, or raises ValueError
        :raises PlacementError:
        """
        return self._send(
            self._adapter.put, f'PUT {path}', path, read, json=body
        )

    def delete(self, path: str, read: Callable[[Any], _T]) -> _T:
        """Delete, and read the answer.

        :param read: makes a value of decoded JSON, or raises ValueError
        :raises PlacementError:
        """
        return self._send(self._adapter.delete, f'DELETE {path}', path, read)

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than the budget lasts."""
        if self._deadline is not None:
            seconds = min(seconds, self._deadline - time.monotonic())
        time.sleep(max(seconds, 0))

    def _send(
        self,
        send: Callable[..., Any],
        what: str,
        url: str,
        read: Callable[[Any], _T],
        **options: Any,
    ) -> _T:
        limit = self._limit(what)
        if limit is not None:
            options['timeout'] = limit
        # Each its own: keystoneauth1 adds the token to what it is given.
        options['headers'] = {'Accept': 'application/json'}
        try:
            response = send(url, **self._options, **options)
        # What keystoneauth1 lets through: an OSError for a CA file that cannot
        # be read, a ValueError for a host, a token or a redirection that is
        # none.
        except (exceptions.ClientException, OSError, ValueError) as error:
            raise PlacementError(f'{what}: {clean(str(error))}') from error
        try:
            if not 200 <= response.status_code < 300:
                raise refusal(what, response, MICROVERSION)
            return read(response.json() if response.content else None)
        # Python's reader of JSON recurses with the nesting of what it reads.
        except (ValueError, RecursionError) as error:
            raise PlacementError(
                f'{what}: status {response.status_code}, but not what '
                f'Placement answers: {clean(str(error))}',
                response.status_code,
            ) from error

    def _limit(self, what: str) -> float | None:
        """Return the seconds that the next request may take."""
        if self._deadline is None:
            return self._timeout
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise PlacementError(
                f'{what}: not sent, the time for all requests is over'
            )
        return left if self._timeout is None else min(left, self._timeout)
