# SPDX-License-Identifier: Apache-2.0
"""Which devices the extra specs of a flavor ask for.

As nova/scheduler/utils.py (ResourceRequest) and nova/pci/request.py read them.
Knows neither nova nor documents.
"""

import re
from collections.abc import Collection, Mapping

from nova_migcompat import placement

#: Of a resource class: its group's suffix and its name.
_RESOURCES = re.compile(r'resources([A-Za-z0-9_-]*):([A-Z0-9_]+)')
_TRAIT = re.compile(r'trait([A-Za-z0-9_-]*):([A-Z0-9_]+)')
_ALIASES = 'pci_passthrough:alias'
#: The resource class of the memory that a guest has.
MEMORY = 'MEMORY_MB'


def mdevs(
    extra_specs: Mapping[str, str], mdev_classes: Collection[str]
) -> dict[str, int]:
    """Count the mediated devices that a flavor asks for, in all groups.

    :param mdev_classes: the resource classes of mediated devices.
    :returns: the amount by resource class, without those of amount 0.
    """
    found: dict[str, int] = {}
    for key, amount in extra_specs.items():
        match = _RESOURCES.fullmatch(key)
        if match and match[2] in mdev_classes and amount.isdecimal():
            found[match[2]] = found.get(match[2], 0) + int(amount)
    return {name: amount for name, amount in found.items() if amount}


def aliases(extra_specs: Mapping[str, str]) -> dict[str, int]:
    """Count the PCI devices that a flavor asks for by alias.

    :returns: the amount by the alias's name.
    """
    found: dict[str, int] = {}
    for item in extra_specs.get(_ALIASES, '').split(','):
        name, _, count = item.strip().rpartition(':')
        if name and count.isdecimal():
            found[name] = found.get(name, 0) + int(count)
    return {name: count for name, count in found.items() if count}


def groups(
    extra_specs: Mapping[str, str], memory_mb: int
) -> dict[str, placement.Group]:
    """Say what Placement is asked for, as far as devices matter.

    The memory is asked for with them: it is what brings the compute node
    itself, whose traits a flavor may require, into the answer. Where a
    flavor asks for none, one MB is asked for all the same if nothing else is,
    or if a trait is required of the host and nothing else stands in the group
    '': Placement refuses a request for nothing.

    :param memory_mb: the flavor's memory.
    :returns: the groups by their suffix.
    """
    resources: dict[str, dict[str, int]] = {'': {MEMORY: memory_mb}}
    required: dict[str, list[str]] = {}
    for key, value in extra_specs.items():
        if match := _RESOURCES.fullmatch(key):
            if value.isdecimal():
                resources.setdefault(match[1], {})[match[2]] = int(value)
        elif match := _TRAIT.fullmatch(key):
            sign = {'required': '', 'forbidden': '!'}.get(value)
            if sign is not None:
                required.setdefault(match[1], []).append(sign + match[2])
    amounts = {
        suffix: {name: amount for name, amount in wanted.items() if amount}
        for suffix, wanted in resources.items()
    }
    if not any(amounts.values()) or ('' in required and not amounts['']):
        amounts[''] = {MEMORY: 1}
    return {
        suffix: placement.Group(
            wanted, tuple(sorted(required.get(suffix, ())))
        )
        for suffix, wanted in amounts.items()
        if wanted
    }


def isolates(extra_specs: Mapping[str, str]) -> bool:
    """Say whether a flavor's groups must not share a provider."""
    return extra_specs.get('group_policy') == 'isolate'
