# SPDX-License-Identifier: Apache-2.0
"""How the agent finds its compute node's provider."""

import errno
import os
import pathlib
import socket
import uuid

import pytest

from nova_migcompat import placement as client_module
from nova_migcompat.agent import errors, provider

NODE = '3b9f1b9e-6d1a-4b5e-9a34-0d0d0f8e1a01'
OTHER = '3b9f1b9e-6d1a-4b5e-9a34-0d0d0f8e1a02'


@pytest.fixture
def client(placement):
    return client_module.PlacementClient(placement.adapter())


@pytest.fixture
def create(placement):
    """Return a function that makes a resource provider."""

    def create(name, provider_uuid=None, parent=None):
        body = {'name': name, 'uuid': provider_uuid or str(uuid.uuid4())}
        if parent:
            body['parent_provider_uuid'] = parent
        response = placement.adapter().post(
            '/resource_providers', json=body, microversion='1.39'
        )
        return response.json()

    return create


def folder(path, content=None):
    path.mkdir()
    if content is not None:
        (path / 'compute_id').write_text(content)
    return path


def test_compute_id_is_read_from_the_first_folder_that_has_it(tmp_path):
    folders = [
        tmp_path / 'nowhere',
        folder(tmp_path / 'empty'),
        folder(tmp_path / 'state', f' {NODE.upper()}\n'),
    ]

    assert provider.compute_id(folders) == NODE


def test_compute_id_may_be_a_link_as_in_a_mounted_secret(tmp_path):
    state = folder(tmp_path / 'state')
    real = folder(tmp_path / '..data', NODE)
    (state / 'compute_id').symlink_to(real / 'compute_id')

    assert provider.compute_id([state]) == NODE


def test_without_compute_id_there_is_none(tmp_path):
    assert provider.compute_id([tmp_path]) is None


def test_compute_ids_may_repeat_but_not_differ(tmp_path):
    one = folder(tmp_path / 'one', NODE)
    same = folder(tmp_path / 'same', NODE)
    other = folder(tmp_path / 'other', OTHER)

    assert provider.compute_id([one, same]) == NODE
    with pytest.raises(errors.AgentError, match='different UUIDs'):
        provider.compute_id([one, other])


@pytest.mark.parametrize('content', ['', 'compute1', NODE + 'x'])
def test_a_compute_id_that_is_no_uuid_is_an_error(tmp_path, content):
    with pytest.raises(errors.AgentError, match='compute_id holds no UUID'):
        provider.compute_id([folder(tmp_path / 'state', content)])


@pytest.mark.parametrize('function', ['open', 'stat'])
def test_a_compute_id_that_is_anothers_is_an_error_that_says_so(
    tmp_path, monkeypatch, function
):
    state = folder(tmp_path / 'state', NODE)
    before = getattr(os, function)

    def refuse(path, *arguments, **options):
        if path == state / 'compute_id':
            raise PermissionError(errno.EACCES, 'Permission denied')
        return before(path, *arguments, **options)

    monkeypatch.setattr(os, function, refuse)

    with pytest.raises(
        errors.AgentError,
        match=r'compute_id: .*Permission denied; the agent must run as',
    ):
        provider.compute_id([state])


def large(path):
    path.write_text('x' * 65537)


@pytest.mark.parametrize(
    ('make', 'reason'),
    [
        (pathlib.Path.mkdir, 'found a folder, expected a file'),
        (large, 'holds more than 65,536 bytes'),
    ],
)
def test_a_compute_id_that_is_no_such_file_is_an_error_with_the_reason(
    tmp_path, make, reason
):
    state = folder(tmp_path / 'state')
    make(state / 'compute_id')

    with pytest.raises(errors.AgentError, match=f'compute_id: {reason}$'):
        provider.compute_id([state])


def test_the_provider_is_found_by_uuid_whatever_its_name(client, create):
    create('whatever', NODE)

    assert provider.find(client, NODE, ['compute1']).name == 'whatever'


def test_the_provider_is_found_by_the_first_name_that_exists(client, create):
    create('short', NODE)

    found = provider.find(client, None, ['host.example.org', 'short'])

    assert found.uuid == NODE


def test_a_uuid_that_placement_does_not_know_is_not_replaced_by_a_name(
    client, create
):
    create('compute1', OTHER)

    with pytest.raises(errors.AgentError, match=f'{NODE}.*start nova-compute'):
        provider.find(client, NODE, ['compute1'])


def test_a_name_that_placement_does_not_know_is_an_error(client):
    with pytest.raises(errors.AgentError, match=r"'a' or 'b'.*correct"):
        provider.find(client, None, ['a', 'b'])


def test_a_part_of_a_compute_node_is_not_taken_for_it(client, create):
    create('compute1', NODE)
    create('compute1_pci_0000_84_00_0', OTHER, parent=NODE)

    with pytest.raises(errors.AgentError, match='part of another one'):
        provider.find(client, None, ['compute1_pci_0000_84_00_0'])


def test_the_names_of_a_host_are_its_fqdn_then_its_hostname(monkeypatch):
    monkeypatch.setattr(socket, 'getfqdn', lambda: 'host.example.org')
    monkeypatch.setattr(socket, 'gethostname', lambda: 'host')

    assert provider.host_names() == ('host.example.org', 'host')


def test_localhost_is_no_hosts_name(monkeypatch):
    monkeypatch.setattr(socket, 'getfqdn', lambda: 'localhost.localdomain')
    monkeypatch.setattr(socket, 'gethostname', lambda: 'host')
    assert provider.host_names() == ('host',)
