# SPDX-License-Identifier: Apache-2.0
"""What a host would give of its PCI functions, as Nova sees it.

Which of a host's PCI pools a guest may be given devices from; selection.py
asks. Knows nothing of documents. How Nova claims was read in nova/pci/stats.py
of Nova 34.
"""

import collections
import copy
from collections.abc import Mapping, Sequence
from typing import Any

from nova_migcompat import decision, traits
from nova_migcompat.scheduler import moves


class Pools:
    """The PCI pools that requests of flavor aliases can be given from.

    :param requests: nova InstancePCIRequest objects.
    :ivar groups: what they are called in offers.
    """

    def __init__(self, requests: Sequence[Any]) -> None:
        self._requests = requests
        self._can_take: dict[Any, bool] = {}
        self.groups = frozenset(moves.alias_group(r) for r in requests)

    def of(
        self, host: Any, candidate: Mapping[str, Any] | None
    ) -> list[decision.Offer]:
        """Name the places that functions come from.

        With PCI in Placement the candidate maps each function to a provider;
        without, the compute host takes any pool that matches.

        :param host: a nova HostState.
        :param candidate: an allocation candidate; None where there is none.
        :returns: groups are the aliases', places are locations; where Nova
            has no pool for a provider, its UUID.
        """
        by_provider = {
            pool['rp_uuid']: traits.pci_location(pool['address'])
            for pool in _pools(host)
            if 'rp_uuid' in pool
        }
        mapped: dict[str, collections.Counter[str]] = {}
        free: dict[str, dict[str, int]] = {}
        for request in self._requests:
            group = moves.alias_group(request)
            providers = _mapped(request, candidate)
            if providers:
                mapped.setdefault(group, collections.Counter()).update(
                    by_provider.get(p, p) for p in providers
                )
            else:
                free.setdefault(group, {}).update(self._free(host, request))
        offers: list[decision.Offer] = [{g: c} for g, c in mapped.items()]
        return [*offers, free] if free else offers

    def locations(self, host: Any) -> set[str]:
        """Name the locations of all of a host's pools."""
        return {traits.pci_location(pool['address']) for pool in _pools(host)}

    def _free(self, host: Any, request: Any) -> dict[str, int]:
        """Count the functions that a request could be given, by location."""
        counts: collections.Counter[str] = collections.Counter()
        for pool in _pools(host):
            if self._takes(host, request, pool):
                counts[traits.pci_location(pool['address'])] += pool['count']
        return dict(counts)

    def _takes(self, host: Any, request: Any, pool: Mapping[str, Any]) -> bool:
        """Ask Nova whether a request could be given a function of a pool.

        Pools that differ in nothing else than address and count are alike.
        """
        kind = frozenset(
            (key, value)
            for key, value in pool.items()
            if key not in ('address', 'count')
        )
        key = (request.request_id, kind)
        if key not in self._can_take:
            one = request.obj_clone()
            one.count = 1
            stats = copy.copy(host.pci_stats)
            stats.pools = [{**pool, 'count': 1}]
            self._can_take[key] = stats.support_requests(
                [one], provider_mapping=None
            )
        return self._can_take[key]


def _pools(host: Any) -> list[dict[str, Any]]:
    """A host's pools with an address; Nova's have one since 2023.1."""
    if not host.pci_stats:
        return []
    return [
        pool
        for pool in host.pci_stats.pools
        if pool['count'] and 'address' in pool
    ]


def _mapped(request: Any, candidate: Mapping[str, Any] | None) -> list[str]:
    """The provider of each function of a request, as Nova's stats read it."""
    mappings = candidate['mappings'] if candidate else {}
    return [
        providers[0]
        for group, providers in mappings.items()
        if group.startswith(f'{request.request_id}-')
    ]
