# SPDX-License-Identifier: Apache-2.0
"""The scheduler filter: live migrations go where the device can go.

What a request asks is found out by deciding.py, and which hosts pass by
selection.py, as for the operator's command; the filter brings them together
with Nova's hosts. It also puts the request filter (prefilter.py) into Nova, as
one entry in nova.conf has to be enough.
"""

from collections.abc import Iterable
from typing import Any

import nova.conf
from nova.scheduler import filters

from nova_migcompat import selection
from nova_migcompat.conf import filter as options
from nova_migcompat.scheduler import (
    deciding,
    explanations,
    moves,
    offers,
    prefilter,
)

CONF = nova.conf.CONF


class MigrationCompatibilityFilter(filters.BaseHostFilter):
    """Pass the hosts that have a device compatible with the guest's.

    Only the live migration of a guest with an assigned device is decided: by
    the documents that the vendors' drivers publish for the guest's devices
    and for those of every candidate host. Every other request passes.
    """

    RUN_ON_REBUILD = False

    def __init__(self) -> None:
        super().__init__()
        options.register_opts(CONF)
        # A bad value ends nova-scheduler at its start, not a boot later on.
        dict(CONF[options.GROUP])
        deciding.limits()
        self._decider = deciding.Decider()
        prefilter.install(self._decider)

    def host_passes(self, host_state: Any, spec_obj: Any) -> bool:
        """Does this one host pass? Nova asks :meth:`filter_all` instead."""
        return bool(list(self.filter_all([host_state], spec_obj)))

    def filter_all(
        self, filter_obj_list: Iterable[Any], spec_obj: Any
    ) -> Iterable[Any]:
        """Return the hosts that pass, in their order.

        :param filter_obj_list: nova HostState objects.
        :param spec_obj: a nova RequestSpec.
        """
        if not moves.may_concern_us(spec_obj, deciding.device_classes()):
            return filter_obj_list
        hosts = list(filter_obj_list)
        if not hosts:
            return hosts
        asked = deciding.REQUESTS.get(spec_obj)
        uuids = frozenset(host.uuid for host in hosts)
        if asked is None or not asked.holds_for(uuids):
            asked = self._decider.ask(spec_obj, uuids)
            deciding.REQUESTS.keep(spec_obj, asked)
        chosen = None
        if not asked.failed:
            chosen = deciding.guarded(
                spec_obj, lambda: self._compatible(asked, hosts, spec_obj)
            )
        if chosen is None:
            return hosts if CONF.migcompat.on_error == 'pass' else []
        return chosen

    def _compatible(
        self, asked: deciding.Asked, hosts: list[Any], spec_obj: Any
    ) -> list[Any]:
        """Steps 5 and 6 of DESIGN.md, "The filter"."""
        if asked.move is None or asked.found is None:
            return hosts
        client = self._decider.client(
            spec_obj, CONF.migcompat.timeout - asked.seconds
        )
        selector = selection.Selector(client, deciding.policy())
        pools = offers.Pools(
            moves.alias_requests(moves.get(spec_obj, 'pci_requests'))
        )
        selected = selector.select(asked.found, hosts, pools)
        for host in hosts:
            if host.uuid in selected.left:
                host.allocation_candidates = selected.left[host.uuid]
        explanations.log(asked.move, hosts, selected, client)
        return [host for host in hosts if host.uuid in selected.passed]
