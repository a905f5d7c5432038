# SPDX-License-Identifier: Apache-2.0
"""From devices to names (DESIGN.md, "What stands in Placement")."""

import hypothesis
import pytest
from hypothesis import strategies

from nova_migcompat import descriptor, fleet, traits
from nova_migcompat.agent import desired, inventory, model

PF = 'PCI_0000_81_00_0'


def document(name, size=0):
    filler = ''.join(f' f{i}="{"x" * 1000}"\n' for i in range(size // 1000))
    return descriptor.parse(f'SELF:\n name={name}\n{filler}')


X, Y, Z = document('x'), document('y'), document('z')


def described(node_device, *documents, physfn=None, vfio=True):
    device = model.Device(node_device, '/sys/x', vfio=vfio, physfn=physfn)
    return inventory.Described(device, documents)


def vf(number, *documents, physfn=PF):
    return described(f'pci_0000_81_00_{number}', *documents, physfn=physfn)


def gpu(bus, *documents):
    device = model.Device(f'pci_0000_{bus}_00_0', '/sys/y', mdev_types=('a',))
    return inventory.Described(device, documents, gives_mdevs=True)


def node_names(*devices, fields=(), **options):
    return desired.desired(devices, fields, **options).node


def d(document):
    return traits.document_trait(document.digest)


def at(location, document):
    return traits.location_trait(location, document.digest)


def test_a_host_without_devices_has_no_names():
    assert desired.desired([]) == desired.Desired()


def test_a_uniform_host_has_one_d_name_and_nothing_else():
    wanted = desired.desired([gpu(84, X), gpu(85, X), vf(1, X), vf(2, X)], ())

    assert wanted.node == {d(X)}
    assert wanted.parents == {}


def test_the_fields_are_f_names_as_far_as_they_are_asked_for():
    f_name = 'CUSTOM_MIGCOMPAT_F_NAME_X'

    assert node_names(gpu(84, X), fields=None) == {d(X), f_name}
    assert node_names(gpu(84, X), fields={'name'}) == {d(X), f_name}
    assert node_names(gpu(84, X), fields={'other'}) == {d(X)}


def test_vfs_that_agree_beside_a_gpu_that_differs_stand_at_their_pf_alone():
    names = node_names(vf(1, X), vf(2, X), gpu(84, Y))

    assert names == {d(X), d(Y), at(PF, X)}


def test_of_vfs_that_differ_the_fewer_stand_at_their_own_address_too():
    names = node_names(vf(1, X), vf(2, Y), vf(3, X))

    assert names == {
        d(X),
        d(Y),
        at(PF, X),
        at(PF, Y),
        at('PCI_0000_81_00_2', Y),
    }


@hypothesis.given(
    strategies.lists(
        strategies.sampled_from([(), (X,), (Y,), (Z,)]), min_size=1, max_size=7
    )
)
def test_what_each_vf_has_can_be_read_from_the_names(documents):
    gpus = gpu(84, X), gpu(85, Y)  # so that locations are told at all
    siblings = [vf(number, *each) for number, each in enumerate(documents, 1)]

    names = fleet.Names.read(node_names(*gpus, *siblings))

    locations = frozenset(each.device.location for each in siblings)
    for each in siblings:
        function = fleet.Function(each.device.location, PF, locations)
        found = function.digests(names.places)
        assert found == {document.digest for document in each.documents}


def test_a_vf_without_a_document_makes_the_vfs_of_its_pf_differ():
    names = node_names(vf(1, X), vf(2))

    # Nor does the PF say X: Nova knows the VFs by it, and may take either.
    assert names == {d(X), at('PCI_0000_81_00_1', X)}


def test_vfs_of_another_pf_keep_to_the_address_of_theirs():
    names = node_names(vf(1, X), vf(2, X), vf(3, Y, physfn='PCI_0000_82_00_0'))

    assert names == {d(X), d(Y), at(PF, X), at('PCI_0000_82_00_0', Y)}


def test_a_function_that_is_no_vf_stands_at_its_own_address():
    names = node_names(described('pci_0000_81_00_0', X), gpu(84, Y))

    assert names == {d(X), d(Y), at(PF, X)}


def test_parents_that_differ_have_d_names_of_their_own_and_no_location():
    wanted = desired.desired([gpu(84, X), gpu(85, X, Y)], ())

    assert wanted.node == {d(X), d(Y)}
    assert wanted.parents == {
        'pci_0000_84_00_0': {d(X)},
        'pci_0000_85_00_0': {d(X), d(Y)},
    }


@pytest.mark.parametrize('undescribed', [gpu(85), vf(1)])
def test_an_assignable_device_without_a_document_makes_a_host_not_uniform(
    undescribed,
):
    wanted = desired.desired([gpu(84, X), undescribed], ())

    assert wanted.node == {d(X)}
    assert wanted.parents['pci_0000_84_00_0'] == {d(X)}


def test_a_device_of_the_host_itself_with_another_document_does_so_too():
    wanted = desired.desired(
        [gpu(84, X), described('pci_0000_81_00_0', Y, vfio=False)], ()
    )

    assert wanted.node == {d(X), d(Y), at(PF, Y)}
    assert wanted.parents == {'pci_0000_84_00_0': {d(X)}}


def test_one_parent_whose_mdevs_differ_makes_a_host_not_uniform():
    assert desired.desired([gpu(84, X, Y)], ()).parents


def test_a_host_that_could_not_be_looked_at_as_a_whole_is_not_uniform():
    names = node_names(vf(1, X), certain=False)

    assert names == {d(X), at(PF, X)}


def test_what_is_no_pci_function_has_no_location():
    ccw = model.Device('css_0_0_0035', '/sys/z', pci=False)

    names = node_names(inventory.Described(ccw, (X,)), gpu(84, Y))

    assert names == {d(X), d(Y)}


def test_a_document_past_16_kib_is_its_devices_problem_and_left_out():
    large = document('large', 20000)

    wanted = desired.desired([gpu(84, X), vf(1, large)], ())

    assert wanted.node == {d(X)}
    assert wanted.parents  # not uniform: the VF is without a document
    (problem,) = wanted.problems
    assert problem.device.location == 'PCI_0000_81_00_1'
    assert '16,384' in problem.reason


def test_a_document_of_just_16_kib_is_published():
    name = 'SELF:\n\tname="'
    filler = ''.join(f'\tf{i:02}="{"x" * 1000}"\n' for i in range(16))
    room = traits.MAX_TEXT - len(name) - len(filler) - len('"\n')
    text = f'{name}{"y" * room}"\n{filler}'
    exact = descriptor.parse(text)
    assert len(exact.canonical.encode()) == traits.MAX_TEXT

    assert desired.desired([gpu(84, exact)]).problems == ()


def test_a_host_has_at_most_64_documents():
    documents = [document(f'd{i}') for i in range(65)]
    devices = [
        described(f'pci_0000_{i:02x}_00_0', document)
        for i, document in enumerate(documents)
    ]
    same_as_first = described('pci_0000_ff_00_0', documents[0])

    wanted = desired.desired([*devices, same_as_first], ())

    assert len(wanted.documents) == 64
    assert traits.digests(wanted.node) == wanted.documents.keys()
    (problem,) = wanted.problems
    assert problem.device.location == 'PCI_0000_40_00_0'
    assert at('PCI_0000_FF_00_0', documents[0]) in wanted.node


def test_every_document_with_a_d_name_is_one_whose_text_is_needed():
    wanted = desired.desired([gpu(84, X), gpu(85, Y)])

    assert wanted.documents == {X.digest: X, Y.digest: Y}
    assert traits.digests(wanted.node) == wanted.documents.keys()


def test_no_text_is_ever_wanted_on_a_provider():
    wanted = desired.desired([gpu(84, X), gpu(85, Y), vf(1, X), vf(2, Y)])

    everywhere = wanted.node.union(*wanted.parents.values())
    assert not any(n.startswith(traits.TEXT_PREFIX) for n in everywhere)
    assert all(map(traits.is_ours, everywhere))


@pytest.mark.parametrize(
    ('provider', 'names'),
    [
        ('node', {d(X), d(Y)}),
        ('node_pci_0000_84_00_0', {d(X)}),
        ('node_pci_0000_86_00_0', set()),
        ('node_0000:84:00.0', None),
        ('other_pci_0000_84_00_0', None),
        ('node2', None),
    ],
)
def test_each_provider_of_the_tree_is_known_by_its_name(provider, names):
    wanted = desired.desired([gpu(84, X), gpu(85, Y)], ())

    assert wanted.of_provider(provider, 'node') == names
