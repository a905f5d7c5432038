# SPDX-License-Identifier: Apache-2.0
"""The source ``files``: one document for one device, in a folder."""

import os

import pytest
from oslo_config import cfg

from nova_migcompat import descriptor
from nova_migcompat.agent import errors, hardware, inventory, model
from nova_migcompat.agent.sources import files
from nova_migcompat.conf import agent as agent_conf
from tests import fake_sysfs

TEXT = 'SELF:\n name=x\n'
UUID = '882cc4da-dede-11e7-9180-078a62063ab1'
VF = model.DeviceName('PCI_0000_81_00_1')
PARENT = 'PCI_0000_84_00_0'


class Host:
    """A host with a VF, an mdev parent with an mdev, and a folder."""

    def __init__(self, folder):
        self.sysfs = fake_sysfs.FakeSysfs(folder / 'sys')
        self.sysfs.function('0000:81:00.1', 'acme_vfio_pci')
        parent = self.sysfs.function('0000:84:00.0', 'nvidia')
        self.sysfs.mdev_parent(parent, 'nvidia-35', 'nvidia-36')
        self.sysfs.mdev(parent, 'nvidia-35', UUID)
        self.folder = folder / 'devices.d'
        self.folder.mkdir(mode=0o755)
        self.conf = cfg.ConfigOpts()
        agent_conf.register_opts(self.conf)
        self.conf([])
        self.conf.set_override(
            'devices_folder', str(self.folder), group='agent'
        )
        self.source = files.FilesSource(self.conf)

    def put(self, name, text=TEXT, mode=0o644):
        path = self.folder / f'{name}.compat'
        path.write_text(text)
        path.chmod(mode)
        return path

    def findings(self):
        found = hardware.scan(self.sysfs.root)
        return list(self.source.findings(found))

    def only(self):
        (finding,) = self.findings()
        return finding

    def warnings(self):
        return inventory.take(
            hardware.scan(self.sysfs.root),
            [inventory.by_name(self.findings())],
            None,
        ).warnings


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


@pytest.mark.parametrize(
    ('name', 'device'),
    [
        ('0000:81:00.1', VF),
        ('0000:84:00.0', model.DeviceName(PARENT)),
        ('0000:84:00.0,nvidia-36', model.DeviceName(PARENT, 'nvidia-36')),
        (UUID, model.DeviceName(PARENT, 'nvidia-35', UUID)),
        (UUID.upper(), model.DeviceName(PARENT, 'nvidia-35', UUID)),
    ],
)
def test_the_name_of_a_file_says_what_it_is_about(host, name, device):
    path = host.put(name)

    assert host.only() == model.Finding(
        device, str(path), descriptor.parse(TEXT)
    )


def test_an_address_may_have_capitals(tmp_path):
    host = Host(tmp_path)
    host.sysfs.function('0000:8a:00.1', 'acme_vfio_pci')
    host.put('0000:8A:00.1')

    assert host.only().device == model.DeviceName('PCI_0000_8A_00_1')


def test_of_two_files_about_one_device_none_counts(host):
    host.put(UUID, 'SELF:\n name=new\n')
    host.put(UUID.upper(), 'SELF:\n name=old\n')
    host.put('0000:81:00.1')

    one, other = sorted(host.findings(), key=lambda f: f.device)

    assert one.document is not None
    assert 'about the same device; keep one' in other.problem.reason
    assert f"'{UUID}.compat'" in other.problem.reason


def test_devices_that_are_no_functions_have_their_names_in_sysfs(host):
    host.sysfs.subchannel('0.0.0035')
    host.sysfs.mdev_parent(host.sysfs.ap_matrix(), 'vfio_ap-passthrough')
    host.put('0.0.0035')
    host.put('matrix,vfio_ap-passthrough')

    assert [finding.device for finding in host.findings()] == [
        model.DeviceName('CSS_0_0_0035'),
        model.DeviceName('AP_MATRIX', 'vfio_ap-passthrough'),
    ]


def test_other_files_do_not_count(host):
    for name in ('README', '.0000:81:00.1.compat', '0000:81:00.1.compat~'):
        (host.folder / name).write_text(TEXT)

    assert host.findings() == []


def test_a_folder_that_is_not_there_is_an_empty_one(host):
    host.folder.rmdir()

    assert host.findings() == []


