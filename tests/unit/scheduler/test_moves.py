# SPDX-License-Identifier: Apache-2.0
"""Which requests could concern us, on Nova's own objects."""

import pytest
from nova import context, objects

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
