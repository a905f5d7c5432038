# SPDX-License-Identifier: Apache-2.0
"""What the filter logs: one INFO line a decision, the hosts at DEBUG.

Explains a decision that is made; it can neither change nor delay it beyond
what is left of its budget.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from oslo_log import log as logging

from nova_migcompat import decision, demand, targets
from nova_migcompat.placement import PlacementClient, PlacementError
from nova_migcompat.scheduler import moves, selection

LOG = logging.getLogger(__name__)

#: Documents whose mismatch an INFO line names.
_REASONS = 3
_NOTHING = 'it publishes no document, or none that can be read'


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
    reasons: Mapping[str, str] | None = None
    if failed and (not passed or debug):
        reasons = _reasons(failed, selected, client)
    _log_decision(
        move,
        f'{len(passed)} of {len(hosts)} hosts pass'
        f'{_kinds(failed, selected, reasons)}',
        _why(decided, selected.problems, explain=not passed),
    )
    if debug:
        _log_each(move, failed, reasons or {}, selected.problems)


def log_none(move: moves.LiveMigration, asked: demand.Demand) -> None:
    """Log that no host can pass, before any was looked at.

    :param asked: what the guest's devices ask of a host.
    """
    why = _why(asked.decided, asked.problems, explain=True)
    if any(
        requirement.compatible & asked.names.digests
        for requirement in asked.nowhere_else(move.guest.node)
    ):
        why += '; only the source host has such a document'
    _log_decision(move, 'no host passes', why)


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
    reasons: Mapping[str, str],
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
            reasons.get(host.uuid, _NOTHING),
        )


def _reasons(
    failed: Sequence[Any],
    selected: selection.Selection,
    client: PlacementClient,
) -> dict[str, str]:
    """Say why hosts did not pass; hosts that publish nothing are left out."""
    uuids = [host.uuid for host in failed]
    if selected.decided.rejected:
        return dict.fromkeys(uuids, selected.decided.rejected)
    found: dict[str, str] = {}
    try:
        for requirement in selected.decided.requirements:
            objections = targets.objections(client, requirement, uuids)
            for host, reason in objections.items():
                if reason:
                    found.setdefault(host, reason)
    except PlacementError as error:
        unknown = f'no compatible device, and why is not known: {error}'
        found = {uuid: found.get(uuid, unknown) for uuid in uuids}
    for host, misfit in selected.misfits.items():
        found[host] = f'{misfit}; {found[host]}' if host in found else misfit
    return found


def _kinds(
    failed: Sequence[Any],
    selected: selection.Selection,
    reasons: Mapping[str, str] | None,
) -> str:
    """Count the hosts that did not pass by kind.

    :param reasons: why, without hosts that publish nothing; None: not asked.
    """
    if selected.decided.rejected:
        return ''
    misfits = len(selected.misfits)
    others = len(failed) - misfits
    silent = 0
    if reasons is not None:
        silent = sum(host.uuid not in reasons for host in failed)
    kinds = (
        (others - silent, 'have no compatible device'),
        (misfits, 'have devices that differ and may give another'),
        (silent, 'publish no document'),
    )
    return ''.join(f', {count} {kind}' for count, kind in kinds if count)


def _why(
    decided: decision.Decision, problems: Collection[str], explain: bool
) -> str:
    """Say what was asked of the hosts, and if need be what failed."""
    if decided.rejected:
        return f'{decided.rejected} ([migcompat] unknown_source = reject)'
    said = [
        f'the source host publishes nothing for {device.name}, which may go '
        f'anywhere ([migcompat] unknown_source = pass)'
        for device in decided.unknown
    ]
    for requirement in decided.requirements:
        good, bad = requirement.compatible, requirement.incompatible
        text = (
            f'{len(good)} of {len(good) + len(bad)} documents in use are '
            f'compatible with {", ".join(sorted(requirement.source))}'
        )
        if explain and bad:
            some = [requirement.why_not(d) for d in sorted(bad)[:_REASONS]]
            more = len(bad) - len(some)
            text += f' ({"; ".join(some)}{f"; {more} more" if more else ""})'
        said.append(text)
    if problems:
        some = [*sorted(problems)[:_REASONS], '...'][: len(problems)]
        said.append(
            f'{len(problems)} documents in use cannot be read and count as '
            f'none: {", ".join(some)}'
        )
    return '; '.join(said)
