# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat devices, on made-up sysfs trees and real files."""

import json

import pytest

from nova_migcompat import descriptor, traits
from nova_migcompat.cli import devices, main
from tests.fake_sysfs import FakeSysfs

pytestmark = pytest.mark.usefixtures('logging_as_before')

A, B = 'SELF:\n\ta=1\n', 'SELF:\n\ta=2\n'
BROKEN = 'SELF:\n\ta=1\n\ta=2\n'
DIGEST_A, DIGEST_B = (descriptor.parse(text).digest for text in (A, B))
PF, FIRST, SECOND = '0000:81:00.0', '0000:81:00.1', '0000:81:00.2'


class Host:
    """A compute host that has a PF, and an agent's configuration."""

    def __init__(self, folder, capsys):
        self._capsys = capsys
        self.folder = folder
        self.sysfs = FakeSysfs(folder / 'sys')
        self.sysfs.function(PF, 'acme')
        self.config = folder / 'agent.conf'
        self.configure()
        for name in ('devices.d', 'rules.d'):
            (folder / name).mkdir()

    def configure(self, **options):
        values = {
            'sysfs_root': self.sysfs.root,
            'devices_folder': self.folder / 'devices.d',
            'rules_folder': self.folder / 'rules.d',
            'state_path': self.folder / 'state',
            'nova_config_files': self.folder / 'nova.conf',
            **options,
        }
        lines = [f'{name} = {value}' for name, value in values.items()]
        self.config.write_text('\n'.join(['[agent]', *lines, '']))

    def vf(self, address, text=None):
        """Add a VF; return the path of its document."""
        folder = self.sysfs.function(address, 'acme_vfio_pci', physfn=PF)
        if text is not None:
            (folder / 'migration_compatible').write_text(text)
        listed = self.sysfs.root / 'bus/pci/devices' / address
        return listed / 'migration_compatible'

    def files(self):
        return sorted(self.folder.rglob('*'))

    def run(self, *options, file_format='json'):
        config = ('--config-file', str(self.config))
        status = main.main(['devices', '-f', file_format, *config, *options])
        out, err = self._capsys.readouterr()
        assert 'Traceback' not in err
        if file_format == 'json':
            out = json.loads(out) if out else None
        return status, out, err


@pytest.fixture
def host(tmp_path, capsys):
    return Host(tmp_path, capsys)


def row(*values):
    return dict(zip(devices.COLUMNS, values, strict=True))


def test_a_device_has_its_file_its_digest_and_its_names(host):
    path = host.vf(FIRST, A)
    name = traits.document_trait(DIGEST_A)

    assert host.run() == (
        0,
        [row('PCI_0000_81_00_1', str(path), DIGEST_A, [name], None)],
        '',
    )


def test_a_host_without_such_devices_is_an_empty_list_and_it_is_said(host):
    status, rows, error = host.run()

    assert (status, rows) == (0, [])
    assert error.endswith(' has no device that a guest could be given\n')


def test_devices_that_differ_have_names_of_their_locations(host):
    of_pf = 'PCI_0000_81_00_0'
    host.vf(FIRST, A)
    host.vf(SECOND, A)
    host.vf('0000:81:00.3', B)

    _, (first, _, third), _ = host.run()

    assert first['Names'] == [
        traits.document_trait(DIGEST_A),
        traits.location_trait(of_pf, DIGEST_A),
    ]
    assert third['Names'] == [
        traits.document_trait(DIGEST_B),
        traits.location_trait('PCI_0000_81_00_3', DIGEST_B),
        traits.location_trait(of_pf, DIGEST_B),
    ]


def test_a_broken_document_has_its_place_and_hides_no_other(host):
    path = host.vf(FIRST, BROKEN)
    host.vf(SECOND, A)

    status, (first, second), _ = host.run()

    assert status == 1
    assert (first['Digest'], first['File']) == (None, str(path))
    assert first['Error'].startswith(f'{path}:3:2: found ')
    assert (second['Digest'], second['Error']) == (DIGEST_A, None)


def test_a_table_does_not_repeat_the_file_beside_the_error(host):
    path = host.vf(FIRST, BROKEN)

    _, out, _ = host.run(file_format='table')

    assert out.count(str(path)) == 1
    assert '| line 3, column 2: found ' in out


def test_a_device_that_nothing_describes_is_a_row_and_no_error(host):
    host.vf(FIRST)

    assert host.run()[:2] == (
        0,
        [row('PCI_0000_81_00_1', None, None, [], None)],
    )


def test_a_type_is_named_with_its_parent(host):
    folder = host.sysfs.function('0000:84:00.0', 'acme')
    types = host.sysfs.mdev_parent(folder, 'x')
    (types / 'x' / 'migration_compatible').write_text(A)

    _, (found,), _ = host.run()

    assert found['Device'] == 'PCI_0000_84_00_0, type x'


def test_a_parent_of_several_types_is_warned_of(host):
    folder = host.sysfs.function('0000:84:00.0', 'acme')
    host.sysfs.mdev_parent(folder, 'x', 'y')

    status, _, error = host.run()

    assert status == 0
    assert 'it is not known which type Nova uses' in error


