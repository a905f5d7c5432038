# SPDX-License-Identifier: Apache-2.0
"""The sample fleet is what samples/README.md says of it."""

import pathlib

import pytest

from nova_migcompat import descriptor, traits
from nova_migcompat.agent import cycle
from tests.functional.agent_host import Host

FLEET = pathlib.Path(__file__).parents[2] / 'samples' / 'fleet'
HOSTS = [f'compute{number}' for number in range(1, 10)]


@pytest.fixture
def host(tmp_path, placement):
    return Host(tmp_path, placement)


def options(name):
    return {
        'sysfs_root': str(FLEET / name / 'sys'),
        'nova_config_files': [str(FLEET / name / 'nova.conf')],
    }


def documents(host, name):
    """Return the documents that a host of the fleet would report."""
    return cycle.look(host.conf(options(name))).desired.documents


def test_there_is_no_other_host():
    assert sorted(path.name for path in FLEET.iterdir()) == HOSTS


def test_no_link_leads_out_of_its_host_or_nowhere():
    for host in FLEET.iterdir():
        for path in host.rglob('*'):
            if path.is_symlink():
                assert not path.readlink().is_absolute()
                assert path.resolve(strict=True).is_relative_to(host)


def test_every_host_can_be_kept_in_git():
    folders = [path for path in FLEET.rglob('*') if path.is_dir()]

    assert all(any(folder.iterdir()) for folder in folders)


@pytest.mark.parametrize('name', HOSTS)
def test_every_host_reports_all_but_the_broken_document(host, name):
    problems = host.run(**options(name)).problems

    assert [(p.device.location, p.line, p.column) for p in problems] == (
        [('PCI_0000_81_00_1', 13, 35)] if name == 'compute8' else []
    )
    expected = {'compute3': 2, 'compute9': 0}.get(name, 1)
    assert len(traits.digests(host.ours())) == expected
    assert host.texts() == documents(host, name)


@pytest.mark.parametrize(
    ('source', 'targets'),
    [
        ('compute1', {'compute1', 'compute2', 'compute8'}),
        ('compute4', {'compute4', 'compute5'}),
        ('compute5', {'compute4', 'compute5'}),
        ('compute7', {'compute7'}),
    ],
)
def test_a_guest_may_move_to_the_hosts_that_the_readme_names(
    host, source, targets
):
    (own,) = documents(host, source).values()

    assert targets == {
        name
        for name in HOSTS
        if any(
            descriptor.match(own, other)
            for other in documents(host, name).values()
        )
    }
