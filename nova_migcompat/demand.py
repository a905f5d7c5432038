# SPDX-License-Identifier: Apache-2.0
"""What a guest's devices ask of whatever host it moves to.

Found out before any host is looked at: the request filter, the filter and the
operator's command begin here. Knows nothing of nova; the decision itself is
decision.py's.
"""

import dataclasses
import time
from collections.abc import Collection, Mapping, Sequence

from nova_migcompat import (
    decision,
    fleet,
    placement,
    policies,
    targets,
    traits,
)

_UNTRUSTED = 'it is none of the trusted documents'
_IGNORED = 'more documents are in use than [migcompat] max_documents'
_LATE = 'the time for reading and matching documents was over before'


class UnreadableError(placement.PlacementError):
    """The text of a document of the guest's own devices does not verify."""


@dataclasses.dataclass(frozen=True, slots=True)
class Demand:
    """What a guest's devices ask of a host, and who has it at all.

    :param decided: what is asked.
    :param names: those in question.
    :param problems: why documents in use cannot be read, by digest.
    :param having: the providers with a compatible document, by the
        requirement's source documents.
    :param ignored: digests in use that are more than are read.
    """

    decided: decision.Decision
    names: fleet.Names
    problems: Mapping[str, str]
    having: Mapping[frozenset[str], targets.Having]
    ignored: frozenset[str] = frozenset()

    def nowhere_else(self, node: str) -> tuple[decision.Requirement, ...]:
        """Choose the requirements that no other host satisfies.

        :param node: the source's compute node.
        """
        return tuple(
            requirement
            for requirement in self.decided.requirements
            if requirement.source in self.having
            and {node}.issuperset(
                self.having[requirement.source].providers.values()
            )
        )


def read(
    client: placement.Reader,
    library: fleet.Library,
    policy: decision.Policy,
    guest: fleet.Guest,
    hosts: Collection[str] | None = None,
    prefer: bool = False,
    limits: policies.Limits = policies.DEFAULT_LIMITS,
) -> Demand:
    """Read what a guest has, and decide it against all documents in use.

    Three requests; one more where texts are not known yet, one more where more
    documents are known than a URL can name, those for a source host whose
    devices differ, and one for each host where few hosts are in question and
    many documents.

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
    names, texts, ignored = _in_use(
        client, library, source.names.digests, limits
    )
    if hosts is not None:
        names = targets.in_question(client, names, hosts)
    reader = _Reader(client, policy, names, texts, prefer, limits)
    return dataclasses.replace(reader.decide(source), ignored=ignored)


def of_devices(
    client: placement.Reader,
    library: fleet.Library,
    policy: decision.Policy,
    devices: Sequence[decision.SourceDevice],
    limits: policies.Limits = policies.DEFAULT_LIMITS,
) -> Demand:
    """Decide devices whose documents are known against all in use.

    What :func:`read` does, where what a guest has was found out otherwise.
    Parameters and errors are those of ``read``.
    """
    own = frozenset[str]().union(*(device.digests for device in devices))
    names, texts, ignored = _in_use(client, library, own, limits)
    reader = _Reader(client, policy, names, texts, False, limits)
    return dataclasses.replace(reader.demand(devices), ignored=ignored)


class _Stopwatch:
    """Tells when processor time is over, from the first question on.

    Between two questions must be nothing that waits: other threads of
    eventlet would run on the same clock.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end: float | None = None

    def is_over(self) -> bool:
        """Say whether it is."""
        now = time.thread_time()
        if self._end is None:
            self._end = now + self._seconds
        return now > self._end


def _in_use(
    client: placement.Reader,
    library: fleet.Library,
    own: frozenset[str],
    limits: policies.Limits,
) -> tuple[fleet.Names, traits.Texts, frozenset[str]]:
    """Read which names are in use, and the documents that count.

    :param own: digests of the source's documents.
    :returns: besides, the digests that are more than are read; why they are
        not is among the texts' problems.
    """
    names = fleet.in_use(client, apart=library.is_large)
    counted = _counted(own, names, library, limits)
    texts = _read(client, library, own, counted, limits)
    ignored = names.digests - counted
    problems = {**dict.fromkeys(ignored, _IGNORED), **texts.problems}
    return names, traits.Texts(texts.documents, problems), ignored


