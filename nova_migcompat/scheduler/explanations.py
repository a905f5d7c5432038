# SPDX-License-Identifier: Apache-2.0
"""What the filter logs: one INFO line a decision, the hosts at DEBUG.

Explains a decision that is made; it can neither change nor delay it beyond
what is left of its budget.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from oslo_log import log as logging

from nova_migcompat import decision, fleet
from nova_migcompat.placement import PlacementClient, PlacementError
from nova_migcompat.scheduler import moves

LOG = logging.getLogger(__name__)

#: Documents whose mismatch an INFO line names.
_REASONS = 3
_NOTHING = 'it publishes no document, or none that can be read'


def log(
    move: moves.LiveMigration,
    hosts: Sequence[Any],
    passed: Collection[str],
    decided: decision.Decision,
    problems: Mapping[str, str],
    client: PlacementClient,
) -> None:
    """Log a decision.

    Which kind of host did not pass costs requests, and is asked where
    somebody needs it: no host passes, or DEBUG is on.

    :param hosts: the HostState objects asked about.
    :param passed: the UUIDs of those that pass.
    :param decided: what was asked of them.
    :param problems: why documents in use cannot be read, by digest.
    :param client: Placement.
    """
    failed = [host for host in hosts if host.uuid not in passed]
    debug = LOG.isEnabledFor(logging.DEBUG)
    reasons: Mapping[str, str] | None = None
    if failed and (not passed or debug):
        reasons = _reasons(failed, decided, client)
    LOG.info(
        'Live migration %(migration)s of instance %(instance)s from '
        '%(source)s: %(passed)d of %(all)d hosts pass%(kinds)s; %(why)s',
        {
            'migration': move.uuid,
            'instance': move.instance,
            'source': move.host,
            'passed': len(passed),
            'all': len(hosts),
            'kinds': '' if decided.rejected else _kinds(failed, reasons),
            'why': _why(decided, problems, explain=not passed),
        },
    )
    if debug:
        _log_each(move, failed, reasons or {}, problems)


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
    decided: decision.Decision,
    client: PlacementClient,
) -> dict[str, str]:
    """Say why hosts did not pass; hosts that publish nothing are left out."""
    uuids = [host.uuid for host in failed]
    if decided.rejected:
        return dict.fromkeys(uuids, decided.rejected)
    found: dict[str, str] = {}
    try:
        for requirement in decided.requirements:
            objections = fleet.objections(client, requirement, uuids)
            for host, reason in objections.items():
                if reason:
                    found.setdefault(host, reason)
    except PlacementError as error:
        unknown = f'no compatible device, and why is not known: {error}'
        return {uuid: found.get(uuid, unknown) for uuid in uuids}
    return found


def _kinds(failed: Sequence[Any], reasons: Mapping[str, str] | None) -> str:
    """Count the hosts that did not pass by kind.

    :param reasons: why, without hosts that publish nothing; None: not asked.
    """
    if not failed:
        return ''
    if reasons is None:
        return f', {len(failed)} have no compatible device'
    silent = sum(host.uuid not in reasons for host in failed)
    kinds = []
    if len(failed) > silent:
        kinds.append(f'{len(failed) - silent} have no compatible device')
    if silent:
        kinds.append(f'{silent} publish no document')
    return ', ' + ', '.join(kinds)


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
