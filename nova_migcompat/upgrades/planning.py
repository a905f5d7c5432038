# SPDX-License-Identifier: Apache-2.0
"""Puts a plan together: the steps in words of hosts and documents.

What is said of a step is found out again, host by host, from who has what
then: not from how the order was found.
"""

import dataclasses
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence

from nova_migcompat.upgrades import change, proofs, search, space

#: So many ways on are compared where a guest is stuck in any case.
_COMPARED = 16


@dataclasses.dataclass(frozen=True, slots=True)
class Move:
    """Guests of one document that leave the hosts of a step.

    :param source: the digest of their devices' document.
    :param targets: how many other hosts have a document to which they may
        move, by its digest; the fewest during the step. Empty: they are
        stuck.
    :param stuck: why they may go nowhere, where that is so.
    """

    source: str
    targets: Mapping[str, int]
    stuck: proofs.StuckGuest | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """Hosts that are upgraded one after the other, with the same answers.

    :param hosts: in their order.
    :param moves: one for each document that is replaced on them.
    """

    hosts: tuple[str, ...]
    moves: tuple[Move, ...]

    @property
    def is_stuck(self) -> bool:
        """Does any guest of theirs have nowhere to go?"""
        return any(move.stuck for move in self.moves)


@dataclasses.dataclass(frozen=True, slots=True)
class DeadEnd:
    """Guests that could not leave their host again for some time.

    :param digest: their devices' document.
    :param hosts: of which hosts, when that is first so.
    :param since: after how many steps.
    :param until: after how many steps they could leave again; None: never.
    :param guest: why they may go nowhere then.
    """

    digest: str
    hosts: tuple[str, ...]
    since: int
    until: int | None
    guest: proofs.StuckGuest


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """An order of all hosts that are upgraded, and what is to be said of it.

    :param exists: whether there is an order in which no guest is ever stuck;
        the steps are one then. None: not found out.
    :param steps: the steps; where there is no such order, of one in which
        guests are stuck late.
    :param proof: why there is none.
    :param dead_ends: guests that could not leave their new host.
    :param states: how many states were looked at.
    """

    exists: bool | None
    steps: tuple[Step, ...]
    proof: proofs.Proof | None
    dead_ends: tuple[DeadEnd, ...]
    states: int

    @property
    def order(self) -> tuple[str, ...]:
        """The hosts in the order of the steps."""
        return tuple(host for step in self.steps for host in step.hosts)


def plan(asked: change.Change, max_work: int | None = None) -> Plan:
    """Plan an upgrade.

    :param max_work: how long to look for an order: kinds of hosts that are
        looked at, over all states; None: :data:`search.MAX_WORK`.
    """
    most = search.MAX_WORK if max_work is None else max_work
    verdicts: list[bool | None] = []
    proof, states = None, 0
    runs: list[tuple[str, ...]] = []
    for where in space.parts(asked):
        found = search.search(where, most)
        verdicts.append(found.exists)
        states += found.states
        if found.exists is False and proof is None:
            proof = proofs.prove(asked, where, found.states)
        runs += _runs(where, [*found.steps, *_rest(where, found.steps)])
    exists = False if proof else None if None in verdicts else True
    holders = change.Holders(asked)
    watch = _DeadEnds(asked, holders)
    steps: list[Step] = []
    for step in _steps(asked, runs, holders):
        steps.append(step)
        watch.look(len(steps))
    ends = watch.ended(len(steps))
    if exists is None and not any(step.is_stuck for step in steps):
        exists = True  # what was not searched for was found on the way
    return Plan(exists, tuple(steps), proof, ends, states)


def _runs(
    where: space.Space, advances: Sequence[space.Advance]
) -> Iterator[tuple[str, ...]]:
    """Yield the hosts of steps; successive ones of one kind together."""
    position = [0] * len(where.kinds)
    for index, steps in itertools.groupby(advances, lambda step: step.kind):
        start = position[index]
        position[index] += sum(step.number for step in steps)
        yield where.kinds[index].hosts[start : position[index]]


