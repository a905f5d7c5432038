# SPDX-License-Identifier: Apache-2.0
"""Looks for an order in which no guest is ever stuck.

Depth first, no state twice, up to a bound. A state from which there is a proof
that no order exists is not looked into.
"""

import dataclasses
from collections.abc import Iterator

from nova_migcompat.upgrades import proofs, space

#: Kinds of hosts that are looked at, over all states of a part: up to some
#: ten seconds.
MAX_WORK = 200_000


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """What a search has come to.

    :param steps: an order of all hosts where there is one; else one of as
        many hosts as were ever upgraded without a stuck guest.
    :param exists: whether there is an order; None: not found out.
    :param states: how many states were looked at.
    """

    steps: tuple[space.Advance, ...]
    exists: bool | None
    states: int


@dataclasses.dataclass(slots=True)
class _Node:
    """A state, and how it was come to."""

    state: space.State
    steps: list[space.Advance]
    parent: '_Node | None'

    def way(self) -> tuple[space.Advance, ...]:
        """Return all steps from the start."""
        parts = []
        node: _Node | None = self
        while node is not None:
            parts.append(node.steps)
            node = node.parent
        return tuple(step for part in reversed(parts) for step in part)


def search(where: space.Space, max_work: int) -> Found:
    """Look for an order in which no guest is ever stuck.

    :param max_work: how many kinds of hosts are looked at, over all states.
    """
    node = best = _Node(*where.settle(where.start), None)
    seen = {node.state}
    open_nodes = [(node, _steps(where, node))]
    while open_nodes:
        if not any(node.state):
            return Found(node.way(), True, len(seen))
        if len(seen) * len(where.kinds) > max_work:
            return Found(best.way(), None, len(seen))
        node, steps = open_nodes[-1]
        following = next(steps, None)
        if following is None:
            open_nodes.pop()
            continue
        if following.state in seen:
            continue
        node = following
        seen.add(node.state)
        if sum(node.state) < sum(best.state):
            best = node
        open_nodes.append((node, _steps(where, node)))
    return Found(best.way(), False, len(seen))


def _steps(where: space.Space, node: _Node) -> Iterator[_Node]:
    """Yield the states that follow a state without free steps."""
    if proofs.doomed(where, node.state):
        return
    for index in where.choices(node.state):
        following = list(node.state)
        following[index] -= 1
        state, taken = where.settle(tuple(following))
        steps = [space.Advance(index, 1), *taken]
        yield _Node(state, steps, node)
