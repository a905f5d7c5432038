# SPDX-License-Identifier: Apache-2.0
"""Who of a fleet may move to whom: everybody against everybody.

Pure: takes what a census has read, or documents of files. The decision about
a pair of documents is decision.py's; what is added is which hosts stand behind
it. Knows nothing of how it is shown.
"""

import collections
import dataclasses
import enum
import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from nova_migcompat import decision, traits
from nova_migcompat.cli import cells, labels


class Answer(enum.Enum):
    """May every device of one party move to some device of the other?

    Partly: those of some documents may, and others may not. Unknown: a
    document that is needed for it cannot be read.
    """

    YES = 'yes'
    PARTLY = 'partly'
    NO = 'no'
    UNKNOWN = 'unknown'


@dataclasses.dataclass(frozen=True, slots=True)
class Party:
    """What stands in a row and a column: a document, a host, alike hosts.

    :param label: what people call it.
    :param digests: its documents, sorted.
    :param holders: the names of its hosts, sorted; of files where documents
        come from there.
    """

    label: str
    digests: tuple[str, ...]
    holders: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Pair:
    """One party to another.

    :param good: how many of the source's documents have a target there.
    :param of: of how many.
    :param reason: by what they may, or why they may not.
    """

    answer: Answer
    good: int
    of: int
    reason: str


@dataclasses.dataclass(frozen=True)
class Matrix:
    """All parties against each other.

    :param parties: island by island.
    :param pairs: from each party to each, in their order.
    :param islands: the numbers of parties that are linked, be it one way or
        over others; the largest first.
    :param reach: to how many hosts at least a guest of each party may move,
        its own aside, whichever device of its host it has.
    :param dead: the numbers of parties from which some guest can go nowhere.
    :param unread: the numbers of parties of which no document can be read.
    """

    parties: tuple[Party, ...]
    pairs: tuple[tuple[Pair, ...], ...]
    islands: tuple[tuple[int, ...], ...]
    reach: tuple[int, ...]
    dead: tuple[int, ...]
    unread: tuple[int, ...] = ()

    @functools.cached_property
    def holders(self) -> frozenset[str]:
        """The hosts behind all parties."""
        return frozenset(h for party in self.parties for h in party.holders)

    def is_return(self, source: int, target: int) -> bool:
        """Tell whether devices may come back the same way."""
        return self.pairs[target][source].answer is Answer.YES


def by_document(
    texts: traits.Texts, holders: Mapping[str, Collection[str]]
) -> list[Party]:
    """Make a party of each document.

    :param holders: the names of the hosts that have it, by digest.
    """
    words = labels.tell_apart(texts)
    return [
        Party(words[digest], (digest,), tuple(_sorted(holders[digest])))
        for digest in holders
    ]


def by_host(hosts: Mapping[str, Collection[str]]) -> list[Party]:
    """Make a party of each host.

    :param hosts: the digests of each by its name.
    """
    return [
        Party(name, tuple(sorted(digests)), (name,))
        for name, digests in hosts.items()
    ]


