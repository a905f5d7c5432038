# SPDX-License-Identifier: Apache-2.0
"""The push-down: Placement offers only hosts that have a compatible document.

Placement stops at [scheduler] max_placement_results candidates: where few of
many hosts are compatible, a filter alone may see none of these. So the same
decision is made before the query too, by a request filter
(nova/scheduler/request_filter.py), and the query requires the aggregates that
the agents keep, one for each document (DESIGN.md, "The push-down").
"""

from typing import Any

import nova.conf
from nova import exception
from nova.scheduler import request_filter
from oslo_log import log as logging

from nova_migcompat import demand, traits
from nova_migcompat.scheduler import deciding, explanations, moves

CONF = nova.conf.CONF
LOG = logging.getLogger(__name__)

_LIST = 'ALL_REQUEST_FILTERS'
#: Aggregates for which a URL has room beside a plain request, and how many of
#: them a request group takes.
_ROOM, _GROUP = 92, 5


def install(decider: deciding.Decider) -> None:
    """Let Nova ask a request filter of ours, and only this one.

    :param decider: what the filter decides with. A process has one filter
        object; a later one's takes the place of an earlier one's.
    """
    present = getattr(request_filter, _LIST, None)
    if not isinstance(present, list):
        LOG.warning(
            'This Nova has no list nova.scheduler.request_filter.%s: where '
            'few of many hosts are compatible, the candidates that Placement '
            'names may not have any of them ([scheduler] '
            'max_placement_results).',
            _LIST,
        )
        return
    ours = request_filter.trace_request_filter(
        _RequestFilter(decider).require_compatible_devices
    )
    ours.migcompat = True
    present[:] = [f for f in present if not hasattr(f, 'migcompat')]
    present.append(ours)


class _RequestFilter:
    """Requires of hosts that they have a compatible document."""

    def __init__(self, decider: deciding.Decider) -> None:
        self._decider = decider

    def require_compatible_devices(self, _context: Any, spec_obj: Any) -> bool:
        """Add the aggregates of compatible documents to what is required.

        :param spec_obj: a nova RequestSpec.
        :returns: whether anything is required.
        :raises nova.exception.RequestFilterFailed: no host can pass.
        """
        deciding.REQUESTS.forget(spec_obj)
        required = deciding.guarded(spec_obj, lambda: self._narrow(spec_obj))
        if required is not None:
            return required
        if CONF.migcompat.on_error == 'reject':
            raise exception.RequestFilterFailed(
                reason='whether hosts have a compatible device is not known'
            )
        return False

    def _narrow(self, spec_obj: Any) -> bool | None:
        """Do it; None where what hosts must have could not be found out."""
        if not _applies(spec_obj):
            return False
        asked = self._decider.ask(spec_obj)
        deciding.REQUESTS.keep(spec_obj, asked)
        if asked.failed:
            return None
        if asked.move is None or asked.found is None:
            return False
        found, node = asked.found, asked.move.guest.node
        if found.decided.rejected or found.nowhere_else(node):
            explanations.log_none(asked.move, asked.found)
            raise exception.RequestFilterFailed(
                reason='no host has a compatible device'
            )
        documents = _wanted(found)
        LOG.debug(
            'Live migration %(migration)s of instance %(instance)s: of the '
            'compatible documents %(documents)s hosts must have one of each '
            'kind, where a query has room for them',
            {
                'migration': asked.move.uuid,
                'instance': asked.move.instance,
                'documents': [sorted(digests) for digests in documents],
            },
        )
        return _require(spec_obj, documents)


def _applies(spec_obj: Any) -> bool:
    """Can the query become narrower? Asks the request and the options.

    A host that publishes nothing is in no aggregate, and a query for a host
    that the user names is as narrow as can be.
    """
    return (
        CONF.migcompat.placement_prefilter
        and CONF.migcompat.unknown_target == 'reject'
        and moves.may_concern_us(spec_obj, deciding.device_classes())
        and not moves.names_a_host(spec_obj)
    )


def _wanted(asked: demand.Demand) -> list[frozenset[str]]:
    """Return what hosts may have of each requirement's documents."""
    in_use = asked.names.digests
    return [r.compatible & in_use for r in asked.decided.requirements]


def _require(spec_obj: Any, documents: list[frozenset[str]]) -> bool:
    """Require the aggregates, the fewest first, while a URL holds them.

    A query that requires less is right all the same: the filter decides.
    """
    room = min(
        CONF.migcompat.placement_prefilter_max_documents, _room(spec_obj)
    )
    required = False
    for digests in sorted(documents, key=len):
        room -= len(digests)
        if room < 0:
            break
        spec_obj.requested_destination.require_aggregates(
            sorted(traits.aggregate(digest) for digest in digests)
        )
        required = True
    return required


def _room(spec_obj: Any) -> int:
    """Count the aggregates for which a query's URL has room.

    Servers refuse a request line of more than 4,096 bytes, of which a plain
    request takes 300 at most. Other aggregates (nova's own request filters
    came before) and each device that is a request of its own, with PCI in
    Placement, take some.
    """
    destination = spec_obj.requested_destination
    lists = moves.get(destination, 'aggregates') or []
    forbidden = moves.get(destination, 'forbidden_aggregates') or []
    others = sum(each.count(',') + 1 for each in lists) + len(forbidden)
    groups = moves.get(spec_obj, 'requested_resources') or []
    room: int = _ROOM - others - len(groups) * _GROUP
    return room
