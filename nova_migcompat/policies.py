# SPDX-License-Identifier: Apache-2.0
"""What the options of [migcompat] mean for a decision.

The scheduler reads them from its own nova.conf, the operator's command from a
copy of it. Knows neither nova nor where the values come from.
"""

import dataclasses
from typing import Any

from nova_migcompat import decision, trusted

#: The resource class of mediated devices that Nova itself knows.
VGPU = 'VGPU'


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What of a fleet counts (DESIGN.md, "Trust").

    :param trusted: the digests of the documents that count; None: all.
    :param documents: how many documents in use are read.
    :param seconds: of processor time that reading them may take, and that
        matching them may take.
    """

    trusted: frozenset[str] | None = None
    documents: int = 2000
    seconds: float = 1.0


#: Those of [migcompat] without a value.
DEFAULT_LIMITS = Limits()


def device_classes(group: Any) -> frozenset[str]:
    """Name the resource classes of mediated devices.

    :param group: the values of conf/filter.py's options, as attributes.
    """
    return frozenset({VGPU, *group.mdev_resource_classes})


def policy(group: Any) -> decision.Policy:
    """Read the operator's choices as they are now.

    :param group: the values of conf/filter.py's options, as attributes.
    """
    return decision.Policy(
        direction=group.direction,
        unlisted_fields=group.unlisted_fields,
        equal_fields=tuple(group.equal_fields),
        unknown_source=group.unknown_source,
        unknown_target=group.unknown_target,
        pci_claim=group.pci_claim,
    )


def limits(group: Any) -> Limits:
    """Read what of the fleet counts as it is now.

    :param group: the values of conf/filter.py's options, as attributes.
    :raises trusted.TrustError: the file of trusted documents cannot be used.
    """
    return Limits(trusted.read(group.trusted_documents), group.max_documents)
