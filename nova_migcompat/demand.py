# SPDX-License-Identifier: Apache-2.0
"""What a guest's devices ask of whatever host it moves to.

Found out before any host is looked at: the request filter, the filter and the
operator's command begin here. Knows nothing of nova; the decision itself is
decision.py's.
"""

import dataclasses
from collections.abc import Collection, Mapping, Sequence

from nova_migcompat import decision, fleet, placement, targets, traits


@dataclasses.dataclass(frozen=True, slots=True)
class Demand:
    """What a guest's devices ask of a host, and who has it at all.

    :param decided: what is asked.
    :param names: those in question.
    :param problems: why documents in use cannot be read, by digest.
    :param having: the providers with a compatible document, by the
        requirement's source documents.
    """

    decided: decision.Decision
    names: fleet.Names
    problems: Mapping[str, str]
    having: Mapping[frozenset[str], targets.Having]


def read(
    client: placement.PlacementClient,
    library: fleet.Library,
    policy: decision.Policy,
    guest: fleet.Guest,
    hosts: Collection[str] | None = None,
    prefer: bool = False,
) -> Demand:
    """Read what a guest has, and decide it against all documents in use.

    Three requests; one more where texts are not known yet, and those for a
    source host whose devices differ.

    :param client: Placement, with the budget of this decision.
    :param library: the documents read before.
    :param policy: the operator's choices.
    :param hosts: compute nodes: only what these have is in question; None:
        what any has.
    :param prefer: find out who has the better documents too; where that
        takes no request more.
    :raises placement.PlacementError: Placement does not say, or the text of
        a document of the source does not verify.
    """
    source = fleet.read_source(client, guest)
    in_use = fleet.in_use(client)
    texts = library.read(client, in_use.digests | source.names.digests)
    names = in_use
    if hosts is not None:
        names = targets.in_question(client, in_use, hosts)
    reader = _Reader(client, policy, names, texts, prefer)
    return reader.decide(source)


class _Reader:
    """Decides for one guest.

    :param names: those in question.
    :param texts: of all documents in use and of the source's.
    """

    def __init__(
        self,
        client: placement.PlacementClient,
        policy: decision.Policy,
        names: fleet.Names,
        texts: traits.Texts,
        prefer: bool,
    ) -> None:
        self._client = client
        self._policy = policy
        self._names = names
        self._texts = texts
        self._prefer = prefer

    def decide(self, source: fleet.Source) -> Demand:
        """Decide for the documents that the guest's devices have.

        A source host that looks uniform is taken for it: who has compatible
        documents says then, in most cases, whether it is.
        """
        own = source.names.digests
        if not source.may_be_uniform or own - self._texts.documents.keys():
            return self._demand(fleet.source_devices(self._client, source))
        guess = source.if_uniform()
        found = self._demand(guess)
        holding = None
        for requirement in found.decided.requirements:
            if own <= requirement.compatible and not found.decided.rejected:
                holding = _in_tree(
                    found.having[requirement.source].providers,
                    source.guest.node,
                )
        devices = fleet.source_devices(self._client, source, holding)
        return found if devices == guess else self._demand(devices)

    def _demand(self, devices: Sequence[decision.SourceDevice]) -> Demand:
        _check_source(devices, self._texts.problems)
        decided = decision.decide(devices, self._texts.documents, self._policy)
        having = {
            requirement.source: targets.having(
                self._client,
                requirement.compatible,
                self._names,
                self._preferred(requirement),
            )
            for requirement in decided.requirements
            if not decided.rejected
        }
        return Demand(decided, self._names, self._texts.problems, having)

    def _preferred(self, requirement: decision.Requirement) -> frozenset[str]:
        if not self._prefer:
            return frozenset()
        if len(requirement.compatible) > placement.MAX_BESIDE:
            return frozenset()
        return decision.preferred(
            requirement, self._texts.documents, self._policy
        )


def _in_tree(having: Mapping[str, str], node: str) -> frozenset[str] | None:
    """Choose the providers of a tree; None where its root is not there."""
    if node not in having:
        return None
    return frozenset(p for p, root in having.items() if root == node)


def _check_source(
    devices: Sequence[decision.SourceDevice], problems: Mapping[str, str]
) -> None:
    """A source's document must be readable; a target's may count as none.

    :raises placement.PlacementError: it is not, and on_error decides.
    """
    for device in devices:
        for digest in sorted(device.digests & problems.keys()):
            raise placement.PlacementError(
                f'the document {digest} of {device.name} on the source host '
                f'cannot be read: {problems[digest]}'
            )
