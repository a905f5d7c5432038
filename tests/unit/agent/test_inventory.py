# SPDX-License-Identifier: Apache-2.0
"""Which documents count for which device (DESIGN.md, "The agent")."""

import pytest

from nova_migcompat import descriptor
from nova_migcompat.agent import inventory, model, nova_conf

ANY_TYPE = nova_conf.MdevTypes(default='a')


def document(name):
    return descriptor.parse(f'SELF:\n name={name}\n')


def finding(name, text):
    return model.Finding(name, '/somewhere', document(text))


def broken(name):
    problem = model.Problem(name, '/somewhere', 'found x, expected y', 2, 3)
    return model.Finding(name, '/somewhere', problem=problem)


def function(address='0000_81_00_1', vfio=True):
    return model.Device(f'pci_{address}', '/sys/x', vfio=vfio)


def parent(*mdevs, mdev_types=('a', 'b')):
    return model.Device(
        'pci_0000_84_00_0',
        '/sys/y',
        mdev_types=mdev_types,
        mdevs=tuple(model.Mdev(uuid, kind, '/sys/z') for uuid, kind in mdevs),
    )


def take(device, *sources, types=ANY_TYPE):
    return inventory.take(
        model.Hardware((device,)),
        [inventory.by_name(source) for source in sources],
        types,
    )


def names_of(taken):
    return [
        [d.self_object['name'] for d in device.documents]
        for device in taken.devices
    ]


def test_files_come_before_sysfs_before_rules_before_others_by_name():
    names = ['zeta', 'rules', 'acme', 'sysfs', 'files']

    assert sorted(names, key=inventory.source_order) == [
        'files',
        'sysfs',
        'rules',
        'acme',
        'zeta',
    ]


def test_the_first_source_that_knows_a_device_counts():
    device = function()

    taken = take(
        device, [], [finding(device.name, 'x')], [finding(device.name, 'y')]
    )

    assert names_of(taken) == [['x']]


def test_an_error_of_the_first_source_is_not_replaced_by_another_source():
    device = function()

    taken = take(device, [broken(device.name)], [finding(device.name, 'y')])

    assert names_of(taken) == [[]]
    assert [problem.line for problem in taken.problems] == [2]


def test_an_error_of_a_source_that_does_not_count_is_a_warning():
    device = function()

    taken = take(device, [finding(device.name, 'x')], [broken(device.name)])

    assert names_of(taken) == [['x']]
    assert taken.problems == ()
    assert len(taken.warnings) == 1


def test_a_function_bound_to_vfio_without_a_document_is_among_the_devices():
    assert names_of(take(function())) == [[]]


def test_a_function_of_the_host_itself_without_a_document_is_not():
    assert names_of(take(function(vfio=False))) == []


def test_a_function_of_the_host_itself_is_published_where_it_has_a_document():
    device = function(vfio=False)

    taken = take(device, [finding(device.name, 'x')])

    assert names_of(taken) == [['x']]
    assert not taken.devices[0].assignable


def test_a_parent_has_the_document_of_the_type_that_nova_uses():
    device = parent()

    taken = take(
        device,
        [
            finding(device.name_of_type('a'), 'x'),
            finding(device.name_of_type('b'), 'y'),
        ],
    )

    assert names_of(taken) == [['x']]
    assert taken.devices[0].gives_mdevs


def test_an_error_in_a_type_that_nova_does_not_use_is_a_warning():
    device = parent()

    taken = take(
        device,
        [
            finding(device.name_of_type('a'), 'x'),
            broken(device.name_of_type('b')),
        ],
    )

    assert names_of(taken) == [['x']]
    assert taken.problems == ()
    assert 'line 2, column 3' in taken.warnings[0]


def test_documents_of_mdevs_that_exist_come_before_their_types():
    device = parent(('u1', 'a'), ('u2', 'a'))
    one, two = device.mdevs

    taken = take(
        device,
        [
            finding(device.name_of_type('a'), 'type'),
            finding(device.name_of_mdev(one), 'x'),
            finding(device.name_of_mdev(two), 'x'),
        ],
    )

    assert names_of(taken) == [['x']]


def test_mdevs_that_differ_are_all_published():
    device = parent(('u1', 'a'), ('u2', 'a'))
    one, two = device.mdevs

    taken = take(
        device,
        [
            finding(device.name_of_mdev(one), 'x'),
            finding(device.name_of_mdev(two), 'y'),
        ],
    )

    assert names_of(taken) == [['x', 'y']]


def test_an_mdev_in_error_is_left_out_and_the_others_are_reported():
    device = parent(('u1', 'a'), ('u2', 'a'))
    one, two = device.mdevs

    taken = take(
        device,
        [
            broken(device.name_of_mdev(one)),
            finding(device.name_of_mdev(two), 'y'),
        ],
    )

    assert names_of(taken) == [['y']]
    assert [problem.device.mdev for problem in taken.problems] == ['u1']


