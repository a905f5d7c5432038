# SPDX-License-Identifier: Apache-2.0
"""The scheduler filter: live migrations go where the device can go.

The filter asks and logs; what a request is stands in moves.py, and which hosts
pass in selection.py.
"""

import threading
from collections.abc import Iterable
from typing import Any

import nova.conf
from nova import utils as nova_utils
from nova.scheduler import filters
from oslo_log import log as logging

from nova_migcompat import decision, fleet
from nova_migcompat.conf import filter as options
from nova_migcompat.placement import PlacementClient, PlacementError
from nova_migcompat.placement.errors import clean
from nova_migcompat.scheduler import explanations, moves, selection

CONF = nova.conf.CONF
LOG = logging.getLogger(__name__)


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
        self._library = fleet.Library()
        self._adapter: Any = None
        self._lock = threading.Lock()

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
        classes = {moves.VGPU, *CONF.migcompat.mdev_resource_classes}
        if not moves.may_concern_us(spec_obj, classes):
            return filter_obj_list
        hosts = list(filter_obj_list)
        try:
            move = moves.live_migration(spec_obj, classes)
            if move is None or not hosts:
                return hosts
            return self._compatible(move, hosts, spec_obj)
        except PlacementError as error:
            return self._undecided(hosts, spec_obj, str(error))
        # The decision must follow on_error whatever the database or its
        # driver raises, and a scheduler must stay up.
        except Exception as error:
            LOG.debug('Traceback of the error below', exc_info=True)
            words = clean(f'{type(error).__name__}: {error}')
            return self._undecided(hosts, spec_obj, words)

    def _compatible(
        self, move: moves.LiveMigration, hosts: list[Any], spec_obj: Any
    ) -> list[Any]:
        """Steps 3 to 6 of DESIGN.md, "The filter"."""
        client = PlacementClient(
            self._placement(),
            budget=CONF.migcompat.timeout,
            retries=0,
            global_request_id=spec_obj._context.global_id,
        )
        selector = selection.Selector(client, self._library, _policy())
        selected = selector.select(move, hosts, spec_obj)
        explanations.log(move, hosts, selected, client)
        return [host for host in hosts if host.uuid in selected.passed]

    def _placement(self) -> Any:
        """Return the adapter, made at its first use and then shared.

        Its session, which is ours, fetches tokens and the catalog; where
        [placement] timeout is not set it would wait for keystone without end.
        """
        with self._lock:
            if self._adapter is None:
                adapter = nova_utils.get_ksa_adapter('placement')
                if adapter.session.timeout is None:
                    adapter.session.timeout = CONF.migcompat.timeout
                self._adapter = adapter
            return self._adapter

    def _undecided(
        self, hosts: list[Any], spec_obj: Any, error: str
    ) -> list[Any]:
        passes = CONF.migcompat.on_error == 'pass'
        LOG.error(
            'Cannot decide which hosts have a device compatible with that of '
            'instance %(instance)s: %(error)s. %(what)s host passes '
            '([migcompat] on_error = %(on_error)s).',
            {
                'instance': spec_obj.instance_uuid,
                'error': error,
                'what': 'Every' if passes else 'No',
                'on_error': CONF.migcompat.on_error,
            },
        )
        return hosts if passes else []


def _policy() -> decision.Policy:
    """Read the operator's choices as they are now."""
    conf = CONF.migcompat
    return decision.Policy(
        direction=conf.direction,
        unlisted_fields=conf.unlisted_fields,
        equal_fields=tuple(conf.equal_fields),
        unknown_source=conf.unknown_source,
        unknown_target=conf.unknown_target,
        pci_claim=conf.pci_claim,
    )
