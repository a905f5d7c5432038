# SPDX-License-Identifier: Apache-2.0
"""Makes Placement say what it should say of this host.

First compares, then writes the differences in the order of DESIGN.md,
"Publishing order". Only names and memberships of ours are ever added or taken
away. Knows nothing of devices: what should stand there is a desired.Desired.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from oslo_log import log as logging

from nova_migcompat import descriptor, placement, traits
from nova_migcompat.agent import desired, errors

LOG = logging.getLogger(__name__)

#: How often what a purge took away meanwhile is put back.
_RESTORES = 3
#: A T name is longer than a line: its head tells which document and part.
_SHOWN = 72

_T = TypeVar('_T')


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """What changes on one provider.

    :param provider: the provider.
    :param wanted: the names of ours that it should have.
    :param add: those of them that it has not.
    :param remove: names of ours that it has and should not.
    :param join: the aggregates of ours that it should become a member of.
    :param leave: those that it is a member of and should not be.
    """

    provider: placement.Provider
    wanted: frozenset[str]
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    join: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.add or self.remove or self.join or self.leave)

    def lines(self) -> Iterator[str]:
        """Say it to a person, one line for each name and membership."""
        who = errors.plain(self.provider.name)
        for what, names in (
            ('add', self.add),
            ('remove', self.remove),
            ('join aggregate', self.join),
            ('leave aggregate', self.leave),
        ):
            for name in names:
                yield f'{who}: {what} {errors.plain(name)}'


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """What has to be written, in this order.

    :param texts: T names that do not exist yet.
    :param names: other names that do not exist yet.
    :param changes: the providers whose names or memberships change.
    :param absent: providers that should have names and do not exist (yet).
    :param generation: that of the compute node's provider when it was
        compared; None where it does not exist any more.
    """

    texts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    absent: tuple[str, ...] = ()
    generation: int | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.texts or self.names or self.changes)

    def lines(self) -> Iterator[str]:
        """Say it to a person, one line for each change."""
        for name in self.texts + self.names:
            yield f'create trait {errors.plain(name, _SHOWN)}'
        for change in self.changes:
            yield from change.lines()


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
    standing = client.standing(node.uuid)
    changes = [_compare_node(node, standing, wanted.node)]
    names = set()
    for provider in client.tree(node.root_uuid):
        names.add(provider.name)
        wanted_here = wanted.of_provider(provider.name, node.name)
        if wanted_here is not None and provider.uuid != node.uuid:
            changes.append(_compare_parent(client, provider, wanted_here))
    added = {name for change in changes for name in change.add}
    return Plan(
        texts=_missing_texts(client, wanted.documents),
        names=tuple(sorted(added - client.traits(names=added))),
        changes=tuple(sorted(filter(None, changes), key=_order)),
        absent=tuple(
            name
            for node_device in wanted.parents
            if wanted.parents[node_device]
            and (name := f'{node.name}_{node_device}') not in names
        ),
        generation=standing.generation,
    )


def withdraw(
    client: placement.PlacementClient, node: placement.Provider
) -> Plan:
    """Find out what takes away all that is ours from a host's providers.

    T names stay: other hosts may have the same documents. The purge takes
    those that nobody has.

    :param client: Placement.
    :param node: the compute node's provider.
    :returns: what ``apply`` does.
    :raises placement.PlacementError: where Placement does not answer.
    """
    return compare(client, node, desired.Desired())


def _compare_node(
    node: placement.Provider,
    standing: placement.Standing,
    wanted: frozenset[str],
) -> Change:
    aggregates = placement.merge_aggregates(standing, wanted)
    return dataclasses.replace(
        _compare_names(node, standing.names, wanted),
        join=tuple(sorted(aggregates - standing.aggregates)),
        leave=tuple(sorted(standing.aggregates - aggregates)),
    )


def _compare_parent(
    client: placement.PlacementClient,
    provider: placement.Provider,
    wanted: frozenset[str],
) -> Change:
    try:
        names = client.provider_traits(provider.uuid).names
    except placement.NotFound:
        # nova-compute deleted it since the tree was read.
        return Change(provider, wanted)
    return _compare_names(provider, names, wanted)


def _compare_names(
    provider: placement.Provider,
    names: frozenset[str],
    wanted: frozenset[str],
) -> Change:
    ours = frozenset(filter(traits.is_ours, names))
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
) -> int | None:
    """Write what a plan says; nothing where it says nothing.

    :param client: Placement.
    :param plan: what compare found out.
    :param documents: the documents whose text must stand there afterwards.
    :returns: the generation of the compute node's provider at which its names
        and memberships are as they should be; None where it is not known.
    :raises placement.PlacementError: where a write fails; what was written
        until then stays, and the next cycle goes on from there.
    """
    generation = plan.generation
    client.create_traits(plan.texts + plan.names)
    for change in plan.changes:
        if change.provider.parent_uuid is None:
            generation = _update_node(client, change)
        else:
            _update_parent(client, change)
    if plan:
        _restore_texts(client, documents)
    return generation


def _update_node(client: placement.PlacementClient, change: Change) -> int:
    uuid = change.provider.uuid
    return _with_names(
        client,
        change.wanted,
        lambda: client.update_provider(uuid, lambda _names: change.wanted),
    ).generation


def _update_parent(client: placement.PlacementClient, change: Change) -> None:
    uuid = change.provider.uuid
    try:
        _with_names(
            client,
            change.wanted,
            lambda: client.update_provider_traits(
                uuid, lambda _names: change.wanted
            ),
        )
    except placement.NotFound as e:
        LOG.info(
            'The resource provider %s is gone, which is for nova-compute to'
            ' decide: %s',
            errors.plain(change.provider.name),
            errors.plain(e),
        )


def _with_names(
    client: placement.PlacementClient,
    names: frozenset[str],
    update: Callable[[], _T],
) -> _T:
    """Write names; put back those that a purge took before they stood there.

    A name that no provider has yet is one that the purge may take.
    """
    for _attempt in range(_RESTORES):
        try:
            return update()
        except placement.NoSuchTrait:
            missing = names - client.traits(names=names)
            client.create_traits(sorted(missing))
    return update()


def _restore_texts(
    client: placement.PlacementClient,
    documents: Mapping[str, descriptor.Document],
) -> None:
    """Put back what a purge took for unused before the D names stood there."""
    for _attempt in range(_RESTORES):
        missing = _missing_texts(client, documents)
        if not missing:
            return
        client.create_traits(missing)
    if _missing_texts(client, documents):
        raise placement.PlacementError(
            'the text of a document is deleted as soon as it is written'
        )
