# SPDX-License-Identifier: Apache-2.0
"""Why hosts pass or do not, in words: for the filter's log and for operators.

Explains a decision that is made; it cannot change it. Knows neither nova nor
where the words go.
"""

from collections.abc import Collection, Mapping

from nova_migcompat import decision, demand, selection, targets
from nova_migcompat.placement import PlacementError, Reader

#: Documents whose mismatch a summary names.
_REASONS = 3

#: Why a host does not pass that is not in :func:`of_hosts`.
NOTHING = 'it publishes no document, or none that can be read'


def of_hosts(
    failed: Collection[str], selected: selection.Selection, client: Reader
) -> dict[str, str]:
    """Say why hosts did not pass; hosts that publish nothing are left out.

    :param failed: their UUIDs.
    :param client: Placement; where it does not answer, the reasons say so.
    """
    if selected.decided.rejected:
        return dict.fromkeys(failed, selected.decided.rejected)
    found: dict[str, str] = {}
    try:
        for requirement in selected.decided.requirements:
            objections = targets.objections(client, requirement, failed)
            for host, reason in objections.items():
                if reason:
                    found.setdefault(host, reason)
    except PlacementError as error:
        unknown = f'no compatible device, and why is not known: {error}'
        found = {uuid: found.get(uuid, unknown) for uuid in failed}
    for host, misfit in selected.misfits.items():
        found[host] = f'{misfit}; {found[host]}' if host in found else misfit
    return found


def outcome(
    hosts: Collection[str],
    selected: selection.Selection,
    of_failed: Mapping[str, str] | None,
) -> str:
    """Count the hosts that pass, and those that do not by kind.

    :param hosts: the UUIDs of those in question.
    :param of_failed: why, without hosts that publish nothing; None: not
        asked.
    """
    passed = f'{len(selected.passed)} of {len(hosts)} hosts pass'
    if selected.decided.rejected:
        return passed
    failed = [uuid for uuid in hosts if uuid not in selected.passed]
    misfits = len(selected.misfits)
    incompatible = len(failed) - misfits
    silent = 0
    if of_failed is not None:
        silent = sum(uuid not in of_failed for uuid in failed)
    kinds = (
        (incompatible - silent, 'have no compatible device'),
        (misfits, 'have devices that differ and may give another'),
        (silent, 'publish no document'),
    )
    failing = [f'{count} {kind}' for count, kind in kinds if count]
    return ', '.join([passed, *failing])


def summary(
    decided: decision.Decision, problems: Collection[str], explain: bool
) -> str:
    """Say what was asked of the hosts, and if need be what failed.

    :param problems: digests of documents in use that cannot be read.
    :param explain: whether to say why documents are not compatible.
    """
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


def only_here(asked: demand.Demand, node: str) -> str:
    """Say that the source host alone has a compatible document, if so.

    :param asked: what a guest's devices ask of a host.
    :param node: the source's compute node.
    """
    if any(
        requirement.compatible & asked.names.digests
        for requirement in asked.nowhere_else(node)
    ):
        return 'only the source host has such a document'
    return ''
