# SPDX-License-Identifier: Apache-2.0
"""Hosts whose devices differ, on a fleet that is only written down."""

import types

import pytest

from nova_migcompat import (
    decision,
    demand,
    descriptor,
    fleet,
    selection,
    traits,
)
from tests.unit.written_fleet import Placement, d

GPU = descriptor.parse('SELF:\n a=1\nCOMPATIBLE:\n a={v:int:1,2}\n')
LIKE = descriptor.parse('SELF:\n a=2\n')
OTHER = descriptor.parse('SELF:\n a=3\n')
NIC = descriptor.parse('SELF:\n b=1\nCOMPATIBLE:\n b=1\n')
DOCUMENTS = (GPU, LIKE, OTHER, NIC)


class Host:
    def __init__(self, uuid, *candidates):
        self.uuid = uuid
        self.allocation_candidates = list(candidates)


def functions(*places, groups=('PCI alias vf',)):
    """Hosts that may give one function of each place."""
    return types.SimpleNamespace(
        groups=groups,
        locations=lambda host: set(places),
        of=lambda host, candidate: [
            {group: dict.fromkeys(places, 1)} for group in groups
        ],
    )


NO_FUNCTIONS = functions(groups=())


def on(*providers):
    return {
        'allocations': {p: {'resources': {'VGPU': 1}} for p in providers},
        'mappings': {},
    }


@pytest.fixture
def cloud():
    placement = Placement(*DOCUMENTS)
    placement.add('source', *d(GPU))
    return placement


def select(cloud, *hosts, guest=None, given=NO_FUNCTIONS, **choices):
    guest = guest or fleet.Guest('source', (), 'consumer', {'VGPU': 1})
    policy = decision.Policy(**choices)
    asked = demand.read(cloud, fleet.Library(), policy, guest)
    return selection.Selector(cloud, policy).select(asked, hosts, given)


def differ(cloud, name='differing', good=LIKE, bad=OTHER):
    cloud.add(name, *d(good, bad))
    cloud.add(f'{name}-good', *d(good), root=name)
    cloud.add(f'{name}-bad', *d(bad), root=name)


def test_uniform_hosts_pass_by_membership_and_keep_their_candidates(cloud):
    cloud.add('right', *d(LIKE))
    cloud.add('wrong', *d(OTHER))
    right, wrong = Host('right', on('any')), Host('wrong', on('any'))

    selected = select(cloud, right, wrong)

    assert selected.passed == {'right'}
    assert selected.left == {}
    assert selected.misfits == {}
    assert cloud.requests == 5  # one of them for the texts


def test_hosts_of_which_nothing_is_asked_are_not_asked_about(cloud):
    cloud.add('silent')
    many = [descriptor.parse(f'SELF:\n a={n}\n') for n in range(4, 100)]
    cloud.add('others', *d(*many))
    guest = fleet.Guest('silent', (), 'consumer', {'VGPU': 1})
    policy = decision.Policy(unknown_target='pass')
    asked = demand.read(cloud, fleet.Library(), policy, guest)
    before = cloud.requests

    selected = selection.Selector(cloud, policy).select(
        asked, [Host('others')], NO_FUNCTIONS
    )

    assert selected.passed == {'others'}
    assert cloud.requests == before


def test_only_candidates_on_compatible_parents_are_left(cloud):
    differ(cloud)
    good, bad = on('differing-good'), on('differing-bad')
    host = Host('differing', bad, good, bad)

    selected = select(cloud, host)

    assert selected.passed == {'differing'}
    assert selected.left == {'differing': [good]}
    assert host.allocation_candidates == [bad, good, bad]


def test_a_host_without_any_candidate_left_does_not_pass(cloud):
    differ(cloud)
    host = Host('differing', on('differing-bad'), on('differing-bad'))

    selected = select(cloud, host)

    assert selected.passed == frozenset()
    assert selected.left == {'differing': []}
    assert selected.misfits == {
        'differing': 'VGPU may come from differing-bad, which is not known '
        'to be compatible'
    }


def test_a_request_without_candidates_is_decided_by_the_host(cloud):
    differ(cloud)
    host = Host('differing')
    selected = select(cloud, host)
    assert selected.passed == {'differing'}
    assert selected.left == {}


