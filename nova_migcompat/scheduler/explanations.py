# SPDX-License-Identifier: Apache-2.0
"""What the filter logs: one INFO line a decision, the hosts at DEBUG.

Explains a decision that is made; it can neither change nor delay it beyond
what is left of its budget. The words are reasons.py's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from oslo_log import log as logging

from nova_migcompat import demand, reasons, selection
from nova_migcompat.placement import PlacementClient
from nova_migcompat.scheduler import moves

LOG = logging.getLogger(__name__)


def log(
    move: moves.LiveMigration,
    hosts: Sequence[Any],
    selected: selection.Selection,
    client: PlacementClient,
) -> None:
    """Log a decision.

    Which kind of host did not pass costs requests, and is asked where
    somebody needs it: no host passes, or DEBUG is on.

    :param hosts: the HostState objects asked about.
    :param selected: which of them pass.
    :param client: Placement.
    """
    passed, decided = selected.passed, selected.decided
    failed = [host for host in hosts if host.uuid not in passed]
    debug = LOG.isEnabledFor(logging.DEBUG)
    found: Mapping[str, str] | None = None
    if failed and (not passed or debug):
        uuids = [host.uuid for host in failed]
        found = reasons.of_hosts(uuids, selected, client)
    _log_decision(
        move,
        reasons.outcome([host.uuid for host in hosts], selected, found),
        reasons.summary(decided, selected.problems, explain=not passed),
    )
    if debug:
        _log_each(move, failed, found or {}, selected.problems)


def log_none(move: moves.LiveMigration, asked: demand.Demand) -> None:
    """Log that no host can pass, before any was looked at.

    :param asked: what the guest's devices ask of a host.
    """
    why = reasons.summary(asked.decided, asked.problems, explain=True)
    only = reasons.only_here(asked, move.guest.node)
    said = '; '.join(filter(None, [why, only]))
    _log_decision(move, 'no host passes', said)


def _log_decision(move: moves.LiveMigration, outcome: str, why: str) -> None:
    LOG.info(
        'Live migration %(migration)s of instance %(instance)s from '
        '%(source)s: %(outcome)s; %(why)s',
        {
            'migration': move.uuid,
            'instance': move.instance,
            'source': move.host,
            'outcome': outcome,
            'why': why,
        },
    )


def _log_each(
    move: moves.LiveMigration,
    failed: Sequence[Any],
    of_failed: Mapping[str, str],
    problems: Mapping[str, str],
) -> None:
    """Log at DEBUG what cannot be read, and why each host did not pass."""
    for digest, problem in sorted(problems.items()):
        LOG.debug('The document %s cannot be read: %s', digest, problem)
    for host in failed:
        LOG.debug(
            '%s does not pass for live migration %s: %s',
            host,
            move.uuid,
            of_failed.get(host.uuid, reasons.NOTHING),
        )
