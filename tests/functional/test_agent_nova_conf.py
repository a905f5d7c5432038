# SPDX-License-Identifier: Apache-2.0
"""What the agent reads of nova.conf, beside what Nova makes of the same."""

import pathlib
import types

import pytest
from nova import exception
from nova.conf import devices as nova_devices
from nova.virt.libvirt import driver as nova_driver
from oslo_config import cfg

from nova_migcompat.agent import errors, nova_conf

PARENTS = (
    'pci_0000_84_00_0',
    'pci_0000_85_00_0',
    'pci_0000_af_00_0',
    'css_0_0_0035',
    'ap_matrix',
    'mtty_mtty',
)

ACCEPTED = {
    'no types': '',
    'one type': """
        [devices]
        enabled_mdev_types = nvidia-35
        """,
    'the old names': """
        [devices]
        enabled_vgpu_types = nvidia-35, nvidia-36
        [vgpu_nvidia-36]
        device_addresses = 0000:84:00.0
        """,
    'both names': """
        [devices]
        enabled_mdev_types = nvidia-35
        enabled_vgpu_types = nvidia-36
        """,
    'the example of the option, with addresses for all': """
        [devices]
        enabled_mdev_types = nvidia-35, nvidia-36
        [mdev_nvidia-35]
        device_addresses = 0000:84:00.0,0000:85:00.0
        [vgpu_nvidia-36]
        device_addresses = 0000:86:00.0
        """,
    'the example of the option, with a default': """
        [devices]
        enabled_mdev_types = nvidia-35, nvidia-36
        [mdev_nvidia-35]
        [mdev_nvidia-36]
        device_addresses = 0000:85:00.0
        """,
    'two defaults': """
        [devices]
        enabled_mdev_types = nvidia-35, nvidia-36, nvidia-37
        [mdev_nvidia-37]
        device_addresses = 0000:85:00.0
        """,
    'a type twice': """
        [devices]
        enabled_mdev_types = nvidia-35, nvidia-35
        """,
    'capitals in an address': """
        [devices]
        enabled_mdev_types = nvidia-35
        [mdev_nvidia-35]
        device_addresses = 0000:AF:00.0
        """,
    'an unrelated section': """
        [devices]
        enabled_mdev_types = nvidia-35
        [mdev_nvidia-99]
        device_addresses = 0000:84:00.0
        """,
}

REFUSED = {
    'an address for two types': """
        [devices]
        enabled_mdev_types = nvidia-35, nvidia-36
        [mdev_nvidia-35]
        device_addresses = 0000:84:00.0
        [mdev_nvidia-36]
        device_addresses = 0000:84:00.0
        """,
    'an address twice for one type': """
        [devices]
        enabled_mdev_types = nvidia-35
        [mdev_nvidia-35]
        device_addresses = 0000:84:00.0, 0000:84:00.0
        """,
    'what is no address': """
        [devices]
        enabled_mdev_types = nvidia-35
        [mdev_nvidia-35]
        device_addresses = 84:00.0
        """,
}


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a nova.conf and returns its path."""

    def write(text):
        path = tmp_path / 'nova.conf'
        lines = (line.strip() for line in text.splitlines())
        path.write_text('\n'.join(lines))
        return str(path)

    return write


def novas_types(file, monkeypatch):
    """Ask the methods of Nova's libvirt driver."""
    conf = cfg.ConfigOpts()
    nova_devices.register_opts(conf)
    conf(['--config-file', file])
    monkeypatch.setattr(nova_driver, 'CONF', conf)
    driver = types.SimpleNamespace(
        pgpu_type_mapping={},
        pgpu_type_default=None,
        mdev_class_mapping={},
        mdev_classes=set(),
        mdev_type_max_mapping={},
        virtual_mdevs=set(),
    )
    cls = nova_driver.LibvirtDriver
    for name in (
        '_get_device_address',
        '_get_supported_vgpu_types',
        '_get_vgpu_type_per_pgpu',
        '_is_virtual_mdev',
        '_validate_device_address',
    ):
        if hasattr(cls, name):
            setattr(driver, name, types.MethodType(getattr(cls, name), driver))
    driver.supported_vgpu_types = driver._get_supported_vgpu_types()
    return {
        parent: driver._get_vgpu_type_per_pgpu(parent) for parent in PARENTS
    }


@pytest.mark.parametrize('text', ACCEPTED.values(), ids=ACCEPTED.keys())
def test_each_parent_has_the_type_that_nova_gives_it(write, monkeypatch, text):
    file = write(text)

    found = nova_conf.read([file], pathlib.Path('/sys')).mdev_types

    assert {
        parent: found.type_of(parent) for parent in PARENTS
    } == novas_types(file, monkeypatch)


