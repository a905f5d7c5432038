# SPDX-License-Identifier: Apache-2.0
"""Who has free what a guest asks for.

Placement is asked for one guest as nova-scheduler asks, as far as devices
matter (Asked); for many it is asked once what all hosts have left, whatever
each of them wants (Reckoned).
"""

import dataclasses
import http
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from nova_migcompat import demand, flavors, placement, traits
from nova_migcompat.agent import errors
from nova_migcompat.cli import base, guests, states

#: Candidates that are asked for, at most.
MOST_CANDIDATES = 50_000
#: On a fleet of more hosts Placement is asked for candidates only on hosts
#: that have a compatible document, as the filter lets Nova ask it.
_LARGE = 1000

#: What hosts could give now, by the compute node's UUID.
ByHost = Mapping[str, Sequence[placement.Candidate]]


class Offers(Protocol):
    """Tells who has something free."""

    def of(
        self, wanted: guests.Wanted, asked: demand.Demand
    ) -> tuple[ByHost, bool]:
        """Find the hosts that could give what a guest asks for.

        :param asked: what its devices ask of a host.
        :returns: what they could give, and whether only hosts with compatible
            documents are in question.
        :raises base.InputError: Placement refuses what the flavor asks for.
        :raises placement.PlacementError:
        """

    def caution(self) -> str | None:
        """Say what was left out of account so far; None: nothing."""


class Asked:
    """Asks Placement for candidates, as nova-scheduler does.

    :param only: the only compute node in question; None: all.
    """

    def __init__(self, state: states.State, only: str | None) -> None:
        self._state = state
        self._only = only
        self._found: dict[str, ByHost] = {}
        self._is_cut = False

    def of(
        self, wanted: guests.Wanted, asked: demand.Demand
    ) -> tuple[ByHost, bool]:
        """Ask for candidates, once for guests that ask for the same."""
        aggregates = self._aggregates(wanted, asked)
        key = repr((wanted.isolate, aggregates, wanted.groups))
        if key not in self._found:
            found = self._ask(wanted, aggregates)
            count = sum(map(len, found.values()))
            self._is_cut |= count >= MOST_CANDIDATES
            self._found[key] = {
                node: candidates
                for node, candidates in found.items()
                if self._only in (None, node)
            }
        return self._found[key], bool(aggregates)

    def caution(self) -> str | None:
        """Say whether Placement may have more candidates than it named."""
        if not self._is_cut:
            return None
        return (
            f'Placement named {MOST_CANDIDATES} candidates, the most that are '
            'asked for: hosts that it did not name count as those that have '
            'nothing free'
        )

    def _ask(self, wanted: guests.Wanted, aggregates: list[str]) -> ByHost:
        try:
            return self._state.client.allocation_candidates(
                wanted.groups,
                isolate=wanted.isolate,
                in_tree=self._only,
                member_of=aggregates,
                limit=MOST_CANDIDATES,
            )
        except placement.PlacementError as e:
            if e.status == http.HTTPStatus.BAD_REQUEST:
                raise base.InputError(
                    'Placement refuses what the flavor asks for, as it will '
                    f'refuse Nova: correct the flavor ({errors.plain(e)})'
                ) from e
            raise

    def _aggregates(
        self, wanted: guests.Wanted, asked: demand.Demand
    ) -> list[str]:
        """Name the aggregates that hosts must be in, on a large fleet."""
        if (
            len(self._state.census.hosts) <= _LARGE
            or '' not in wanted.groups
            or not _needs_documents(asked, self._state)
        ):
            return []
        in_use = asked.names.digests
        documents = min(
            (r.compatible & in_use for r in asked.decided.requirements),
            key=len,
        )
        if len(documents) > placement.MAX_NAMES:
            return []
        return sorted(map(traits.aggregate, documents))


