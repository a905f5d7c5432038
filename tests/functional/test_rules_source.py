# SPDX-License-Identifier: Apache-2.0
"""The source ``rules``: which rule counts, and what becomes of wrong files."""

import pytest

from nova_migcompat import descriptor
from nova_migcompat.agent import errors, model
from nova_migcompat.agent.sources import rules
from tests.fake_sysfs import files
from tests.functional.rules_host import GPU, NAME1, NAME2, TYPE, Host


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def rule(name='x', applies_to='driver: mlx5_vfio_pci', v='1', **more):
    extra = ''.join(f'  {key}: {value}\n' for key, value in more.items())
    return (
        f'- name: {name}\n  applies_to: {{{applies_to}}}\n{extra}'
        f'  document: |\n    SELF:\n      v={v}\n'
    )


def values(host):
    return {
        name: finding.document.self_object['v']
        for name, finding in host.findings().items()
    }


def problems(said):
    return [one for one in said if isinstance(one, model.Problem)]


# Which rule counts


def test_without_rules_nothing_is_said(host):
    assert host.said() == []


def test_a_folder_that_was_never_there_is_an_empty_one(host):
    host.folder.rmdir()

    assert host.said() == []


def test_a_rule_makes_a_document_for_each_device_that_it_applies_to(host):
    path = host.rules(rule(v='${device}'))

    assert host.said() == [
        model.Finding(name, str(path), descriptor.parse('SELF:\n v="101e"\n'))
        for name in (NAME1, NAME2)
    ]


def test_all_conditions_must_match_each_with_one_of_its_patterns(host):
    conditions = 'driver: [x, mlx5_*], device: 101E, vf_number: 2'
    host.rules(rule(applies_to=conditions))

    assert set(host.findings()) == {NAME2}


def test_a_rule_with_an_mdev_type_is_about_the_types_alone(host):
    host.rules(rule(applies_to='mdev_type: nvidia-*', v='${mdev_type_name}'))

    assert values(host) == {TYPE: 'NVIDIA A40-2Q'}


def test_any_other_rule_is_about_the_parent_as_a_whole(host):
    host.rules(rule(applies_to='driver: nvidia', v='${address}'))

    assert values(host) == {model.DeviceName(TYPE.location): GPU}


def test_devices_of_other_buses_have_rules_too(host):
    host.sysfs.subchannel('0.0.0035', type='0')
    host.rules(
        rule(applies_to='bus: css, own: 0', v='${driver}').replace(
            '  document', '  facts: {own: {path: type}}\n  document'
        )
    )

    assert values(host) == {model.DeviceName('CSS_0_0_0035'): 'vfio_ccw'}


def test_files_count_by_name_and_rules_by_their_order(host):
    host.rules(rule(v='60'), '60.yaml')
    host.rules(rule(v='5-1') + rule(v='5-2'), '5.yaml')
    host.rules(rule(applies_to='vf_number: 2', v='B'), 'B.yaml')
    host.rules(rule(applies_to='vf_number: 2', v='00'), '00.yaml')

    assert values(host) == {NAME1: '5-1', NAME2: '00'}


def test_a_rule_that_is_switched_off_applies_to_nothing(host):
    host.rules(rule(v='1', enabled='false') + rule(v='2', enabled='true'))

    assert values(host) == {NAME1: '2', NAME2: '2'}


def test_other_files_do_not_count(host):
    for name in ('README', '.50.yaml', '50.yaml~', '50.yml'):
        host.rules('nonsense', name)

    assert host.said() == []


def test_a_fact_that_a_device_does_not_have_matches_no_pattern(host):
    files(host.vf1, own='0')
    facts = {'facts': '{own: {path: own}}'}
    host.rules(rule(applies_to='own: "*"', v='1', **facts) + rule(v='2'))

    assert values(host) == {NAME1: '1', NAME2: '2'}


