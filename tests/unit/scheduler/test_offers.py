# SPDX-License-Identifier: Apache-2.0
"""What a host would give, by Nova's own PCI statistics."""

import types

import pytest
from nova import objects
from nova.pci import stats

from nova_migcompat.scheduler import offers

ONE = '5f3f1b0e-2a4e-4a4e-9d1e-0f6d2c9f6a51'
OTHER = '8b1d2c0a-7c1f-4b57-9c6e-2f0c4f1f5f10'
VF = {'vendor_id': '15b3', 'product_id': '101e', 'live_migratable': 'true'}

objects.register_all()


def request(alias='vf', count=1, request_id=ONE, **spec):
    return objects.InstancePCIRequest(
        count=count,
        alias_name=alias,
        request_id=request_id,
        spec=[{**VF, 'dev_type': 'type-VF', **spec}],
    )


def pool(address, count=1, **fields):
    return {
        **VF,
        'dev_type': 'type-VF',
        'numa_node': None,
        'address': address,
        'count': count,
        **fields,
    }


def host(*pools):
    free = stats.PciDeviceStats(objects.NUMATopology(cells=[]))
    free.pools = list(pools)
    return types.SimpleNamespace(pci_stats=free)


def candidate(**mappings):
    return {'allocations': {}, 'mappings': {'': ['root'], **mappings}}


def test_without_placement_a_function_comes_from_any_pool_that_matches():
    states = host(
        pool('0000:84:00.0', 3),
        pool('0000:85:00.0', 1),
        pool('0000:86:00.0', product_id='1018'),
        pool('0000:87:00.0', dev_type='type-PF'),
        pool('0000:88:00.0', live_migratable='false'),
        pool('0000:89:00.0', 0),
    )
    assert offers.Pools([request(count=2)]).of(states, candidate()) == [
        {'PCI alias vf': {'PCI_0000_84_00_0': 3, 'PCI_0000_85_00_0': 1}}
    ]


def test_aliases_without_placement_have_their_pools_in_common():
    requests = [request('vf'), request('any', request_id=OTHER)]
    [offer] = offers.Pools(requests).of(host(pool('0000:84:00.0')), None)
    assert offer == {
        'PCI alias vf': {'PCI_0000_84_00_0': 1},
        'PCI alias any': {'PCI_0000_84_00_0': 1},
    }


def test_with_placement_a_candidate_maps_each_function_to_a_pool():
    states = host(
        pool('0000:84:00.0', 3, rp_uuid='pf1'),
        pool('0000:85:00.0', 3, rp_uuid='pf2'),
    )
    mapped = {
        f'{ONE}-0': ['pf1'],
        f'{ONE}-1': ['pf1'],
        f'{OTHER}-0': ['pf2'],
    }
    requests = [request(count=2), request('other', request_id=OTHER)]
    assert offers.Pools(requests).of(states, candidate(**mapped)) == [
        {'PCI alias vf': {'PCI_0000_84_00_0': 2}},
        {'PCI alias other': {'PCI_0000_85_00_0': 1}},
    ]


def test_a_provider_without_a_pool_is_a_place_that_nobody_knows():
    mapped = candidate(**{f'{ONE}-0': ['pf1']})
    assert offers.Pools([request()]).of(host(), mapped) == [
        {'PCI alias vf': {'pf1': 1}}
    ]


def test_two_requests_of_one_alias_are_one_group():
    mapped = {f'{ONE}-0': ['pf1'], f'{OTHER}-0': ['pf1']}
    requests = [request(), request(request_id=OTHER)]
    states = host(pool('0000:84:00.0', 3, rp_uuid='pf1'))
    assert offers.Pools(requests).of(states, candidate(**mapped)) == [
        {'PCI alias vf': {'PCI_0000_84_00_0': 2}}
    ]


def test_a_host_without_pci_devices_offers_none():
    states = types.SimpleNamespace(pci_stats=None)
    assert offers.Pools([request()]).of(states, None) == [{'PCI alias vf': {}}]


def test_nova_is_asked_once_for_each_kind_of_pool(monkeypatch):
    asked = []
    ask = stats.PciDeviceStats.support_requests

    def support_requests(self, *arguments, **options):
        asked.append(self.pools)
        return ask(self, *arguments, **options)

    monkeypatch.setattr(
        stats.PciDeviceStats, 'support_requests', support_requests
    )
    pools = offers.Pools([request()])
    for number in range(9):
        states = host(pool(f'0000:8{number}:00.0', number + 1))
        assert pools.of(states, None) == [
            {'PCI alias vf': {f'PCI_0000_8{number}_00_0': number + 1}}
        ]
        assert states.pci_stats.pools[0]['count'] == number + 1
    assert len(asked) == 1
    pools.of(host(pool('0000:84:00.0', numa_node=1)), None)
    assert len(asked) == 2


@pytest.mark.parametrize('mapped', [None, candidate()])
def test_the_locations_of_all_pools_are_known(mapped):
    states = host(pool('0000:84:00.0'), pool('0000:85:00.0'))
    assert offers.Pools([]).locations(states) == {
        'PCI_0000_84_00_0',
        'PCI_0000_85_00_0',
    }
    assert offers.Pools([]).of(states, mapped) == []