def _rest(
    where: space.Space, steps: Sequence[space.Advance]
) -> Iterator[space.Advance]:
    """Go on to the end although guests are stuck.

    Of what can be done next it is what lets most others follow.
    """
    left = list(where.start)
    for step in steps:
        left[step.kind] -= step.number
    state = tuple(left)
    while any(state):
        choices = where.choices(state)
        stuck = not choices
        if stuck:
            by_size = sorted(range(len(state)), key=lambda i: -state[i])
            choices = [i for i in by_size if state[i]]
        ways = []
        for index in choices[:_COMPARED]:
            following = list(state)
            following[index] -= 1
            settled, taken = where.settle(tuple(following))
            ways.append((sum(settled), index, settled, taken))
        _, index, state, taken = min(ways)
        yield space.Advance(index, 1)
        yield from taken


def _steps(
    asked: change.Change,
    runs: Sequence[Sequence[str]],
    holders: change.Holders,
) -> Iterator[Step]:
    """Walk through an order, host by host; alike neighbours are one step.

    :param runs: the order, divided where hosts cease to be alike.
    :param holders: is upgraded up to each step when it is yielded.
    """
    for run in runs:
        hosts: list[str] = []
        moves: tuple[Move, ...] = ()
        seen: set[str] = set()
        for host in run:
            own = tuple(
                Move(old, holders.targets(host, old))
                for old in sorted(asked.old(host))
            )
            if hosts and _alike(own, moves):
                moves = tuple(map(_fewest, moves, own))
            else:
                if hosts:
                    yield _step(asked, hosts, moves, seen)
                hosts, moves, seen = [], own, set()
            if not all(move.targets for move in own):
                seen |= {d for d in asked.in_use if holders.elsewhere(host, d)}
            hosts.append(host)
            holders.upgrade(host)
        yield _step(asked, hosts, moves, seen)


def _alike(some: Sequence[Move], others: Sequence[Move]) -> bool:
    return [m.targets.keys() for m in some] == [
        m.targets.keys() for m in others
    ]


def _fewest(move: Move, other: Move) -> Move:
    return dataclasses.replace(
        move,
        targets={d: min(n, other.targets[d]) for d, n in move.targets.items()},
    )


def _step(
    asked: change.Change,
    hosts: Sequence[str],
    moves: Sequence[Move],
    seen: Collection[str],
) -> Step:
    """Make a step, and say why guests are stuck.

    :param seen: what other hosts have during the step, where any is.
    """
    explained = (
        move
        if move.targets
        else dataclasses.replace(
            move, stuck=proofs.stuck_guest(asked, move.source, seen)
        )
        for move in moves
    )
    return Step(tuple(hosts), tuple(explained))


class _DeadEnds:
    """Watches for guests that could not leave their host again.

    At every step those on new documents; at the end those that could leave
    before, as old documents took them.
    """

    def __init__(self, asked: change.Change, holders: change.Holders) -> None:
        self._asked = asked
        self._holders = holders
        self._news = sorted(set(asked.replacements.values()))
        self._before = {
            digest: holders.stranded(digest)
            for digest in sorted(asked.in_use.difference(self._news))
            if any(asked.may_move(digest, old) for old in asked.replacements)
        }
        self._open: dict[str, DeadEnd] = {}
        self._closed: list[DeadEnd] = []

    def look(self, done: int) -> None:
        """Look at the new documents after a step."""
        for digest in self._news:
            self._note(digest, self._holders.stranded(digest), done)

    def _note(self, digest: str, hosts: frozenset[str], done: int) -> None:
        known = self._open.get(digest)
        if known and not hosts:
            del self._open[digest]
            self._closed.append(dataclasses.replace(known, until=done))
        elif hosts and not known:
            there = [
                d
                for d, having in self._holders.having.items()
                if having and (d != digest or len(having) > 1)
            ]
            guest = proofs.stuck_guest(self._asked, digest, there)
            self._open[digest] = DeadEnd(
                digest, self._asked.in_order(hosts), done, None, guest
            )

    def ended(self, done: int) -> tuple[DeadEnd, ...]:
        """Look at all documents at the end; return what was seen."""
        for digest, before in self._before.items():
            after = self._holders.stranded(digest)
            if not after <= before:
                self._note(digest, after, done)
        return (*self._closed, *self._open.values())