def test_a_fact_that_cannot_be_told_makes_no_other_rule_apply(host):
    files(host.vf1, own=b'\xff')
    facts = {'facts': '{own: {path: own}}'}
    host.rules(rule(applies_to='own: "*"', v='1', **facts) + rule(v='2'))

    found = host.findings()

    assert 'no UTF-8' in found[NAME1].problem.reason
    assert found[NAME2].document is not None


def test_where_a_rule_that_applies_fails_no_other_rule_is_tried(host):
    host.rules(rule(v='${module_version}') + rule(v='2'))

    found = host.findings()

    assert "rule 'x': fact 'module_version'" in found[NAME1].problem.reason


def test_one_device_in_error_hides_no_other(host):
    files(host.vf2, own='1\n')
    facts = {'facts': '{own: {path: own}}'}
    host.rules(rule(v='${own}', **facts))

    found = host.findings()

    assert found[NAME1].problem is not None
    assert found[NAME2].document is not None


def test_a_fact_that_its_place_does_not_allow_is_an_error_with_its_line(host):
    files(host.vf1, own='7x')
    files(host.vf2, own='7')
    path = host.rules(
        """
        - name: x
          applies_to: {own: "*"}
          facts:
            own: {path: own}
          document: |
            SELF:
              v=1
            COMPATIBLE:
              v={v:int:1..${own}}
        """
    )

    found = host.findings()

    assert found[NAME1].problem == model.Problem(
        NAME1,
        str(path),
        "rule 'x': found '7x' as ${own}, expected an integer",
        path.read_text().splitlines().index('      v={v:int:1..${own}}') + 1,
        19,
    )
    assert found[NAME2].document is not None


def test_what_a_fact_holds_does_not_change_the_document(host):
    hostile = 'x"\\ # ${y} {v:int:1}'
    files(host.vf1, own=f'{hostile}\n')
    host.rules(rule(v='a-${own}', facts='{own: {path: own}}'))

    found = host.findings()[NAME1]
    assert dict(found.document.self_object) == {'v': f'a-{hostile}'}


# Wrong files


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('- name: [', 'no YAML'),
        ('- name: x', 'found no applies_to'),
        (rule(v='${nothing}'), "found 'nothing'"),
    ],
)
def test_an_agent_that_starts_with_a_wrong_file_changes_nothing(
    host, text, reason
):
    host.rules(rule(), '10.yaml')
    path = host.rules(text, '20.yaml')

    with pytest.raises(errors.AgentError) as stopped:
        host.said()

    assert 'nothing was changed' in str(stopped.value)
    assert f'{path}, line ' in str(stopped.value)
    assert reason in str(stopped.value)
    assert str(stopped.value).isprintable()


def test_everything_that_is_wrong_is_said(host):
    host.rules('- name: x', '10.yaml')
    host.rules('- document: x', '20.yaml')

    with pytest.raises(errors.AgentError) as stopped:
        host.said()

    for words in ('10.yaml, line 2', '20.yaml, line 2', 'found no name'):
        assert words in str(stopped.value)


@pytest.mark.parametrize('name', ['00.yaml', '50-x.yaml', '99.yaml'])
def test_a_file_that_becomes_wrong_leaves_all_rules_as_they_were(host, name):
    host.rules(rule(v='${device}'))
    before = host.findings()

    path = host.rules('- name: [', name)
    host.rules(rule(v='late'), '20.yaml')
    said = host.said()

    assert [one for one in said if isinstance(one, model.Finding)] == list(
        before.values()
    )
    (problem,) = problems(said)
    assert (problem.device, problem.path) == (None, str(path))
    assert problem.line is not None


def test_rules_that_are_held_still_see_how_devices_change(host):
    host.rules(rule(v='${device}'))
    host.said()

    host.rules('- name: [')
    files(host.vf1, device='0x1020')

    assert values(host) == {NAME1: '1020', NAME2: '101e'}


