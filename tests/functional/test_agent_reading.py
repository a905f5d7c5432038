# SPDX-License-Identifier: Apache-2.0
"""What the agent does not follow, wait for or read (DESIGN.md, "Trust")."""

import os
import pathlib
import socket

import pytest

from nova_migcompat import descriptor
from nova_migcompat.agent import model, reading, writing
from nova_migcompat.agent.sources import layouts
from tests.fake_sysfs import files

TEXT = 'SELF:\n name=x\n'


@pytest.fixture
def device(tmp_path):
    """Return the folder of a device without a document."""
    (tmp_path / 'device').mkdir()
    return tmp_path / 'device'


def read(device):
    return layouts.read(device, model.DeviceName('PCI_0000_81_00_1'))


def make_link(path):
    target = path.parent / 'elsewhere'
    target.write_text('name=x\n')
    path.symlink_to(target)


def make_socket(path):
    # The path of a socket has at most 107 bytes.
    server = socket.socket(socket.AF_UNIX)
    before = pathlib.Path.cwd()
    os.chdir(path.parent)
    server.bind(path.name)
    os.chdir(before)
    server.close()


@pytest.mark.parametrize(
    ('make', 'found'),
    [
        (make_link, 'found a link'),
        (os.mkfifo, 'found a FIFO'),
        (make_socket, 'found a socket'),
    ],
)
@pytest.mark.parametrize(
    'path',
    [
        'migration_compatible',
        'migration',
        'migration/self',
        'migration/compatible1',
        'migration/self/name',
    ],
)
def test_what_is_no_file_is_an_error_and_is_not_opened(
    device, path, make, found
):
    path = device / path
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name == 'compatible1':
        files(path.parent, self='a=1\n')
    make(path)

    finding = read(device)

    assert finding.problem.path.endswith(path.name)
    assert finding.problem.reason.startswith(found)


@pytest.mark.parametrize(
    'path', ['migration_compatible', 'migration/self/name']
)
def test_a_folder_where_a_file_belongs_is_an_error(device, path):
    (device / path).mkdir(parents=True)

    assert 'found a folder, expected a file' in read(device).problem.reason


def test_a_file_where_a_folder_belongs_is_an_error(device):
    files(device, migration='name=x\n')

    assert 'found a file, expected a folder' in read(device).problem.reason


def test_a_dangling_link_is_an_error_and_no_absence(device):
    (device / 'migration_compatible').symlink_to('nowhere')

    assert 'found a link' in read(device).problem.reason


@pytest.mark.parametrize(
    'path', ['migration_compatible', 'migration/self/name']
)
@pytest.mark.parametrize('mode', [0o200, 0o222, 0o000])
def test_what_is_for_nobody_to_read_is_an_error_and_is_not_opened(
    device, monkeypatch, path, mode
):
    path = device / path
    files(path.parent, **{path.name: TEXT})
    path.chmod(mode)
    real = os.open

    def found_only(name, flags, *arguments, **options):
        assert flags & os.O_PATH
        return real(name, flags, *arguments, **options)

    monkeypatch.setattr(os, 'open', found_only)

    problem = read(device).problem

    assert problem.path == str(path)
    assert problem.reason == f'is not to be read (mode {mode:04o})'


def test_a_file_past_64_kib_is_an_error_and_is_not_read_on(device):
    files(device, migration_compatible=b'#' * 65537)

    assert 'more than 65,536 bytes' in read(device).problem.reason


def test_a_file_of_just_64_kib_is_read(device):
    files(device, migration_compatible=TEXT + '#' * (65536 - len(TEXT)))

    assert read(device).document == descriptor.parse(TEXT)


def test_a_document_of_many_large_files_is_an_error(device):
    large = '#' * 60000 + '\n'
    files(
        device / 'migration',
        self='a=1\n' + large,
        **{f'compatible{i}': 'a=1\n' + large for i in range(1, 20)},
    )

    assert 'far too large' in read(device).problem.reason


def test_an_error_of_the_system_is_the_devices(device, monkeypatch):
    files(device, migration_compatible=TEXT)

    def fail(*_arguments, **_options):
        raise OSError(5, 'Input/output error')

    monkeypatch.setattr(os, 'open', fail)

    assert read(device).problem.reason == 'cannot be read: Input/output error'


def test_a_folder_that_cannot_be_listed_is_the_devices_error(
    device, monkeypatch
):
    files(device / 'migration', self='a=1\n')
    list_folder = os.listdir

    def refuse(path):
        if pathlib.Path(path).name == 'migration':
            raise PermissionError(13, 'Permission denied')
        return list_folder(path)

    monkeypatch.setattr(os, 'listdir', refuse)

    assert read(device).problem.reason == 'cannot be read: Permission denied'


def test_without_proc_nothing_counts_as_missing(tmp_path, monkeypatch):
    (tmp_path / 'a').write_text('x')
    monkeypatch.setattr(reading, '_PROC', f'{tmp_path}/no-proc/%d')
    with pytest.raises(reading.UnreadableError, match='is /proc mounted') as e:
        reading.list_trusted(tmp_path)
    assert not isinstance(e.value, reading.MissingError)


def test_what_a_crash_has_left_goes_when_it_is_old(tmp_path):
    old, new = tmp_path / '.state.json.abc', tmp_path / '.state.json.xyz'
    other = tmp_path / 'state.json'
    for path in (old, new, other):
        path.write_text('x')
    for path in (old, other):
        os.utime(path, (0, 0))
    writing.tidy(tmp_path)
    assert sorted(tmp_path.iterdir()) == [new, other]


def test_the_same_failure_has_the_same_words_each_time(tmp_path):
    path = tmp_path / 'state.json'
    path.mkdir()
    words = []
    for _ in range(2):
        with pytest.raises(OSError) as e:
            writing.replace(path, 'x')
        words.append(str(e.value))
    assert words[0] == words[1]
    assert str(path) in words[0]
    assert [each.name for each in tmp_path.iterdir()] == ['state.json']
