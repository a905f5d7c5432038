# SPDX-License-Identifier: Apache-2.0
"""What a flavor's extra specs ask for, and that Nova reads them alike."""

import pytest
from nova import context, objects
from nova.scheduler import utils

from nova_migcompat import flavors, placement

objects.register_all()

CLASSES = {'VGPU', 'CUSTOM_GPU'}


def test_mdevs_are_counted_over_all_groups():
    specs = {
        'resources:VGPU': '1',
        'resources1:VGPU': '2',
        'resources_a-b:CUSTOM_GPU': '1',
        'resources:CUSTOM_FPGA': '7',
        'resources2:VGPU': '0',
        'trait:CUSTOM_VGPU': 'required',
    }
    assert flavors.mdevs(specs, CLASSES) == {'VGPU': 3, 'CUSTOM_GPU': 1}
    assert flavors.mdevs({'resources:VGPU': '0'}, CLASSES) == {}
    assert flavors.mdevs({'resources:VGPU': 'one'}, CLASSES) == {}


@pytest.mark.parametrize(
    ('value', 'expected'),
    [
        ('vf:1', {'vf': 1}),
        ('vf:2, qat:1,vf:1', {'vf': 3, 'qat': 1}),
        ('vf:0', {}),
        ('vf', {}),
        ('', {}),
    ],
)
def test_pci_devices_are_counted_by_alias(value, expected):
    assert flavors.aliases({'pci_passthrough:alias': value}) == expected
    assert flavors.aliases({}) == {}


@pytest.mark.parametrize(
    'specs',
    [
        {'resources:VGPU': '1'},
        {'resources:VGPU': '1', 'trait:CUSTOM_A': 'required'},
        {
            'resources:VGPU': '1',
            'trait:CUSTOM_A': 'forbidden',
            'trait:CUSTOM_B': 'required',
        },
        {'resources1:VGPU': '2', 'trait1:CUSTOM_A': 'required'},
        {'resources1:VGPU': '1', 'resources_2:VGPU': '1', 'group_policy': 'x'},
        {'resources:VGPU': '1', 'resources:MEMORY_MB': '7'},
        {'resources:VGPU': '1', 'resources:MEMORY_MB': '0'},
        {'hw:cpu_policy': 'shared', 'resources:CUSTOM_GPU': '3'},
        {'resources:VGPU': '1', 'resources:CUSTOM_GPU': 'some'},
        {'resources:VGPU': '1', 'trait:CUSTOM_A': 'preferred'},
    ],
)
def test_placement_is_asked_what_nova_asks_as_far_as_devices_matter(specs):
    flavor = objects.Flavor(
        vcpus=2,
        memory_mb=512,
        root_gb=0,
        ephemeral_gb=0,
        swap=0,
        extra_specs=dict(specs),
    )
    request = objects.RequestSpec(
        context.get_admin_context(),
        flavor=flavor,
        image=objects.ImageMeta(properties=objects.ImageMetaProps()),
        is_bfv=True,
        requested_resources=[],
        numa_topology=None,
        request_level_params=objects.RequestLevelParams(),
    )
    nova = utils.ResourceRequest.from_request_spec(request)

    expected = {}
    for suffix, group in nova._rg_by_id.items():
        resources = {k: v for k, v in group.resources.items() if k != 'VCPU'}
        required = sorted(group.required_traits)
        required += [f'!{name}' for name in group.forbidden_traits]
        expected[suffix or ''] = placement.Group(
            resources, tuple(sorted(required))
        )
    expected = {k: g for k, g in expected.items() if g.resources}
    assert flavors.groups(specs, 512) == expected


def test_a_flavor_that_asks_for_no_memory_asks_for_its_host_all_the_same():
    memory = placement.Group({'MEMORY_MB': 1})
    specs = {'resources:MEMORY_MB': '0', 'pci_passthrough:alias': 'vf:1'}
    assert flavors.groups(specs, 512) == {'': memory}

    specs['resources1:VGPU'] = '1'
    gpu = placement.Group({'VGPU': 1})
    assert flavors.groups(specs, 512) == {'1': gpu}

    specs['trait:CUSTOM_A'] = 'required'
    memory = placement.Group({'MEMORY_MB': 1}, ('CUSTOM_A',))
    assert flavors.groups(specs, 512) == {'': memory, '1': gpu}


def test_groups_may_be_held_apart():
    assert flavors.isolates({'group_policy': 'isolate'})
    assert not flavors.isolates({'group_policy': 'none'})
    assert not flavors.isolates({})
