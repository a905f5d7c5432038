# SPDX-License-Identifier: Apache-2.0
"""Which requests could concern us, on Nova's own objects."""

import contextlib
import types

import pytest
from nova import context, exception, objects
from nova.compute import task_states

from nova_migcompat.scheduler import moves

REQUEST = '5f3f1b0e-2a4e-4a4e-9d1e-0f6d2c9f6a51'
FORMER_REQUEST = '8b1d2c0a-7c1f-4b57-9c6e-2f0c4f1f5f10'
CLASSES = frozenset({'VGPU', 'CUSTOM_GPU_A'})

objects.register_all()


def pci(alias_name='vf', live_migratable='true'):
    return objects.InstancePCIRequests(
        requests=[
            objects.InstancePCIRequest(
                count=1,
                alias_name=alias_name,
                request_id=None,
                spec=[{'live_migratable': live_migratable}],
            )
        ]
    )


def spec(extra_specs=None, requests=None, **fields):
    destination = fields.pop(
        'requested_destination',
        objects.Destination(cell=objects.CellMapping()),
    )
    return objects.RequestSpec(
        context.RequestContext(is_admin=True),
        flavor=objects.Flavor(extra_specs=extra_specs or {}),
        pci_requests=requests,
        requested_destination=destination,
        **fields,
    )


@pytest.mark.parametrize(
    'extra_specs',
    [
        {'resources:VGPU': '1'},
        {'resources1:VGPU': '1'},
        {'resources_COMPUTE:VGPU': '2'},
        {'resources:CUSTOM_GPU_A': '1'},
    ],
)
def test_a_move_of_a_guest_with_mdevs_may_concern_us(extra_specs):
    assert moves.may_concern_us(spec(extra_specs), CLASSES)


@pytest.mark.parametrize(
    'extra_specs',
    [
        {},
        {'resources:VGPU': '0'},
        {'resources:VCPU': '1'},
        {'resources:CUSTOM_GPU_B': '1'},
        {'hw:resources:VGPU': '1'},
        {'trait:CUSTOM_VGPU': 'required'},
    ],
)
def test_a_guest_without_mdevs_does_not(extra_specs):
    assert not moves.may_concern_us(spec(extra_specs), CLASSES)


def test_mdevs_are_counted_by_class_over_all_groups():
    extra_specs = {
        'resources:VGPU': '1',
        'resources1:VGPU': '2',
        'resources2:CUSTOM_GPU_A': '1',
        'resources3:CUSTOM_GPU_A': '0',
        'resources:VCPU': '4',
    }
    assert moves.mdevs(spec(extra_specs), CLASSES) == {
        'VGPU': 3,
        'CUSTOM_GPU_A': 1,
    }


@pytest.mark.moves_pci_alias
def test_a_live_migratable_alias_may_concern_us():
    assert moves.may_concern_us(spec(requests=pci()), CLASSES)


def test_no_alias_does_where_nova_moves_none_live(monkeypatch):
    monkeypatch.delattr(
        objects.InstancePCIRequest, 'is_live_migratable', raising=False
    )
    assert not moves.may_concern_us(spec(requests=pci()), CLASSES)


@pytest.mark.parametrize(
    'requests',
    [
        None,
        objects.InstancePCIRequests(requests=[]),
        pci(alias_name=None),
        pci(live_migratable='false'),
    ],
)
def test_ports_and_aliases_that_cannot_move_do_not(requests):
    assert not moves.may_concern_us(spec(requests=requests), CLASSES)


@pytest.mark.parametrize(
    'destination', [None, objects.Destination(host='named', node='named')]
)
def test_a_boot_does_not(destination):
    request = spec({'resources:VGPU': '1'}, requested_destination=destination)
    assert not moves.may_concern_us(request, CLASSES)


def test_a_rebuild_does_not():
    request = spec(
        {'resources:VGPU': '1'},
        scheduler_hints={'_nova_check_type': ['rebuild']},
    )
    assert not moves.may_concern_us(request, CLASSES)


@pytest.mark.moves_pci_alias
def test_each_device_that_an_alias_asked_for_is_known_or_unknown():
    requests = pci()
    requests.requests[0].count = 2
    requests.requests[0].request_id = REQUEST
    device = objects.PciDevice(
        address='0000:84:00.0',
        parent_addr=None,
        request_id=REQUEST,
        status='allocated',
    )
    former = objects.PciDevice(
        address='0000:85:00.0',
        parent_addr=None,
        request_id=FORMER_REQUEST,
        status='allocated',
    )
    instance = objects.Instance(
        pci_requests=requests,
        pci_devices=objects.PciDeviceList(objects=[former, device]),
    )
    names = [(f.own, f.group) for f in moves._functions(None, instance, None)]
    assert names == [
        ('PCI_0000_84_00_0', 'PCI alias vf'),
        ('a PCI function that is not known', 'PCI alias vf'),
    ]


INSTANCE = '0d9c4f7e-61a8-4b53-9f0e-7c1a2d3b4e5f'
MIGRATION = 'c1f0a6d2-5b7e-4d19-8a43-2e6f9b0c7d18'
NODE = '7a3e9c51-4d28-4f6b-b0e7-91c5d2f8a604'


@pytest.fixture
def cell(monkeypatch):
    """Let a cell database have a guest, its newest live migration, its node.

    :returns: puts a row in the place of one of these.
    """

    def put(kind, method, row):
        monkeypatch.setattr(kind, method, lambda *_, **__: row)

    def put_guest(task_state=task_states.MIGRATING):
        guest = objects.Instance(
            uuid=INSTANCE, host='source', node='source', task_state=task_state
        )
        put(objects.Instance, 'get_by_uuid', guest)

    def put_migration(status='accepted'):
        migration = objects.Migration(uuid=MIGRATION, status=status)
        newest = [migration] if status else []
        put(objects.MigrationList, 'get_by_filters', newest)

    monkeypatch.setattr(
        moves.nova_context,
        'target_cell',
        lambda admin, _cell: contextlib.nullcontext(admin),
    )
    node = objects.ComputeNode(uuid=NODE)
    put(objects.ComputeNode, 'get_by_host_and_nodename', node)
    put_guest()
    put_migration()
    return types.SimpleNamespace(guest=put_guest, migration=put_migration)


def live_migration():
    request = spec({'resources:VGPU': '1'}, instance_uuid=INSTANCE)
    return moves.live_migration(request, CLASSES)


@pytest.mark.usefixtures('cell')
def test_an_accepted_live_migration_of_a_migrating_guest_is_one():
    found = live_migration()

    assert (found.uuid, found.instance) == (MIGRATION, INSTANCE)
    assert (found.host, found.guest.node) == ('source', NODE)
    assert found.guest.consumer == MIGRATION
    assert found.guest.mdevs == {'VGPU': 1}


@pytest.mark.parametrize('state', [task_states.RESIZE_PREP, None])
def test_a_guest_in_another_state_does_not_migrate_live(cell, state):
    cell.guest(state)

    assert live_migration() is None


@pytest.mark.parametrize('status', ['running', 'completed', None])
def test_a_live_migration_that_is_not_just_accepted_is_none(cell, status):
    cell.migration(status)

    assert live_migration() is None


@pytest.mark.usefixtures('cell')
def test_a_guest_that_is_gone_migrates_nowhere(monkeypatch):
    def gone(*_, **__):
        raise exception.InstanceNotFound(instance_id=INSTANCE)

    monkeypatch.setattr(objects.Instance, 'get_by_uuid', gone)

    assert live_migration() is None