def test_nova_conf_tells_which_type_counts(host, tmp_path):
    folder = host.sysfs.function('0000:84:00.0', 'acme')
    types = host.sysfs.mdev_parent(folder, 'x', 'y')
    (types / 'y' / 'migration_compatible').write_text(A)
    file = tmp_path / 'other.conf'
    file.write_text('[devices]\nenabled_mdev_types = y\n')

    status, (found,), error = host.run('--nova-config-file', str(file))

    assert (status, error) == (0, '')
    assert found['Device'] == 'PCI_0000_84_00_0, type y'


def test_the_operators_file_counts_and_is_named(host):
    host.vf(FIRST, BROKEN)
    file = host.folder / 'devices.d' / f'{FIRST}.compat'
    file.write_text(A)

    status, (found,), error = host.run()

    assert (status, found['File'], found['Digest']) == (0, str(file), DIGEST_A)
    assert 'Not in use, but wrong' in error


def test_a_file_that_others_may_write_is_an_error(host):
    host.vf(FIRST, A)
    file = host.folder / 'devices.d' / f'{FIRST}.compat'
    file.write_text(A)
    file.chmod(0o666)

    status, (found,), _ = host.run()

    assert (status, found['Digest']) == (1, None)
    assert found['Error'].startswith(f'{file}: ')


def test_a_document_that_is_too_large_is_an_error(host):
    letters = ''.join(f'\tf{i}={"x" * 500}\n' for i in range(40))
    host.vf(FIRST, f'SELF:\n{letters}')
    host.vf(SECOND, A)

    status, (large, good, problem), _ = host.run()

    assert status == 1
    assert (large['Names'], good['Digest']) == ([], DIGEST_A)
    assert problem['Device'] == 'PCI_0000_81_00_1'
    assert 'at most 16,384 can be published' in problem['Error']


def test_wrong_rules_are_2_as_the_agent_would_do_nothing(host):
    host.vf(FIRST, A)
    file = host.folder / 'rules.d' / 'x.yaml'
    file.write_text('rules:\n- nonsense\n')

    status, rows, error = host.run()

    assert (status, rows) == (2, None)
    assert f'{file}, line 2' in error


def test_another_sysfs_can_be_looked_at(host, tmp_path):
    other = FakeSysfs(tmp_path / 'other')
    other.function('0000:99:00.0', 'acme_vfio_pci')

    _, (found,), _ = host.run('--sysfs', str(tmp_path / 'other'))

    assert found['Device'] == 'PCI_0000_99_00_0'


def test_a_sysfs_that_is_none_is_2(host, tmp_path):
    status, rows, error = host.run('--sysfs', str(tmp_path / 'absent'))

    assert (status, rows) == (2, None)
    assert 'absent holds no sysfs' in error
    assert '--sysfs' in error


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        (None, 'agent.conf'),
        ('password = a-secret\n', 'agent.conf, line 1: '),
        ('[agent]\ninterval = often\n', 'interval'),
    ],
)
def test_a_bad_configuration_is_2(host, text, words):
    host.config.unlink()
    if text is not None:
        host.config.write_text(text)

    status, rows, error = host.run()

    assert (status, rows) == (2, None)
    assert words in error
    assert 'a-secret' not in error


@pytest.mark.parametrize('content', [b'\xff\n', None])
def test_a_configuration_that_is_no_text_is_named(host, content):
    host.config.unlink()
    if content:
        host.config.write_bytes(content)
        words = 'agent.conf: is no UTF-8 text'
    else:
        host.config.mkdir()
        words = 'agent.conf: cannot be read: Is a directory'

    status, rows, error = host.run()

    assert (status, rows) == (2, None)
    assert words in error


def test_a_nova_conf_that_is_named_must_be_there(host):
    status, rows, error = host.run('--nova-config-file', 'n\x1b.conf')

    assert (status, rows) == (2, None)
    assert r'n\x1b.conf: there is no such file' in error


def test_the_agents_own_configuration_is_the_default(
    host, monkeypatch, capsys
):
    host.vf(FIRST, A)
    monkeypatch.setattr(devices, 'CONFIG_FILE', str(host.config))

    assert main.main(['devices', '-f', 'value', '-c', 'Digest']) == 0
    assert capsys.readouterr().out == f'{DIGEST_A}\n'


def test_nothing_is_written(host):
    host.vf(FIRST, A)
    before = host.files()

    assert host.run()[0] == 0
    assert host.files() == before


@pytest.mark.parametrize(
    'file_format', ['table', 'csv', 'value', 'yaml', 'json']
)
def test_no_format_prints_what_is_not_printable(host, file_format):
    folder = host.sysfs.function('0000:84:00.0', 'acme')
    types = host.sysfs.mdev_parent(folder, '=x\x1b[31m\u202e')
    next(types.iterdir()).joinpath('migration_compatible').write_text(A)

    status, out, _ = host.run(file_format=file_format)

    assert status == 0
    text = out if isinstance(out, str) else json.dumps(out)
    assert text.replace('\n', '').isprintable()
