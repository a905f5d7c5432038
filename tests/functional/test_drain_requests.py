# SPDX-License-Identifier: Apache-2.0
"""What the command nova-migcompat drain asks a real Placement."""

import uuid
from itertools import pairwise

import pytest

from nova_migcompat import flavors
from nova_migcompat import placement as placement_module
from nova_migcompat.placement import reckoning
from tests.functional.gpu_fleet import (
    GPU1,
    GPU2,
    NEW,
    OLD,
    OTHER,
    PF1,
    PF2,
    at,
    with_gpus,
)

# As it runs the application in this process.
pytestmark = pytest.mark.usefixtures('logging_as_before')


@pytest.fixture
def cloud(cloud_with_guests):
    return cloud_with_guests


def requests_of(cloud, drain, host):
    """Return how many requests it takes to drain a host."""
    drain(host)
    return len(cloud.adapter.urls)


def test_guests_of_a_uniform_host_cost_no_request_each(cloud, drain):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    counts = []
    for _ in range(4):
        cloud.guest('source')
        counts.append(requests_of(cloud, drain, 'source'))
    assert len(set(counts)) == 1
    assert counts[0] < 12


def test_a_guest_costs_one_request_at_most_whatever_its_flavor(cloud, drain):
    """Where the GPUs of its host differ; more guests than a host has
    providers cost no more than these.
    """
    with_gpus(cloud, 'differs', OLD, OTHER)
    with_gpus(cloud, 'right', NEW)
    cloud.admin.create_traits(['CUSTOM_A'])
    before = requests_of(cloud, drain, 'differs')
    flavors = [
        {'amount': 1, 'ram': 1},
        {'amount': 1, 'ram': 2},
        {'amount': 2, 'ram': 3, 'gpu': GPU2},
        {'amount': 1, 'ram': 4, 'trait:CUSTOM_A': 'forbidden'},
        {'amount': 1, 'ram': 5, 'gpu': GPU2, 'group_policy': 'none'},
        {'amount': 1, 'ram': 1},
    ]
    costs = []
    for number, flavor in enumerate(flavors, 1):
        cloud.guest('differs', **flavor)
        costs.append(requests_of(cloud, drain, 'differs') - before)
        # And one for what all hosts have left.
        assert costs[-1] <= number + 1
    assert costs[-1] == costs[-2]


def test_the_guests_of_all_hosts_cost_one_request_each_at_most(cloud, drain):
    for number in range(6):
        with_gpus(cloud, f'differs{number}', OLD, OTHER)
    with_gpus(cloud, 'right', NEW)
    before = requests_of(cloud, drain, '--all')

    guests = 0
    for number in range(6):
        for size in range(1, 2 + number):
            gpu = (GPU1, GPU2)[size % 2]
            cloud.guest(f'differs{number}', ram=size, gpu=gpu)
            guests += 1

    found = requests_of(cloud, drain, '--all') - before
    assert found <= guests + 1
    assert drain('--all')[1] == []


def test_guests_that_have_nothing_in_common_cost_one_request_each(
    cloud, drain
):
    """Each alone on a host whose devices differ, with a request of its own."""
    for number in range(24):
        with_gpus(cloud, f'gpu{number}', OLD, OTHER)
        with_pfs(cloud, f'pf{number}')
    cloud.admin.create_traits(f'CUSTOM_{number}' for number in range(24))

    def add(number):
        amount, ram = 1 + number % 3, number + 1
        specs = {f'trait:CUSTOM_{number}': 'forbidden'}
        cloud.guest(f'gpu{number}', amount=amount, ram=ram, **specs)
        specs['pci_passthrough:alias'] = f'vf:{amount}'
        server = cloud.nova.add(f'pf{number}', ram=ram, **specs)
        pf = cloud.client.provider(name=f'pf{number}_0000:41:00.0').uuid
        cloud.admin.allocate(server, {pf: {'SRIOV_NET_VF': amount}})

    counts = []
    for number in range(24):
        add(number)
        counts.append(requests_of(cloud, drain, '--all'))

    # Beyond so many hosts all providers are read at once.
    steps = [after - before for before, after in pairwise(counts)]
    assert set(steps[12:]) == {2}, counts
    assert counts[-1] <= 2 * 24 + 20
    assert drain('--all')[1] == []


def with_pfs(cloud, name):
    """A host with two PFs that differ; PCI is in Placement."""
    places = [at(PF1, NEW), at(PF2, OTHER)]
    root = cloud.host(name, NEW, OTHER, more=places)
    cloud.admin.set_inventory(root, {'MEMORY_MB': 64})
    for address in ('0000:41:00.0', '0000:42:00.0'):
        cloud.admin.create_provider(
            f'{name}_{address}', root, [], {'SRIOV_NET_VF': 4}
        )


