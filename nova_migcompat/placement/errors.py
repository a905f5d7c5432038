# SPDX-License-Identifier: Apache-2.0
"""What a request to Placement ends with when it does not end well.

Knows neither how a request is sent nor what it was for.
"""

import re
from collections.abc import Mapping
from typing import Any

# Characters of a server's own words: enough for what Placement says, too few
# for a proxy's page of HTML.
_WORDS = 300
_NO_SUCH_TRAIT = 'No such trait'
_CONCURRENT_UPDATE = 'Another thread concurrently updated the '
#: A URL may have a password in it.
_USER = re.compile(r'://\S{0,200}@')
# Placement's own words name the rule of its policy.
_ROLES = (
    ' The user needs the role service or admin; for the agent migcompat_agent'
    ' is enough, where Placement has the policy placement-policy.yaml'
)


class PlacementError(Exception):
    """A request to Placement that did not give what it should have.

    :ivar status: the HTTP status, or None where there was no answer
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class NotFound(PlacementError):
    """There is no such thing, a resource provider mostly (404)."""


class NoSuchTrait(PlacementError):
    """A name in the request is no trait, or not any more (400)."""


class Conflict(PlacementError):
    """Another wrote or uses what the request is about (409)."""


def refusal(what: str, response: Any, needed: str) -> PlacementError:
    """Make an error of a response whose status is not a success.

    :param what: the request in words, ``GET /traits``
    :param response: as requests returns it
    :param needed: the microversion that the request was sent with
    :returns: a Conflict, NotFound or NoSuchTrait where it is one
    """
    status: int = response.status_code
    error = _first_error(response)
    detail = str(error.get('detail') or response.text)
    # Placement puts what is the matter below the status's usual explanation.
    words = clean(detail.strip().rpartition('\n\n')[2])
    kind = PlacementError
    if status == 400 and _NO_SUCH_TRAIT in words:
        kind = NoSuchTrait
    elif status == 403:
        words += _ROLES
    elif status == 404:
        kind = NotFound
    elif status == 409:
        kind = Conflict
    elif status == 500 and _CONCURRENT_UPDATE in words:
        # What a PUT of traits gets that loses its race only after Placement
        # has compared the generations.
        kind = Conflict
    elif status == 406 and 'max_version' in error:
        words = (
            'this Placement speaks microversions up to '
            f'{clean(str(error["max_version"]))}, and {needed} is needed: '
            'upgrade it to Yoga (2022) or newer'
        )
    return kind(f'{what}: status {status}: {words}', status)


def clean(words: str) -> str:
    """Make another's words fit into one line of a log.

    :returns: without line ends, control characters and what stands before
        the @ of a URL, and cut
    """
    words = _USER.sub('://***@', words)
    words = ' '.join(words.split())
    words = ''.join(c if c.isprintable() else '?' for c in words)
    return words if len(words) <= _WORDS else words[: _WORDS - 3] + '...'


def _first_error(response: Any) -> Mapping[str, Any]:
    """Return the first error of a body in the API-SIG's form, or nothing."""
    try:
        error = response.json()['errors'][0]
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}
    return error if isinstance(error, Mapping) else {}