def test_both_of_two_mdevs_must_be_compatible(cloud):
    differ(cloud)
    cloud.add('differing-more', *d(LIKE), root='differing')
    good = on('differing-good', 'differing-more')
    host = Host('differing', on('differing-good', 'differing-bad'), good)
    guest = fleet.Guest('source', (), 'consumer', {'VGPU': 2})

    selected = select(cloud, host, guest=guest)
    assert selected.passed == {'differing'}
    assert selected.left == {'differing': [good]}


def test_a_source_that_only_looks_uniform_is_looked_at_again(cloud):
    # The guest's own GPU has no document; the other one has.
    cloud.add('source-gpu', root='source')
    cloud.add('source-other', *d(GPU), root='source')
    cloud.add('wrong', *d(OTHER))
    wrong = Host('wrong', on('any'))

    assert select(cloud, wrong).passed == {'wrong'}
    selected = select(cloud, wrong, unknown_source='reject')

    assert selected.passed == frozenset()
    assert 'publishes nothing for provider source-gpu' in (
        selected.decided.rejected
    )


def test_a_source_that_does_not_accept_itself_costs_one_request_more(cloud):
    strict = descriptor.parse('SELF:\n c=1\nCOMPATIBLE:\n a=2\n')
    cloud.add('source', *d(strict))
    cloud.add('right', *d(LIKE))

    library = fleet.Library()
    library.add(traits.Texts({x.digest: x for x in (strict, LIKE)}, {}))
    policy = decision.Policy()
    guest = fleet.Guest('source', (), 'consumer', {'VGPU': 1})
    asked = demand.read(cloud, library, policy, guest)
    selected = selection.Selector(cloud, policy).select(
        asked, [Host('right', on('any'))], NO_FUNCTIONS
    )
    assert selected.passed == {'right'}
    assert cloud.requests == 5


@pytest.mark.parametrize(
    ('claim', 'expected'), [('all', []), ('any', ['differing'])]
)
def test_pools_without_placement_are_the_operators_choice(
    cloud, claim, expected
):
    places = {'PCI_0000_84_00_0': LIKE, 'PCI_0000_85_00_0': OTHER}
    cloud.add(
        'differing',
        *d(LIKE, OTHER),
        *(traits.location_trait(p, x.digest) for p, x in places.items()),
    )
    function = fleet.Function('PCI_0000_01_00_0', group='PCI alias vf')
    guest = fleet.Guest('source', (function,))
    host = Host('differing', on())

    selected = select(
        cloud, host, guest=guest, given=functions(*places), pci_claim=claim
    )

    assert sorted(selected.passed) == expected
    if not expected:
        assert selected.misfits['differing'].startswith(
            'PCI alias vf may come from PCI_0000_85_00_0'
        )


def test_each_device_of_a_mixed_guest_has_a_requirement_of_its_own(cloud):
    place, vf = 'PCI_0000_84_00_0', 'PCI_0000_01_00_0'
    cloud.add('source', *d(GPU, NIC), traits.location_trait(vf, NIC.digest))
    cloud.add('source-gpu', *d(GPU), root='source')
    for name, gpu, nic in (
        ('right', LIKE, NIC),
        ('wrong-gpu', OTHER, NIC),
        ('wrong-nic', LIKE, OTHER),
    ):
        cloud.add(name, *d(gpu, nic), traits.location_trait(place, nic.digest))
        cloud.add(f'{name}-gpu', *d(gpu), root=name)
    guest = fleet.Guest(
        'source',
        (fleet.Function(vf, group='PCI alias vf'),),
        'consumer',
        {'VGPU': 1},
    )
    hosts = [
        Host(name, on(f'{name}-gpu'))
        for name in ('right', 'wrong-gpu', 'wrong-nic')
    ]
    selected = select(cloud, *hosts, guest=guest, given=functions(place))
    assert selected.passed == {'right'}


def test_mdevs_come_from_the_providers_that_a_candidate_allocates_from():
    allocations = {
        'root': {'resources': {'VCPU': 2}},
        'gpu1': {'resources': {'VGPU': 1}},
        'gpu2': {'resources': {'VGPU': 2, 'CUSTOM_GPU': 1}},
    }
    found = selection.of_parents(
        {'allocations': allocations}, {'VGPU', 'CUSTOM_GPU'}
    )
    assert found == [
        {'VGPU': {'gpu1': 1, 'gpu2': 2}},
        {'CUSTOM_GPU': {'gpu2': 1}},
    ]


def test_without_a_candidate_nobody_knows_where_mdevs_come_from():
    assert selection.of_parents(None, {'VGPU'}) == []
