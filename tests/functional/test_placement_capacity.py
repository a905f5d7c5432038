# SPDX-License-Identifier: Apache-2.0
"""What the client asks a real Placement about amounts."""

import uuid

import pytest

from nova_migcompat import placement as client_module
from tests.placement_server import Admin


@pytest.fixture
def admin(placement):
    return Admin(placement.adapter())


@pytest.fixture
def client(placement):
    return client_module.PlacementClient(placement.adapter())


def test_candidates_are_sorted_by_their_hosts(client, admin):
    nodes = {}
    for name, free in (('one', 1), ('two', 1), ('full', 0)):
        node = admin.create_provider(name, inventory={'MEMORY_MB': 64})
        parents = [
            admin.create_provider(f'{name}_{n}', node, inventory={'VGPU': 1})
            for n in range(2)
        ]
        nodes[node] = parents if free else []
        if not free:
            for parent in parents:
                admin.allocate(parent, {parent: {'VGPU': 1}})
    admin.create_provider('other', inventory={'MEMORY_MB': 64})
    group = client_module.Group({'VGPU': 1, 'MEMORY_MB': 8})

    found = client.allocation_candidates({'': group})

    assert {
        node: {
            provider
            for candidate in candidates
            for provider in candidate['allocations']
            if provider != node
        }
        for node, candidates in found.items()
    } == {node: set(parents) for node, parents in nodes.items() if parents}
    first, second, _ = nodes
    assert found[first][0]['mappings'][''][0] in (first, *nodes[first])
    only = client.allocation_candidates({'': group}, in_tree=second)
    assert set(only) == {second}
    one = client.allocation_candidates({'': group}, limit=1)
    [candidates] = one.values()
    assert len(candidates) == 1


def test_a_host_whose_compute_is_disabled_is_no_candidate(client, admin):
    group = client_module.Group({'MEMORY_MB': 8})
    node = admin.create_provider('one', inventory={'MEMORY_MB': 64})
    assert set(client.allocation_candidates({'': group})) == {node}
    assert set(client.stocks('MEMORY_MB')) == {node}
    admin.set_traits(node, ['COMPUTE_STATUS_DISABLED'])
    assert client.allocation_candidates({'': group}) == {}
    assert client.stocks('MEMORY_MB') == {}


def test_stocks_are_what_is_left_on_hosts_that_have_any(client, admin):
    node = admin.create_provider('one', None, ['CUSTOM_A'])
    admin.set_inventory(
        node, {'MEMORY_MB': 64}, reserved=4, allocation_ratio=1.5
    )
    gpu = admin.create_provider('gpu', node, [], {'VGPU': 4})
    nothing = admin.create_provider('numa', node, ['CUSTOM_B'])
    admin.allocate(node, {node: {'MEMORY_MB': 30}, gpu: {'VGPU': 4}})
    full = admin.create_provider('full', inventory={'MEMORY_MB': 64})
    admin.allocate(full, {full: {'MEMORY_MB': 64}})

    [(root, tree)] = client.stocks('MEMORY_MB').items()

    assert root == node
    assert tree == {
        node: client_module.Stock({'MEMORY_MB': 60}, frozenset({'CUSTOM_A'})),
        gpu: client_module.Stock({'VGPU': 0}, frozenset()),
        nothing: client_module.Stock({}, frozenset({'CUSTOM_B'})),
    }


def test_inventories_are_totals_by_class(client, admin):
    node = admin.create_provider('one', inventory={'MEMORY_MB': 64, 'VCPU': 2})
    assert client.inventories(node) == {'MEMORY_MB': 64, 'VCPU': 2}
    assert {p.name for p in client.providers()} == {'one'}


def test_allocations_are_those_of_a_consumer_or_of_all_on_a_provider(
    client, admin
):
    node = admin.create_provider('one', inventory={'MEMORY_MB': 64})
    gpu = admin.create_provider('gpu', node, inventory={'VGPU': 4})
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    admin.allocate(one, {node: {'MEMORY_MB': 8}, gpu: {'VGPU': 1}})
    admin.allocate(two, {gpu: {'VGPU': 2}})

    assert client.allocations(one) == {
        node: {'MEMORY_MB': 8},
        gpu: {'VGPU': 1},
    }
    assert client.provider_allocations(gpu) == {
        one: {'VGPU': 1},
        two: {'VGPU': 2},
    }
    assert client.provider_allocations(node) == {one: {'MEMORY_MB': 8}}
