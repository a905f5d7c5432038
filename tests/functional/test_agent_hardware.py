# SPDX-License-Identifier: Apache-2.0
"""What the agent sees in sysfs, on trees of files."""

import os
import pathlib

import pytest

from nova_migcompat.agent import errors, hardware, model
from tests import fake_sysfs

UUID = '882cc4da-dede-11e7-9180-078a62063ab1'


@pytest.fixture
def tree(tmp_path):
    return fake_sysfs.FakeSysfs(tmp_path / 'sys')


def scan(tree):
    return hardware.scan(tree.root)


def only(tree):
    found = scan(tree)
    assert found.problems == ()
    (device,) = found.devices
    return device


def test_a_host_without_our_buses_has_no_devices(tmp_path):
    (tmp_path / 'bus').mkdir()
    assert hardware.scan(tmp_path) == model.Hardware()


@pytest.mark.parametrize('folder', ['nowhere', '.'])
def test_a_missing_sysfs_is_no_host_without_devices(tmp_path, folder):
    with pytest.raises(errors.AgentError, match='sysfs_root'):
        hardware.scan(tmp_path / folder)


def test_a_function_is_known_by_its_address_and_driver(tree):
    tree.function('0000:84:00.0', 'nvme')

    device = only(tree)

    assert device.node_device == 'pci_0000_84_00_0'
    assert device.location == 'PCI_0000_84_00_0'
    assert device.pci
    assert device.driver == 'nvme'
    assert not device.vfio
    assert device.mdev_types is None


@pytest.mark.parametrize(
    'driver', ['vfio-pci', 'mlx5_vfio_pci', 'xe-vfio-pci', 'qat_vfio_pci']
)
def test_a_function_bound_to_a_vfio_driver_could_be_given_to_a_guest(
    tree, driver
):
    tree.function('0000:84:00.0', driver)

    assert only(tree).vfio


def test_a_function_that_its_own_driver_made_a_vfio_device_could_too(tree):
    folder = tree.function('0000:84:00.4', 'nvidia')
    (folder / 'vfio-dev').mkdir()

    assert only(tree).vfio


def test_a_function_without_a_driver_could_not(tree):
    tree.function('0000:84:00.0')

    assert not only(tree).vfio


def test_a_vf_names_its_pf(tree):
    tree.function('0000:81:00.0', 'mlx5_core', behind='0000:80:01.0')
    tree.function(
        '0000:81:00.1',
        'mlx5_vfio_pci',
        behind='0000:80:01.0',
        physfn='0000:81:00.0',
    )

    pf, vf = scan(tree).devices

    assert pf.physfn is None
    assert vf.physfn == 'PCI_0000_81_00_0'


def test_a_parent_has_its_types_and_its_mdevs(tree):
    folder = tree.function('0000:00:02.0', 'i915')
    tree.mdev_parent(folder, 'V5_8', 'V5_4')
    tree.mdev(folder, 'V5_4', UUID)

    device = only(tree)

    assert device.mdev_types == ('V5_4', 'V5_8')
    (mdev,) = device.mdevs
    assert (mdev.uuid, mdev.mdev_type) == (UUID, 'V5_4')
    assert (pathlib.Path(mdev.folder) / 'mdev_type').is_symlink()


def test_an_mdev_is_found_on_the_mdev_bus_alone_too(tree):
    folder = tree.function('0000:00:02.0', 'i915')
    types = tree.mdev_parent(folder, 'V5_4')
    mdev = tree.root / 'bus/mdev/devices' / UUID
    mdev.mkdir(parents=True)
    (mdev / 'mdev_type').symlink_to(types / 'V5_4')

    assert [mdev.uuid for mdev in only(tree).mdevs] == [UUID]


@pytest.mark.parametrize(
    ('add', 'node_device'),
    [
        (lambda tree: tree.subchannel('0.0.0035'), 'css_0_0_0035'),
        (lambda tree: tree.ap_matrix(), 'ap_matrix'),
        (lambda tree: tree.virtual_parent('mtty'), 'mtty_mtty'),
    ],
)
def test_parents_that_are_no_functions_are_named_as_libvirt_names_them(
    tree, add, node_device
):
    tree.mdev_parent(add(tree), 'some-type')

    device = only(tree)

    assert device.node_device == node_device
    assert not device.pci
    assert device.mdev_types == ('some-type',)


