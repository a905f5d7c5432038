# SPDX-License-Identifier: Apache-2.0
"""What Placement offers for guests: asked once for all that ask for the same
devices, whatever memory each has.

Knows no document, and judges nothing.
"""

import dataclasses
import http
from collections.abc import Mapping, Sequence

from nova_migcompat import flavors, placement
from nova_migcompat.agent import errors
from nova_migcompat.cli import base, states

#: Candidates that are asked for, at most.
MOST_CANDIDATES = 50_000
#: Candidates that are kept for further guests: some hundred megabytes.
_MOST_KEPT = 2 * MOST_CANDIDATES

Groups = Mapping[str, placement.Group]


class Offers:
    """Asks Placement who has devices free.

    Of a request's memory it is asked whether any is free, and the answer says
    how much: flavors of which only that differs share a request.
    """

    def __init__(self, state: states.State) -> None:
        self._state = state
        self._found: dict[str, placement.Offers] = {}
        #: Whether Placement named so many candidates that there may be more.
        self.is_cut = False

    def of(
        self,
        groups: Groups,
        *,
        isolate: bool,
        only: str | None,
        aggregates: Sequence[str],
    ) -> Mapping[str, list[placement.Candidate]]:
        """Return the candidates by host.

        Parameters are those of PlacementClient.allocation_candidates.

        :raises base.InputError: Placement refuses what the flavor asks for.
        :raises placement.PlacementError:
        """
        memory_mb, groups = _without_memory(groups)
        request = [only, isolate, *aggregates]
        key = repr([*request, *sorted(map(repr, groups.items()))])
        if key not in self._found:
            try:
                found = self._state.client.allocation_candidates(
                    groups,
                    isolate=isolate,
                    in_tree=only,
                    member_of=aggregates,
                    limit=MOST_CANDIDATES,
                )
            except placement.PlacementError as e:
                if e.status == http.HTTPStatus.BAD_REQUEST:
                    raise base.InputError(_refused(e)) from e
                raise
            self.is_cut |= _size(found) >= MOST_CANDIDATES
            self._remember(key, found)
        return self._with_memory(self._found[key], memory_mb)

    def _remember(self, key: str, found: placement.Offers) -> None:
        """Keep an answer, and of those before as many as are not too much."""
        self._found[key] = found
        counts = {k: _size(each) for k, each in self._found.items()}
        total = sum(counts.values())
        for oldest in list(self._found)[:-1]:
            if total <= _MOST_KEPT:
                break
            total -= counts[oldest]
            del self._found[oldest]

    def _with_memory(
        self, found: placement.Offers, memory_mb: int
    ) -> Mapping[str, list[placement.Candidate]]:
        """Choose the candidates that have enough memory, by host."""
        fitting = {
            host: [c for c in candidates if _has(found, c, memory_mb)]
            for host, candidates in found.candidates.items()
            if self._state.may_give(host, memory_mb)
        }
        return {host: left for host, left in fitting.items() if left}


def _without_memory(groups: Groups) -> tuple[int, Groups]:
    """Ask for the least memory in the place of what is wanted.

    :returns: how much that is, and what Placement is asked for.
    """
    first = groups.get('')
    memory_mb = first.resources.get(flavors.MEMORY, 0) if first else 0
    if first is None or not memory_mb:
        return 0, groups
    least = {**first.resources, flavors.MEMORY: 1}
    return memory_mb, {
        **groups,
        '': dataclasses.replace(first, resources=least),
    }


def _has(
    found: placement.Offers,
    candidate: placement.Candidate,
    memory_mb: int,
) -> bool:
    """Tell whether a candidate's providers have so much memory left.

    It takes 1 MB of what its first group asks for already.
    """
    allocations = candidate['allocations']
    return all(
        found.free[provider][flavors.MEMORY]
        >= allocations[provider]['resources'][flavors.MEMORY] - 1 + memory_mb
        for provider in candidate['mappings'].get('', ())
        if memory_mb and flavors.MEMORY in allocations[provider]['resources']
    )


def _size(found: placement.Offers) -> int:
    return sum(map(len, found.candidates.values()))


def _refused(error: placement.PlacementError) -> str:
    return (
        'Placement refuses what the flavor asks for, as it will refuse Nova: '
        f'correct the flavor ({errors.plain(error)})'
    )
