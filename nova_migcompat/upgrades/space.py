# SPDX-License-Identifier: Apache-2.0
"""The states in which an upgrade can be, and the steps between them.

Hosts that are alike to every guest that has to move are a *kind*, and a state
is how many of each kind are left. A set of documents is an int with a bit for
each: a state is looked at very often.

Some steps are *free*: whatever order there is without such a step now, there
is one with it. A host of a kind of which another is left is free: nobody but
hosts of the same kind can tell how many there are besides one, and none of
these is emptied before the order comes to the step that it may leave out
instead. The last of a kind is free where everything that goes with it is on a
host that keeps it for good, or nobody left needs it. So the only choice in an
order is when a kind's last host goes.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nova_migcompat.upgrades import change

#: How many hosts of each kind are left.
State = tuple[int, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """Hosts to be upgraded that are alike.

    :param hosts: in their order.
    :param needs: for each document that is replaced, those to which its
        guests may move; without those that a host that is not upgraded may
        take in any case.
    :param before: the documents that such guests need and these hosts have.
    :param after: the same when they have been upgraded.
    """

    hosts: tuple[str, ...]
    needs: tuple[int, ...]
    before: int
    after: int


class Advance(NamedTuple):
    """A step: hosts of one kind, one after the other.

    :param kind: its index.
    :param number: how many.
    """

    kind: int
    number: int


class Having(NamedTuple):
    """What hosts have in a state.

    :param lasting: what is on a host that keeps it for good, as it has been
        upgraded.
    :param some: what is on a kind of which a host is left.
    :param several: what is on at least two of these kinds.
    """

    lasting: int
    some: int
    several: int

    def elsewhere(self, kind: Kind, left: int) -> int:
        """Return what hosts besides one of a kind have."""
        if left > 1:
            return self.lasting | self.some
        return self.lasting | self.several | (self.some & ~kind.before)


class Space:
    """The states of an upgrade, or of a part of one.

    :param kinds: the hosts that are upgraded.
    """

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self.kinds = tuple(kinds)

    @property
    def start(self) -> State:
        """The state in which no host is upgraded."""
        return tuple(len(kind.hosts) for kind in self.kinds)

    def having(self, state: Sequence[int]) -> Having:
        """Tell what hosts have in a state."""
        lasting, some, several = 0, 0, 0
        for kind, left in zip(self.kinds, state, strict=True):
            if left:
                several |= some & kind.before
                some |= kind.before
            if left < len(kind.hosts):
                lasting |= kind.after
        return Having(lasting, some, several)

    def can_go(self, index: int, left: int, having: Having) -> bool:
        """Tell whether every guest of a kind's next host can move."""
        if not left:
            return False
        kind = self.kinds[index]
        there = having.elsewhere(kind, left)
        return all(need & there for need in kind.needs)

    def choices(self, state: State) -> list[int]:
        """List the kinds of which a host can go."""
        having = self.having(state)
        return [i for i, n in enumerate(state) if self.can_go(i, n, having)]

    def settle(self, state: State) -> tuple[State, list[Advance]]:
        """Take free steps while there are any.

        :returns: the state then, and the steps.
        """
        left = list(state)
        taken: list[Advance] = []
        having = self.having(left)
        before = -1
        while before != len(taken):
            before = len(taken)
            for index, kind in enumerate(self.kinds):
                # All but the last, and then the last.
                while count := self._free(index, left, having):
                    left[index] -= count
                    taken.append(Advance(index, count))
                    # What a kind's last host takes away stays in the other
                    # sets. Nobody who is left can tell: the step was free.
                    having = having._replace(
                        lasting=having.lasting | kind.after
                    )
        return tuple(left), taken

    def _free(self, index: int, left: Sequence[int], having: Having) -> int:
        """Return how many hosts of a kind may go as free steps."""
        if not self.can_go(index, left[index], having):
            return 0
        if left[index] > 1:
            return left[index] - 1
        own = self.kinds[index]
        lasting = having.lasting | own.after
        lost = own.before & ~lasting
        if lost and any(
            need & lost and not need & lasting
            for other, kind in enumerate(self.kinds)
            if other != index and left[other]
            for need in kind.needs
        ):
            return 0
        return 1


def parts(asked: change.Change) -> list[Space]:
    """Divide an upgrade into parts that have nothing to do with each other.

    No guest of a host of one part needs a document that hosts of another have
    at any time: an order of each part is one of the whole.
    """
    upgraded = frozenset(asked.upgraded)
    staying: set[str] = set()
    for host, digests in asked.hosts.items():
        if host not in upgraded:
            staying |= digests
    needs = {
        old: asked.targets(old)
        for old in sorted(asked.replacements)
        if asked.targets(old).isdisjoint(staying)
    }
    wanted = sorted(frozenset[str]().union(*needs.values()))
    bits = {digest: 1 << index for index, digest in enumerate(wanted)}

    def as_int(digests: Iterable[str]) -> int:
        return sum(bits.get(digest, 0) for digest in digests)

    alike: dict[tuple[frozenset[str], int, int], list[str]] = {}
    for host in asked.upgraded:
        before, after = map(as_int, (asked.hosts[host], asked.after(host)))
        key = (asked.old(host), before, after)
        alike.setdefault(key, []).append(host)
    kinds = [
        Kind(
            tuple(hosts),
            tuple(as_int(needs[d]) for d in sorted(olds & needs.keys())),
            before,
            after,
        )
        for (olds, before, after), hosts in alike.items()
    ]
    return [Space(part) for part in _connected(kinds)]


def _connected(kinds: Iterable[Kind]) -> list[list[Kind]]:
    """Put kinds together that share a document, or share one with others."""
    found: list[tuple[int, list[Kind]]] = []
    for kind in kinds:
        shared, members = kind.before | kind.after, [kind]
        for need in kind.needs:
            shared |= need
        apart = []
        for mask, others in found:
            if mask & shared:
                shared |= mask
                members = others + members
            else:
                apart.append((mask, others))
        found = [*apart, (shared, members)]
    return [members for _, members in found]
