# SPDX-License-Identifier: Apache-2.0
"""Which candidates a host has for a request: Placement's arithmetic, again.

For who has more requests than Placement should be asked. The rules are those
of placement/objects/allocation_candidate.py (Placement 16). What Placement
knows and does not tell is not looked at: what one consumer may have at most
and in which steps (``max_unit``, ``min_unit``, ``step_size``), and what
sharing providers give.
"""

import dataclasses
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence

from nova_migcompat.placement.answers import Candidate, Stock
from nova_migcompat.placement.capacity import Group

#: So many steps are taken for one host and request, a step a group: some ten
#: milliseconds.
MOST_STEPS = 10_000

#: A host's providers by their UUIDs.
Tree = Mapping[str, Stock]


@dataclasses.dataclass(frozen=True, slots=True)
class _Way:
    """How a group is served.

    :param takes: the amount by resource class by the provider's UUID.
    """

    suffix: str
    takes: Mapping[str, Mapping[str, int]]


class Reckoner:
    """Finds the candidates of one request on any host.

    :param groups: as PlacementClient.allocation_candidates takes them.
    :param isolate: as there.
    :ivar is_cut: whether a host had more ways than are tried.
    """

    def __init__(
        self, groups: Mapping[str, Group], *, isolate: bool = False
    ) -> None:
        self._groups = groups
        self._isolate = isolate
        self.is_cut = False

    def candidates(self, tree: Tree) -> Iterator[Candidate]:
        """Find a host's candidates, one after the other.

        :param tree: what the host's providers have left.
        """
        if not self._groups:
            # Whoever asks for nothing gets it.
            yield _candidate([])
            return
        ways = [
            _ways(tree, suffix, group)
            for suffix, group in self._groups.items()
        ]
        # Who has the least choice chooses first.
        ways.sort(key=len)
        if not self._may_fit(tree, ways):
            return
        chosen: list[_Way] = []
        ahead = [iter(ways[0])]
        for _ in range(MOST_STEPS):
            way = next(ahead[-1], None)
            if way is None:
                ahead.pop()
                if not ahead:
                    return
                chosen.pop()
            elif self._fits(tree, way, chosen):
                if len(ahead) == len(ways):
                    yield _candidate([*chosen, way])
                else:
                    ahead.append(iter(ways[len(ahead)]))
                    chosen.append(way)
        self.is_cut = True

    def _may_fit(self, tree: Tree, ways: Sequence[Sequence[_Way]]) -> bool:
        """Tell whether all that is asked for may be there at all.

        Groups that are alike could else be tried in every order.
        """
        if len(ways) == 1 or not all(ways):
            return all(ways)
        some = list(itertools.chain.from_iterable(ways))
        givers = {provider for way in some for provider in way.takes}
        for name in {n for g in self._groups.values() for n in g.resources}:
            wanted = sum(
                group.resources.get(name, 0) for group in self._groups.values()
            )
            if wanted > sum(tree[each].free.get(name, 0) for each in givers):
                return False
        alone = {p for way in some if way.suffix for p in way.takes}
        return not self._isolate or len(alone) >= sum(map(bool, self._groups))

    def _fits(self, tree: Tree, way: _Way, chosen: Collection[_Way]) -> bool:
        """Tell whether a way is one still beside those that are chosen."""
        for provider, wanted in way.takes.items():
            others = [w for w in chosen if provider in w.takes]
            if (
                self._isolate
                and way.suffix
                and any(other.suffix for other in others)
            ):
                return False
            for name, amount in wanted.items():
                taken = sum(w.takes[provider].get(name, 0) for w in others)
                if taken + amount > tree[provider].free.get(name, 0):
                    return False
        return True


def _ways(tree: Tree, suffix: str, group: Group) -> list[_Way]:
    """List how a group can be served by itself."""
    able = {
        name: [uuid for uuid in tree if tree[uuid].free.get(name, 0) >= amount]
        for name, amount in group.resources.items()
    }
    if suffix:
        # One provider for all.
        together = set(tree).intersection(*able.values())
        choices = [dict.fromkeys(able, uuid) for uuid in sorted(together)]
    else:
        # Each class from a provider of its own choice.
        each = itertools.product(*able.values())
        choices = [dict(zip(able, uuids, strict=True)) for uuids in each]
    if group.required:
        choices = [
            choice
            for choice in choices
            if _has_traits(tree, set(choice.values()), group.required)
        ]
    return [_way(suffix, choice, group.resources) for choice in choices]


def _way(
    suffix: str, choice: Mapping[str, str], amounts: Mapping[str, int]
) -> _Way:
    takes: dict[str, dict[str, int]] = {}
    for name, provider in choice.items():
        takes.setdefault(provider, {})[name] = amounts[name]
    return _Way(suffix, takes)


def _has_traits(
    tree: Tree, providers: Collection[str], required: Collection[str]
) -> bool:
    """Tell whether providers have together what is required, and none of them
    what is forbidden.
    """
    has = frozenset[str]().union(*(tree[each].traits for each in providers))
    return all(
        trait[1:] not in has if trait.startswith('!') else trait in has
        for trait in required
    )


def _candidate(ways: Sequence[_Way]) -> Candidate:
    """Write a candidate down as Placement does."""
    taken: dict[str, dict[str, int]] = {}
    for way in ways:
        for provider, amounts in way.takes.items():
            of_provider = taken.setdefault(provider, {})
            for name, amount in amounts.items():
                of_provider[name] = of_provider.get(name, 0) + amount
    return {
        'allocations': {
            provider: {'resources': amounts}
            for provider, amounts in taken.items()
        },
        'mappings': {way.suffix: sorted(way.takes) for way in ways},
    }
