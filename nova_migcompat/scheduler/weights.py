# SPDX-License-Identifier: Apache-2.0
"""The weigher: of the hosts that pass, those that keep more ways open.

What it goes by the filter has found out for the same request; it asks nothing
itself. Without the filter every host weighs the same.
"""

from typing import Any

import nova.conf
from nova.scheduler import utils, weights

from nova_migcompat.conf import filter as options
from nova_migcompat.scheduler import deciding

CONF = nova.conf.CONF

#: What a host weighs that has better documents alone, or others too.
_BETTER, _MIXED = 1.0, 0.5


class MigrationCompatibilityWeigher(weights.BaseHostWeigher):
    """Prefer hosts from which a guest with devices could come back.

    Where it could come back from all of them or from none, those from whose
    devices it could go on to most documents of the fleet.
    """

    def __init__(self) -> None:
        super().__init__()
        options.register_opts(CONF)
        deciding.REQUESTS.are_weighed = True

    def weight_multiplier(self, host_state: Any) -> float:
        """Return how much it counts beside other weighers.

        An aggregate's metadata ``migcompat_weight_multiplier`` overrides the
        option.
        """
        multiplier: float = utils.get_weight_multiplier(
            host_state,
            'migcompat_weight_multiplier',
            CONF.migcompat.weight_multiplier,
        )
        return multiplier

    def _weigh_object(self, host_state: Any, spec_obj: Any) -> float:
        """Weigh one host: of each kind of device 1 at most.

        :param host_state: a nova HostState.
        :param spec_obj: a nova RequestSpec.
        """
        asked = deciding.REQUESTS.get(spec_obj)
        if asked is None or asked.found is None:
            return 0.0
        weight = 0.0
        for having in asked.found.having.values():
            if host_state.uuid in having.preferred:
                weight += _BETTER
            elif host_state.uuid in having.partly:
                weight += _MIXED
        return weight
