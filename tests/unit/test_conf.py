# SPDX-License-Identifier: Apache-2.0
"""The options: their defaults are DESIGN.md's, and bad values are refused."""

import pathlib

import pytest
from oslo_config import cfg, generator

from nova_migcompat import conf
from nova_migcompat.conf import agent, placement
from nova_migcompat.conf import filter as filter_conf

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path):
    """Return a function that reads a text as configuration."""

    def read(text=''):
        path = tmp_path / 'test.conf'
        path.write_text(text)
        conf = cfg.ConfigOpts()
        for module in (agent, filter_conf, placement):
            module.register_opts(conf)
        conf(['--config-file', str(path)], project='nova-migcompat')
        return conf

    return read


def test_the_filter_defaults_are_those_of_the_design(config):
    group = config().migcompat

    assert dict(group) == {
        'direction': 'source',
        'unknown_source': 'pass',
        'unknown_target': 'reject',
        'pci_claim': 'all',
        'placement_prefilter': True,
        'weight_multiplier': 1.0,
        'trusted_documents': '',
        'max_documents': 2000,
        'placement_prefilter_max_documents': 64,
        'on_error': 'reject',
        'timeout': 10.0,
        'unlisted_fields': 'reject',
        'equal_fields': [],
        'mdev_resource_classes': [],
    }


def test_the_agent_defaults_are_those_of_the_design(config):
    group = config().agent

    assert group.interval == 60
    assert group.full_check_interval == 600
    assert group.resource_provider is None
    assert group.sysfs_root == '/sys'
    assert group.publish_fields == ['*']
    assert group.devices_folder == '/etc/nova-migcompat/devices.d'
    assert group.rules_folder == '/etc/nova-migcompat/rules.d'
    assert group.state_path == '/var/lib/nova-migcompat'


@pytest.mark.parametrize(
    ('group', 'line'),
    [
        ('migcompat', 'direction = backwards'),
        ('migcompat', 'unknown_source = maybe'),
        ('migcompat', 'unknown_target = maybe'),
        ('migcompat', 'pci_claim = some'),
        ('migcompat', 'on_error = ignore'),
        ('migcompat', 'timeout = 0'),
        ('migcompat', 'timeout = 601'),
        ('migcompat', 'timeout = nan'),
        ('migcompat', 'timeout = soon'),
        ('migcompat', 'placement_prefilter = perhaps'),
        ('migcompat', 'placement_prefilter_max_documents = 0'),
        ('migcompat', 'placement_prefilter_max_documents = 65'),
        ('migcompat', 'placement_prefilter_max_documents = 1.5'),
        ('migcompat', 'unlisted_fields = pass'),
        ('migcompat', 'equal_fields = mdev type'),
        ('migcompat', 'equal_fields = 1st'),
        ('migcompat', 'mdev_resource_classes = VGPU'),
        ('migcompat', 'mdev_resource_classes = CUSTOM_nvme'),
        ('agent', 'interval = 0'),
        ('agent', 'full_check_interval = -1'),
        ('agent', 'publish_fields = mdev_*'),
    ],
)
def test_a_value_outside_its_choices_or_range_is_refused(config, group, line):
    name = line.split()[0]

    with pytest.raises(cfg.ConfigFileValueError, match=name):
        config(f'[{group}]\n{line}\n')[group][name]


@pytest.mark.parametrize(
    'line',
    [
        'direction = backwards',
        'unknown_source = maybe',
        'unknown_target = maybe',
        'pci_claim = some',
        'placement_prefilter = perhaps',
        'placement_prefilter_max_documents = 65',
        'placement_prefilter_max_documents =',
        'on_error = ignore',
        'timeout = 0',
        'timeout = nan',
        'timeout =',
        'unlisted_fields = pass',
        'equal_fields = mdev type',
        'mdev_resource_classes = CUSTOM_nvme',
    ],
)
def test_what_is_wrong_with_a_value_of_the_filter_is_said_with_it(
    config, line
):
    name, _, value = line.partition(' =')

    with pytest.raises(cfg.ConfigFileValueError) as error:
        config(f'[migcompat]\n{line}\n').migcompat[name]

    assert f'option {name} ' in str(error.value)
    assert f"'{value.strip()}'" in str(error.value)


def test_an_empty_list_publishes_no_fields(config):
    assert config('[agent]\npublish_fields =\n').agent.publish_fields == []


def test_placement_requests_have_a_time_limit_unless_told_otherwise(config):
    assert config().placement.timeout == placement.TIMEOUT
    assert config('[placement]\ntimeout = 5\n').placement.timeout == 5


def test_placement_is_found_in_the_catalog_as_nova_finds_it(config):
    group = config().placement

    assert group.service_type == 'placement'
    assert group.valid_interfaces == ['internal', 'public']


def test_an_api_version_in_the_file_is_not_taken_over(config):
    assert (
        config('[placement]\nmin_version = 2\n').placement.min_version is None
    )


def test_the_sample_shows_the_common_ways_to_authenticate():
    names = [opt.dest for opt in placement.list_opts()]

    assert {
        'auth_type',
        'password',
        'application_credential_secret',
        'endpoint_override',
        'cafile',
    } <= set(names)
    assert len(names) == len(set(names))


def test_no_group_stands_in_both_files():
    agents = {group for group, _ in conf.list_agent_opts()}
    filters = {group for group, _ in conf.list_filter_opts()}

    assert agents == {'agent', 'placement'}
    assert filters == {'migcompat'}


@pytest.mark.parametrize('name', ['agent', 'nova'])
def test_the_committed_sample_is_what_the_generator_gives(
    name, tmp_path, monkeypatch
):
    monkeypatch.chdir(ROOT)
    made = tmp_path / 'sample'
    generator.main(
        args=[
            '--config-file',
            f'etc/oslo-config-generator/{name}.conf',
            '--output-file',
            str(made),
        ]
    )

    sample = ROOT / 'etc' / 'nova-migcompat' / f'{name}.conf.sample'
    assert made.read_text() == sample.read_text(), (
        f'run: oslo-config-generator --config-file '
        f'etc/oslo-config-generator/{name}.conf'
    )


def test_the_sample_of_nova_conf_pins_the_mdev_type():
    sample = ROOT / 'etc' / 'nova-migcompat' / 'nova.conf.sample'

    assert '\n#equal_fields = mdev_type\n' in sample.read_text()


@pytest.mark.parametrize('name', ['interval', 'full_check_interval'])
@pytest.mark.parametrize('value', ['', '0', 'soon', '604801'])
def test_an_interval_of_the_agent_is_a_number_of_seconds(config, name, value):
    with pytest.raises(cfg.ConfigFileValueError, match=name) as error:
        dict(config(f'[agent]\n{name} = {value}\n').agent)
    assert repr(value) in str(error.value)
