# SPDX-License-Identifier: Apache-2.0
"""Tables that vanish from sysfs: what is remembered of them, and for whom."""

import json
import platform

import pytest

from nova_migcompat.agent.rules import memory
from tests.fake_sysfs import files
from tests.functional.rules_host import NAME2, Host


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


LOOKUP = """
    type: {path: nvidia/current_vgpu_type}
    own: {path: nvidia/creatable_vgpu_types, lookup: type}
"""
TABLE = 'ID    : vGPU Name\n1151  : NVIDIA L40S-1Q\n1152  : A: "2Q"\n'


def vgpus(host, table, *types):
    """Set the table of all VFs, and the type of each."""
    for vf, current in zip((host.vf1, host.vf2), types, strict=True):
        files(
            vf / 'nvidia',
            creatable_vgpu_types=table,
            current_vgpu_type=f'{current}\n',
        )


def test_a_name_is_looked_up(host):
    vgpus(host, TABLE, 1151, 1152)

    assert host.value('own', LOOKUP) == 'NVIDIA L40S-1Q'
    assert host.value('own', LOOKUP, NAME2) == 'A: "2Q"'


def test_as_many_names_as_a_rule_can_have_are_looked_up_in_turn(host):
    own = ['f0: {path: nvidia/current_vgpu_type}']
    own += [
        f'f{n}: {{path: nvidia/creatable_vgpu_types, lookup: f{n - 1}}}'
        for n in range(1, 64)
    ]
    vgpus(host, ''.join(f'{n}: {n + 1}\n' for n in range(64)), 0, 0)

    assert host.value('f63', '\n'.join(own)) == '63'


def test_a_name_is_remembered_when_the_card_is_full(host):
    vgpus(host, TABLE, 1151, 0)
    host.value('own', LOOKUP)

    vgpus(host, '', 1151, 1152)

    assert host.value('own', LOOKUP) == 'NVIDIA L40S-1Q'
    assert host.value('own', LOOKUP, NAME2) == 'A: "2Q"'


def test_a_name_is_remembered_over_a_restart(host):
    vgpus(host, TABLE, 1151, 0)
    host.value('own', LOOKUP)

    vgpus(host, '', 1151, 1152)
    host.restart()

    assert host.value('own', LOOKUP, NAME2) == 'A: "2Q"'
    assert [path.name for path in host.state.iterdir()] == ['remembered.json']


def test_what_another_vf_shows_counts_for_all_of_the_pf(host):
    vgpus(host, '', 1151, 0)
    files(host.vf2 / 'nvidia', creatable_vgpu_types=TABLE)

    assert host.value('own', LOOKUP) == 'NVIDIA L40S-1Q'


def test_names_are_learnt_before_a_vf_has_a_type(host):
    rule = """
        - name: x
          applies_to: {vendor: 15b3, type: '[1-9]*'}
          facts:
            type: {path: nvidia/current_vgpu_type}
            own: {path: nvidia/creatable_vgpu_types, lookup: type}
          document: |
            SELF:
              v=${own}
    """
    host.rules(rule)
    vgpus(host, TABLE, 0, 0)
    assert host.findings() == {}

    vgpus(host, '', 1151, 0)

    (finding,) = host.findings().values()
    assert finding.document.self_object == {'v': 'NVIDIA L40S-1Q'}


def test_what_a_table_says_now_goes_before_what_it_said(host):
    vgpus(host, TABLE, 1151, 0)
    host.value('own', LOOKUP)

    vgpus(host, '1151: other', 1151, 0)

    assert host.value('own', LOOKUP) == 'other'
    vgpus(host, '', 1151, 0)
    assert host.value('own', LOOKUP) == 'other'


@pytest.mark.parametrize(
    ('path', 'content'),
    [
        ('bus/pci/devices/0000:81:00.0/device', '0x1022'),
        ('bus/pci/devices/0000:81:00.0/subsystem_device', '0x0009'),
        ('bus/pci/devices/0000:81:00.0/revision', '0x01'),
        ('module/mlx5_core/version', '2.0'),
    ],
)
def test_nothing_is_remembered_of_another_card_or_driver(host, path, content):
    vgpus(host, TABLE, 1151, 0)
    host.value('own', LOOKUP)

    vgpus(host, '', 1151, 0)
    (host.sysfs.root / path).write_text(content)

    assert "no line '1151' : ..." in host.error('own', LOOKUP).reason


def test_nothing_is_remembered_of_another_kernel(host, monkeypatch):
    vgpus(host, TABLE, 1151, 0)
    host.value('own', LOOKUP)

    vgpus(host, '', 1151, 0)
    monkeypatch.setattr(platform, 'release', lambda: '9.9')

    assert host.error('own', LOOKUP) is not None


def test_a_name_that_was_never_seen_is_an_error(host):
    vgpus(host, TABLE, 99, 0)

    problem = host.error('own', LOOKUP)

    assert 'creatable_vgpu_types has no line' in problem.reason
    assert "'99' : ..., nor had it one before" in problem.reason


