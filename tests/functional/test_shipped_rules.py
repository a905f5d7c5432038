# SPDX-License-Identifier: Apache-2.0
"""The rules that come with the package, read by the agent on fake trees."""

import configparser
import pathlib
import re
import shutil

import pytest
from oslo_config import cfg

from nova_migcompat import descriptor, traits
from nova_migcompat.agent import hardware, model
from nova_migcompat.agent.rules import rulefile
from nova_migcompat.agent.sources import rules
from nova_migcompat.conf import agent as agent_conf
from tests import fake_devices
from tests.functional import agent_host, shipped_rules
from tests.functional.shipped_rules import RULES, VF, VF_NAME, Rule

ROOT = pathlib.Path(__file__).parents[2]
SHIPPED = ROOT / 'etc/nova-migcompat/rules.d'
FILES = sorted(path.name for path in SHIPPED.iterdir())
TO_BE_WRITTEN = ('unknown', '"to be written"')


def install(folder: pathlib.Path, *files: str) -> None:
    """Copy shipped files into a new folder, as the agent trusts them."""
    folder.mkdir(mode=0o755)
    for file in files:
        path = folder / file
        shutil.copyfile(SHIPPED / file, path)
        path.chmod(0o644)


class Host:
    """A host with shipped files in a folder of its own."""

    def __init__(self, folder: pathlib.Path, *files: str) -> None:
        self.folder = folder
        self.tree = fake_devices.FakeDevices(folder / 'sys')
        self.rules = folder / 'rules.d'
        install(self.rules, *files)

    def edit(self, file, *edits):
        """Replace texts in a rules file, each of which must be there."""
        path = self.rules / file
        text = path.read_text()
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text)

    def switch_on(self, rule):
        if not rule.on:
            self.edit(rule.file, ('enabled: false', 'enabled: true'))

    def write(self, rule):
        """Do what an operator must do before the rule is of use."""
        self.switch_on(rule)
        for field, value in rule.written.items():
            unknown, to_be_written = TO_BE_WRITTEN
            self.edit(
                rule.file,
                (f'{field}={unknown}', f'{field}={value}'),
                (f'{field}={to_be_written}', f'{field}="{value}"'),
            )

    def set(self, path, content):
        path = self.tree.root / path
        assert path.is_file()
        path.write_text(content + '\n')

    def findings(self):
        state = self.folder / 'state'
        state.mkdir(mode=0o700, exist_ok=True)
        conf = cfg.ConfigOpts()
        agent_conf.register_opts(conf)
        conf([])
        for name, value in (
            ('rules_folder', self.rules),
            ('sysfs_root', self.tree.root),
            ('state_path', state),
        ):
            conf.set_override(name, str(value), group='agent')
        source = rules.RulesSource(conf)
        found = list(source.findings(hardware.scan(self.tree.root)))
        source.keep()
        assert all(isinstance(one, model.Finding) for one in found)
        return {finding.device: finding for finding in found}

    def document(self, name):
        finding = self.findings()[name]
        assert finding.problem is None
        return finding.document


def equipped(folder: pathlib.Path, rule: Rule) -> Host:
    """Return a host with the rule's devices, the operator's part done."""
    host = Host(folder, rule.file)
    rule.devices(host.tree)
    host.write(rule)
    return host


def may_move(source: Host, target: Host, rule: Rule) -> bool:
    return bool(
        descriptor.match(
            source.document(rule.name), target.document(rule.name)
        )
    )


@pytest.fixture(params=RULES, ids=str)
def rule(request):
    return request.param


@pytest.fixture
def source(tmp_path, rule):
    return equipped(tmp_path / 'source', rule)


@pytest.fixture
def target(tmp_path, rule):
    return equipped(tmp_path / 'target', rule)


def of(devices):
    """Run a test on the rule of these devices only."""
    (rule,) = [rule for rule in RULES if rule.devices == devices]
    return pytest.mark.parametrize('rule', [rule], ids=str, indirect=True)


@pytest.mark.parametrize('file', FILES)
def test_each_rule_that_is_shipped_is_valid_and_tested(file):
    found = rulefile.read(file, (SHIPPED / file).read_bytes())

    assert len(found) == len([rule for rule in RULES if rule.file == file])


