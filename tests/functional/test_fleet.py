# SPDX-License-Identifier: Apache-2.0
"""What a decision reads of a fleet, on a real Placement."""

import pytest

from nova_migcompat import descriptor, fleet, traits
from nova_migcompat.placement import PlacementError

ONE = descriptor.parse('SELF:\n a=1\nCOMPATIBLE:\n a={v:int:1,2}\n')
TWO = descriptor.parse('SELF:\n a=2\n')
THREE = descriptor.parse('SELF:\n a=3\n')
PF, VF = 'PCI_0000_84_00_0', 'PCI_0000_84_00_1'
FUNCTION = fleet.Function(VF, PF, frozenset({VF}))


def source_devices(cloud, guest):
    source = fleet.read_source(cloud.client, guest)
    return fleet.source_devices(cloud.client, source)


def digests(devices):
    return [(device.name, set(device.digests)) for device in devices]


def test_the_names_in_use_are_those_that_a_provider_has(cloud):
    cloud.host('h1', ONE, more=[traits.location_trait(PF, ONE.digest)])
    cloud.admin.create_traits(
        [
            traits.document_trait(TWO.digest),
            traits.location_trait(PF, TWO.digest),
        ]
    )
    expected = fleet.Names(
        frozenset({ONE.digest}), {PF: frozenset({ONE.digest})}
    )
    assert fleet.in_use(cloud.client) == expected
    assert len(cloud.adapter.urls) == 1
    assert fleet.in_use(cloud.client, apart=True) == expected
    assert len(cloud.adapter.urls) == 1 + 2


def test_a_uniform_host_says_it_all_with_one_name(cloud):
    node = cloud.host('h1', ONE)
    guest = fleet.Guest(node, (FUNCTION,), 'consumer', {'VGPU': 1})
    assert digests(source_devices(cloud, guest)) == [
        (VF, {ONE.digest}),
        ('its VGPU', {ONE.digest}),
    ]
    assert len(cloud.adapter.urls) == 2


def test_the_most_exact_location_counts(cloud):
    node = cloud.host(
        'h1',
        ONE,
        TWO,
        more=[
            traits.location_trait(PF, ONE.digest),
            traits.location_trait(PF, TWO.digest),
            traits.location_trait(VF, TWO.digest),
        ],
    )
    other = 'PCI_0000_84_00_2'
    guest = fleet.Guest(node, (FUNCTION, fleet.Function(other, PF)))
    assert digests(source_devices(cloud, guest)) == [
        (VF, {TWO.digest}),
        (other, {ONE.digest, TWO.digest}),
    ]


def test_a_vf_without_a_document_has_not_that_of_its_siblings(cloud):
    sibling = 'PCI_0000_84_00_2'
    node = cloud.host(
        'h1',
        ONE,
        more=[
            traits.location_trait(PF, ONE.digest),
            traits.location_trait(sibling, ONE.digest),
        ],
    )
    silent = fleet.Function(VF, PF, frozenset({VF, sibling}))
    [device] = source_devices(cloud, fleet.Guest(node, (silent,)))
    assert device.digests == frozenset()


def test_a_device_without_any_location_is_one_without_a_document(cloud):
    node = cloud.host('h1', ONE, more=[traits.location_trait(PF, ONE.digest)])
    guest = fleet.Guest(node, (fleet.Function('PCI_0000_99_00_0'),))
    [device] = source_devices(cloud, guest)
    assert device.digests == frozenset()


def test_one_document_on_one_parent_does_not_make_a_host_uniform(cloud):
    node = cloud.host('h1', ONE, parents=[('pci_0000_81_00_0', ONE)])
    silent = cloud.admin.create_provider(
        'h1_pci_0000_82_00_0', node, inventory={'VGPU': 1}
    )
    consumer = '5f3f1b0e-2a4e-4a4e-9d1e-0f6d2c9f6a51'
    cloud.admin.allocate(consumer, {silent: {'VGPU': 1}})
    guest = fleet.Guest(node, (FUNCTION,), consumer, {'VGPU': 1})
    assert digests(source_devices(cloud, guest)) == [
        (VF, set()),
        (f'provider {silent}', set()),
    ]
    assert len(cloud.adapter.urls) == 3


