# SPDX-License-Identifier: Apache-2.0
"""What a scheduling request asks of hosts: read once, kept with the request.

Request filter, filter and weigher of one scheduling see the same RequestSpec
object, and share what was found out for it. Never fails: an error is a
decision too, which [migcompat] on_error makes.
"""

import dataclasses
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import nova.conf
from nova import exception
from nova import utils as nova_utils
from oslo_log import log as logging

from nova_migcompat import (
    decision,
    demand,
    fleet,
    placement,
    policies,
    traits,
)
from nova_migcompat.placement import PlacementClient, PlacementError
from nova_migcompat.placement.errors import clean
from nova_migcompat.scheduler import moves

CONF = nova.conf.CONF
LOG = logging.getLogger(__name__)

#: Hosts that a warning names.
_NAMED = 5

_T = TypeVar('_T')


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """What was found out for a request.

    :param move: the live migration; None where it is none of ours.
    :param found: what its guest's devices ask of a host.
    :param failed: that could not be found out, and on_error decides.
    :param seconds: how long Placement took for it.
    :param hosts: the only compute nodes for which it holds; None: for all.
    """

    move: moves.LiveMigration | None = None
    found: demand.Demand | None = None
    failed: bool = False
    seconds: float = 0.0
    hosts: frozenset[str] | None = None

    def holds_for(self, hosts: frozenset[str]) -> bool:
        """Does it say what these hosts are asked?"""
        return self.hosts is None or hosts <= self.hosts


class Decider:
    """Finds out what requests ask; one for each filter object.

    Safe among threads: Nova calls one filter object from many.
    """

    def __init__(self) -> None:
        self._library = fleet.Library()
        self._has_warned = False
        self._adapter: Any = None
        self._lock = threading.Lock()

    def ask(self, spec_obj: Any, hosts: frozenset[str] | None = None) -> Asked:
        """Find out what a request asks of any host.

        :param spec_obj: a nova RequestSpec that may be one of ours.
        :param hosts: compute nodes, where only these can matter.
        """
        asked = guarded(spec_obj, lambda: self._ask(spec_obj, hosts))
        return asked or Asked(failed=True)

    def _ask(self, spec_obj: Any, hosts: frozenset[str] | None) -> Asked:
        move = moves.live_migration(spec_obj, device_classes())
        if move is None:
            return Asked()
        started = time.monotonic()
        client = self.client(spec_obj, CONF.migcompat.timeout)
        found = demand.read(
            client,
            self._library,
            policy(),
            move.guest,
            hosts,
            prefer=REQUESTS.are_weighed,
            limits=limits(),
        )
        self._warn_of(found.ignored, client)
        seconds = time.monotonic() - started
        return Asked(move, found, seconds=seconds, hosts=hosts)

    def _warn_of(
        self, ignored: frozenset[str], client: PlacementClient
    ) -> None:
        """Name hosts whose documents are too many, once."""
        if not ignored or self._has_warned:
            self._has_warned = bool(ignored)
            return
        self._has_warned = True
        some = sorted(ignored)[: placement.MAX_NAMES]
        names = {traits.document_trait(digest) for digest in some}
        try:
            found = client.providers_with_any(names)
        except PlacementError as error:
            hosts = [f'not known, {error}']
        else:
            hosts = sorted(provider.name for provider in found)
        LOG.warning(
            '%(ignored)d documents more than [migcompat] max_documents '
            '(%(most)d) are in use, and are ignored. Providers that have some '
            'of them: %(hosts)s',
            {
                'ignored': len(ignored),
                'most': CONF.migcompat.max_documents,
                'hosts': ', '.join(map(clean, hosts[:_NAMED])),
            },
        )

    def client(self, spec_obj: Any, seconds: float) -> PlacementClient:
        """Make a client for a request.

        :param seconds: what all that it sends may take together.
        """
        return PlacementClient(
            self._placement(),
            budget=seconds,
            retries=0,
            global_request_id=spec_obj._context.global_id,
        )

    def _placement(self) -> Any:
        """Return the adapter, made at its first use and then shared.

        Its session, which is ours, fetches tokens and the catalog; where
        [placement] timeout is not set it would wait for keystone without end.
        """
        with self._lock:
            if self._adapter is None:
                adapter = nova_utils.get_ksa_adapter('placement')
                if adapter.session.timeout is None:
                    adapter.session.timeout = CONF.migcompat.timeout
                self._adapter = adapter
            return self._adapter


class BySpec:
    """What was found out for the requests that are being scheduled.

    By identity and only while the request lives: retries of a migration are
    requests of their own, with the same IDs.
    """

    def __init__(self) -> None:
        #: Whether a weigher wants to know which hosts are better.
        self.are_weighed = False
        self._kept: dict[int, tuple[weakref.ref[Any], Asked]] = {}

    def keep(self, spec_obj: Any, asked: Asked) -> None:
        """Keep something with a request, in place of what was."""
        key = id(spec_obj)
        gone = weakref.ref(spec_obj, lambda _: self._kept.pop(key, None))
        self._kept[key] = (gone, asked)

    def get(self, spec_obj: Any) -> Asked | None:
        """Return what is kept with a request."""
        found = self._kept.get(id(spec_obj))
        return found[1] if found and found[0]() is spec_obj else None

    def forget(self, spec_obj: Any) -> None:
        """Keep nothing with a request that is scheduled once more."""
        self._kept.pop(id(spec_obj), None)


#: The requests of this process.
REQUESTS = BySpec()


def device_classes() -> frozenset[str]:
    """Name the resource classes of mediated devices."""
    return policies.device_classes(CONF.migcompat)


def policy() -> decision.Policy:
    """Read the operator's choices as they are now."""
    return policies.policy(CONF.migcompat)


def limits() -> policies.Limits:
    """Read what of the fleet counts as it is now.

    :raises trusted.TrustError: the file of trusted documents cannot be used.
    """
    return policies.limits(CONF.migcompat)


def guarded(spec_obj: Any, action: Callable[[], _T]) -> _T | None:
    """Do something for a request; None where it ends in an error.

    The error is logged, and what becomes of the request.

    :raises nova.exception.RequestFilterFailed: where the action does: that is
        an answer.
    """
    try:
        return action()
    except exception.RequestFilterFailed:
        raise
    except PlacementError as error:
        words = str(error)
    # The decision must follow on_error whatever the database or its driver
    # raises, and a scheduler must stay up.
    except Exception as error:
        LOG.debug('Traceback of the error below', exc_info=True)
        words = clean(f'{type(error).__name__}: {error}')
    passes = CONF.migcompat.on_error == 'pass'
    LOG.error(
        'Cannot decide which hosts have a device compatible with that of '
        'instance %(instance)s: %(error)s. %(what)s host passes '
        '([migcompat] on_error = %(on_error)s).',
        {
            'instance': moves.get(spec_obj, 'instance_uuid'),
            'error': words,
            'what': 'Every' if passes else 'No',
            'on_error': CONF.migcompat.on_error,
        },
    )
    return None
