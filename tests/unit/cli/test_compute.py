# SPDX-License-Identifier: Apache-2.0
"""What the commands read from Nova's API, over canned answers."""

import json
import uuid

import pytest
from keystoneauth1 import adapter, exceptions, session, token_endpoint

from nova_migcompat.cli import base, compute

URL = 'http://nova.example/v2.1'
SERVER = str(uuid.uuid4())
HOST = 'OS-EXT-SRV-ATTR:host'
NODE = 'OS-EXT-SRV-ATTR:hypervisor_hostname'


@pytest.fixture
def nova():
    auth = token_endpoint.Token(URL, 'very-secret')
    return compute.Compute(
        adapter.Adapter(session.Session(auth=auth), service_type='compute')
    )


ENDLESS = {'ram': float('inf'), 'extra_specs': {}}


def server(number=0, **more):
    return {
        'id': f'{number:08}{SERVER[8:]}',
        'name': 'guest',
        HOST: 'c1',
        NODE: 'c1.example',
        'flavor': {'ram': 512, 'extra_specs': {'resources:VGPU': '1'}},
        **more,
    }


def test_a_server_is_read_with_its_host_and_its_flavor(nova, requests_mock):
    requests_mock.get(f'{URL}/servers/{SERVER}', json={'server': server()})

    assert nova.server(SERVER) == compute.Server(
        server()['id'],
        'guest',
        'c1',
        'c1.example',
        {'resources:VGPU': '1'},
        512,
    )
    headers = requests_mock.last_request.headers
    assert headers['OpenStack-API-Version'] == 'compute 2.53'


@pytest.mark.parametrize(
    ('answer', 'words'),
    [
        ({'status_code': 404}, 'no server'),
        ({'status_code': 403}, 'allowed to see the hosts'),
        ({'status_code': 406}, 'microversion 2.53'),
        ({'text': '<html>'}, 'not what Nova answers'),
        ({'json': []}, 'not what Nova answers'),
        ({'json': {'server': {}}}, 'not what Nova answers'),
        ({'json': {'server': server(flavor=None)}}, 'not what Nova'),
        ({'json': {'server': server(flavor={'ram': 1})}}, 'extra-specs:index'),
        (
            {'text': json.dumps({'server': server(flavor=ENDLESS)})},
            'not what Nova',
        ),
        ({'json': {'server': server(**{NODE: None})}}, 'on no host'),
        (
            {
                'json': {
                    'server': {k: v for k, v in server().items() if k != NODE}
                }
            },
            'does not show this user the host',
        ),
    ],
)
def test_another_answer_is_an_error_that_says_what_to_do(
    nova, requests_mock, answer, words
):
    requests_mock.get(f'{URL}/servers/{SERVER}', **answer)
    with pytest.raises(base.InputError, match=words):
        nova.server(SERVER)


def test_credentials_that_are_refused_are_keystoneauths_error(
    nova, requests_mock
):
    requests_mock.get(f'{URL}/servers/{SERVER}', status_code=401)
    with pytest.raises(exceptions.Unauthorized):
        nova.server(SERVER)


@pytest.mark.parametrize('name', ['vm1', '../os-hypervisors', SERVER[:-1]])
def test_what_is_no_uuid_is_not_asked_for(nova, requests_mock, name):
    with pytest.raises(base.InputError, match='no UUID'):
        nova.server(name)
    assert requests_mock.call_count == 0


def test_where_lists_are_not_found_there_is_no_nova(nova, requests_mock):
    """As where the endpoint is Placement's."""
    requests_mock.get(f'{URL}/os-hypervisors/detail', status_code=404)
    with pytest.raises(base.InputError, match='is the endpoint right'):
        nova.nodes()


def test_servers_are_read_page_by_page(nova, requests_mock):
    first, second, third = (server(number) for number in range(3))
    pages = {
        '': {'servers': [first, second], 'servers_links': [{'rel': 'next'}]},
        second['id']: {'servers': [third]},
    }

    def page(request, _context):
        assert request.qs['all_tenants'] == ['1']
        assert request.qs['host'] == ['c1']
        return pages[request.qs.get('marker', [''])[0]]

    requests_mock.get(f'{URL}/servers/detail', json=page)

    found = [each.uuid for each in nova.servers('c1')]

    assert found == [first['id'], second['id'], third['id']]
    assert requests_mock.call_count == 2


def test_a_page_that_comes_again_is_an_error_and_no_loop(nova, requests_mock):
    page = {'servers': [server()], 'servers_links': [{'rel': 'next'}]}
    requests_mock.get(f'{URL}/servers/detail', json=page)

    with pytest.raises(base.InputError, match='not what Nova answers'):
        list(nova.servers())


@pytest.mark.parametrize('item', [None, 7, 'server', {}])
def test_a_list_of_other_things_is_an_error(nova, requests_mock, item):
    answer = {'servers': [item, server()]}
    requests_mock.get(f'{URL}/servers/detail', json=answer)

    with pytest.raises(base.InputError):
        list(nova.servers())


def test_servers_on_no_host_or_another_are_left_out(nova, requests_mock):
    requests_mock.get(
        f'{URL}/servers/detail',
        json={
            'servers': [
                server(1, **{HOST: None, NODE: None}),
                server(2, **{HOST: 'c2'}),
                server(3),
            ]
        },
    )
    assert [s.host for s in nova.servers('c1')] == ['c1']
    assert [s.host for s in nova.servers()] == ['c2', 'c1']


def test_servers_without_their_hosts_are_an_error(nova, requests_mock):
    hidden = {k: v for k, v in server().items() if k not in (HOST, NODE)}
    requests_mock.get(f'{URL}/servers/detail', json={'servers': [hidden]})
    with pytest.raises(base.InputError, match='does not show this user'):
        list(nova.servers())


@pytest.mark.parametrize('status', [500, 503])
def test_a_failure_of_the_server_is_one_to_be_tried_again(
    nova, requests_mock, status
):
    requests_mock.get(
        f'{URL}/servers/{SERVER}', status_code=status, text='a\x1bb'
    )
    with pytest.raises(exceptions.HttpServerError, match=rf'{status}: a\?b'):
        nova.server(SERVER)


def test_nodes_are_read_with_their_states(nova, requests_mock):
    node = {
        'id': SERVER,
        'hypervisor_hostname': 'c1.example',
        'service': {'host': 'c1'},
        'state': 'down',
        'status': 'enabled',
        'memory_mb': 64,
    }
    requests_mock.get(
        f'{URL}/os-hypervisors/detail', json={'hypervisors': [node]}
    )
    assert nova.nodes() == [
        compute.Node(SERVER, 'c1.example', 'c1', False, True, 64)
    ]