def test_mdevs_of_another_type_do_not_count():
    device = parent(('u1', 'b'))

    taken = take(
        device,
        [
            finding(device.name_of_type('a'), 'type'),
            finding(device.name_of_mdev(device.mdevs[0]), 'x'),
        ],
    )

    assert names_of(taken) == [['type']]


def test_what_a_source_says_of_an_mdev_keeps_another_from_the_whole_parent():
    device = parent(('u1', 'a'))

    taken = take(
        device,
        [finding(device.name_of_mdev(device.mdevs[0]), 'x')],
        [finding(device.name_of_type('a'), 'y')],
    )

    assert names_of(taken) == [['x']]


def test_a_document_of_a_parent_as_a_whole_counts_where_none_is_more_exact():
    device = parent()

    assert names_of(take(device, [finding(device.name, 'x')])) == [['x']]
    assert names_of(
        take(
            device,
            [
                finding(device.name, 'x'),
                finding(device.name_of_type('a'), 'y'),
            ],
        )
    ) == [['y']]


def test_a_parent_that_nova_does_not_use_gives_no_mdevs():
    device = parent()

    taken = take(
        device,
        [finding(device.name_of_type('a'), 'x')],
        types=nova_conf.MdevTypes(),
    )

    assert names_of(taken) == []


def test_a_parent_that_does_not_support_novas_type_gives_no_mdevs():
    assert (
        inventory.types_in_use(parent(), nova_conf.MdevTypes(default='c'))
        is None
    )


def test_mdevs_of_novas_type_count_though_the_parent_lists_it_no_more():
    device = parent(('u1', 'c'))

    types = inventory.types_in_use(device, nova_conf.MdevTypes(default='c'))

    assert types == ('c',)


@pytest.mark.parametrize(
    ('device', 'types'),
    [
        (parent(('u1', 'b')), ('b',)),
        (parent(('u1', 'b'), ('u2', 'a')), ('a', 'b')),
        (parent(mdev_types=('a',)), ('a',)),
        (parent(), ()),
        (parent(mdev_types=()), None),
        (function(), None),
    ],
)
def test_without_nova_conf_the_types_of_mdevs_count_or_the_only_one(
    device, types
):
    assert inventory.types_in_use(device, None) == types


def test_without_nova_conf_several_types_and_no_mdev_make_one_warning():
    device = parent()
    other = model.Device('pci_0000_85_00_0', '/x', mdev_types=('a', 'b'))

    taken = inventory.take(
        model.Hardware((device, other)),
        [inventory.by_name([finding(device.name_of_type('a'), 'x')])],
        None,
    )

    assert names_of(taken) == [[], []]
    assert taken.problems == ()
    (warning,) = taken.warnings
    assert 'PCI_0000_84_00_0, PCI_0000_85_00_0' in warning


def test_a_parent_that_is_no_function_does_not_have_novas_default_type():
    device = model.Device(
        'css_0_0_0035', '/sys/x', pci=False, mdev_types=('a',)
    )

    taken = take(device, [finding(device.name_of_type('a'), 'x')])

    assert names_of(taken) == []
    (warning,) = taken.warnings
    assert "CSS_0_0_0035: Nova does not use its type 'a'" in warning


def test_a_document_for_a_device_that_is_not_there_is_a_warning():
    gone = model.DeviceName('PCI_0000_99_00_0')

    taken = take(function(vfio=False), [finding(gone, 'x')])

    assert names_of(taken) == []
    (warning,) = taken.warnings
    assert 'PCI_0000_99_00_0: /somewhere' in warning


def test_what_could_not_be_looked_at_is_a_problem():
    problem = model.Problem(None, '/sys/bus/css/devices', 'cannot be read')

    taken = inventory.take(model.Hardware((), (problem,)), [], None)

    assert taken.problems == (problem,)


def test_what_is_wrong_with_a_source_itself_is_a_problem_beside_the_rest():
    device = function()
    problem = model.Problem(None, '/etc/x.yaml', 'found x, expected y', 2, 3)

    taken = take(device, [problem, finding(device.name, 'x'), problem])

    assert names_of(taken) == [['x']]
    assert taken.problems == (problem, problem)


def test_a_type_that_a_parent_does_not_have_is_a_warning():
    device = parent()

    taken = take(device, [finding(device.name_of_type('c'), 'x')])

    assert len(taken.warnings) == 1
    assert 'type c: /somewhere is about a device' in taken.warnings[0]


def test_a_warning_of_a_source_stays_on_its_line():
    device = function()
    found = model.Finding(
        device.name,
        '/somewhere',
        document('x'),
        warnings=('old\nERROR nova: all is lost', 'x' * 10_000),
    )

    forged, long = take(device, [found]).warnings

    assert forged.endswith('/somewhere: old\\nERROR nova: all is lost')
    assert len(long) < 400
