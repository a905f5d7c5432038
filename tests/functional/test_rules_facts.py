# SPDX-License-Identifier: Apache-2.0
"""The facts of a device, on trees of files."""

import os
import platform

import pytest

from tests.fake_sysfs import files
from tests.functional.rules_host import GPU, NAME1, NAME2, PF, TYPE, VF1, Host


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


# Built-in facts


@pytest.mark.parametrize(
    ('fact', 'value'),
    [
        ('address', VF1),
        ('bus', 'pci'),
        ('vendor', '15b3'),
        ('device', '101e'),
        ('subsystem_vendor', '15b3'),
        ('subsystem_device', '0008'),
        ('revision', '00'),
        ('class', '020000'),
        ('driver', 'mlx5_vfio_pci'),
        ('module', 'mlx5_vfio_pci'),
        ('pf_address', PF),
        ('pf_device', '1021'),
        ('pf_driver', 'mlx5_core'),
        ('pf_module', 'mlx5_core'),
        ('vf_index', '0'),
        ('vf_number', '1'),
        ('kernel_release', platform.release()),
    ],
)
def test_what_every_vf_is_known_by(host, fact, value):
    assert host.value(fact) == value


def test_vfs_are_told_apart(host):
    assert host.value('vf_index', name=NAME2) == '1'
    assert host.value('vf_number', name=NAME2) == '2'


@pytest.mark.parametrize(
    ('fact', 'value'),
    [
        ('mdev_type', 'nvidia-35'),
        ('mdev_type_name', 'NVIDIA A40-2Q'),
        ('address', GPU),
        ('vendor', '10de'),
        ('module_version', '570.124.03'),
    ],
)
def test_what_every_mdev_type_is_known_by(host, fact, value):
    assert host.value(fact, name=TYPE) == value


def test_a_type_of_an_mdev_that_exists_is_one_though_no_more_fit(host):
    mdev = host.sysfs.mdev(host.gpu, 'nvidia-35')
    (mdev / 'mdev_type').unlink()
    (mdev / 'mdev_type').symlink_to('../mdev_supported_types/nvidia-36')

    finding = host.finding('mdev_type', '', TYPE)

    assert finding.document.self_object['v'] == 'nvidia-35'
    assert 'nvidia-36' in {name.mdev_type for name in host.findings()}


@pytest.mark.parametrize(
    ('fact', 'path'),
    [
        ('module_version', 'module/mlx5_vfio_pci/version is not there'),
        ('pf_module_version', 'module/mlx5_core/version is not there'),
    ],
)
def test_a_built_in_fact_that_is_missing_is_an_error(host, fact, path):
    problem = host.error(fact)

    assert f"rule 'x': fact '{fact}': " in problem.reason
    assert problem.reason.endswith(path)
    assert (problem.line, problem.column) == (6, 11)
    assert problem.path.endswith('50-x.yaml')


def test_a_device_without_a_pf_has_no_facts_of_one(host):
    host.rules(
        """
        - name: x
          applies_to: {driver: mlx5_core}
          document: |
            SELF:
              v=${pf_vendor}
        """
    )

    (finding,) = host.findings().values()
    assert f'{PF}/physfn leads to no PF' in finding.problem.reason


def test_a_driver_of_the_kernel_itself_has_no_module(host):
    (host.sysfs.root / 'bus/pci/drivers/mlx5_core/module').unlink()

    assert 'driver/module is not there' in host.error('pf_module').reason


# Facts of a rule's own


@pytest.mark.parametrize(
    ('begins_in', 'folder', 'name'),
    [
        ('device', 'bus/pci/devices/0000:81:00.1', NAME1),
        ('pf', 'bus/pci/devices/0000:81:00.0', NAME1),
        ('module', 'module/mlx5_vfio_pci', NAME1),
        ('pf_module', 'module/mlx5_core', NAME1),
        ('module/kvm', 'module/kvm', NAME1),
        (
            'mdev_type',
            'bus/pci/devices/0000:84:00.0/mdev_supported_types/nvidia-35',
            TYPE,
        ),
    ],
)
def test_a_fact_begins_in_one_of_these_folders(host, begins_in, folder, name):
    files(host.sysfs.root / folder / 'a', b=' value \n')

    own = f'own: {{from: {begins_in}, path: a/b}}'
    assert host.value('own', own, name) == 'value'


@pytest.mark.parametrize(
    'path', ['infiniband/*/board_id', 'inf*/mlx5_[0-9]/board_i?']
)
def test_a_path_may_have_globs(host, path):
    files(host.pf / 'infiniband/mlx5_0', board_id='MT_0000000359\n')

    own = f"own: {{from: pf, path: '{path}'}}"
    assert host.value('own', own) == 'MT_0000000359'


def test_globs_that_lead_to_several_files_are_an_error(host):
    files(host.pf / 'infiniband/mlx5_0', board_id='a\n')
    files(host.pf / 'infiniband/mlx5_1', board_id='b\n')

    problem = host.error('own', 'own: {from: pf, path: infiniband/*/board_id}')

    assert 'leads to 2 files, expected one' in problem.reason
    assert 'infiniband/mlx5_0/board_id, infiniband/mlx5_1' in problem.reason
    assert (problem.line, problem.column) == (5, 7)