def test_a_file_that_is_right_again_counts(host):
    host.rules(rule(v='1'))
    host.said()
    host.rules('- name: [')
    host.said()

    host.rules(rule(v='2'))

    assert problems(host.said()) == []
    assert values(host) == {NAME1: '2', NAME2: '2'}


def test_a_file_that_is_removed_counts_no_more(host):
    path = host.rules(rule())
    host.said()

    path.unlink()

    assert host.said() == []


def test_of_very_many_wrong_files_a_part_is_said(host):
    host.rules(rule())
    before = host.said()
    for number in range(310):
        host.rules('- name: [', f'{number:03}.yaml')

    said = host.said()

    *first, last = problems(said)
    assert len(first) == rules.MAX_PROBLEMS
    assert str(last) == f'{host.folder}: has 300 more problems in its files'
    assert [one for one in said if isinstance(one, model.Finding)] == before
    host.restart()
    with pytest.raises(errors.AgentError, match='has 300 more') as stopped:
        host.said()
    assert len(str(stopped.value)) < 10_000


# Trust


@pytest.mark.parametrize('what', ['rules.d', '50-x.yaml'])
@pytest.mark.parametrize('others', [0o020, 0o002])
def test_rules_that_others_may_write_do_not_count(host, what, others):
    path = host.rules(rule())
    before = host.findings()
    path = path if path.name == what else host.folder

    path.chmod(path.stat().st_mode | others)
    said = host.said()

    (problem,) = problems(said)
    assert problem.path == str(path)
    assert 'chmod go-w' in problem.reason
    assert len(said) == 1 + len(before)
    host.restart()
    with pytest.raises(errors.AgentError, match='chmod go-w'):
        host.said()


def test_an_empty_folder_that_others_may_write_changes_nothing(host):
    host.folder.chmod(0o777)

    with pytest.raises(errors.AgentError, match=r'/rules\.d: may be written'):
        host.said()


def test_rules_are_held_while_others_may_write_their_folder(host):
    path = host.rules(rule())
    before = host.findings()
    path.unlink()
    host.folder.chmod(0o777)

    assert host.findings() == before


def test_a_link_among_the_rules_is_not_followed(host, tmp_path):
    path = host.rules(rule())
    path.rename(tmp_path / 'elsewhere')
    path.symlink_to(tmp_path / 'elsewhere')

    with pytest.raises(errors.AgentError, match='found a link'):
        host.said()


def test_a_rules_file_past_64_kib_is_refused(host):
    host.rules(rule() + '#' * 65536)

    with pytest.raises(errors.AgentError, match='65,536 bytes'):
        host.said()


def test_a_folder_that_cannot_be_listed_is_held_too(host, tmp_path):
    host.rules(rule())
    before = host.findings()
    host.folder.rename(tmp_path / 'elsewhere')
    host.folder.write_text('')

    said = host.said()

    assert len(problems(said)) == 1
    assert len(said) == 1 + len(before)


def test_rules_are_held_while_their_folder_has_vanished(host, tmp_path):
    host.rules(rule())
    before = host.findings()
    elsewhere = host.folder.rename(tmp_path / 'elsewhere')

    for _ in range(2):
        said = host.said()
        (problem,) = problems(said)
        assert (problem.device, problem.path) == (None, str(host.folder))
        assert 'is not there any more' in problem.reason
        assert len(said) == 1 + len(before)

    elsewhere.rename(host.folder)
    assert problems(host.said()) == []
    host.folder.joinpath('50-x.yaml').unlink()
    assert host.said() == []


def test_a_folder_that_vanishes_with_a_wrong_file_changes_nothing(
    host, tmp_path
):
    host.rules('- name: [')
    with pytest.raises(errors.AgentError):
        host.said()

    host.folder.rename(tmp_path / 'elsewhere')

    with pytest.raises(errors.AgentError, match='is not there any more'):
        host.said()