def _counted(
    own: frozenset[str],
    in_use: fleet.Names,
    library: fleet.Library,
    limits: policies.Limits,
) -> frozenset[str]:
    """Choose the documents that count: the source's, and of the others those
    that are known already before those that somebody may have made up.
    """
    if len(in_use.digests) <= limits.documents:
        return own | in_use.digests
    known = library.known(in_use.digests)
    # Python's hashes are other ones in each process: nobody can aim at them.
    others = sorted(
        in_use.digests - own, key=lambda d: (d not in known, hash(d))
    )
    return own.union(others[: max(limits.documents - len(own), 0)])


def _read(
    client: placement.Reader,
    library: fleet.Library,
    own: frozenset[str],
    digests: frozenset[str],
    limits: policies.Limits,
) -> traits.Texts:
    """Read the documents that count and are trusted: the source's always, the
    others while there is time. Those that take least to match come first.
    """
    watch = _Stopwatch(limits.seconds)
    trusted = digests if limits.trusted is None else digests & limits.trusted
    texts = library.read(
        client,
        trusted,
        lambda digest: digest not in own and watch.is_over(),
    )
    problems = dict.fromkeys(digests - texts.documents.keys(), _UNTRUSTED)
    problems.update(dict.fromkeys(trusted & problems.keys(), _LATE))
    problems.update(texts.problems)
    documents = sorted(
        texts.documents.items(),
        key=lambda found: (found[0] not in own, len(found[1].canonical)),
    )
    return traits.Texts(dict(documents), problems)


class _Reader:
    """Decides for one guest.

    :param names: those in question.
    :param texts: of all documents that count.
    """

    def __init__(
        self,
        client: placement.Reader,
        policy: decision.Policy,
        names: fleet.Names,
        texts: traits.Texts,
        prefer: bool,
        limits: policies.Limits,
    ) -> None:
        self._client = client
        self._policy = policy
        self._names = names
        self._texts = texts
        self._prefer = prefer
        self._limits = limits

    def decide(self, source: fleet.Source) -> Demand:
        """Decide for the documents that the guest's devices have.

        A source host that looks uniform is taken for it: who has compatible
        documents says then, in most cases, whether it is.
        """
        own = source.names.digests
        if not source.may_be_uniform or own - self._texts.documents.keys():
            return self.demand(fleet.source_devices(self._client, source))
        guess = source.if_uniform()
        found = self.demand(guess)
        holding = None
        for requirement in found.decided.requirements:
            if own <= requirement.compatible and not found.decided.rejected:
                holding = _in_tree(
                    found.having[requirement.source].providers,
                    source.guest.node,
                )
        devices = fleet.source_devices(self._client, source, holding)
        return found if devices == guess else self.demand(devices)

    def demand(self, devices: Sequence[decision.SourceDevice]) -> Demand:
        """Decide for devices with these documents."""
        _check_source(devices, self._texts.problems)
        documents = self._texts.documents
        decided = decision.decide(
            devices, documents, self._policy, self._watch().is_over
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

    def _watch(self) -> _Stopwatch:
        return _Stopwatch(self._limits.seconds)

    def _preferred(self, requirement: decision.Requirement) -> frozenset[str]:
        """Choose the better documents, where it can be asked who has them."""
        in_use = self._names.digests
        if not self._prefer or len(in_use) > placement.MAX_NAMES:
            return frozenset()
        own = in_use | requirement.source
        documents = {
            d: each for d, each in self._texts.documents.items() if d in own
        }
        return decision.preferred(
            requirement, documents, self._policy, self._watch().is_over
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

    :raises UnreadableError: it is not, and on_error decides.
    """
    for device in devices:
        for digest in sorted(device.digests & problems.keys()):
            raise UnreadableError(
                f'the document {digest} of {device.name} on the source host '
                f'cannot be read: {problems[digest]}'
            )
