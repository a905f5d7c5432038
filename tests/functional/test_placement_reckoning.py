# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of the command drain beside that of a real Placement."""

import random
import uuid

import pytest

from nova_migcompat import placement as client_module
from tests.placement_server import Admin

TRAITS = ('CUSTOM_A', 'CUSTOM_B', 'CUSTOM_C', 'HW_NIC_SRIOV_TRUSTED')
#: Classes of what the children of a host have.
CLASSES = ('VGPU', 'CUSTOM_GPU', 'SRIOV_NET_VF')


class Fleet:
    """Hosts of chance: of what they have, some is taken."""

    def __init__(self, admin, chance):
        self._admin = admin
        self._chance = chance
        admin.create_resource_class('CUSTOM_GPU')
        admin.create_traits(TRAITS)
        for number in range(20):
            self._host(f'host{number}')

    def _host(self, name):
        chance = self._chance
        some = self._some_traits()
        if chance.random() < 0.1:
            some.append('COMPUTE_STATUS_DISABLED')
        root = self._provider(name, None, {'MEMORY_MB': 64}, some)
        for number in range(chance.randint(0, 4)):
            inventory = {
                kind: chance.randint(1, 4)
                for kind in chance.sample(CLASSES, chance.randint(0, 2))
            }
            traits = self._some_traits()
            self._provider(f'{name}_{number}', root, inventory, traits)

    def _some_traits(self):
        return self._chance.sample(TRAITS, self._chance.randint(0, 3))

    def _provider(self, name, parent, inventory, traits):
        made = self._admin.create_provider(name, parent, traits)
        if inventory:
            ratio = self._chance.choice([1.0, 1.0, 1.5])
            self._admin.set_inventory(made, inventory, allocation_ratio=ratio)
        for kind, total in inventory.items():
            taken = self._chance.choice([0, 0, 1, total - 1, total])
            if taken:
                held = {made: {kind: taken}}
                self._admin.allocate(str(uuid.uuid4()), held)
        return made


def any_request(chance):
    """What a flavor asks for: memory mostly, devices in groups or not."""
    groups = {}
    first = {'MEMORY_MB': chance.choice([1, 8, 33, 64, 96])}
    for kind in chance.sample(CLASSES, chance.choice([0, 0, 1, 2])):
        first[kind] = chance.randint(1, 4)
    groups[''] = client_module.Group(first, any_traits(chance))
    for number in range(chance.randint(0, 4)):
        kinds = chance.sample(CLASSES, chance.choice([1, 1, 1, 2]))
        wanted = {kind: chance.choice([1, 1, 2]) for kind in kinds}
        groups[str(number)] = client_module.Group(wanted, any_traits(chance))
    if len(groups) > 1 and chance.random() < 0.2:
        del groups['']
    return groups


def is_counted_right(groups, isolate):
    """Tell whether Placement counts a request as it means to.

    Where the group '' and another ask for one class it adds to amounts that
    several candidates share, unless the policy is "none" (its
    copy_arr_if_needed, Placement 16).
    """
    first = groups.get('')
    named = [group for suffix, group in groups.items() if suffix]
    is_shared = first is not None and any(
        group.resources.keys() & first.resources.keys() for group in named
    )
    return not is_shared or (len(named) > 1 and not isolate)


def any_traits(chance):
    """Mostly none, as most flavors."""
    some = chance.sample(TRAITS, chance.choice([0, 0, 0, 1, 2]))
    return tuple(chance.choice(['', '!']) + name for name in some)


def as_set(candidates):
    """Candidates without their order, each once."""
    found = [
        (
            tuple(
                sorted(
                    (provider, *sorted(held['resources'].items()))
                    for provider, held in each['allocations'].items()
                )
            ),
            tuple(sorted((k, *v) for k, v in each['mappings'].items())),
        )
        for each in candidates
    ]
    assert len(found) == len(set(found))
    return set(found)


@pytest.mark.parametrize('seed', range(3))
def test_its_candidates_are_those_of_placement(placement, seed):
    chance = random.Random(seed)
    Fleet(Admin(placement.adapter()), chance)
    client = client_module.PlacementClient(placement.adapter())
    trees = {kind: client.stocks(kind) for kind in ('MEMORY_MB', *CLASSES)}
    outcomes = set()
    for _ in range(80):
        groups = any_request(chance)
        isolate = chance.random() < 0.3
        if not is_counted_right(groups, isolate):
            continue
        classes = {name for g in groups.values() for name in g.resources}

        real = client.allocation_candidates(groups, isolate=isolate)
        # Whatever class of the request it begins with.
        for kind in classes:
            reckoner = client_module.Reckoner(groups, isolate=isolate)
            ours = {
                node: as_set(found)
                for node, tree in trees[kind].items()
                if (found := list(reckoner.candidates(tree)))
            }
            assert not reckoner.is_cut
            theirs = {node: as_set(found) for node, found in real.items()}
            assert ours == theirs, (kind, groups, isolate)
        outcomes.add(min(len(real), 2))
    assert outcomes == {0, 1, 2}