def test_a_rule_makes_the_document_that_its_driver_asks_for(source, rule):
    assert source.document(rule.name).canonical == rule.document.canonical


def test_a_document_has_nothing_that_is_probably_not_meant(source, rule):
    assert source.document(rule.name).warnings == ()
    assert source.findings()[rule.name].warnings == ()


def test_a_device_may_move_to_an_equal_one_unless_none_can(
    source, target, rule
):
    assert may_move(source, target, rule) is not rule.never


@pytest.mark.parametrize(
    ('rule', 'path', 'content'),
    [
        pytest.param(rule, path, content, id=f'{rule}-{path}-{content}')
        for rule in RULES
        for path, contents in rule.different.items()
        for content in contents
    ],
    indirect=['rule'],
)
def test_a_device_may_not_move_where_a_fact_differs(
    source, target, rule, path, content
):
    target.set(path, content)

    assert not may_move(source, target, rule)


@pytest.mark.parametrize(
    ('rule', 'path'),
    [
        pytest.param(rule, path, id=f'{rule}-{path}')
        for rule in RULES
        for path in rule.missing
    ],
    indirect=['rule'],
)
def test_a_fact_that_is_missing_is_an_error_of_the_device(source, rule, path):
    (source.tree.root / path).unlink()

    finding = source.findings()[rule.name]

    assert finding.document is None
    assert finding.problem.path == str(source.rules / rule.file)
    assert re.search(
        rf'fact .+/{pathlib.Path(path).name} ', str(finding.problem)
    )


def test_a_rule_is_on_or_off_as_its_file_says(tmp_path, rule):
    host = Host(tmp_path / 'host', *FILES)
    rule.devices(host.tree)

    assert (rule.name in host.findings()) is rule.on
    text = (SHIPPED / rule.file).read_text()
    assert f'# As shipped: {"on" if rule.on else "off"}' in text


@pytest.mark.parametrize(
    'rule', [rule for rule in RULES if rule.written], ids=str
)
def test_what_nobody_has_written_is_compatible_with_nothing(tmp_path, rule):
    host = Host(tmp_path / 'host', rule.file)
    rule.devices(host.tree)
    host.switch_on(rule)

    assert not may_move(host, host, rule)


@pytest.mark.parametrize(
    'rule', [rule for rule in RULES if rule.relaxed], indirect=True, ids=str
)
def test_the_relaxed_line_allows_what_the_strict_one_does_not(
    source, target, rule
):
    for path, content in rule.relaxed.items():
        target.set(path, content)
    assert not may_move(source, target, rule)

    source.edit(
        rule.file,
        ('driver_version="${driver_version}"', ''),
        ('# driver_version={', 'driver_version={'),
    )

    assert may_move(source, target, rule)


def test_a_device_may_not_move_to_that_of_another_driver(rule):
    allowed = [
        other
        for other in RULES
        if descriptor.match(rule.document, other.document)
    ]

    assert allowed == ([] if rule.never else [rule])


@of(fake_devices.FakeDevices.mlx5)
@pytest.mark.parametrize(
    ('firmware', 'expected'),
    [
        ('28.40.1000', False),
        ('28.41.0999', False),
        ('28.41.1000', True),
        ('28.45.1200', True),
        ('32.40.1000', False),
        ('32.41.1000', True),
        ('22.38.1002', True),
        ('40.44.1036', True),
    ],
)
def test_mlx5_firmware_must_be_able_to_migrate_where_nvidia_says_which_is(
    source, target, rule, firmware, expected
):
    for host in (source, target):
        host.set(shipped_rules.FIRMWARE, firmware)

    assert may_move(source, target, rule) is expected


@of(fake_devices.FakeDevices.qat)
def test_qat_services_are_a_set(source, target, rule):
    target.set(shipped_rules.SERVICES, 'asym;sym')

    assert may_move(source, target, rule)
    assert may_move(target, source, rule)


