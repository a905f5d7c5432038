# SPDX-License-Identifier: Apache-2.0
"""Why hosts pass or do not, in words: for the filter's log and for operators.

Explains a decision that is made; it cannot change it. Knows neither nova nor
where the words go.
"""

from collections.abc import Collection, Mapping

from nova_migcompat import (
    decision,
    demand,
    placement,
    selection,
    targets,
    traits,
)

#: Up to so many hosts or documents, each is asked for by itself.
_FEW = 4

#: Documents whose mismatch a summary names.
_REASONS = 3

#: Why a host does not pass that is not in :func:`of_hosts`.
NOTHING = 'it publishes no document, or none that can be read'


def of_hosts(
    failed: Collection[str],
    selected: selection.Selection,
    client: placement.Reader,
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
            said = objections(client, requirement, failed)
            for host, reason in said.items():
                if reason:
                    found.setdefault(host, reason)
    except placement.PlacementError as error:
        unknown = f'no compatible device, and why is not known: {error}'
        found = {uuid: found.get(uuid, unknown) for uuid in failed}
    for host, misfit in selected.misfits.items():
        found[host] = f'{misfit}; {found[host]}' if host in found else misfit
    return found


def objections(
    client: placement.Reader,
    requirement: decision.Requirement,
    hosts: Collection[str],
) -> Mapping[str, str]:
    """Say for hosts that do not satisfy a requirement what they have.

    At most four requests. For more hosts and more documents than that it is
    not asked who has which: one request then, or none where a URL cannot name
    the documents.

    :param hosts: compute nodes.
    :returns: a reason for each host; '' where it publishes nothing.
    :raises placement.PlacementError:
    """
    refused = requirement.incompatible
    found: dict[str, list[str]] = {host: [] for host in hosts}
    if len(hosts) <= _FEW:
        for host, names in targets.read_hosts(client, hosts).items():
            digests = sorted(names.digests & refused.keys())
            found[host] = [requirement.why_not(d) for d in digests]
    elif len(refused) <= _FEW:
        for digest in refused:
            for host in _having(client, [digest], hosts):
                found[host].append(requirement.why_not(digest))
    else:
        none = f'it has none of the {len(requirement.compatible)} compatible'
        silent = frozenset[str]()
        if len(refused) <= placement.MAX_NAMES:
            silent = frozenset(hosts) - _having(client, refused, hosts)
        for host in found.keys() - silent:
            found[host].append(f'{none} documents')
    return {host: '; '.join(reasons) for host, reasons in found.items()}


def _having(
    client: placement.Reader,
    digests: Collection[str],
    hosts: Collection[str],
) -> frozenset[str]:
    """Choose the hosts that have at least one of the documents."""
    names = [traits.document_trait(digest) for digest in digests]
    found = client.providers_with_any(names)
    return frozenset(p.uuid for p in found).intersection(hosts)


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
