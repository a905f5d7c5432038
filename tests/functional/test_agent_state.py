# SPDX-License-Identifier: Apache-2.0
"""The agent's own folder: its safety, its lock, its state file."""

import dataclasses
import json
import os
import stat
import subprocess
import sys

import pytest

from nova_migcompat.agent import errors, folder, reading, state
from tests.functional.agent_process import until

STATE = state.State(
    pid=1,
    boot_id='b',
    started=state.Moment('2026-11-25T20:00:00+00:00', 1.5),
    interval=60,
    cycle=state.Moment('2026-11-25T20:00:01+00:00', 2.5),
    success=None,
    provider=('uuid', 'name'),
    devices=2,
    documents=('A', 'B'),
    problems=('p',),
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / 'state'
    folder.prepare(path)
    return path


def test_the_folder_is_made_for_the_agent_alone(path):
    assert path.stat().st_mode & 0o777 == 0o700


def test_whatever_the_umask_nobody_else_may_open_the_agents_files(agent):
    umask = os.umask(0)
    try:
        agent.start()
    finally:
        os.umask(umask)
    until(agent.cycles)

    modes = {
        file.name: stat.S_IMODE(file.stat().st_mode)
        for file in agent.state_path.iterdir()
    }
    assert agent.state_path.stat().st_mode & 0o077 == 0
    assert modes.keys() >= {folder.LOCK, state.FILE}
    assert set(modes.values()) == {0o600}


def test_a_folder_that_is_there_is_taken_as_it_is(path):
    path.chmod(0o750)

    folder.prepare(path)

    assert path.stat().st_mode & 0o777 == 0o750


@pytest.mark.parametrize('mode', [0o720, 0o702])
def test_a_folder_that_others_may_write_to_is_refused(path, mode):
    path.chmod(mode)

    with pytest.raises(errors.AgentError, match='chmod 0700'):
        folder.prepare(path)


def test_a_folder_of_another_user_is_refused(path, monkeypatch):
    monkeypatch.setattr(os, 'geteuid', lambda: path.stat().st_uid + 1)

    with pytest.raises(errors.AgentError, match='belongs to the user'):
        folder.prepare(path)


def test_a_link_to_a_folder_is_refused(path, tmp_path):
    link = tmp_path / 'link'
    link.symlink_to(path)

    with pytest.raises(errors.AgentError, match='is no folder'):
        folder.prepare(link)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    with pytest.raises(errors.AgentError, match='cannot be made'):
        folder.prepare(tmp_path / 'nowhere' / 'state')


def test_the_lock_tells_who_holds_it_and_who_held_it_does_no_more(path):
    assert folder.holder(path) is None

    with folder.locked(path):
        pass

    assert folder.holder(path) is None
    assert (path / folder.LOCK).read_text() == f'{os.getpid()}\n'


def fifo(path):
    os.mkfifo(path)


def link(path):
    path.symlink_to(path.with_name('elsewhere'))


def directory(path):
    path.mkdir()


@pytest.mark.parametrize(
    ('make', 'found'),
    [(fifo, 'a FIFO'), (link, 'a link'), (directory, 'a folder')],
)
def test_a_lock_that_is_no_file_is_refused_and_never_opened(path, make, found):
    make(path / folder.LOCK)

    with pytest.raises(errors.AgentError, match=f'lock found {found}'):
        folder.holder(path)
    with (
        pytest.raises(errors.AgentError, match=f'lock found {found}'),
        folder.locked(path),
    ):
        pass

    assert not (path / 'elsewhere').exists()


@pytest.mark.parametrize('make', [fifo, link])
def test_a_lock_that_is_swapped_after_the_look_at_it_does_no_harm(
    path, monkeypatch, make
):
    monkeypatch.setattr(reading, 'kind', lambda *_: reading.FILE)
    make(path / folder.LOCK)

    with pytest.raises(errors.AgentError, match='lock cannot be read'):
        folder.holder(path)

    assert [file.name for file in path.iterdir()] == [folder.LOCK]


def test_who_asks_for_the_holder_is_never_taken_for_one(path, monkeypatch):
    """While one process asks, another may start, or ask as well."""
    (path / folder.LOCK).touch()
    told = []
    fcntl_now = folder.fcntl.fcntl

    def ask(*arguments):
        answer = fcntl_now(*arguments)
        told.append(in_another_process(path))
        return answer

    monkeypatch.setattr(folder.fcntl, 'fcntl', ask)

    assert folder.holder(path) is None
    assert told == ['None']


def test_of_a_held_lock_no_more_is_read_than_a_process_id(path):
    with folder.locked(path):
        assert in_another_process(path) == f'{os.getpid()}'

        # Not opened, as the kernel would release the lock at its closing.
        os.truncate(path / folder.LOCK, 65)
        assert 'lock holds more than 64 bytes' in in_another_process(path)


def in_another_process(path):
    """Return what another process is told: the kernel asks for one."""
    code = (
        'import pathlib, sys\n'
        'from nova_migcompat.agent import errors, folder\n'
        'try:\n'
        '    print(folder.holder(pathlib.Path(sys.argv[1])))\n'
        'except errors.AgentError as e:\n'
        '    print(e)\n'
    )
    return subprocess.run(
        [sys.executable, '-c', code, path],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.strip()


def test_nobody_holds_the_lock_of_a_folder_that_is_not_there(tmp_path):
    assert folder.holder(tmp_path / 'nowhere') is None
    assert not (tmp_path / 'nowhere').exists()


def test_a_state_is_read_as_it_was_written(path):
    state.write(path, STATE)

    assert state.read(path) == STATE


def test_without_a_file_there_is_no_state(path, tmp_path):
    assert state.read(path) is None
    assert state.read(tmp_path / 'nowhere') is None


def test_a_write_that_fails_leaves_the_state_before(path, monkeypatch):
    state.write(path, STATE)

    def fail(_file):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(os, 'fsync', fail)
    with pytest.raises(OSError, match='No space'):
        state.write(path, state.State(2, 'b', STATE.started, 60))

    assert state.read(path) == STATE
    assert [file.name for file in path.iterdir()] == [state.FILE]


def test_a_state_is_written_for_the_agents_user_alone(path):
    state.write(path, STATE)

    assert (path / state.FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    'text',
    ['', '{', '[]', '1', '{}', json.dumps({'pid': 1}), '{"provider": null}'],
)
def test_a_file_with_something_else_in_it_is_an_error(path, text):
    (path / state.FILE).write_text(text)

    with pytest.raises(ValueError):
        state.read(path)


WRITTEN = dataclasses.asdict(STATE)


@pytest.mark.parametrize(
    'wrong',
    [
        *({name: {'a': 1}} for name in WRITTEN),
        {'pid': '1'},
        {'started': None},
        {'started': {'utc': 1, 'uptime': 1.0}},
        {'started': {'utc': 'today', 'uptime': 1.0}},
        {'started': {'utc': '2026-11-25', 'uptime': 10**400}},
        {'cycle': [1]},
        {'success': {'utc': '2026-11-25', 'uptime': 'x'}},
        {'next_in': None},
        {'next_in': 10**400},
        {'provider': ['uuid']},
        {'provider': ['uuid', 1]},
        {'documents': 'AB'},
        {'problems': [1]},
    ],
    ids=str,
)
def test_a_file_with_a_value_of_another_type_is_an_error(path, wrong):
    (path / state.FILE).write_text(json.dumps({**WRITTEN, **wrong}))

    with pytest.raises(ValueError):
        state.read(path)


def test_a_file_that_is_nested_too_deep_is_an_error(path):
    (path / state.FILE).write_text('[' * 100_000)

    with pytest.raises(ValueError):
        state.read(path)


@pytest.mark.parametrize(
    ('make', 'found'),
    [(fifo, 'a FIFO'), (link, 'a link'), (directory, 'a folder')],
)
def test_a_state_that_is_no_file_is_an_error(path, make, found):
    (path / 'elsewhere').write_text('{}')
    make(path / state.FILE)

    with pytest.raises(reading.UnreadableError, match=found):
        state.read(path)


def test_a_state_of_a_thousand_devices_that_are_left_out_is_read(path):
    written = dataclasses.replace(STATE, problems=('x' * 1000,) * 1000)
    state.write(path, written)

    assert state.read(path) == written


def test_a_state_that_is_too_large_is_an_error(path):
    with (path / state.FILE).open('wb') as file:
        file.truncate(state.MAX_BYTES + 1)

    with pytest.raises(reading.UnreadableError, match='holds more than'):
        state.read(path)


def test_the_boot_has_a_name():
    assert len(state.boot_id()) == 36