@pytest.mark.parametrize('text', REFUSED.values(), ids=REFUSED.keys())
def test_what_nova_refuses_is_refused(write, monkeypatch, text):
    file = write(text)

    with pytest.raises(exception.InvalidLibvirtMdevConfig):
        novas_types(file, monkeypatch)
    with pytest.raises(errors.AgentError, match='nova-compute refuses'):
        nova_conf.read([file], pathlib.Path('/sys'))


def test_a_virtual_parent_is_one_that_sysfs_has(write, tmp_path):
    file = write("""
        [devices]
        enabled_mdev_types = mtty-2
        [mdev_mtty-2]
        device_addresses = mtty_mtty
        """)

    with pytest.raises(errors.AgentError, match="'mtty_mtty'"):
        nova_conf.read([file], tmp_path)
    (tmp_path / 'devices/virtual/mtty/mtty').mkdir(parents=True)
    found = nova_conf.read([file], tmp_path).mdev_types

    assert found.type_of('mtty_mtty') == 'mtty-2'


def test_without_a_nova_conf_nothing_is_known_of_types(tmp_path):
    found = nova_conf.read([str(tmp_path / 'nova.conf')], tmp_path)

    assert found.mdev_types is None


def test_a_later_file_overrides_an_earlier_one(tmp_path):
    first, second = tmp_path / 'nova.conf', tmp_path / 'nova-compute.conf'
    first.write_text('[devices]\nenabled_mdev_types = a\n')
    second.write_text('[devices]\nenabled_mdev_types = b\n')

    found = nova_conf.read([str(first), str(second)], tmp_path)

    assert found.mdev_types.default == 'b'


def test_compute_id_may_be_beside_each_file_and_in_state_path(tmp_path):
    file = tmp_path / 'etc/nova.conf'
    file.parent.mkdir()
    file.write_text('[DEFAULT]\nstate_path = /srv/nova\n')

    found = nova_conf.read([str(file), '/etc/nova/other.conf'], tmp_path)

    assert found.folders == (
        file.parent,
        pathlib.Path('/etc/nova'),
        pathlib.Path('/srv/nova'),
    )


def test_a_state_path_may_refer_to_a_pybasedir_that_is_set(write, tmp_path):
    file = write("""
        [DEFAULT]
        pybasedir = /opt/nova
        state_path = $pybasedir/state
        """)

    found = nova_conf.read([file], tmp_path)

    assert found.folders[-1] == pathlib.Path('/opt/nova/state')


@pytest.mark.parametrize('option', ['pybasedir', 'my_ip'])
def test_a_state_path_that_only_nova_can_tell_is_an_error_that_says_so(
    write, tmp_path, option
):
    file = write(f"""
        [DEFAULT]
        state_path = ${option}/state
        """)

    with pytest.raises(errors.AgentError, match='state_path refers to'):
        nova_conf.read([file], tmp_path)


def test_without_a_state_path_it_is_that_of_the_distributions(tmp_path):
    found = nova_conf.read([], tmp_path)

    assert found.folders == (pathlib.Path('/var/lib/nova'),)


@pytest.mark.parametrize(
    'data',
    [
        b'no section\n',
        b'[DEFAULT]\nstate_path = $nothing_of_ours/x\n',
        b'\xff\xfe',
    ],
)
def test_a_nova_conf_that_cannot_be_read_is_an_error_and_no_absence(
    tmp_path, data
):
    file = tmp_path / 'nova.conf'
    file.write_bytes(data)

    with pytest.raises(errors.AgentError, match='nova_config_files'):
        nova_conf.read([str(file)], tmp_path)


def test_a_line_that_cannot_be_parsed_is_named_and_not_quoted(tmp_path):
    file = tmp_path / 'nova.conf'
    file.write_text('\ntransport_url = rabbit://nova:a-secret@host\n')

    with pytest.raises(errors.AgentError, match=r'nova\.conf, line 2: ') as e:
        nova_conf.read([str(file)], tmp_path)
    assert 'a-secret' not in str(e.value)


def test_the_environment_of_the_agent_is_not_novas(tmp_path, monkeypatch):
    file = tmp_path / 'nova.conf'
    file.write_text('')
    monkeypatch.setenv('OS_DEVICES__ENABLED_MDEV_TYPES', 'a')

    found = nova_conf.read([str(file)], tmp_path)

    assert found.mdev_types.default is None
