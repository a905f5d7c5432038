# SPDX-License-Identifier: Apache-2.0
"""Ways in which a request to Placement fails, and a connection that fails so.

A fault gets the request and what would deliver it, and returns an answer or
raises, as the transport below keystoneauth1 does. Knows nothing of who asks.
"""

from collections.abc import Callable

import requests

from tests import placement_in_process

Deliver = Callable[[requests.PreparedRequest], requests.Response]
Fault = Callable[[requests.PreparedRequest, Deliver], requests.Response]

#: What Placement says to a PUT that loses its race late.
LOST_RACE = (
    b'{"errors": [{"status": 500, "detail": "\\n\\nAnother thread concurrently'
    b' updated the resource provider data. Please retry your update  "}]}'
)
PAGE = b'<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>'


class Killed(BaseException):
    """The process ends here: nobody catches it, nothing is put in order."""


def refuse(
    _request: requests.PreparedRequest, _deliver: Deliver
) -> requests.Response:
    """Let no connection come about."""
    raise requests.exceptions.ConnectionError('Connection refused')


def time_out(
    _request: requests.PreparedRequest, _deliver: Deliver
) -> requests.Response:
    """Let the request get lost."""
    raise requests.exceptions.ReadTimeout('Read timed out')


def lose_answer(
    request: requests.PreparedRequest, deliver: Deliver
) -> requests.Response:
    """Do what is asked, and let the answer get lost."""
    deliver(request)
    raise requests.exceptions.ReadTimeout('Read timed out')


def cut_answer(
    request: requests.PreparedRequest, deliver: Deliver
) -> requests.Response:
    """Do what is asked, and break off in the middle of the answer."""
    deliver(request)
    raise requests.exceptions.ChunkedEncodingError('Connection broken')


def kill_before(
    _request: requests.PreparedRequest, _deliver: Deliver
) -> requests.Response:
    """Kill the client before Placement gets the request."""
    raise Killed


def kill_after(
    request: requests.PreparedRequest, deliver: Deliver
) -> requests.Response:
    """Kill the client before it gets the answer."""
    deliver(request)
    raise Killed


def answering(status: int, body: bytes = PAGE) -> Fault:
    """Return a fault that answers in Placement's place."""

    def fault(
        request: requests.PreparedRequest, _deliver: Deliver
    ) -> requests.Response:
        return placement_in_process.response(request, status, body, {})

    return fault


#: Those after which the client knows that something failed, by what it is.
FAILURES: dict[str, Fault] = {
    'connection refused': refuse,
    'no answer': time_out,
    'answer lost': lose_answer,
    'answer cut': cut_answer,
    **{str(status): answering(status) for status in (400, 401, 403)},
    **{str(status): answering(status) for status in (500, 502, 503)},
    'a page with 200': answering(200),
    'half of the JSON': answering(200, b'{"traits": ["CUSTOM_'),
    'JSON of something else': answering(200, b'[{"traits": null}]'),
}
#: Those that may mean something to the client, and are overcome by some.
CONFLICTS: dict[str, Fault] = {
    '404': answering(404),
    '409': answering(409),
    'race lost late': answering(500, LOST_RACE),
}
KILLS: dict[str, Fault] = {
    'killed before': kill_before,
    'killed after': kill_after,
}


class Connection(requests.adapters.BaseAdapter):
    """The connection between one client and Placement.

    :param deliver: what brings a request to Placement
    :ivar requests: what the client has sent, methods and paths
    :ivar faults: what happens to the request of that number, from 1
    :ivar before: called with the method and the path of each request
    :ivar after: called when Placement has answered a write
    """

    def __init__(self, deliver: Deliver) -> None:
        super().__init__()
        self._deliver = deliver
        self.requests: list[tuple[str, str]] = []
        self.faults: dict[int, Fault] = {}
        self.before: Callable[[str, str], None] = lambda _method, _path: None
        self.after: Callable[[], None] = lambda: None

    def send(
        self, request: requests.PreparedRequest, **_options: object
    ) -> requests.Response:
        """Deliver a request, or let it fail."""
        path = request.path_url.partition('?')[0]
        self.requests.append((request.method, path))
        self.before(request.method, path)
        fault = self.faults.get(len(self.requests))
        if fault is not None:
            return fault(request, self._delivered)
        return self._delivered(request)

    def close(self) -> None:
        """Do nothing: no connection is held."""

    def _delivered(
        self, request: requests.PreparedRequest
    ) -> requests.Response:
        answer = self._deliver(request)
        if request.method != 'GET':
            self.after()
        return answer