def test_a_folder_that_vanishes_changes_nothing_until_it_is_there(host):
    host.put('0000:81:00.1')
    before = host.findings()
    elsewhere = host.folder.rename(host.folder.with_name('elsewhere'))

    for _ in range(2):
        with pytest.raises(errors.AgentError, match='is not there any more'):
            host.findings()

    elsewhere.rename(host.folder)
    assert host.findings() == before


def test_a_folder_that_cannot_be_listed_changes_nothing(host):
    host.folder.rmdir()
    host.folder.write_text('')

    with pytest.raises(errors.AgentError, match='devices_folder'):
        host.findings()


@pytest.mark.parametrize(
    'name',
    [
        '0000:99:00.0',
        '0000:84:00.0,nvidia-99',
        '0000:84:00.0,Nvidia-36',
        '882cc4da-dede-11e7-9180-078a62063ab2',
        'a\nERROR forged',
    ],
)
def test_a_device_that_is_not_there_is_a_warning(host, name):
    host.put(name)

    (warning,) = host.warnings()

    assert warning.endswith('about a device that this host does not have')
    assert warning.isprintable()


def test_a_device_that_is_there_is_no_warning(host):
    for name in ('0000:81:00.1', '0000:84:00.0,nvidia-36', UUID):
        host.put(name)

    assert host.warnings() == ()


def test_an_error_names_file_line_and_column_and_hides_no_other(host):
    host.put('0000:81:00.1', 'SELF:\n name=x\n oops\n')
    host.put('0000:84:00.0')

    bad, good = host.findings()

    problem = bad.problem
    assert problem.path.endswith('/devices.d/0000:81:00.1.compat')
    assert (problem.line, problem.column) == (3, 6)
    assert good.document is not None


@pytest.mark.parametrize('mode', [0o664, 0o646, 0o666, 0o777])
def test_a_file_that_others_may_write_is_refused(host, mode):
    host.put('0000:81:00.1', mode=mode)

    problem = host.only().problem

    assert problem.path.endswith('0000:81:00.1.compat')
    assert f'may be written by others (mode {mode:04o})' in problem.reason
    assert 'chmod go-w' in problem.reason


@pytest.mark.parametrize('mode', [0o775, 0o757, 0o1777, 0o2775])
@pytest.mark.parametrize('names', [[], ['0000:81:00.1']])
def test_a_folder_that_others_may_write_changes_nothing(host, mode, names):
    for name in names:
        host.put(name)
    host.folder.chmod(mode)

    with pytest.raises(errors.AgentError, match=r'/devices\.d .*chmod go-w'):
        host.findings()


@pytest.fixture
def give_away(monkeypatch):
    """Return a function that gives a file or folder to another user."""
    real = os.fstat
    given = set()

    def fstat(file):
        found = list(real(file))
        if found[1] in given:
            found[4] = 12345
        return os.stat_result(found)

    monkeypatch.setattr(os, 'fstat', fstat)
    return lambda path: given.add(path.stat().st_ino)


def test_a_file_that_belongs_to_neither_root_nor_the_agent_is_refused(
    host, give_away
):
    path = host.put('0000:81:00.1')
    give_away(path)

    problem = host.only().problem

    assert problem.path == str(path)
    assert 'belongs to user 12345' in problem.reason


def test_a_folder_that_belongs_to_somebody_else_changes_nothing(
    host, give_away
):
    give_away(host.folder)

    with pytest.raises(
        errors.AgentError, match=r'/devices\.d belongs to user 12345'
    ):
        host.findings()


@pytest.mark.parametrize('mode', [0o600, 0o444, 0o755])
def test_a_file_that_only_its_owner_may_write_is_read(host, mode):
    host.put('0000:81:00.1', mode=mode)

    assert host.only().document is not None


def test_a_link_is_not_followed(host, tmp_path):
    (tmp_path / 'elsewhere').write_text(TEXT)
    (host.folder / '0000:81:00.1.compat').symlink_to(tmp_path / 'elsewhere')

    assert 'found a link' in host.only().problem.reason


@pytest.mark.parametrize('make', [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_not_read_or_waited_for(host, make):
    make(host.folder / '0000:81:00.1.compat')

    assert 'expected a file' in host.only().problem.reason


def test_a_file_past_64_kib_is_refused(host):
    host.put('0000:81:00.1', TEXT + '#' * 65536)

    assert 'more than 65,536 bytes' in host.only().problem.reason
