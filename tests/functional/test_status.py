# SPDX-License-Identifier: Apache-2.0
"""The command nova-migcompat-status on a real Placement."""

import json
import uuid

import pytest

from nova_migcompat import descriptor, traits
from nova_migcompat.cli import status
from tests.placement_server import Admin

X = descriptor.parse('SELF:\n a=x\n')
Y = descriptor.parse('SELF:\n a=y\n')
FILTERS = """\
[filter_scheduler]
available_filters = nova.scheduler.filters.all_filters
available_filters = nova_migcompat.scheduler.filters.MigrationCompatibilityFilter
enabled_filters = ComputeFilter, MigrationCompatibilityFilter
"""  # noqa: E501


class Command:
    def __init__(self, folder, capsys):
        self._capsys = capsys
        self._file = folder / 'nova.conf'

    def __call__(self, *texts):
        """Check a nova.conf; return the exit status, and code and details by
        check.
        """
        self._file.write_text('\n'.join(texts))
        found = status.main(
            ['--config-file', str(self._file), 'upgrade', 'check', '--json']
        )
        checks = json.loads(self._capsys.readouterr().out)['checks']
        return found, {
            each['check']: (each['result'], each['details']) for each in checks
        }


@pytest.fixture
def check(tmp_path, capsys):
    return Command(tmp_path, capsys)


@pytest.fixture
def admin(placement):
    return Admin(placement.adapter())


def publish(admin, name, document, texts=True):
    if texts:
        admin.create_traits(traits.text_traits(document))
    admin.create_traits([traits.document_trait(document.digest)])
    admin.create_provider(
        name, traits=[traits.document_trait(document.digest)]
    )


def test_a_scheduler_that_is_fit_is_a_success(check, placement, admin):
    publish(admin, 'host1', X)
    publish(admin, 'host2', Y)
    found, checks = check(FILTERS, placement.config())
    assert found == 0
    assert checks == {
        'Filter': (0, None),
        'Options of [migcompat]': (0, None),
        'Weigher': (0, 'The weigher is not enabled.'),
        'Placement': (0, None),
        'Documents': (0, '2 documents are in use.'),
        'Hosts': (0, None),
    }


@pytest.mark.parametrize(
    ('old', 'new', 'code', 'words'),
    [
        (', MigrationCompatibilityFilter', '', 2, 'enabled_filters does not'),
        ('available_filters = nova_migcompat', '#', 2, 'does not start'),
        ('available_filters = nova.s', '#', 1, "Nova's own filters"),
    ],
)
def test_the_filter_must_be_known_and_asked(
    check, placement, admin, old, new, code, words
):
    publish(admin, 'host1', X)
    found, checks = check(FILTERS.replace(old, new), placement.config())
    assert found == code
    assert checks['Filter'][0] == code
    assert words in checks['Filter'][1]


@pytest.mark.parametrize(
    ('options', 'code', 'words'),
    [
        ('direction = north', 2, 'direction'),
        ('timeout = 0', 2, 'timeout'),
        ('timeout = 60', 0, None),
        (
            'timeout = 60\n[DEFAULT]\nlong_rpc_timeout = 60',
            1,
            'long_rpc_timeout (60 s)',
        ),
        ('[DEFAULT]\nlong_rpc_timeout = soon', 2, 'long_rpc_timeout'),
        ('trusted_documents = /missing', 2, '/missing: No such file'),
        ('unknown_target = pass', 1, 'placement_prefilter is without effect'),
        ('unknown_target = pass\nplacement_prefilter = false', 0, None),
    ],
)
def test_options_must_be_readable_and_go_together(
    check, placement, admin, options, code, words
):
    publish(admin, 'host1', X)
    found, checks = check(
        FILTERS, placement.config(), f'[migcompat]\n{options}\n'
    )
    assert found == code
    result, details = checks['Options of [migcompat]']
    assert result == code
    assert words is None or words in details


def test_a_placement_that_cannot_be_asked_is_a_failure(check, placement):
    config = placement.config().replace(placement.url, 'http://127.0.0.1:1')
    found, checks = check(FILTERS, config)
    assert found == 2
    assert checks['Placement'][0] == 2
    assert 'GET /traits: ' in checks['Placement'][1]
    assert checks['Documents'][0] == 1
    _, checks = check(FILTERS)
    assert checks['Placement'] == (2, '[placement] auth_type is not set')
    assert checks['Hosts'] == (
        1,
        'Not known: [placement] auth_type is not set',
    )


def test_a_fleet_without_documents_is_a_warning(check, placement, admin):
    found, checks = check(FILTERS, placement.config())
    assert found == 1
    assert checks['Documents'][1].startswith('No host publishes a document')


def test_documents_that_cannot_be_read_are_named(check, placement, admin):
    publish(admin, 'host1', X)
    publish(admin, 'host2', Y, texts=False)
    found, checks = check(FILTERS, placement.config())
    assert found == 1
    result, details = checks['Documents']
    assert result == 1
    assert details.startswith('1 of 2 documents in use cannot be read')
    assert Y.digest in details


def add_device(admin, host, suffix, resource_class):
    """Add a host with a device, as nova-compute names it."""
    admin.create_resource_class(resource_class)
    root = admin.create_provider(host)
    admin.create_provider(
        f'{host}_{suffix}', root, inventory={resource_class: 1}
    )
    return root


