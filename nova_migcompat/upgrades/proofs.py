# SPDX-License-Identifier: Apache-2.0
"""Shows that no order exists, in as few hosts as it takes.

In any order one host of a set is the last of them to be emptied: then the
others of the set have been upgraded. Where, whichever it is, its guests may go
to none of what these have, nor to anything that a host outside the set has at
any time, no order exists. The same goes for the first, when none of the others
has been upgraded. That is not every reason there may be, but what is found is
a proof, and one that an operator can follow.
"""

import dataclasses
from collections.abc import Collection, Iterable

from nova_migcompat.upgrades import change, space

LAST, FIRST, SEARCH = 'last', 'first', 'search'

#: Sets of more kinds are shown as they are found.
_MAX_SHRUNK = 64
#: So many hosts, and documents that do not help, are named.
_NAMED, _REASONS = 3, 3


@dataclasses.dataclass(frozen=True, slots=True)
class StuckGuest:
    """A guest that may go nowhere.

    :param source: the digest of its device's document.
    :param reasons: why not, by digest of what the other hosts have; of the
        first few.
    :param more: of how many more documents they have.
    """

    source: str
    reasons: tuple[tuple[str, str], ...]
    more: int = 0

    @property
    def why(self) -> tuple[str, ...]:
        """Why, in a line for each document that is named."""
        if not self.reasons:
            return ('no other host has any document',)
        lines = [f'not to {digest}: {why}' for digest, why in self.reasons]
        if self.more:
            lines.append(
                f'not to {self.more:,} other document'
                f'{"s" if self.more > 1 else ""}'
            )
        return tuple(lines)

    def __str__(self) -> str:
        return (
            f'a guest on {self.source} can go nowhere ({"; ".join(self.why)})'
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Proof:
    """Why there is no order in which no guest is ever stuck.

    :param way: LAST or FIRST: whichever of the hosts is the last or the first
        of them to be emptied has a guest that is stuck then. SEARCH: every
        order was gone through.
    :param hosts: in their order.
    :param guests: the guests that are stuck then, each document once.
    :param states: how many states were looked at.
    """

    way: str
    hosts: tuple[str, ...]
    guests: tuple[StuckGuest, ...] = ()
    states: int = 0

    def __str__(self) -> str:
        if self.way == SEARCH:
            return (
                'No order exists: every order of'
                f' {change.some(self.hosts, _NAMED)} was gone through'
                f' ({self.states:,} states, hosts that are alike counted as'
                ' one), and a guest is stuck in each. No single cause was'
                ' found; the steps show one of the orders.'
            )
        guests = ', and '.join(map(str, self.guests))
        if len(self.hosts) == 1:
            return (
                f'No order exists: {self.hosts[0]} cannot be emptied at any'
                f' time. As to what other hosts ever have, {guests}.'
            )
        names = change.some(self.hosts, _NAMED)
        others = 'all' if self.way == LAST else 'none'
        return (
            f'No order exists: whichever of {names} is the {self.way} of them'
            f' to be emptied, {others} of the others have been upgraded by'
            f' then, and {guests}.'
        )


def doomed(where: space.Space, state: space.State) -> bool:
    """Tell whether there is such a set among the hosts that are left."""
    left = [i for i, n in enumerate(state) if n]
    return any(_stuck(where, state, left, way) for way in (LAST, FIRST))


def prove(asked: change.Change, where: space.Space, states: int) -> Proof:
    """Say why there is no order.

    :param where: the states of a part of it; there is no order.
    :param states: how many a search has looked at.
    """
    for way in (LAST, FIRST):
        found = _stuck(where, where.start, range(len(where.kinds)), way)
        if found:
            kinds = _shrunk(where, found, way)
            guests = _guests(asked, where, kinds, way)
            return Proof(way, _hosts(asked, where, kinds), guests, states)
    hosts = _hosts(asked, where, range(len(where.kinds)))
    return Proof(SEARCH, hosts, (), states)


def _hosts(
    asked: change.Change, where: space.Space, kinds: Iterable[int]
) -> tuple[str, ...]:
    """Return the hosts of some kinds in their order."""
    return asked.in_order({h for i in kinds for h in where.kinds[i].hosts})


def _stuck(
    where: space.Space,
    state: space.State,
    members: Iterable[int],
    way: str,
) -> frozenset[int]:
    """Find the largest such set.

    :param members: the kinds that it may be of.
    """
    inside = set(members)
    lasting = where.having(state).lasting
    going = inside
    while going and inside:
        going = {
            index
            for index, there in _there(where, state, inside, lasting, way)
            if all(need & there for need in where.kinds[index].needs)
        }
        inside = inside - going
    return frozenset(inside)


def _there(
    where: space.Space,
    state: space.State,
    inside: Collection[int],
    lasting: int,
    way: str,
) -> Iterable[tuple[int, int]]:
    """Tell what there is besides the last, or first, of each kind."""
    outside, some, several = lasting, 0, 0
    for index, kind in enumerate(where.kinds):
        if index in inside:
            own = kind.after if way == LAST else kind.before
            several |= some & own
            some |= own
        elif state[index]:
            outside |= kind.before | kind.after
    for index in inside:
        kind = where.kinds[index]
        own = kind.after if way == LAST else kind.before
        if state[index] > 1:
            yield index, outside | some
        else:
            yield index, outside | several | (some & ~own)


def _shrunk(
    where: space.Space, found: frozenset[int], way: str
) -> frozenset[int]:
    """Leave out of a set what the proof does not need."""
    if len(found) > _MAX_SHRUNK:
        return found
    for index in sorted(found):
        less = _stuck(where, where.start, found - {index}, way)
        if less:
            found = less
    return found


def _guests(
    asked: change.Change,
    where: space.Space,
    kinds: Collection[int],
    way: str,
) -> tuple[StuckGuest, ...]:
    """Name the guests that are stuck, and why, each document once."""
    inside = {h for i in kinds for h in where.kinds[i].hosts}
    had: dict[str, set[str]] = {}
    for host, before in asked.hosts.items():
        after = asked.after(host) if host in asked.chosen else before
        if host in inside:
            there = after if way == LAST else before
        else:
            there = before | after
        for digest in there:
            had.setdefault(digest, set()).add(host)
    guests: dict[str, StuckGuest] = {}
    for index in sorted(kinds):
        host = where.kinds[index].hosts[0]
        others = {d for d, hosts in had.items() if hosts - {host}}
        for old in sorted(asked.old(host)):
            if asked.targets(old).isdisjoint(others):
                guests.setdefault(old, stuck_guest(asked, old, others))
    return tuple(guests.values())


def stuck_guest(
    asked: change.Change, source: str, there: Collection[str]
) -> StuckGuest:
    """Say why a guest may go to none of some documents.

    What takes the place of its own document, or of one to which it could
    move, comes first, then its own, then what has most fields in common.
    """
    news = {
        new
        for old, new in asked.replacements.items()
        if old == source or asked.may_move(source, old)
    }
    ordered = sorted(
        there,
        key=lambda d: (
            d not in news,
            d != source,
            -asked.in_common(source, d),
            d,
        ),
    )
    reasons = ((d, asked.reason(source, d)) for d in ordered[:_REASONS])
    return StuckGuest(source, tuple(reasons), max(0, len(ordered) - _REASONS))
