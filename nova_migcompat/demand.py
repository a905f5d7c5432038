# SPDX-License-Identifier: Apache-2.0
"""What a guest's devices ask of whatever host it moves to.

Found out before any host is looked at: the request filter, the filter and the
operator's command begin here. Knows nothing of nova; the decision itself is
decision.py's.
"""

import dataclasses
import time
from collections.abc import Callable, Collection, Mapping, Sequence

from nova_migcompat import decision, fleet, placement, targets, traits

_UNTRUSTED = 'it is none of the trusted documents'
_LATE = 'the time for reading and matching documents was over before'


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What of a fleet counts (DESIGN.md, "Trust").

    :param trusted: the digests of the documents that count; None: all.
    :param documents: how many documents in use count.
    :param seconds: of processor time that reading and matching them may take.
    """

    trusted: frozenset[str] | None = None
    documents: int = 2000
    seconds: float = 1.0


@dataclasses.dataclass(frozen=True, slots=True)
class Demand:
    """What a guest's devices ask of a host, and who has it at all.

    :param decided: what is asked.
    :param names: those in question.
    :param problems: why documents in use cannot be read, by digest.
    :param having: the providers with a compatible document, by the
        requirement's source documents.
    :param ignored: digests in use that are more than count.
    """

    decided: decision.Decision
    names: fleet.Names
    problems: Mapping[str, str]
    having: Mapping[frozenset[str], targets.Having]
    ignored: frozenset[str] = frozenset()


def read(
    client: placement.PlacementClient,
    library: fleet.Library,
    policy: decision.Policy,
    guest: fleet.Guest,
    hosts: Collection[str] | None = None,
    prefer: bool = False,
    limits: Limits = Limits(),
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
    :param limits: what of the fleet counts.
    :raises placement.PlacementError: Placement does not say, or the text of
        a document of the source does not verify.
    """
    source = fleet.read_source(client, guest)
    in_use = fleet.in_use(client)
    counted = _counted(source, in_use, library, limits)
    end = time.thread_time() + limits.seconds

    def is_over() -> bool:
        return time.thread_time() > end

    own = source.names.digests
    first = sorted(counted, key=lambda digest: digest not in own)
    texts = _read(client, library, first, limits, is_over)
    names = in_use.only(counted)
    if hosts is not None:
        names = targets.in_question(client, names, hosts)
    reader = _Reader(client, policy, names, texts, prefer, is_over)
    found = reader.decide(source)
    return dataclasses.replace(found, ignored=in_use.digests - counted)


def _counted(
    source: fleet.Source,
    in_use: fleet.Names,
    library: fleet.Library,
    limits: Limits,
) -> frozenset[str]:
    """Choose the documents that count: the source's, and of the others those
    that are known already before those that somebody may have made up.
    """
    own = source.names.digests
    if len(in_use.digests) <= limits.documents:
        return own | in_use.digests
    known = library.known(in_use.digests)
    others = sorted(in_use.digests - own, key=lambda d: (d not in known, d))
    return own.union(others[: max(limits.documents - len(own), 0)])


def _read(
    client: placement.PlacementClient,
    library: fleet.Library,
    digests: Sequence[str],
    limits: Limits,
    is_over: Callable[[], bool],
) -> traits.Texts:
    """Read the documents that count and are trusted, in this order."""
    allowed = limits.trusted
    trusted = [d for d in digests if allowed is None or d in allowed]
    texts = library.read(client, trusted, is_over)
    problems = dict.fromkeys(digests, _UNTRUSTED)
    problems.update(dict.fromkeys(trusted, _LATE))
    problems.update(texts.problems)
    for digest in texts.documents:
        problems.pop(digest, None)
    return traits.Texts(texts.documents, problems)


class _Reader:
    """Decides for one guest.

    :param names: those in question.
    :param texts: of all documents that count.
    """

    def __init__(
        self,
        client: placement.PlacementClient,
        policy: decision.Policy,
        names: fleet.Names,
        texts: traits.Texts,
        prefer: bool,
        is_over: Callable[[], bool],
    ) -> None:
        self._client = client
        self._policy = policy
        self._names = names
        self._texts = texts
        self._prefer = prefer
        self._is_over = is_over

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
        documents = self._texts.documents
        decided = decision.decide(
            devices, documents, self._policy, self._is_over
        )
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
        problems = dict(self._texts.problems)
        for requirement in decided.requirements:
            late = documents.keys() - requirement.compatible
            late -= requirement.incompatible.keys()
            problems.update(dict.fromkeys(late, _LATE))
        return Demand(decided, self._names, problems, having)

    def _preferred(self, requirement: decision.Requirement) -> frozenset[str]:
        if not self._prefer or self._is_over():
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