def test_hosts_with_devices_and_no_document_are_counted(
    check, placement, admin
):
    add_device(admin, 'host2', 'pci_0000_84_00_0', 'VGPU')
    add_device(admin, 'host3', 'pci_0000_84_00_0', 'CUSTOM_OTHER')
    add_device(admin, 'host4', 'pci_0000_84_00_0', 'CUSTOM_MDEV')
    publish(admin, 'host1', X)
    options = '[migcompat]\nmdev_resource_classes = CUSTOM_MDEV\n'

    found, checks = check(FILTERS, placement.config(), options)

    assert found == 1
    result, words = checks['Hosts']
    assert result == 1
    assert 'publish no document: 2 (host2, host4). ' in words


def test_a_device_that_a_guest_has_counts(check, placement, admin):
    root = admin.create_provider('host2')
    gpu = admin.create_provider(
        'host2_pci_0000_84_00_0', root, inventory={'VGPU': 1}
    )
    admin.allocate(str(uuid.uuid4()), {gpu: {'VGPU': 1}})
    publish(admin, 'host1', X)

    _, checks = check(FILTERS, placement.config())

    assert 'publish no document: 1 (host2). ' in checks['Hosts'][1]


def test_a_host_that_publishes_is_none_of_them(check, placement, admin):
    root = add_device(admin, 'host1', 'pci_0000_84_00_0', 'VGPU')
    name = traits.document_trait(X.digest)
    admin.create_traits(traits.text_traits(X))
    admin.set_traits(root, [name])

    _, checks = check(FILTERS, placement.config())

    assert checks['Hosts'] == (0, None)


ALIAS = '{"name": "a", "vendor_id": "15B3", "product_id": "101e"%s}'


@pytest.mark.parametrize(
    ('in_placement', 'alias', 'resource_class', 'count'),
    [
        ('true', ', "live_migratable": "yes"', 'CUSTOM_PCI_15B3_101E', 1),
        ('false', ', "live_migratable": "yes"', 'CUSTOM_PCI_15B3_101E', 0),
        ('true', ', "live_migratable": "no"', 'CUSTOM_PCI_15B3_101E', 0),
        ('true', '', 'CUSTOM_PCI_15B3_101E', 0),
        (
            'true',
            ', "live_migratable": "true", "resource_class": "nic-vf"',
            'CUSTOM_NIC_VF',
            1,
        ),
        ('true', ', "live_migratable": []', 'CUSTOM_PCI_15B3_101E', 0),
        ('true', '}', 'CUSTOM_PCI_15B3_101E', 0),
    ],
)
def test_pci_devices_count_where_nova_moves_them_live(
    check, placement, admin, in_placement, alias, resource_class, count
):
    add_device(admin, 'host2', '0000:81:00.0', resource_class)
    publish(admin, 'host1', X)

    _, checks = check(
        FILTERS,
        f'pci_in_placement = {in_placement}',
        f'[pci]\nalias = {ALIAS % alias}\n',
        placement.config(),
    )

    assert checks['Hosts'][0] == count


def test_many_silent_hosts_are_not_all_looked_at(
    check, placement, admin, monkeypatch
):
    monkeypatch.setattr(status.silent, 'MOST', 4)
    for number in range(5):
        add_device(admin, f'host{number}', 'pci_0000_84_00_0', 'VGPU')

    _, checks = check(FILTERS, placement.config())

    words = checks['Hosts'][1]
    assert 'at least 4 (host0, host1, host2 and 1 more). ' in words


@pytest.mark.parametrize('data', [None, b'[migcompat\n', b'\xff = 1\n'])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path, capsys, data):
    path = tmp_path / 'nova.conf'
    if data:
        path.write_bytes(data)
    found = status.main(['--config-file', str(path), 'upgrade', 'check'])
    assert found == 255
    assert capsys.readouterr().err.startswith('nova-migcompat-status: ')


def test_files_are_those_of_nova_scheduler(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv('HOME', str(tmp_path))
    assert status.main(['upgrade', 'check']) == 2
    assert 'no nova.conf found' in capsys.readouterr().err
    folder = tmp_path / '.nova'
    (folder / 'nova-scheduler.conf.d').mkdir(parents=True)
    (folder / 'nova.conf').write_text('[DEFAULT]\n')
    (folder / 'nova-scheduler.conf.d' / 'filter.conf').write_text(FILTERS)
    status.main(['upgrade', 'check', '--json'])
    [first, *_] = json.loads(capsys.readouterr().out)['checks']
    assert first == {'check': 'Filter', 'result': 0, 'details': None}


@pytest.mark.parametrize(('multiplier', 'code'), [('1.0', 0), ('0', 1)])
def test_a_weigher_that_counts_nothing_is_a_warning(
    check, placement, admin, multiplier, code
):
    publish(admin, 'host1', X)
    found, checks = check(
        FILTERS,
        f'weight_classes = {status.WEIGHER_PATH}',
        placement.config(),
        f'[migcompat]\nweight_multiplier = {multiplier}\n',
    )
    assert found == code
    assert checks['Weigher'][0] == code


def test_a_password_in_a_url_is_not_shown(check, placement):
    config = placement.config().replace(
        placement.url, 'http://user:s3cret@127.0.0.1:1'
    )
    _, checks = check(FILTERS, config)
    assert '127.0.0.1' in checks['Placement'][1]
    assert 's3cret' not in str(checks)
