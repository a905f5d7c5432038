# SPDX-License-Identifier: Apache-2.0
"""What Placement knows of amounts: who has what, and who could give it.

Knows no HTTP but the paths and queries of Placement's API.
"""

import dataclasses
from collections.abc import Collection, Mapping

from nova_migcompat.placement import answers
from nova_migcompat.placement.answers import Candidate, Stock
from nova_migcompat.placement.transport import Transport, path

#: Leaves out the hosts that Nova schedules nothing to (nova/scheduler/
#: request_filter.py, compute_status_filter).
_SCHEDULED_TO = ('root_required', '!COMPUTE_STATUS_DISABLED')
_CANDIDATES = '/allocation_candidates'


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """Resources that a request asks for together.

    :param resources: the amount by resource class.
    :param required: traits; one that is forbidden begins with ``!``.
    """

    resources: Mapping[str, int]
    required: tuple[str, ...] = ()


class Capacity:
    """The part of PlacementClient that is about amounts."""

    _transport: Transport

    def allocations(self, consumer_uuid: str) -> dict[str, dict[str, int]]:
        """Read what a consumer (a server or a migration) has.

        :returns: the amount by resource class by the provider's UUID; empty
            where the consumer has nothing or does not exist
        :raises PlacementError:
        """
        return self._transport.get(
            path('allocations', consumer_uuid), (), answers.read_allocations
        )

    def provider_allocations(self, uuid: str) -> dict[str, dict[str, int]]:
        """Read what consumers have of a provider.

        :returns: the amount by resource class by the consumer's UUID
        :raises NotFound: there is no such provider
        :raises PlacementError:
        """
        return self._transport.get(
            path('resource_providers', uuid, 'allocations'),
            (),
            answers.read_allocations,
        )

    def inventories(self, uuid: str) -> dict[str, int]:
        """Read what a provider has altogether, be it taken or free.

        :returns: the total by resource class
        :raises NotFound: there is no such provider
        :raises PlacementError:
        """
        return self._transport.get(
            path('resource_providers', uuid, 'inventories'),
            (),
            answers.read_inventories,
        )

    def allocation_candidates(
        self,
        groups: Mapping[str, Group],
        *,
        isolate: bool = False,
        in_tree: str | None = None,
        member_of: Collection[str] = (),
        limit: int | None = None,
    ) -> dict[str, list[Candidate]]:
        """Ask which hosts could give resources now, as nova-scheduler asks.

        Hosts whose nova-compute is disabled are none of them.

        :param groups: by what their names end with: the group '' may come
            from several providers of a host, each other one from one alone
        :param isolate: whether no two of the others may share a provider
        :param in_tree: the UUID of a host's provider that alone is looked at
        :param member_of: if given, only hosts in at least one of these
            aggregates; there must be a group ''
        :param limit: how many candidates there may be; None: all
        :returns: by the UUID of the host's provider
        :raises PlacementError:
        """
        query = [_SCHEDULED_TO]
        for suffix, group in groups.items():
            amounts = (f'{k}:{n}' for k, n in sorted(group.resources.items()))
            query.append((f'resources{suffix}', ','.join(amounts)))
            if group.required:
                query.append((f'required{suffix}', ','.join(group.required)))
            if in_tree is not None:
                query.append((f'in_tree{suffix}', in_tree))
        if member_of:
            query.append(('member_of', 'in:' + ','.join(sorted(member_of))))
        if sum(map(bool, groups)) > 1:
            query.append(('group_policy', 'isolate' if isolate else 'none'))
        if limit is not None:
            query.append(('limit', str(limit)))
        return self._transport.get(_CANDIDATES, query, answers.read_candidates)

    def stocks(self, resource_class: str) -> dict[str, dict[str, Stock]]:
        """Ask what the hosts have left that have any of a resource class.

        Hosts whose nova-compute is disabled are none of them.

        :returns: all that they have, by the provider's UUID by the host's
        :raises PlacementError:
        """
        query = [_SCHEDULED_TO, ('resources', f'{resource_class}:1')]
        return self._transport.get(_CANDIDATES, query, answers.read_stocks)
