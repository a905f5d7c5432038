# SPDX-License-Identifier: Apache-2.0
"""A fleet as a command has read it, once.

Knows no command, and judges nothing.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from nova_migcompat import census, placement, snapshot
from nova_migcompat.cli import base, cells, choices, compute

#: Up to so many providers are asked for one by one.
_FEW = 8

_UUID = re.compile(r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}')


class State:
    """What the hosts have, and what Nova's API says of them.

    :param client: Placement.
    :param chosen: the operator's choices.
    :param nodes: the compute nodes that Nova's API names; none where it is
        not asked.
    :ivar census: what every host publishes.
    :ivar snapshot: the same, as Placement would answer.
    :ivar library: the documents.
    """

    def __init__(
        self,
        client: placement.PlacementClient,
        chosen: choices.Choices,
        nodes: Sequence[compute.Node] = (),
    ) -> None:
        self.client = client
        self.choices = chosen
        self.census = census.read(client, places=True)
        self.snapshot = snapshot.Snapshot(client, self.census)
        self.library = snapshot.library_of(self.census)
        self._nodes = {node.uuid: node for node in nodes}
        self._trees: dict[str, dict[str, str]] = {}
        self._names = {
            **{uuid: host.name for uuid, host in self.census.hosts.items()},
            **{node.uuid: node.name for node in nodes},
        }
        self._uuids = {name: uuid for uuid, name in self._names.items()}
        # Where a service is not called as its hypervisor is, both are known.
        self._services = {node.host: node.uuid for node in nodes}

    def node(self, name: str) -> str:
        """Find a host; return its compute node's UUID.

        :param name: of its provider, or of its service.
        :raises base.InputError: there is none.
        :raises placement.PlacementError:
        """
        found = self._uuids.get(name) or self._services.get(name)
        if found is None:
            provider = self.client.provider(name=name)
            if provider is None or provider.parent_uuid is not None:
                raise base.InputError(
                    f'Placement has no host {cells.printable(name)!r}; '
                    'openstack resource provider list names them'
                )
            found = provider.uuid
            self._names[found], self._uuids[name] = name, found
        return found

    def names(self, nodes: Collection[str]) -> Mapping[str, str]:
        """Return the names of compute nodes by UUID.

        :raises placement.PlacementError:
        """
        unknown = [uuid for uuid in nodes if uuid not in self._names]
        if len(unknown) > _FEW:
            for provider in self.client.providers():
                self._names.setdefault(provider.uuid, provider.name)
        else:
            for uuid in unknown:
                found = self.client.provider(uuid=uuid)
                self._names[uuid] = found.name if found else uuid
        return {uuid: self._names.get(uuid, uuid) for uuid in nodes}

    def tree(self, node: str) -> Mapping[str, str]:
        """Return the names of a host's providers by UUID.

        Reads those of every host at once, where several are asked for.

        :raises placement.PlacementError:
        """
        found: Iterable[placement.Provider] = ()
        if node not in self._trees:
            is_first = len(self._trees) < _FEW
            client = self.client
            found = client.tree(node) if is_first else client.providers()
            self._trees[node] = {}
        for each in found:
            tree = self._trees.setdefault(each.root_uuid, {})
            tree[each.uuid] = each.name
        return self._trees[node]

    def with_names(self, node: str, text: str) -> str:
        """Name the providers of a host where a text has their UUIDs.

        :raises placement.PlacementError:
        """

        def name(match: re.Match[str]) -> str:
            uuid = match[0]
            return cells.printable(self.tree(node).get(uuid, uuid))

        return _UUID.sub(name, text)

    def may_give(self, node: str, memory_mb: int) -> bool:
        """Say whether a guest may have so much memory on a host at all.

        As nova-compute says to Placement (max_unit): what it has, of which
        several guests together may get more.
        """
        known = self._nodes.get(node)
        return known is None or memory_mb <= known.memory_mb

    def why_unavailable(self, node: str) -> str | None:
        """Say why Nova schedules nothing to a host; None where it does."""
        known = self._nodes.get(node)
        if known is not None and not known.is_up:
            return 'its nova-compute does not report: it counts as down'
        if known is not None and not known.is_enabled:
            return 'its nova-compute is disabled'
        return None
