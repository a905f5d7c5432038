# SPDX-License-Identifier: Apache-2.0
"""What a guest has, where the API says it and where it does not."""

import types

import pytest

from nova_migcompat import census, placement, snapshot, traits
from nova_migcompat.cli import base, compute, guests

X, Y, Z = ('A' * 32, 'B' * 32, 'C' * 32)
PF, PF2 = 'PCI_0000_41_00_0', 'PCI_0000_42_00_0'
GPU = 'pci_0000_81_00_0'


class State:
    """A host "source" that publishes, and what its server has."""

    def __init__(self, places=None, parents=None, digests=(), held=None):
        self.choices = types.SimpleNamespace(mdev_classes={'VGPU'})
        self.trees = {'source': 'source'}
        self.held = held or {}
        found = {
            parent: frozenset(parents[parent]) for parent in parents or {}
        }
        names = {parent: f'source_{parent}' for parent in found}
        host = census.Host(
            'source',
            'source',
            frozenset(digests).union(
                *(places or {}).values(), *found.values()
            ),
            found,
            names,
            places or {},
        )
        self.census = census.Census({'source': host}, traits.Texts({}, {}))
        self.trees.update(names)
        self.client = types.SimpleNamespace(
            allocations=lambda _: self.held,
            inventories=lambda _: {'VGPU': 4},
        )
        self.snapshot = snapshot.Snapshot(self.client, self.census)

    def node(self, name):
        return name

    def tree(self, _):
        return self.trees


def server(**extra_specs):
    specs = {k.replace('__', ':'): v for k, v in extra_specs.items()}
    return compute.Server('uuid', 'name', 'source', 'source', specs, 64)


VF = server(pci_passthrough__alias='vf:1')
VGPU = server(resources__VGPU='2')


def devices(guest):
    return [
        sorted((d.group, *sorted(d.digests)) for d in wanted.devices)
        for wanted in guest.wanted
    ]


def test_a_flavor_without_devices_wants_nothing():
    guest = guests.Reader(State()).of_server(server(hw__cpu='1'))
    assert guest.wanted == ()


def test_the_mdevs_of_a_uniform_host_have_its_document():
    guest = guests.Reader(State(digests=[X])).of_server(VGPU)
    assert devices(guest) == [[('VGPU', X), ('VGPU', X)]]
    [wanted] = guest.wanted
    assert wanted.groups == {'': placement.Group({'MEMORY_MB': 64, 'VGPU': 2})}
    assert wanted.documents() == [X]


def test_the_allocation_says_which_parent_gave_an_mdev():
    state = State(
        parents={GPU: {X}, 'other': {Y}}, held={'other': {'VGPU': 2}}
    )
    guest = guests.Reader(state).of_server(VGPU)
    assert devices(guest) == [[('VGPU', Y), ('VGPU', Y)]]


def test_the_function_of_a_uniform_host_has_its_document():
    guest = guests.Reader(State(digests=[X])).of_server(VF)
    assert devices(guest) == [[('PCI alias vf', X)]]
    assert guest.notes == ()
    assert guest.wanted[0].functions == {'PCI alias vf': ()}


def test_a_function_that_nobody_names_may_be_any():
    state = State(places={PF: {X}, PF2: {Y, Z}})
    guest = guests.Reader(state).of_server(VF)
    assert devices(guest) == [[('PCI alias vf', d)] for d in (X, Y, Z)]
    [note] = guest.notes
    assert 'PCI alias vf' in note
    assert '3 documents' in note


@pytest.mark.parametrize(
    ('pf', 'expected'),
    [
        ('41', [[('PCI class VF', X)]]),
        ('42', [[('PCI class VF', Y)], [('PCI class VF', Z)]]),
        ('43', [[('PCI class VF', d)] for d in (X, Y, Z)]),
    ],
    ids=['one document', 'its VFs differ', 'a VF has none'],
)
def test_with_pci_in_placement_its_pf_is_known(pf, expected):
    state = State(
        places={PF: {X}, PF2: {Y, Z}},
        held={'rp': {'VF': 1}, 'source': {'VCPU': 1}},
    )
    state.trees['rp'] = f'source_0000:{pf}:00.0'
    guest = guests.Reader(state).of_server(VF)
    assert devices(guest) == expected
    assert bool(guest.notes) == (len(expected) > 1)
    for wanted in guest.wanted:
        assert wanted.functions == {'PCI class VF': ('_migcompat0',)}
        assert wanted.groups['_migcompat0'] == placement.Group({'VF': 1})


def test_two_functions_that_are_known_are_no_alternatives():
    state = State(
        places={PF: {X}, PF2: {Y}},
        held={'one': {'VF': 1}, 'two': {'VF': 1}},
    )
    state.trees['one'] = 'source_0000:41:00.0'
    state.trees['two'] = 'source_0000:42:00.0'
    guest = guests.Reader(state).of_server(
        server(pci_passthrough__alias='vf:2')
    )
    assert devices(guest) == [[('PCI class VF', X), ('PCI class VF', Y)]]
    assert guest.notes == ()


def test_no_more_alternatives_are_judged_than_a_person_reads():
    many = {f'{n:032b}'.translate({48: 65, 49: 66}) for n in range(100)}
    state = State(places={PF: frozenset(many)})
    guest = guests.Reader(state).of_server(VF)
    assert len(guest.wanted) == 64
    assert '100 documents' in guest.notes[0]
    assert 'the first 64' in guest.notes[-1]


def test_each_document_of_a_host_is_a_guest_without_the_api():
    state = State(places={PF: {X}, PF2: {X, Y}}, parents={GPU: {Z}})
    found = guests.Reader(state).of_host('source', None)
    assert [(g.name, *g.wanted[0].documents()) for g in found] == [
        (f'{PF}, {PF2}', X),
        (PF2, Y),
        ('PCI_0000_81_00_0', Z),
    ]
    asked = [g.wanted[0].groups[''].resources for g in found]
    assert asked == [{'MEMORY_MB': 1}, {'MEMORY_MB': 1}, {'VGPU': 1}]


@pytest.mark.parametrize('address', ['0000:42:00.0', PF2, PF2.lower()])
def test_one_device_is_chosen_by_its_address(address):
    state = State(places={PF: {X}, PF2: {Y}})
    [found] = guests.Reader(state).of_host('source', address)
    assert found.wanted[0].documents() == [Y]


def test_a_device_that_is_not_there_is_refused_with_those_that_are():
    state = State(places={PF: {X}})
    with pytest.raises(base.InputError, match=PF):
        guests.Reader(state).of_host('source', '0000:99:00.0')
