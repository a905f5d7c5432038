# SPDX-License-Identifier: Apache-2.0
"""Makes Placement say what it should say of this host.

First compares, then writes the differences in the order of DESIGN.md,
"Publishing order". Only names of ours are ever added or taken away. Knows
nothing of devices: what should stand there is a desired.Desired.
"""

import dataclasses
from collections.abc import Iterator, Mapping

from oslo_log import log as logging

from nova_migcompat import descriptor, placement, traits
from nova_migcompat.agent import desired, errors

LOG = logging.getLogger(__name__)

#: How often text that a purge took away meanwhile is put back.
_RESTORES = 3
#: A T name is longer than a line: its head tells which document and part.
_SHOWN = 72


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """What changes on one provider.

    :param provider: the provider.
    :param wanted: the names of ours that it should have.
    :param add: those of them that it has not.
    :param remove: names of ours that it has and should not.
    """

    provider: placement.Provider
    wanted: frozenset[str]
    add: tuple[str, ...]
    remove: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """What has to be written, in this order.

    :param texts: T names that do not exist yet.
    :param names: other names that do not exist yet.
    :param changes: the providers whose names change.
    :param absent: providers that should have names and do not exist (yet).
    """

    texts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    absent: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.texts or self.names or self.changes)

    def lines(self) -> Iterator[str]:
        """Say it to a person, one line for each change."""
        for name in self.texts + self.names:
            yield f'create trait {errors.plain(name, _SHOWN)}'
        for change in self.changes:
            who = errors.plain(change.provider.name)
            for name in change.add:
                yield f'{who}: add {errors.plain(name)}'
            for name in change.remove:
                yield f'{who}: remove {errors.plain(name)}'


def compare(
    client: placement.PlacementClient,
    node: placement.Provider,
    wanted: desired.Desired,
) -> Plan:
    """Find out what has to be written; writes nothing.

    :param client: Placement.
    :param node: the compute node's provider.
    :param wanted: what should stand there.
    :raises placement.PlacementError: where Placement does not answer.
    """
    changes = []
    names = set()
    tree = client.tree(node.root_uuid)
    for provider in tree:
        names.add(provider.name)
        wanted_here = wanted.of_provider(provider.name, node.name)
        if wanted_here is not None:
            change = _compare_provider(client, provider, wanted_here)
            if change is not None:
                changes.append(change)
    added = {name for change in changes for name in change.add}
    return Plan(
        texts=_missing_texts(client, wanted.documents),
        names=tuple(sorted(added - client.traits(names=added))),
        changes=tuple(sorted(changes, key=_order)),
        absent=tuple(
            name
            for node_device in wanted.parents
            if wanted.parents[node_device]
            and (name := f'{node.name}_{node_device}') not in names
        ),
    )


def _compare_provider(
    client: placement.PlacementClient,
    provider: placement.Provider,
    wanted: frozenset[str],
) -> Change | None:
    try:
        names = client.provider_traits(provider.uuid).names
    except placement.NotFound:
        if provider.parent_uuid is None:
            raise
        return None  # nova-compute deleted it since the tree was read
    ours = frozenset(filter(traits.is_ours, names))
    if ours == wanted:
        return None
    return Change(
        provider,
        wanted,
        tuple(sorted(wanted - ours)),
        tuple(sorted(ours - wanted)),
    )


def _order(change: Change) -> tuple[int, str]:
    """A parent's document before what makes readers look for it, and after."""
    if change.provider.parent_uuid is None:
        return 1, ''
    return (0 if change.add else 2), change.provider.name


def _missing_texts(
    client: placement.PlacementClient,
    documents: Mapping[str, descriptor.Document],
) -> tuple[str, ...]:
    """The T names to create so that every document can be read.

    Where the text stands there already in the stream of another build of
    zlib, ours is not added.
    """
    parts = {d: traits.text_traits(documents[d]) for d in documents}
    ours = {name for names in parts.values() for name in names}
    missing = ours - client.traits(names=ours)
    texts: list[str] = []
    for digest, names in sorted(parts.items()):
        if missing.isdisjoint(names):
            continue
        there = client.traits(startswith=traits.text_prefix(digest))
        if digest not in traits.read_texts(there, [digest]).documents:
            texts += [name for name in names if name in missing]
    return tuple(texts)


def apply(
    client: placement.PlacementClient,
    plan: Plan,
    documents: Mapping[str, descriptor.Document],
) -> None:
    """Write what a plan says; nothing where it says nothing.

    :param client: Placement.
    :param plan: what compare found out.
    :param documents: the documents whose text must stand there afterwards.
    :raises placement.PlacementError: where a write fails; what was written
        until then stays, and the next cycle goes on from there.
    """
    for name in plan.texts + plan.names:
        client.create_trait(name)
    for change in plan.changes:
        _update(client, change)
    if plan:
        _restore_texts(client, documents)


def _update(client: placement.PlacementClient, change: Change) -> None:
    try:
        client.update_provider_traits(
            change.provider.uuid, lambda _names: change.wanted
        )
    except placement.NotFound as e:
        if change.provider.parent_uuid is None:
            raise
        LOG.info(
            'The resource provider %s is gone, which is for nova-compute to'
            ' decide: %s',
            errors.plain(change.provider.name),
            errors.plain(e),
        )


def _restore_texts(
    client: placement.PlacementClient,
    documents: Mapping[str, descriptor.Document],
) -> None:
    """Put back what a purge took for unused before the D names stood there."""
    for _attempt in range(_RESTORES):
        missing = _missing_texts(client, documents)
        if not missing:
            return
        for name in missing:
            client.create_trait(name)
    if _missing_texts(client, documents):
        raise placement.PlacementError(
            'the text of a document is deleted as soon as it is written'
        )