def test_devices_come_sorted_by_location(tree):
    for address in ('0000:84:00.1', '0000:04:00.0', '0000:84:00.0'):
        tree.function(address)
    tree.subchannel('0.0.0035')

    assert [device.location for device in scan(tree).devices] == [
        'CSS_0_0_0035',
        'PCI_0000_04_00_0',
        'PCI_0000_84_00_0',
        'PCI_0000_84_00_1',
    ]


def test_an_mdev_without_a_type_is_a_problem_and_hides_no_other(tree):
    folder = tree.function('0000:00:02.0', 'i915')
    tree.mdev_parent(folder, 'V5_4')
    tree.mdev(folder, 'V5_4', UUID)
    broken = tree.mdev(folder, 'V5_4')
    (broken / 'mdev_type').unlink()

    found = scan(tree)

    assert [mdev.uuid for mdev in found.devices[0].mdevs] == [UUID]
    (problem,) = found.problems
    assert problem.device == model.DeviceName(
        'PCI_0000_00_02_0', mdev=broken.name
    )
    assert problem.path.endswith('/mdev_type')


def test_an_mdev_of_an_unknown_parent_is_a_problem(tree):
    mdev = tree.root / 'bus/mdev/devices' / UUID
    mdev.mkdir(parents=True)
    (mdev / 'mdev_type').symlink_to('../../gone/mdev_supported_types/V5_4')

    (problem,) = scan(tree).problems

    assert problem.device.mdev == UUID
    assert problem.reason == 'has an unknown parent'


def test_a_loop_of_links_is_a_problem_and_hides_no_other(tree):
    tree.function('0000:84:00.0')
    bad = tree.root / 'bus/pci/devices/0000:85:00.0'
    bad.symlink_to('0000:85:00.0')
    (tree.root / 'bus/mdev/devices').mkdir(parents=True)
    (tree.root / 'bus/mdev/devices' / UUID).symlink_to(UUID)

    found = scan(tree)

    assert [d.location for d in found.devices] == ['PCI_0000_84_00_0']
    assert len(found.problems) == 2


@pytest.mark.parametrize(
    ('method', 'where'),
    [
        ('readlink', '0000:84:00.0/driver'),
        ('readlink', '0000:84:00.0/physfn'),
        ('listdir', '0000:84:00.0/mdev_supported_types'),
        ('listdir', '0000:84:00.0'),
        ('stat', '0000:84:00.0/vfio-dev'),
    ],
)
def test_an_error_of_the_system_is_the_devices(
    tree, monkeypatch, method, where
):
    tree.mdev_parent(tree.function('0000:84:00.0', 'i915'), 'V5_4')
    tree.function('0000:85:00.0')
    real = getattr(os, method)

    def fail_there(path, **options):
        if str(path).endswith(where):
            raise OSError(5, 'Input/output error', str(path))
        return real(path, **options)

    monkeypatch.setattr(os, method, fail_there)

    found = scan(tree)

    assert [d.location for d in found.devices] == ['PCI_0000_85_00_0']
    (problem,) = found.problems
    assert problem.device.location == 'PCI_0000_84_00_0'
    assert problem.path.endswith(where)
    assert problem.reason == 'cannot be read: Input/output error'


def test_a_bus_that_cannot_be_listed_is_no_bus_without_devices(
    tree, monkeypatch
):
    tree.function('0000:85:00.0')
    tree.subchannel('0.0.0035')
    real = os.listdir

    def fail_there(path):
        if path == str(tree.root / 'bus/css/devices'):
            raise OSError(5, 'Input/output error', path)
        return real(path)

    monkeypatch.setattr(os, 'listdir', fail_there)

    with pytest.raises(errors.AgentError, match='Input/output error'):
        scan(tree)
