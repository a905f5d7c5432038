# SPDX-License-Identifier: Apache-2.0
"""The client on a real Placement."""

import socket
import threading
import time
import uuid

import pytest
import requests
from keystoneauth1 import adapter as ksa_adapter
from keystoneauth1 import session, token_endpoint
from oslo_config import cfg
from placement import exception

from nova_migcompat import placement as client_module
from nova_migcompat.conf import placement as conf
from nova_migcompat.placement import errors, transport
from tests import placement_server

FOREIGN = ('COMPUTE_NODE', 'CUSTOM_GOLD')
OURS = 'CUSTOM_MIGCOMPAT_D_' + 'A' * 32


class Recorder:
    """An adapter that notes what is sent, and can act before it is."""

    def __init__(self, adapter):
        self.adapter = adapter
        self.sent = []
        self.before_put = lambda: None

    def get(self, url, **options):
        self.sent.append(('GET', url))
        return self.adapter.get(url, **options)

    def put(self, url, **options):
        self.sent.append(('PUT', url))
        self.before_put()
        return self.adapter.put(url, **options)


@pytest.fixture
def recorder(placement):
    return Recorder(placement.adapter())


@pytest.fixture
def client(recorder):
    return client_module.PlacementClient(recorder)


@pytest.fixture
def admin(placement):
    """Other services: nova-compute and administrators."""
    return placement_server.Admin(placement.adapter())


def names(count, digits=32):
    return {
        f'CUSTOM_MIGCOMPAT_D_{number:0{digits}d}' for number in range(count)
    }


def test_traits_are_listed_by_their_beginning(client, admin):
    admin.create_traits([OURS, 'CUSTOM_GOLD'])

    assert client.traits(startswith='CUSTOM_MIGCOMPAT_') == {OURS}
    assert {OURS, 'CUSTOM_GOLD', 'COMPUTE_NODE'} < client.traits()


def test_traits_are_listed_by_whether_a_provider_has_them(client, admin):
    admin.create_provider('compute1', traits=[OURS])
    admin.create_traits(['CUSTOM_MIGCOMPAT_T_X'])

    assert client.traits(startswith='CUSTOM_', associated=True) == {OURS}
    assert client.traits(startswith='CUSTOM_', associated=False) == {
        'CUSTOM_MIGCOMPAT_T_X'
    }
    assert client.traits(names=[OURS, 'CUSTOM_NONE'], associated=True) == {
        OURS
    }


@pytest.mark.parametrize('digits', [32, 236])
def test_hundreds_of_names_are_asked_for_in_short_urls(
    client, recorder, admin, digits
):
    many = sorted(names(300, digits))
    existing = {many[0], many[150], many[299]}
    admin.create_traits(existing)

    assert client.traits(names=many) == existing

    longest = max(len(url) for _, url in recorder.sent)
    assert longest <= transport.MAX_URL - 200
    assert len(recorder.sent) == {32: 5, 236: 22}[digits]


def test_a_trait_is_created_once_and_again(client):
    client.create_trait(OURS)
    client.create_trait(OURS)

    assert client.traits(startswith='CUSTOM_') == {OURS}


@pytest.mark.parametrize('name', ['HW_NOT_OURS', 'CUSTOM_small', 'A/B?c=,d'])
def test_a_name_that_placement_refuses_is_an_error(client, name):
    with pytest.raises(client_module.PlacementError) as caught:
        client.create_trait(name)

    assert caught.value.status in {400, 404}


def test_a_provider_is_found_by_uuid_and_by_name(client, admin):
    root = admin.create_provider('compute 1, "the" first?&')

    found = client.provider(uuid=root)

    assert found == client_module.Provider(
        uuid=root,
        name='compute 1, "the" first?&',
        generation=0,
        root_uuid=root,
        parent_uuid=None,
    )
    assert client.provider(name=found.name) == found


def test_there_may_be_no_such_provider(client, admin):
    nobody = str(uuid.uuid4())

    assert client.provider(uuid=nobody) is None
    assert client.provider(name='compute1') is None
    admin.create_provider('compute2')
    for name in ('', '\ud800'):
        assert client.provider(name=name) is None
    assert client.tree(nobody) == ()
    with pytest.raises(client_module.NotFound, match=nobody):
        client.provider_traits(nobody)
    with pytest.raises(client_module.NotFound):
        client.put_provider_traits(nobody, [], 0)
    with pytest.raises(client_module.NotFound):
        client.update_provider_traits(nobody, lambda _names: [])


