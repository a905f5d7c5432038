# SPDX-License-Identifier: Apache-2.0
"""A fleet that was read once answers as the real Placement does."""

import itertools
import uuid

import pytest

from nova_migcompat import census, descriptor, fleet, snapshot, traits
from tests.functional.published_fleet import Fleet

ONE, TWO, THREE = (descriptor.parse(f'SELF:\n a={n}\n') for n in (1, 2, 3))
PF = 'PCI_0000_84_00_0'
L_TWO = traits.location_trait(PF, TWO.digest)


@pytest.fixture
def cloud(placement):
    cloud = Fleet(placement)
    cloud.host('uniform', ONE)
    cloud.host('places', ONE, TWO, more=[L_TWO])
    cloud.host('parents', ONE, THREE, parents=[('a', ONE), ('b', THREE)])
    cloud.host('silent')
    return cloud


def uuids(providers):
    return {(provider.uuid, provider.root_uuid) for provider in providers}


def test_every_question_about_names_has_the_same_answer(cloud):
    real = cloud.client
    read = snapshot.Snapshot(real, census.read(real, places=True))
    names = sorted(real.traits(startswith=traits.PREFIX, associated=True))
    assert len(names) == 4
    questions = [
        subset
        for size in (1, 2)
        for subset in itertools.combinations(names, size)
    ]
    for wanted, besides in itertools.product(questions, [(), *questions]):
        assert uuids(
            read.providers_with_any(wanted, and_any=besides)
        ) == uuids(real.providers_with_any(wanted, and_any=besides))
    for host in ('uniform', 'places', 'parents', 'silent'):
        tree = real.tree(real.provider(name=host).uuid)
        for provider in tree:
            node = provider.root_uuid
            assert uuids(
                read.providers_with_any(names, in_tree=node)
            ) == uuids(real.providers_with_any(names, in_tree=node))
            ours = real.provider_traits(provider.uuid).names
            assert read.provider_traits(provider.uuid).names == ours
    for apart in (False, True):
        assert fleet.in_use(read, apart) == fleet.in_use(real, apart)


def test_it_asks_for_nothing_but_allocations_and_those_once(cloud):
    read = census.read(cloud.client, places=True)
    taken = snapshot.Snapshot(cloud.client, read)
    library = snapshot.library_of(read)
    cloud.adapter.urls.clear()
    digests = fleet.in_use(taken).digests

    texts = library.read(taken, digests)

    assert texts.documents.keys() == digests
    assert cloud.adapter.urls == []
    server = str(uuid.uuid4())
    assert taken.allocations(server) == taken.allocations(server) == {}
    assert cloud.adapter.urls == [f'/allocations/{server}']


def test_what_was_read_by_the_providers_of_a_tree_is_what_servers_have(cloud):
    real = cloud.client
    node = real.provider(name='parents').uuid
    tree = sorted(provider.uuid for provider in real.tree(node))
    held = {}
    for number, uuids in enumerate((tree[:1], tree[1:], tree)):
        server = str(uuid.uuid4())
        held[server] = {each: {'VGPU': 1 + number} for each in uuids}
    for provider in tree:
        cloud.admin.set_inventory(provider, {'VGPU': 16})
    for server, amounts in held.items():
        cloud.admin.allocate(server, amounts)
    taken = snapshot.Snapshot(real, census.read(real, places=True))

    taken.read_allocations([*tree, str(uuid.uuid4())])
    cloud.adapter.urls.clear()

    assert {each: taken.allocations(each) for each in held} == held
    assert cloud.adapter.urls == []
