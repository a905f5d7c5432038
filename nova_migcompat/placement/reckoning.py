# SPDX-License-Identifier: Apache-2.0
"""Which candidates a host has for a request: Placement's arithmetic, again.

For who has more requests than Placement should be asked. The rules are those
of placement/objects/allocation_candidate.py (Placement 16). What the
answer does not tell is not looked at: what one consumer may have at most and
in which steps (``max_unit``, ``min_unit``, ``step_size``), and what
sharing providers give.
"""

import collections
import dataclasses
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence

from nova_migcompat.placement.answers import Candidate, Stock
from nova_migcompat.placement.capacity import Group

#: So many ways are listed for a group, and so many tried for a host, at most:
#: that takes some ten milliseconds.
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

    :param groups: as PlacementClient.allocation_candidates takes them; one at
        least.
    :param isolate: as there.
    :param kinds: what groups are to who asks, by suffix. Of candidates that
        differ in nothing but which of several groups of one kind that ask for
        the same has what, one is found; without a kind, all.
    :ivar amounts: what all groups ask for together, by resource class.
    :ivar is_cut: whether a host had more ways than are tried.
    """

    def __init__(
        self,
        groups: Mapping[str, Group],
        *,
        isolate: bool = False,
        kinds: Mapping[str, str] | None = None,
    ) -> None:
        self._groups = groups
        self._isolate = isolate
        # Groups with the same key are alike.
        self._keys = {
            suffix: f'{kinds[suffix]} {group!r}'
            for suffix, group in groups.items()
            if kinds and suffix in kinds
        }
        self.amounts = collections.Counter[str]()
        for group in groups.values():
            self.amounts.update(group.resources)
        self.is_cut = False

    def candidates(self, tree: Tree) -> Iterator[Candidate]:
        """Find a host's candidates, one after the other.

        :param tree: what the host's providers have left.
        """
        ways = [
            self._ways(tree, suffix, group)
            for suffix, group in self._groups.items()
        ]
        # Who has the least choice chooses first.
        ways.sort(key=len)
        if not self._may_fit(tree, ways):
            return
        alike = self._alike([of_group[0].suffix for of_group in ways])
        chosen: list[_Way] = []
        # Where in the ways of each group the next one is.
        ahead = [0]
        for _ in range(MOST_STEPS):
            depth = len(chosen)
            if ahead[depth] == len(ways[depth]):
                ahead.pop()
                if not ahead:
                    return
                chosen.pop()
                continue
            way = ways[depth][ahead[depth]]
            ahead[depth] += 1
            if not self._fits(tree, way, chosen):
                continue
            if len(ahead) == len(ways):
                yield _candidate([*chosen, way])
            else:
                before = alike[len(ahead)]
                ahead.append(0 if before is None else ahead[before] - 1)
                chosen.append(way)
        self.is_cut = True

    def _alike(self, suffixes: Sequence[str]) -> list[int | None]:
        """Tell for each group the number of the last one before it that is
        like it; None: none is.
        """
        found: list[int | None] = []
        last: dict[str, int] = {}
        for number, suffix in enumerate(suffixes):
            key = self._keys.get(suffix)
            found.append(None if key is None else last.get(key))
            if key is not None:
                last[key] = number
        return found

    def _ways(self, tree: Tree, suffix: str, group: Group) -> list[_Way]:
        """List how a group can be served by itself, as far as is tried."""
        choices = _choices(tree, suffix, group)
        # Of classes that each have many providers there are millions.
        tried = list(itertools.islice(choices, MOST_STEPS))
        self.is_cut |= next(choices, None) is not None
        return [
            _way(suffix, choice, group.resources)
            for choice in tried
            if _has_traits(tree, set(choice.values()), group.required)
        ]

    def _may_fit(self, tree: Tree, ways: Sequence[Sequence[_Way]]) -> bool:
        """Tell whether all that is asked for may be there at all.

        Spares trying every combination where amounts alone say no.
        """
        if not all(ways):
            return False
        if len(ways) == 1:
            return True
        some = list(itertools.chain.from_iterable(ways))
        givers = {provider for way in some for provider in way.takes}
        for name, wanted in self.amounts.items():
            # Some may be overdrawn: less than nothing is left there.
            left = (tree[each].free.get(name, 0) for each in givers)
            if wanted > sum(max(0, amount) for amount in left):
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


def _choices(
    tree: Tree, suffix: str, group: Group
) -> Iterator[dict[str, str]]:
    """Find who has enough left for a group: the provider by class."""
    able = {
        name: [uuid for uuid in tree if tree[uuid].free.get(name, 0) >= amount]
        for name, amount in group.resources.items()
    }
    if suffix:
        # One provider for all.
        for uuid in sorted(set(tree).intersection(*able.values())):
            yield dict.fromkeys(able, uuid)
    else:
        # Each class from a provider of its own choice.
        for uuids in itertools.product(*able.values()):
            yield dict(zip(able, uuids, strict=True))


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
    return all(
        any(trait.removeprefix('!') in tree[each].traits for each in providers)
        is not trait.startswith('!')
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