def test_a_tree_is_listed_from_any_of_its_providers(client, admin):
    root = admin.create_provider('compute1')
    child = admin.create_provider('compute1_pci_0000_84_00_0', parent=root)
    admin.create_provider('compute2')

    tree = {provider.uuid: provider for provider in client.tree(child)}

    assert set(tree) == {root, child}
    assert tree[child].parent_uuid == tree[child].root_uuid == root


def test_traits_of_a_provider_come_with_its_generation(client, admin):
    root = admin.create_provider('compute1', traits=FOREIGN)

    standing = client.provider_traits(root)

    assert standing.names == set(FOREIGN)
    assert standing.generation == client.provider(uuid=root).generation == 1


def test_a_stale_generation_is_a_conflict(client, admin):
    root = admin.create_provider('compute1')
    stale = client.provider_traits(root)
    admin.set_traits(root, FOREIGN)

    with pytest.raises(client_module.Conflict) as caught:
        client.put_provider_traits(root, [], stale.generation)

    assert caught.value.status == 409
    assert client.provider_traits(root).names == set(FOREIGN)


def test_a_trait_that_does_not_exist_cannot_be_put(client, admin):
    root = admin.create_provider('compute1')

    with pytest.raises(client_module.PlacementError, match='No such trait'):
        client.put_provider_traits(root, [OURS], 0)


def test_an_update_keeps_others_names(client, admin):
    root = admin.create_provider(
        'compute1', traits=[*FOREIGN, 'CUSTOM_MIGCOMPAT_F_OLD']
    )
    client.create_trait(OURS)

    after = client.update_provider_traits(root, lambda _names: [OURS])

    assert after == client.provider_traits(root)
    assert after.names == {*FOREIGN, OURS}


def test_an_update_that_changes_nothing_is_one_request(
    client, recorder, admin
):
    root = admin.create_provider('compute1', traits=[*FOREIGN, OURS])

    after = client.update_provider_traits(root, lambda _names: [OURS])

    assert after.generation == 1
    assert recorder.sent == [('GET', f'/resource_providers/{root}/traits')]


def test_what_another_wrote_between_read_and_write_stays(
    client, recorder, admin
):
    root = admin.create_provider('compute1', traits=['COMPUTE_NODE'])
    client.create_trait(OURS)
    others = iter([[*FOREIGN], [*FOREIGN, 'HW_CPU_X86_AVX']])

    def write():
        if traits := next(others, None):
            admin.set_traits(root, traits)

    recorder.before_put = write

    after = client.update_provider_traits(root, lambda names: names | {OURS})

    assert [method for method, _ in recorder.sent].count('PUT') == 1 + 3
    assert after.names == {*FOREIGN, 'HW_CPU_X86_AVX', OURS}


def test_many_writers_at_once_lose_nothing(placement, admin):
    root = admin.create_provider('compute1', traits=FOREIGN)
    ours = sorted(names(8))
    admin.create_traits(ours)
    failures = []

    def add(name):
        client = client_module.PlacementClient(placement.adapter())
        try:
            client.update_provider_traits(root, lambda names: names | {name})
        except client_module.PlacementError as error:
            failures.append(error)

    threads = [threading.Thread(target=add, args=[name]) for name in ours]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert admin.traits(root) == {*FOREIGN, *ours}


@pytest.mark.parametrize(
    'lost',
    [
        exception.ConcurrentUpdateDetected,
        exception.ResourceProviderConcurrentUpdateDetected,
    ],
)
def test_placements_words_for_a_race_lost_late_are_a_conflict(lost):
    response = requests.Response()
    response.status_code = 500
    response._content = str(lost()).encode()

    error = errors.refusal('PUT', response, transport.MICROVERSION)

    assert isinstance(error, client_module.Conflict)


def test_providers_with_any_of_hundreds_of_traits_are_united(
    client, recorder, admin
):
    many = sorted(names(200))
    admin.create_traits(many)
    first = admin.create_provider('compute1', traits=[many[0], many[199]])
    second = admin.create_provider('compute2', traits=[many[100]])
    admin.create_provider('compute3', traits=FOREIGN)

    found = client.providers_with_any(many)

    assert sorted(p.uuid for p in found) == sorted([first, second])
    assert len(recorder.sent) == 4
    assert max(len(url) for _, url in recorder.sent) <= 3800