def test_hosts_whose_devices_differ_cost_no_request_each(cloud, drain):
    for number in range(12):
        with_pfs(cloud, f'h{number}')
    server = cloud.nova.add('h0', **{'pci_passthrough:alias': 'vf:1'})
    pf = cloud.client.provider(name='h0_0000:41:00.0').uuid
    cloud.admin.allocate(server, {pf: {'SRIOV_NET_VF': 1}})

    _, [row], err = drain('h0')
    before = len(cloud.adapter.urls)
    for number in range(12, 16):
        with_pfs(cloud, f'h{number}')

    assert row['Hosts'] == 11, err
    assert drain('h0')[1][0]['Hosts'] == 15
    assert len(cloud.adapter.urls) == before < 30


def test_a_host_has_memory_for_a_guest_where_placement_says_so(cloud, drain):
    """Of several flavors, all of which Placement was asked in one request."""
    with_gpus(cloud, 'source', OLD)
    for name, free in (('full', 0), ('half', 32), ('empty', 64)):
        node = with_gpus(cloud, name, NEW)
        if free < 64:
            taken = {node: {'MEMORY_MB': 64 - free}}
            cloud.admin.allocate(str(uuid.uuid4()), taken)
    generous = with_gpus(cloud, 'generous', NEW)
    ratio = {'allocation_ratio': 1.5, 'max_unit': 64}
    cloud.admin.set_inventory(generous, {'MEMORY_MB': 64}, **ratio)
    cloud.admin.allocate(str(uuid.uuid4()), {generous: {'MEMORY_MB': 20}})
    sizes = (1, 31, 32, 33, 63, 64, 65, 76, 77, 97)
    for size in sizes:
        cloud.nova.add('source', ram=size, **{'resources:VGPU': '1'})

    _, rows, err = drain('source')
    asked = [url for url in cloud.adapter.urls if 'candidates' in url]

    assert len(asked) == 1, err
    for size, row in zip(sizes, rows, strict=True):
        group = placement_module.Group({'VGPU': 1, 'MEMORY_MB': size})
        real = cloud.client.allocation_candidates({'': group})
        hosts = {cloud.client.provider(uuid=host).name for host in real}
        assert row['To'] == sorted(hosts - {'source'}), size
    assert 'generous' in rows[5]['To']
    assert rows[6]['To'] == []


@pytest.mark.parametrize(
    'specs',
    [
        {'resources:MEMORY_MB': '33'},
        {'resources:MEMORY_MB': '0'},
        {'resources1:MEMORY_MB': '5'},
        {'resources1:MEMORY_MB': '34', 'resources1:VCPU': '0'},
    ],
)
def test_memory_that_a_flavor_asks_for_otherwise_is_asked_for_so(
    cloud, drain, specs
):
    with_gpus(cloud, 'source', OLD)
    for name, free in (('little', 30), ('half', 36), ('empty', 64)):
        node = with_gpus(cloud, name, NEW)
        if free < 64:
            taken = {node: {'MEMORY_MB': 64 - free}}
            cloud.admin.allocate(str(uuid.uuid4()), taken)
    extra = {'resources:VGPU': '1', **specs}
    cloud.nova.add('source', ram=30, **extra)

    _, [row], err = drain('source')

    groups = flavors.groups(extra, 30)
    real = cloud.client.allocation_candidates(groups)
    hosts = {cloud.client.provider(uuid=host).name for host in real}
    assert row['To'] == sorted(hosts - {'source'}), err
    assert row['To']


def test_no_guest_gets_more_memory_than_a_host_has_in_whichever_groups(
    cloud, drain
):
    """Though several guests together may get half as much again."""
    with_gpus(cloud, 'source', OLD)
    right = with_gpus(cloud, 'right', NEW)
    ratio = {'allocation_ratio': 1.5, 'max_unit': 64}
    cloud.admin.set_inventory(right, {'MEMORY_MB': 64}, **ratio)
    for amount in (34, 35):
        extra = {'resources:VGPU': '1', 'resources1:MEMORY_MB': str(amount)}
        cloud.nova.add('source', ram=30, **extra)
        groups = flavors.groups(extra, 30)
        real = cloud.client.allocation_candidates(groups)
        assert (right in real) == (amount == 34)

    _, rows, err = drain('source')

    assert [row['To'] for row in rows] == [['right'], []], err


def test_it_is_said_where_a_host_has_too_many_ways(cloud, drain, monkeypatch):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW, OTHER)
    cloud.nova.add('source', **{'resources:VGPU': '1'})
    assert drain('source')[0] == 0
    assert 'more ways' not in drain('source')[2]

    monkeypatch.setattr(reckoning, 'MOST_STEPS', 1)
    status, [row], err = drain('source')

    assert (status, row['Hosts']) == (0, 1)
    assert 'hosts have more ways to give what a flavor asks for than' in err
