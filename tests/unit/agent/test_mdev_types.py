# SPDX-License-Identifier: Apache-2.0
"""Which mdev type Nova uses on which parent, as its libvirt driver decides."""

import pytest

from nova_migcompat.agent import errors, nova_conf


def mdev_types(virtual=(), **addresses):
    return nova_conf.mdev_types(
        addresses, addresses, lambda address: address in virtual
    )


def test_without_types_nova_uses_none():
    assert mdev_types().type_of('pci_0000_84_00_0') is None


def test_a_type_without_addresses_is_that_of_every_pci_parent():
    types = mdev_types(a=[])

    assert types.type_of('pci_0000_84_00_0') == 'a'
    assert types.type_of('pci_0000_85_00_0') == 'a'


def test_a_type_with_addresses_is_that_of_these_parents_alone():
    types = mdev_types(a=['0000:84:00.0'])

    assert types.type_of('pci_0000_84_00_0') == 'a'
    assert types.type_of('pci_0000_85_00_0') is None


def test_the_first_type_without_addresses_is_the_default():
    types = mdev_types(a=['0000:84:00.0'], b=[], c=[])

    assert types.type_of('pci_0000_84_00_0') == 'a'
    assert types.type_of('pci_0000_85_00_0') == 'b'


def test_an_address_counts_as_it_is_written():
    types = mdev_types(a=['0000:AF:00.0'], b=[])

    assert types.type_of('pci_0000_af_00_0') == 'b'


@pytest.mark.parametrize(
    'node_device', ['css_0_0_0035', 'ap_matrix', 'mtty_mtty', 'pci_84_00_0']
)
def test_the_default_is_for_pci_parents_alone(node_device):
    assert mdev_types(a=[]).type_of(node_device) is None


def test_a_virtual_parent_has_the_type_that_names_it():
    types = mdev_types(virtual=('mtty_mtty',), a=['mtty_mtty'], b=[])

    assert types.type_of('mtty_mtty') == 'a'
    assert types.type_of('pci_0000_84_00_0') == 'b'


@pytest.mark.parametrize(
    'addresses',
    [
        {'a': ['0000:84:00.0'], 'b': ['0000:84:00.0']},
        {'a': ['0000:84:00.0', '0000:84:00.0']},
    ],
)
def test_an_address_named_twice_is_refused_as_nova_refuses_it(addresses):
    with pytest.raises(errors.AgentError, match=r"'0000:84:00\.0'"):
        mdev_types(**addresses)


@pytest.mark.parametrize('address', ['84:00.0', 'mtty_mtty', 'x\ny'])
def test_what_is_no_address_is_refused_as_nova_refuses_it(address):
    with pytest.raises(errors.AgentError, match=r'\[mdev_a\]') as refused:
        mdev_types(a=[address])
    assert '\n' not in str(refused.value)