@of(fake_devices.FakeDevices.hisi_acc)
def test_hisi_acc_hardware_that_cannot_migrate_has_no_document(source, rule):
    source.set(f'{shipped_rules.PF}/revision', '0x21')

    assert rule.name not in source.findings()


@of(fake_devices.FakeDevices.xe)
def test_xe_vram_may_grow_and_not_shrink(source, target, rule):
    target.set(shipped_rules.QUOTA, '17179869184')

    assert may_move(source, target, rule)
    assert not may_move(target, source, rule)


@of(fake_devices.FakeDevices.xe)
def test_xe_vfs_are_told_apart_by_their_number(source, rule):
    source.set(shipped_rules.QUOTA, '1024')

    second = source.document(model.DeviceName('PCI_0000_81_00_2'))

    assert second.self_object['vram_quota'] == '8589934592'


@of(fake_devices.FakeDevices.nvidia_vf)
def test_an_nvidia_vf_without_a_type_has_no_document(source, rule):
    assert list(source.findings()) == [VF_NAME]


@of(fake_devices.FakeDevices.nvidia_vf)
def test_an_nvidia_vf_keeps_its_document_on_a_full_card(source, rule):
    before = source.document(rule.name)

    source.tree.fill_nvidia_card()

    assert source.document(rule.name) == before


@of(fake_devices.FakeDevices.nvidia_vf)
def test_a_type_of_nvidia_that_was_never_seen_is_an_error(source, rule):
    source.tree.fill_nvidia_card()

    assert source.findings()[rule.name].problem is not None


@of(fake_devices.FakeDevices.nvidia_vf)
def test_the_number_of_a_type_of_nvidia_may_differ(source, target, rule):
    target.set(f'{VF}/nvidia/current_vgpu_type', '1333')
    target.set(shipped_rules.VGPU_TYPES, '1333 : NVIDIA L40S-2Q')

    assert may_move(source, target, rule)


@of(fake_devices.FakeDevices.mtty)
def test_mtty_types_are_compatible_with_themselves_alone(source, rule):
    first, second = (
        source.document(model.DeviceName('MTTY_MTTY', mdev_type))
        for mdev_type in ('mtty-1', 'mtty-2')
    )

    assert descriptor.match(first, first)
    assert not descriptor.match(first, second)


def test_with_all_rules_on_each_still_has_its_own_devices(tmp_path):
    host = Host(tmp_path / 'host', *FILES)
    for rule in {rule.file: rule for rule in RULES}.values():
        host.write(rule)
    fleet = {}
    for rule in RULES:
        host.tree = fake_devices.FakeDevices(tmp_path / str(rule))
        rule.devices(host.tree)
        fleet[str(rule)] = host.document(rule.name)

    assert fleet == {str(rule): rule.document for rule in RULES}


def test_every_rules_file_is_installed():
    setup = configparser.ConfigParser()
    setup.read(ROOT / 'setup.cfg')

    files = setup['options.data_files']['etc/nova-migcompat/rules.d']

    assert files.split() == ['etc/nova-migcompat/rules.d/*']
    assert [name for name in FILES if not name.endswith('.yaml')] == []


def test_the_documentation_says_which_rules_are_on():
    text = (ROOT / 'doc/source/rules-drivers.rst').read_text()
    rows = re.findall(
        r'^   \* - ``(.+)``\n     - (?:.+\n)+?     - (on|off)$', text, re.M
    )

    assert rows == sorted(
        {(rule.file, 'on' if rule.on else 'off') for rule in RULES}
    )


def test_the_agent_publishes_by_the_rules_as_shipped(tmp_path, placement):
    host = agent_host.Host(tmp_path, placement)
    fake_devices.FakeDevices(host.sysfs.root).mlx5()
    (mlx5,) = [rule for rule in RULES if str(rule) == 'mlx5']
    install(tmp_path / 'rules.d', *FILES)

    outcome = host.run(
        rules_folder=str(tmp_path / 'rules.d'),
        state_path=str(tmp_path / 'state'),
    )

    assert outcome.problems == ()
    assert host.texts() == {mlx5.document.digest: mlx5.document}
    assert host.ours() == {traits.document_trait(mlx5.document.digest)}
