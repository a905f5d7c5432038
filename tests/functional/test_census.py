# SPDX-License-Identifier: Apache-2.0
"""What every host has, read from a real Placement."""

import pytest

from nova_migcompat import census, descriptor, traits

ONE = descriptor.parse('SELF:\n a=1\nCOMPATIBLE:\n a={v:int:1,2}\n')
TWO = descriptor.parse('SELF:\n a=2\n')
PF = 'PCI_0000_84_00_0'


@pytest.fixture
def mixed(cloud):
    """Return a host whose devices differ."""
    return cloud.host(
        'mixed',
        ONE,
        TWO,
        more=[traits.location_trait(PF, TWO.digest)],
        parents=[('pci_0000_81_00_0', ONE), ('pci_0000_82_00_0',)],
    )


def is_mixed(host):
    [(parent, name)] = host.parent_names.items()
    assert name == 'mixed_pci_0000_81_00_0'
    return (host.name, host.digests, host.parents, host.places) == (
        'mixed',
        {ONE.digest, TWO.digest},
        {parent: {ONE.digest}},
        {PF: {TWO.digest}},
    )


def test_a_fleet_without_names_has_no_host(cloud):
    cloud.host('plain', more=['CUSTOM_GOLD'])

    assert census.read(cloud.client).hosts == {}
    assert len(cloud.adapter.urls) == 1


def test_many_hosts_are_read_by_document(cloud, mixed):
    uniform = [cloud.host(f'host{n}', ONE) for n in range(3)]
    cloud.host('plain', more=['CUSTOM_GOLD'])

    found = census.read(cloud.client, places=True)

    assert found.way is census.Way.BY_DOCUMENT
    assert found.hosts.keys() == {*uniform, mixed}
    assert is_mixed(found.hosts[mixed])
    assert all(found.hosts[h].digests == {ONE.digest} for h in uniform)
    assert found.documents == traits.Texts(
        {ONE.digest: ONE, TWO.digest: TWO}, {}
    )
    # The names, any document, each of two, the locations, who has the one of
    # them, the texts.
    assert len(cloud.adapter.urls) == 7
    assert not any(f'{traits.PREFIX}&' in url for url in cloud.adapter.urls)


def test_few_hosts_are_read_one_by_one(cloud):
    documents = [descriptor.parse(f'SELF:\n a={n}\n') for n in range(5)]
    node = cloud.host('one', *documents)

    found = census.read(cloud.client)

    assert found.way is census.Way.BY_HOST
    assert found.hosts[node].digests == {d.digest for d in documents}
    assert len(found.documents.documents) == 5
    assert len(cloud.adapter.urls) == 4


def test_a_document_without_its_text_is_told_with_the_reason(cloud):
    cloud.host('host', ONE, texts=False)

    found = census.read(cloud.client)

    assert found.documents.problems == {ONE.digest: 'no text is published'}
