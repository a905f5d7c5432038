# SPDX-License-Identifier: Apache-2.0
"""What a decision reads of a fleet, on a real Placement."""

import pytest

from nova_migcompat import decision, descriptor, fleet, traits
from nova_migcompat.placement import PlacementClient, PlacementError
from tests.placement_server import Admin

ONE = descriptor.parse('SELF:\n a=1\nCOMPATIBLE:\n a={v:int:1,2}\n')
TWO = descriptor.parse('SELF:\n a=2\n')
THREE = descriptor.parse('SELF:\n a=3\n')
PF, VF = 'PCI_0000_84_00_0', 'PCI_0000_84_00_1'
FUNCTION = fleet.Function(VF, PF, frozenset({VF}))


class Counting:
    """An adapter that counts what passes through it."""

    def __init__(self, adapter):
        self.adapter = adapter
        self.urls = []

    def get(self, url, **options):
        self.urls.append(url)
        return self.adapter.get(url, **options)


class Fleet:
    """Hosts that publish, as their agents would have done it."""

    def __init__(self, server):
        self.admin = Admin(server.adapter())
        self.adapter = Counting(server.adapter())
        self.client = PlacementClient(self.adapter)

    def host(self, name, *documents, texts=True, more=(), parents=()):
        names = [traits.document_trait(d.digest) for d in documents]
        if texts:
            for document in documents:
                self.admin.create_traits(traits.text_traits(document))
        uuid = self.admin.create_provider(name, traits=[*names, *more])
        for parent, document in parents:
            trait = traits.document_trait(document.digest)
            self.admin.create_provider(f'{name}_{parent}', uuid, [trait])
        return uuid


@pytest.fixture
def cloud(placement):
    return Fleet(placement)


def digests(devices):
    return [(device.name, set(device.digests)) for device in devices]


def test_the_documents_in_use_are_those_that_a_provider_has(cloud):
    cloud.host('h1', ONE)
    cloud.admin.create_traits([traits.document_trait(TWO.digest)])
    assert fleet.in_use(cloud.client) == {ONE.digest}