class Reckoned:
    """Finds by itself what Placement would offer, from what hosts have left.

    That is one request, and one more for each class that ``first_of`` names
    where a flavor asks for no memory. What one guest may have of a
    host's memory at most Nova's API says.
    """

    def __init__(self, state: states.State) -> None:
        self._state = state
        self._trees: dict[str, Mapping[str, placement.Tree]] = {}
        self._reckoners: list[placement.Reckoner] = []
        self._having_any: dict[tuple[str, str], frozenset[str]] = {}

    def of(
        self, wanted: guests.Wanted, asked: demand.Demand
    ) -> tuple[ByHost, bool]:
        """Find the hosts whose providers have enough left."""
        is_narrow = _needs_documents(asked, self._state)
        compatible = self.compatible(asked) if is_narrow else None
        trees = {
            node: tree
            for node, tree in self._with_any(wanted).items()
            if compatible is None or node in compatible
        }
        reckoner = placement.Reckoner(
            wanted.groups, isolate=wanted.isolate, kinds=_kinds(wanted)
        )
        memory_mb = reckoner.amounts[flavors.MEMORY]
        able = {
            node: tree
            for node, tree in trees.items()
            if self._state.may_give(node, memory_mb)
            and next(reckoner.candidates(tree), None) is not None
        }
        self._reckoners.append(reckoner)
        return _Found(able, reckoner), is_narrow

    def caution(self) -> str | None:
        """Say whether hosts have more ways to serve a guest than it tried."""
        if not any(reckoner.is_cut for reckoner in self._reckoners):
            return None
        return (
            'hosts have more ways to give what a flavor asks for than are '
            f'tried ({placement.MOST_STEPS:,}): some may take a guest though '
            'they are not counted'
        )

    def compatible(self, asked: demand.Demand) -> frozenset[str]:
        """Name the hosts that have a compatible document.

        :param asked: what a guest's devices ask of a host.
        :returns: compute nodes; not all of them need pass, as their devices
            may differ.
        """
        requirements = asked.decided.requirements
        return frozenset(
            node
            for node, host in self._state.census.hosts.items()
            if not any(
                host.digests.isdisjoint(r.compatible) for r in requirements
            )
        )

    def missing(self, wanted: guests.Wanted, but: str) -> list[str]:
        """Name the resource classes and traits that no other host has at all.

        Looked at are hosts that are enabled and have any left of the class
        that ``first_of`` names.

        :param but: the compute node of the guest.
        """
        trees = self._with_any(wanted)
        if not trees.keys() - {but}:
            return []
        names = {
            name
            for group in wanted.groups.values()
            for name in (*group.resources, *group.required)
            if not name.startswith('!')
        }
        return sorted(
            name for name in names if not self._having(wanted, name) - {but}
        )

    def _having(self, wanted: guests.Wanted, name: str) -> frozenset[str]:
        """Name two hosts that have a resource class or a trait, or fewer: one
        may be the guest's own.
        """
        key = (first_of(wanted), name)
        if key not in self._having_any:
            having = (
                node
                for node, tree in self._with_any(wanted).items()
                if any(
                    name in s.free or name in s.traits for s in tree.values()
                )
            )
            self._having_any[key] = frozenset(itertools.islice(having, 2))
        return self._having_any[key]

    def _with_any(self, wanted: guests.Wanted) -> Mapping[str, placement.Tree]:
        """Read the hosts that have any of what a guest asks for first."""
        first = first_of(wanted)
        if first not in self._trees:
            self._trees[first] = self._state.client.stocks(first)
        return self._trees[first]


@dataclasses.dataclass(frozen=True, slots=True)
class _Found(ByHost):
    """The candidates of the hosts that have any, found when they are needed:
    most hosts are decided without them.
    """

    able: Mapping[str, placement.Tree]
    reckoner: placement.Reckoner

    def __getitem__(self, node: str) -> Sequence[placement.Candidate]:
        return list(self.reckoner.candidates(self.able[node]))

    def __contains__(self, node: object) -> bool:
        return node in self.able

    def __iter__(self) -> Iterator[str]:
        return iter(self.able)

    def __len__(self) -> int:
        return len(self.able)


def first_of(wanted: guests.Wanted) -> str:
    """Name the resource class by which the hosts in question are found."""
    names = {n for g in wanted.groups.values() for n in g.resources}
    return flavors.MEMORY if flavors.MEMORY in names else min(names)


def _needs_documents(asked: demand.Demand, state: states.State) -> bool:
    """Tell whether no host passes that publishes nothing."""
    return state.choices.policy.unknown_target == 'reject' and bool(
        asked.decided.requirements
    )


def _kinds(wanted: guests.Wanted) -> dict[str, str]:
    """Tell which groups a decision does not tell from one another: of each
    kind of functions it counts places, of mediated devices providers.
    """
    kinds = dict.fromkeys(filter(None, wanted.groups), '')
    for kind, suffixes in wanted.functions.items():
        kinds.update(dict.fromkeys(suffixes, kind))
    return kinds