@pytest.mark.parametrize(
    'content',
    [
        b'',
        b'{',
        b'[]',
        b'[' * 100000,
        b'\xff',
        b'{"format": 2, "owners": {}}',
        b'{"format": 1, "owners": {"x": 1}}',
        b'{"format": 1, "owners": {"x": {"identity": [], "tables": 1}}}',
        b'{"format": 1, "owners": {"x": {"identity": [], "tables": {"a":'
        b' {"b": 1}}}}}',
    ],
)
def test_a_state_file_that_is_broken_is_a_warning_and_made_anew(
    host, caplog, content
):
    vgpus(host, TABLE, 1151, 0)
    (host.state / 'remembered.json').write_bytes(content)

    assert host.value('own', LOOKUP) == 'NVIDIA L40S-1Q'

    (record,) = caplog.records
    assert record.levelname == 'WARNING'
    assert 'remembered.json' in record.getMessage()
    vgpus(host, '', 1151, 0)
    host.restart()
    assert host.value('own', LOOKUP) == 'NVIDIA L40S-1Q'


def test_a_state_folder_that_cannot_be_written_is_one_warning(host, caplog):
    vgpus(host, TABLE, 1151, 0)
    host.state.rmdir()
    host.state.write_text('no folder')

    for _ in range(3):
        assert host.value('own', LOOKUP) == 'NVIDIA L40S-1Q'

    assert len(caplog.records) == 1


def test_the_state_file_is_written_when_there_is_something_new(host):
    vgpus(host, TABLE, 1151, 0)
    host.value('own', LOOKUP)
    before = (host.state / 'remembered.json').stat()

    host.value('own', LOOKUP)
    assert (host.state / 'remembered.json').stat().st_ino == before.st_ino

    vgpus(host, TABLE + '1153: x\n', 1151, 0)
    host.value('own', LOOKUP)
    assert (host.state / 'remembered.json').stat().st_ino != before.st_ino


def test_of_too_much_what_was_not_seen_for_the_longest_is_forgotten(
    host, caplog, monkeypatch
):
    monkeypatch.setattr(memory, 'MAX_BYTES', 1200)
    kept = memory.Memory(host.state)
    lines = {'1': 'x' * 300}

    for address in ('a', 'b', 'c'):
        kept.learn(memory.Owner(address, ('1',)), 't', lines)
        kept.save()
    # Another card, so that nothing of the one before counts.
    kept.learn(memory.Owner('b', ('2',)), 't', lines)
    kept.recall(memory.Owner('a', ('1',)), 't', '1')
    kept.learn(memory.Owner('d', ('1',)), 't', lines)
    kept.save()

    file = host.state / memory.FILE
    assert list(json.loads(file.read_text())['owners']) == [
        'b',
        'a',
        'd',
    ]
    assert file.stat().st_size <= 1200
    (record,) = caplog.records
    assert record.levelname == 'WARNING'
    assert 'would hold more than 1200 bytes' in record.getMessage()


def test_what_never_fits_is_no_reason_to_write_again(host, monkeypatch):
    monkeypatch.setattr(memory, 'MAX_BYTES', 1000)
    kept = memory.Memory(host.state)
    inodes = set()

    for _ in range(3):
        for address in ('a', 'b', 'c'):
            owner = memory.Owner(address, ())
            kept.learn(owner, 't', {'1': 'x' * 300})
        kept.save()
        inodes.add((host.state / memory.FILE).stat().st_ino)

    assert len(inodes) == 1


def test_a_table_that_is_too_large_alone_is_forgotten(host):
    kept = memory.Memory(host.state)
    for number in range(20):
        large = {f'{number}-{n}': 'x' * 64 for n in range(800)}
        kept.learn(memory.Owner('a', ()), 't', large)

    kept.save()

    again = memory.Memory(host.state)
    assert again.recall(memory.Owner('a', ()), 't', '0-0') is None
    kept.learn(memory.Owner('a', ()), 't', {'1': 'x'})
    kept.save()
    again = memory.Memory(host.state)
    assert again.recall(memory.Owner('a', ()), 't', '1') == 'x'


def test_nothing_is_left_behind_where_the_agent_has_no_folder(host):
    vgpus(host, TABLE, 1151, 0)
    host.state.rmdir()

    assert host.value('own', LOOKUP) == 'NVIDIA L40S-1Q'

    assert not host.state.exists()


def test_nothing_is_written_to_the_folder_of_another_user(host, monkeypatch):
    vgpus(host, TABLE, 1151, 0)
    own = host.state.stat().st_uid
    monkeypatch.setattr('os.geteuid', lambda: own + 1)

    assert host.value('own', LOOKUP) == 'NVIDIA L40S-1Q'

    assert list(host.state.iterdir()) == []