@pytest.mark.parametrize('path', ['infiniband/*/board_id', 'qat/num_rps'])
def test_a_file_that_is_missing_is_an_error_that_names_it(host, path):
    problem = host.error('own', f'own: {{from: pf, path: {path}}}')

    assert f'{PF}/{path} is not there' in problem.reason
    assert "rule 'x': fact 'own'" in problem.reason


@pytest.mark.parametrize('content', ['', '\n', ' \t\n'])
def test_an_empty_file_is_as_a_missing_one(host, content):
    files(host.vf1, a=content)

    assert 'a is empty' in host.error('own', 'own: {path: a}').reason


@pytest.mark.parametrize(
    ('content', 'reason'),
    [
        (b'a\nb\n', 'has 2 lines, expected one'),
        (b'\xff\n', 'is no UTF-8 text'),
        (b'x' * 1025, 'has 1,025 characters'),
        (b'x' * 65537, 'holds more than 65,536 bytes'),
        (b'a\x00b\n', 'U+0000'),
        (b'a\x1b[31mb\n', 'U+001B'),
        (b'a\tb\n', 'U+0009'),
    ],
)
def test_a_content_that_is_no_value_is_an_error(host, content, reason):
    files(host.vf1, a=content)

    problem = host.error('own', 'own: {path: a}')

    assert reason in problem.reason
    assert str(problem).isprintable()


def test_a_built_in_fact_may_stand_in_a_path(host):
    files(host.pf / 'sriov_admin/vf2/profile', vram_quota='4096\n')

    own = 'own: {from: pf, path: "sriov_admin/vf${vf_number}/profile/*"}'
    assert host.value('own', own, NAME2) == '4096'
    reason = host.error('own', own).reason
    assert 'sriov_admin/vf1/profile/* is not there' in reason


@pytest.mark.parametrize('name', ['a/b', '..', '.'])
def test_a_built_in_fact_in_a_path_leads_nowhere_else(host, name):
    files(host.types / 'nvidia-35', name=f'{name}\n')

    own = 'own: {path: "x/${mdev_type_name}/y"}'
    assert 'the path would be x/' in host.error('own', own, TYPE).reason


def test_a_built_in_fact_in_a_path_is_no_glob(host):
    files(host.types / 'nvidia-35', name='[ab]*\n')
    files(host.gpu / 'x', a='1', **{'[ab]*': '2'})

    own = 'own: {path: "x/${mdev_type_name}"}'
    assert host.value('own', own, TYPE) == '2'


@pytest.mark.parametrize('content', ['sym;asym', 'asym; sym;;sym\n'])
def test_a_set_is_the_same_in_any_order(host, content):
    files(host.pf / 'qat', cfg_services=content)

    own = "own: {from: pf, path: qat/cfg_services, set: ';'}"
    assert host.value('own', own) == 'asym+sym'


def test_a_regex_finds_the_value_in_one_of_the_lines(host):
    files(host.vf1, info='model: x\nversion:  1.2 \n')

    own = "own: {path: info, regex: '^version: (.*)$'}"
    assert host.value('own', own) == '1.2'


@pytest.mark.parametrize(
    'own',
    [
        "own: {path: info, regex: '^(vision):'}",
        "own: {path: info, regex: '(x)?'}",
        "own: {path: info, set: '1'}",
    ],
)
def test_a_content_without_the_value_is_an_error(host, own):
    files(host.vf1, info='1')

    assert 'info has nothing of it' in host.error('own', own).reason


def test_a_content_that_a_regex_could_be_busy_with_is_an_error(host):
    files(host.vf1, info='v: 1' + '\n' * 252 + 'x')
    own = "own: {path: info, regex: '^v: (.*)$'}"

    assert '257 characters, expected at most 256' in (
        host.error('own', own).reason
    )
    files(host.vf1, info='v: 1' + '\n' * 251 + 'x')
    assert host.value('own', own) == '1'


# Trust


def test_links_within_sysfs_are_followed(host):
    own = 'own: {path: driver/module/parameters/q_num}'
    assert host.value('own', own) == '64'


def test_a_link_out_of_sysfs_is_refused(host, tmp_path):
    (tmp_path / 'secret').write_text('secret\n')
    (host.vf1 / 'a').symlink_to(tmp_path / 'secret')
    (host.vf1 / 'b').symlink_to(tmp_path)

    for path in ('a', 'b/secret', 'b/*'):
        problem = host.error('own', f'own: {{path: "{path}"}}')
        assert 'leads' in problem.reason
        assert 'secret\n' not in problem.reason


def test_an_attribute_that_can_only_be_written_is_not_read(host):
    files(host.pf / 'qat_rl', sla_op='x\n')
    (host.pf / 'qat_rl/sla_op').chmod(0o200)

    problem = host.error('own', 'own: {from: pf, path: qat_rl/sla_op}')

    assert 'is not to be read (mode 0200)' in problem.reason


@pytest.mark.parametrize('make', [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_not_read_or_waited_for(host, make):
    make(host.vf1 / 'a')

    assert 'expected a file' in host.error('own', 'own: {path: a}').reason


def test_nothing_in_sysfs_is_opened_for_writing(host, monkeypatch):
    real = os.open

    def read_only(path, flags, *arguments, **options):
        assert flags & os.O_ACCMODE == os.O_RDONLY, path
        return real(path, flags, *arguments, **options)

    files(host.pf / 'qat', cfg_services='sym')
    monkeypatch.setattr(os, 'open', read_only)

    own = "own: {from: pf, path: qat/cfg_services, set: ';'}"
    assert host.value('own', own) == 'sym'
