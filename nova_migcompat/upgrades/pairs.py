# SPDX-License-Identifier: Apache-2.0
"""Which pairs of documents an upgrade takes away, and which it brings.

A pair is there when some host's guest on the one may move to another host for
the other.
"""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping

from nova_migcompat.upgrades import change

LOST, CHANGED, GAINED = 'lost', 'changed', 'gained'
_ORDER = (LOST, CHANGED, GAINED)


@dataclasses.dataclass(frozen=True, slots=True)
class PairChange:
    """A pair that is lost or gained, or of which there are more or fewer.

    :param kind: LOST, CHANGED or GAINED. Where it is CHANGED, some hosts have
        the old document still.
    :param source: the digest of the guest's document.
    :param target: the digest of the document to which it may move.
    :param before: how many hosts have the source and the target, before.
    :param after: the same, after.
    :param replaced: whether the guests may do the same with what takes the
        documents' place; where it is gained: could do before.
    :param why: that, in words; empty where neither document is replaced nor
        replaces one.
    """

    kind: str
    source: str
    target: str
    before: tuple[int, int]
    after: tuple[int, int]
    replaced: bool
    why: str


def changed_pairs(asked: change.Change) -> tuple[PairChange, ...]:
    """Compare who may move where before and after the whole upgrade.

    :returns: the lost ones first, and of these those that nothing replaces.
    """
    holders = change.Holders(asked)
    before = {d: frozenset(hosts) for d, hosts in holders.having.items()}
    for host in asked.upgraded:
        holders.upgrade(host)
    after = {d: frozenset(hosts) for d, hosts in holders.having.items()}
    found = []
    for source, target in _touched(asked):
        counts = (len(before[source]), len(before[target]))
        following = (len(after[source]), len(after[target]))
        was = _is_there(before, source, target)
        remains = _is_there(after, source, target)
        if (was, counts) == (remains, following) or not (was or remains):
            continue
        kind = LOST if not remains else CHANGED if was else GAINED
        replaced, why = _instead(asked, kind, source, target)
        found.append(
            PairChange(kind, source, target, counts, following, replaced, why)
        )
    return tuple(
        sorted(found, key=lambda p: (_ORDER.index(p.kind), p.replaced))
    )


def _touched(asked: change.Change) -> Iterator[tuple[str, str]]:
    """Yield the pairs that may move, and of which the upgrade changes one."""
    touched = {*asked.replacements, *asked.replacements.values()}
    for source, target in itertools.product(sorted(asked.in_use), repeat=2):
        is_touched = source in touched or target in touched
        if is_touched and asked.may_move(source, target):
            yield source, target


def _is_there(
    having: Mapping[str, frozenset[str]], source: str, target: str
) -> bool:
    there, elsewhere = having[source], having[target]
    return bool(there and elsewhere) and len(there | elsewhere) > 1


def _instead(
    asked: change.Change, kind: str, source: str, target: str
) -> tuple[bool, str]:
    """Say what takes the place of a pair, or what it takes the place of."""
    when, others = 'instead', asked.replacements
    able, unable = 'may move', 'may not move'
    if kind == GAINED:
        when, others = 'before', {n: o for o, n in others.items()}
        able, unable = 'could move', 'could not move'
    pair = others.get(source, source), others.get(target, target)
    if pair == (source, target):
        return True, ''
    if asked.may_move(*pair):
        return True, f'{when}, {pair[0]} {able} to {pair[1]}'
    why = asked.reason(*pair)
    return False, f'{when}, {pair[0]} {unable} to {pair[1]}: {why}'