def by_group(hosts: Mapping[str, Collection[str]]) -> list[Party]:
    """Make a party of the hosts that have the same documents.

    :param hosts: the digests of each by its name.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, digests in hosts.items():
        groups.setdefault(tuple(sorted(digests)), []).append(name)
    return [
        Party(group_label(names), digests, tuple(names))
        for digests, names in (
            (digests, _sorted(names)) for digests, names in groups.items()
        )
    ]


def compare(
    parties: Iterable[Party],
    texts: traits.Texts,
    policy: decision.Policy,
    watch: Callable[[list[Party]], Iterable[Party]] = iter,
) -> Matrix:
    """Decide every party against every other, and itself.

    :param watch: wraps what is gone through, to show how far it is.
    """
    judge = _Judge(texts, policy)
    unordered = tuple(
        sorted(parties, key=lambda party: labels.natural(party.label))
    )
    islands = _islands(unordered, judge, watch)
    ordered = tuple(unordered[n] for island in islands for n in island)
    places = iter(range(len(ordered)))
    reach = _reaches(ordered, judge)
    known = {n for n, p in enumerate(ordered) if judge.readable(p.digests)}
    return Matrix(
        ordered,
        tuple(tuple(judge.pair(s, t) for t in ordered) for s in ordered),
        tuple(tuple(next(places) for _ in island) for island in islands),
        reach,
        tuple(sorted(n for n in known if reach[n] == 0)),
        tuple(n for n in range(len(ordered)) if n not in known),
    )


class _Judge:
    """Decides pairs of parties; remembers those of the same documents."""

    def __init__(self, texts: traits.Texts, policy: decision.Policy) -> None:
        self._texts = texts
        self._policy = policy
        self._pairs: dict[tuple[tuple[str, ...], tuple[str, ...]], Pair] = {}

    def readable(self, digests: Iterable[str]) -> list[str]:
        """Choose the documents whose text is known."""
        return [d for d in digests if d in self._texts.documents]

    def may(self, source: str, target: str) -> bool:
        """Decide one pair of readable documents."""
        documents = self._texts.documents
        return bool(self._policy.match(documents[source], documents[target]))

    def pair(self, source: Party, target: Party) -> Pair:
        """Decide a pair of parties."""
        key = source.digests, target.digests
        if key not in self._pairs:
            self._pairs[key] = self._pair(*key)
        return self._pairs[key]

    def _pair(
        self, sources: tuple[str, ...], targets: tuple[str, ...]
    ) -> Pair:
        known, there = self.readable(sources), self.readable(targets)
        unread = next(
            (d for d in (*sources, *targets) if d in self._texts.problems), ''
        )
        reasons = []
        good = 0
        for source in known if there else ():
            found, words = self._one(source, there)
            good += found
            reasons.append(
                f'{labels.short(source)}: {words}' if sources[1:] else words
            )
        answer = _answer(good, len(sources), bool(unread))
        if answer is Answer.UNKNOWN:
            problem = self._texts.problems[unread]
            reasons.append(f'{labels.short(unread)}: {problem}')
        return Pair(answer, good, len(sources), '; '.join(reasons))

    def _one(self, source: str, targets: Sequence[str]) -> tuple[bool, str]:
        """Decide one document against those of a party, and say by what."""
        documents = self._texts.documents
        refusals = []
        for target in targets:
            result = self._policy.match(documents[source], documents[target])
            if result.object is not None:
                number = result.object + 1
                return True, f'COMPATIBLE object {number} of the {result.side}'
            refusals.append(result)
        more = len(refusals) - 1
        words = decision.reason(refusals[0])
        return False, f'{words} (and {more} other targets)' if more else words


def _answer(good: int, of: int, is_unread: bool) -> Answer:
    if good == of:
        return Answer.YES
    if is_unread:
        return Answer.UNKNOWN
    return Answer.PARTLY if good else Answer.NO


def _reaches(parties: Sequence[Party], judge: _Judge) -> tuple[int, ...]:
    """Count to how many hosts at least a guest of each party may move."""
    holders: dict[str, set[str]] = {}
    for party in parties:
        for digest in judge.readable(party.digests):
            holders.setdefault(digest, set()).update(party.holders)
    targets: dict[str, set[str]] = {
        source: set().union(
            *(names for d, names in holders.items() if judge.may(source, d))
        )
        for source in holders
    }
    return tuple(
        min(
            (
                len(targets[d]) - (not targets[d].isdisjoint(party.holders))
                for d in judge.readable(party.digests)
            ),
            default=0,
        )
        for party in parties
    )


def _islands(
    parties: Sequence[Party],
    judge: _Judge,
    watch: Callable[[list[Party]], Iterable[Party]],
) -> list[tuple[int, ...]]:
    """Sort the numbers of parties into those that are linked.

    Those of the same documents are looked at once, and stay together.
    """
    alike: dict[tuple[str, ...], list[int]] = {}
    for number, party in enumerate(parties):
        alike.setdefault(party.digests, []).append(number)
    firsts = [parties[numbers[0]] for numbers in alike.values()]
    linked = collections.defaultdict(set)
    for one in watch(firsts):
        for other in firsts:
            if judge.pair(one, other).answer in (Answer.YES, Answer.PARTLY):
                linked[one.digests].add(other.digests)
                linked[other.digests].add(one.digests)
    islands = []
    left = set(alike)
    while left:
        found = edge = {left.pop()}
        while edge:
            edge = set().union(*(linked[key] for key in edge)) - found
            found = found | edge
        left -= found
        # By their first; those that are alike stand beside each other.
        groups = sorted(alike[key] for key in found)
        islands.append(tuple(n for group in groups for n in group))
    return sorted(islands, key=lambda island: _size(island, parties))


def _size(island: Sequence[int], parties: Sequence[Party]) -> tuple[int, int]:
    """Return what islands are sorted by: those of most hosts are first."""
    hosts = {holder for n in island for holder in parties[n].holders}
    return -len(hosts), island[0]


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted(names, key=labels.natural)


def group_label(names: Sequence[str]) -> str:
    """Name hosts or files that are alike."""
    return cells.some(names, 1)