def test_a_uniform_host_says_it_all_with_one_name(cloud):
    node = cloud.host('h1', ONE)
    guest = fleet.Guest(node, (FUNCTION,), 'consumer', frozenset({'VGPU'}))
    assert digests(fleet.source_devices(cloud.client, guest)) == [
        (VF, {ONE.digest}),
        ('its mdevs', {ONE.digest}),
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
    assert digests(fleet.source_devices(cloud.client, guest)) == [
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
    [device] = fleet.source_devices(cloud.client, fleet.Guest(node, (silent,)))
    assert device.digests == frozenset()


def test_a_device_without_any_location_is_one_without_a_document(cloud):
    node = cloud.host('h1', ONE, more=[traits.location_trait(PF, ONE.digest)])
    guest = fleet.Guest(node, (fleet.Function('PCI_0000_99_00_0'),))
    [device] = fleet.source_devices(cloud.client, guest)
    assert device.digests == frozenset()


def test_one_document_on_one_parent_does_not_make_a_host_uniform(cloud):
    node = cloud.host('h1', ONE, parents=[('pci_0000_81_00_0', ONE)])
    silent = cloud.admin.create_provider(
        'h1_pci_0000_82_00_0', node, inventory={'VGPU': 1}
    )
    consumer = '5f3f1b0e-2a4e-4a4e-9d1e-0f6d2c9f6a51'
    cloud.admin.allocate(consumer, {silent: {'VGPU': 1}})
    guest = fleet.Guest(node, (FUNCTION,), consumer, frozenset({'VGPU'}))
    assert digests(fleet.source_devices(cloud.client, guest)) == [
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
    guest = fleet.Guest(node, (), consumer, frozenset({'VGPU'}))
    assert digests(fleet.source_devices(cloud.client, guest)) == [
        (f'provider {parents[1]}', {TWO.digest})
    ]
    assert len(cloud.adapter.urls) == 3


def test_mdevs_that_placement_does_not_know_are_unknown_and_not_none(cloud):
    node = cloud.host('h1', ONE, TWO)
    consumer = '5f3f1b0e-2a4e-4a4e-9d1e-0f6d2c9f6a51'
    guest = fleet.Guest(node, (), consumer, frozenset({'VGPU'}))
    assert digests(fleet.source_devices(cloud.client, guest)) == [
        ('its mdevs, which are not known', set())
    ]


def test_a_host_that_publishes_nothing_costs_one_request(cloud):
    node = cloud.host('h1')
    guest = fleet.Guest(node, (FUNCTION,), 'consumer', frozenset({'VGPU'}))
    assert [d.digests for d in fleet.source_devices(cloud.client, guest)] == [
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
        fleet.source_devices(cloud.client, guest)


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


def requirement(documents, source=ONE):
    devices = [decision.SourceDevice('gpu', frozenset({source.digest}))]
    known = {d.digest: d for d in documents}
    return decision.decide(devices, known, decision.Policy()).requirements[0]


def test_hosts_pass_by_what_they_have(cloud):
    right = cloud.host('right', TWO, THREE)
    wrong = cloud.host('wrong', THREE)
    silent = cloud.host('silent')
    unread = cloud.host(
        'unread', descriptor.parse('SELF:\n a=4\n'), texts=False
    )
    hosts = {right, wrong, silent, unread}
    asked = requirement([ONE, TWO, THREE])
    for policy, passing in (
        (decision.Policy(), {right}),
        (decision.Policy(unknown_target='pass'), {right, silent, unread}),
    ):
        assert fleet.passing(cloud.client, asked, policy, hosts) == passing


def test_hosts_outside_the_question_never_pass(cloud):
    cloud.host('elsewhere', TWO)
    asked = requirement([ONE, TWO])
    assert (
        fleet.passing(cloud.client, asked, decision.Policy(), set())
        == frozenset()
    )


def test_one_host_is_asked_by_itself_when_many_documents_match(cloud):
    documents = [descriptor.parse(f'SELF:\n a={n}\n') for n in range(1, 130)]
    host = cloud.host('h1', documents[128], texts=False)
    digests = [d.digest for d in documents]
    assert fleet.holders(cloud.client, digests, {host}) == {host}
    assert len(cloud.adapter.urls) == 1


@pytest.mark.parametrize('count', [1, 6])
def test_objections_name_what_a_host_has(cloud, count):
    wrong = [cloud.host(f'wrong{n}', THREE) for n in range(count)]
    silent = cloud.host('silent')
    asked = requirement([ONE, TWO, THREE])
    said = fleet.objections(cloud.client, asked, [*wrong, silent])
    assert said[silent] == ''
    for host in wrong:
        assert said[host] == (
            f"{THREE.digest}: source object 1, a: '3', allowed {{v:int:1,2}}"
        )


def test_objections_to_many_documents_cost_one_request_or_none(cloud):
    documents = [descriptor.parse(f'SELF:\n a={n}\n') for n in range(3, 80)]
    hosts = [
        cloud.host(f'h{n}', document, texts=False)
        for n, document in enumerate(documents[:6])
    ]
    silent = cloud.host('silent')
    cloud.admin.create_traits(
        traits.document_trait(document.digest) for document in documents
    )
    for count, requests, expected in ((10, 1, ''), (77, 0, 'compatible')):
        asked = requirement([ONE, *documents[:count]])
        cloud.adapter.urls.clear()
        said = fleet.objections(cloud.client, asked, [*hosts, silent])
        assert len(cloud.adapter.urls) == requests
        assert said[hosts[0]] == 'it has none of the 1 compatible documents'
        assert expected in said[silent]
        assert bool(said[silent]) == bool(expected)