def test_an_mdevs_document_is_that_of_the_provider_it_is_allocated_on(cloud):
    node = cloud.host('h1', ONE, TWO)
    parents = [
        cloud.admin.create_provider(
            f'h1_{name}',
            node,
            [traits.document_trait(document.digest)],
            {'VGPU': 4},
        )
        for name, document in (
            ('pci_0000_81_00_0', ONE),
            ('pci_0000_82_00_0', TWO),
        )
    ]
    consumer = '5f3f1b0e-2a4e-4a4e-9d1e-0f6d2c9f6a51'
    cloud.admin.allocate(consumer, {parents[1]: {'VGPU': 1}})
    guest = fleet.Guest(node, (), consumer, {'VGPU': 1})
    assert digests(source_devices(cloud, guest)) == [
        (f'provider {parents[1]}', {TWO.digest})
    ]
    assert len(cloud.adapter.urls) == 3


def test_mdevs_that_placement_does_not_know_are_unknown_and_not_none(cloud):
    node = cloud.host('h1', ONE, TWO)
    consumer = '5f3f1b0e-2a4e-4a4e-9d1e-0f6d2c9f6a51'
    guest = fleet.Guest(node, (), consumer, {'VGPU': 1})
    assert digests(source_devices(cloud, guest)) == [
        ('its VGPU, of which Placement knows nothing', set())
    ]


def test_a_host_that_publishes_nothing_costs_one_request(cloud):
    node = cloud.host('h1')
    guest = fleet.Guest(node, (FUNCTION,), 'consumer', {'VGPU': 1})
    assert [d.digests for d in source_devices(cloud, guest)] == [
        frozenset(),
        frozenset(),
    ]
    assert len(cloud.adapter.urls) == 1


def test_a_node_without_a_provider_is_an_error_and_not_an_unknown_source(
    cloud,
):
    guest = fleet.Guest(
        '5f3f1b0e-2a4e-4a4e-9d1e-0f6d2c9f6a51', (fleet.Function(PF),)
    )
    with pytest.raises(PlacementError):
        source_devices(cloud, guest)


def test_a_library_reads_a_text_once(cloud):
    cloud.host('h1', ONE)
    cloud.host('h2', TWO)
    library = fleet.Library()
    wanted = {ONE.digest, TWO.digest}
    texts = library.read(cloud.client, wanted)
    assert texts.documents == {ONE.digest: ONE, TWO.digest: TWO}
    assert library.read(cloud.client, wanted) == texts
    assert len(cloud.adapter.urls) == 1


def test_a_text_that_does_not_verify_is_absent_for_a_while(cloud, monkeypatch):
    cloud.host('h1', ONE, texts=False)
    library = fleet.Library()
    texts = library.read(cloud.client, {ONE.digest})
    assert texts.problems == {ONE.digest: 'no text is published'}
    cloud.admin.create_traits(traits.text_traits(ONE))
    assert library.read(cloud.client, {ONE.digest}) == texts
    assert len(cloud.adapter.urls) == 1
    monkeypatch.setattr(fleet.time, 'monotonic', lambda: 1e9)
    assert library.read(cloud.client, {ONE.digest}).documents


def test_a_text_that_another_thread_has_read_meanwhile_is_no_problem(cloud):
    cloud.host('h1', ONE, texts=False)
    library = fleet.Library()

    class Overtaken:
        """A client whose answer is older than what another thread got."""

        def traits(self, startswith):
            before = cloud.client.traits(startswith=startswith)
            cloud.admin.create_traits(traits.text_traits(ONE))
            assert library.read(cloud.client, {ONE.digest}).documents
            return before

    library.read(Overtaken(), {ONE.digest})
    assert library.read(cloud.client, {ONE.digest}) == traits.Texts(
        {ONE.digest: ONE}, {}
    )


def test_a_library_is_bounded(cloud):
    for document in (ONE, TWO, THREE):
        cloud.host(document.digest, document)
    library = fleet.Library(most=2)
    for document in (ONE, TWO, THREE):
        assert library.read(cloud.client, {document.digest}).documents
    cloud.adapter.urls.clear()
    library.read(cloud.client, {TWO.digest, THREE.digest})
    assert cloud.adapter.urls == []
    library.read(cloud.client, {ONE.digest})
    assert len(cloud.adapter.urls) == 1