def test_a_trait_that_was_deleted_is_one_that_no_provider_has(
    client, recorder, admin
):
    root = admin.create_provider('compute1', traits=[OURS])
    gone = 'CUSTOM_MIGCOMPAT_D_' + 'B' * 32

    found = client.providers_with_any([OURS, gone])

    assert [provider.uuid for provider in found] == [root]
    assert len(recorder.sent) == 3
    assert client.providers_with_any([gone]) == ()


def test_providers_may_have_to_have_one_of_two_sets_of_traits_each(
    client, recorder, admin
):
    many = sorted(names(130))
    admin.create_traits(many)
    both = admin.create_provider('compute1', traits=[many[0], many[129]])
    admin.create_provider('compute2', traits=[many[1]])
    admin.create_provider('compute3', traits=[many[129]])

    found = client.providers_with_any(many[40:], and_any=many[:32])

    assert [provider.uuid for provider in found] == [both]
    assert len(recorder.sent) == 3
    assert max(len(url) for _, url in recorder.sent) <= 3800
    with pytest.raises(ValueError, match='33 names'):
        client.providers_with_any(many, and_any=many[:33])


def test_a_deleted_trait_in_one_of_two_sets_leaves_the_others(client, admin):
    other = OURS[:-1] + 'Z'
    root = admin.create_provider('compute1', traits=[OURS, other])
    gone = 'CUSTOM_MIGCOMPAT_D_' + 'B' * 32

    found = client.providers_with_any([OURS, gone], and_any=[other])

    assert [provider.uuid for provider in found] == [root]
    assert client.providers_with_any([OURS], and_any=[gone]) == ()


def test_allocations_are_amounts_by_provider_and_class(client, admin):
    root = admin.create_provider('compute1', inventory={'VCPU': 8})
    card = admin.create_provider('card', parent=root, inventory={'VGPU': 4})
    server = str(uuid.uuid4())
    admin.allocate(server, {root: {'VCPU': 2}, card: {'VGPU': 1}})

    assert client.allocations(server) == {
        root: {'VCPU': 2},
        card: {'VGPU': 1},
    }
    assert client.allocations(str(uuid.uuid4())) == {}


def test_who_may_not_read_gets_a_clear_error(placement):
    client = client_module.PlacementClient(placement.adapter(token='nobody'))

    with pytest.raises(client_module.PlacementError, match='403') as caught:
        client.traits()

    assert caught.value.status == 403


def test_the_agents_options_reach_this_placement(placement, tmp_path):
    path = tmp_path / 'agent.conf'
    path.write_text(placement.config())
    config = cfg.ConfigOpts()
    conf.register_opts(config)
    config(['--config-file', str(path)], project='nova-migcompat')

    client = client_module.PlacementClient(client_module.load_adapter(config))

    assert 'COMPUTE_NODE' in client.traits()


def test_a_microversion_that_the_server_lacks_is_an_error_that_names_its_own(
    placement, monkeypatch
):
    monkeypatch.setattr(transport, 'MICROVERSION', '1.999')
    client = client_module.PlacementClient(placement.adapter())

    with pytest.raises(
        client_module.PlacementError, match=r'up to 1\.\d+, and 1\.999'
    ):
        client.traits()


def test_a_placement_that_is_gone_is_an_error():
    with placement_server.PlacementServer() as server:
        client = client_module.PlacementClient(server.adapter(), timeout=5)
        assert client.traits()

    with pytest.raises(client_module.PlacementError) as caught:
        client.traits()

    assert caught.value.status is None


def test_a_placement_that_never_answers_is_an_error_within_the_budget():
    with socket.create_server(('127.0.0.1', 0)) as listener:
        url = f'http://127.0.0.1:{listener.getsockname()[1]}'
        adapter = ksa_adapter.Adapter(
            session.Session(auth=token_endpoint.Token(url, 'token')),
            service_type='placement',
            connect_retries=3,
        )
        client = client_module.PlacementClient(adapter, budget=0.5, retries=0)
        begin = time.monotonic()

        with pytest.raises(client_module.PlacementError, match='timed out'):
            client.traits()
        with pytest.raises(client_module.PlacementError, match='not sent'):
            client.traits()

        assert 0.4 < time.monotonic() - begin < 5
