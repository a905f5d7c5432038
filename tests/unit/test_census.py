# SPDX-License-Identifier: Apache-2.0
"""What every host has is read in as few requests as may be."""

import itertools

import pytest

from nova_migcompat import census, descriptor, placement, traits

DOCUMENTS = [descriptor.parse(f'SELF:\n a={n}\n') for n in range(70)]
ONE, TWO, THREE, *_ = DOCUMENTS
PF = 'PCI_0000_84_00_0'


class Placement:
    """A fleet that is asked as PlacementClient is, and counts requests."""

    def __init__(self):
        self.providers = {}
        self.names = {}
        self.texts = set()
        self.asked = []
        self._numbers = itertools.count(1)

    def add(self, name, *documents, root=None, more=(), texts=True):
        number = next(self._numbers)
        uuid = f'uuid-{number}'
        self.providers[uuid] = placement.Provider(
            uuid, name, 1, root or uuid, root
        )
        self.names[uuid] = {
            *(traits.document_trait(d.digest) for d in documents),
            *more,
        }
        for document in documents if texts else ():
            self.texts.update(traits.text_traits(document))
        return uuid

    def traits(self, startswith, associated=None):
        kind = startswith.removeprefix(traits.PREFIX)[:1] or 'all'
        self.asked.append(f'{kind} names')
        names = set().union(*self.names.values())
        if not associated:
            names |= self.texts
        return frozenset(n for n in names if n.startswith(startswith))

    def providers_with_any(self, names):
        names = sorted(names)
        for first in range(0, len(names), placement.MAX_NAMES):
            part = names[first : first + placement.MAX_NAMES]
            self.asked.append(f'any of {len(part)}')
        return tuple(
            provider
            for uuid, provider in self.providers.items()
            if self.names[uuid] & set(names)
        )

    def provider_traits(self, uuid):
        self.asked.append('provider')
        if uuid not in self.providers:
            raise placement.NotFound(f'no provider {uuid}')
        return placement.ProviderTraits(frozenset(self.names[uuid]), 1)

    def provider(self, uuid):
        self.asked.append('root')
        return self.providers.get(uuid)


@pytest.fixture
def client():
    return Placement()


def digests(*documents):
    return frozenset(document.digest for document in documents)


def location(place, document):
    return traits.location_trait(place, document.digest)


def test_a_fleet_that_publishes_nothing_costs_one_request(client):
    client.add('compute1')

    found = census.read(client, places=True)

    assert found == census.Census({}, traits.Texts({}, {}))
    assert client.asked == ['D names']


def test_one_document_costs_three_requests_whatever_has_it(client):
    hosts = [client.add(f'compute{n}', ONE) for n in range(1000)]

    found = census.read(client)

    assert found.hosts.keys() == set(hosts)
    assert found.documents.documents == {ONE.digest: ONE}
    assert client.asked == ['D names', 'any of 1', 'T names']


def test_many_hosts_are_asked_for_by_document(client):
    for number in range(1000):
        client.add(f'compute{number}', DOCUMENTS[number % 10])

    found = census.read(client)

    assert found.way is census.Way.BY_DOCUMENT
    assert client.asked == [
        'D names',
        'any of 10',
        *['any of 1'] * 10,
        'T names',
    ]
    assert len(found.hosts) == 1000
    assert len(found.having(DOCUMENTS[3].digest)) == 100
    assert found.documents.documents.keys() == digests(*DOCUMENTS[:10])


def test_hosts_that_are_fewer_than_documents_are_asked_themselves(client):
    first = client.add('compute1', *DOCUMENTS[:40])
    second = client.add('compute2', *DOCUMENTS[30:])

    found = census.read(client)

    assert found.way is census.Way.BY_HOST
    assert client.asked == [
        'D names',
        'any of 64',
        'any of 6',
        'provider',
        'provider',
        'T names',
    ]
    assert found.hosts[first].digests == digests(*DOCUMENTS[:40])
    assert found.hosts[second].digests == digests(*DOCUMENTS[30:])


@pytest.mark.parametrize('others', [0, 10])
def test_parents_of_mdevs_belong_to_their_host(client, others):
    node = client.add('compute1', ONE, TWO)
    left = client.add('compute1_pci_0000_81_00_0', ONE, root=node)
    right = client.add('compute1_pci_0000_82_00_0', TWO, root=node)
    silent = client.add('compute1_pci_0000_83_00_0', root=node)
    for number in range(others):
        client.add(f'other{number}', THREE)

    host = census.read(client).hosts[node]

    assert host.digests == digests(ONE, TWO)
    assert host.parents == {left: digests(ONE), right: digests(TWO)}
    assert host.parent_names[right] == 'compute1_pci_0000_82_00_0'
    assert silent not in host.parents


@pytest.mark.parametrize('others', [1, 10])
def test_a_document_that_a_parent_alone_has_is_its_hosts(client, others):
    node = client.add('compute1', more=['CUSTOM_GOLD'])
    parent = client.add('compute1_pci_0000_81_00_0', ONE, root=node)
    for number in range(others):
        client.add(f'other{number}', TWO)

    host = census.read(client).hosts[node]

    assert (host.name, host.digests) == ('compute1', digests(ONE))
    assert host.parents == {parent: digests(ONE)}
    assert client.asked.count('root') == 1


def test_a_host_whose_root_has_gone_is_left_out(client):
    node = client.add('compute1')
    client.add('compute1_pci_0000_81_00_0', ONE, root=node)
    other = client.add('compute2', ONE)
    del client.providers[node]

    assert census.read(client).hosts.keys() == {other}


def test_a_host_that_goes_while_it_is_read_is_left_out(client):
    gone = client.add('compute1', *DOCUMENTS[:5])
    left = client.add('compute2', *DOCUMENTS[5:])
    ask = client.providers_with_any

    def lose(names):
        found = ask(names)
        del client.providers[gone]
        return found

    client.providers_with_any = lose
    found = census.read(client)

    assert found.hosts.keys() == {left}
    assert found.documents.documents.keys() == digests(*DOCUMENTS[5:])


def test_hosts_stand_in_the_order_of_their_names(client):
    for name in ('b', 'c', 'a'):
        client.add(name, ONE)

    found = census.read(client)

    assert [host.name for host in found.hosts.values()] == ['a', 'b', 'c']
    assert [host.name for host in found.having(ONE.digest)] == ['a', 'b', 'c']
    assert found.having(TWO.digest) == ()


def test_a_document_that_cannot_be_read_is_kept_with_the_reason(client):
    node = client.add('compute1', ONE, texts=False)
    client.add('compute2', TWO)

    found = census.read(client)

    assert found.hosts[node].digests == digests(ONE)
    assert found.documents.problems == {ONE.digest: 'no text is published'}
    assert found.documents.documents == {TWO.digest: TWO}


def test_locations_are_read_where_they_are_asked_for(client):
    mixed = client.add(
        'compute1', ONE, TWO, more=[location(PF, ONE), location(PF, TWO)]
    )
    for number in range(10):
        client.add(f'other{number}', ONE)

    without = census.read(client)
    asked = list(client.asked)
    found = census.read(client, places=True)

    assert without.hosts[mixed].places == {}
    assert found.hosts[mixed].places == {PF: digests(ONE, TWO)}
    by_document = ['D names', 'any of 2', 'any of 1', 'any of 1']
    assert asked == [*by_document, 'T names']
    # Who has any of the two names, and of that one host, which.
    locations = ['L names', 'any of 2', 'provider']
    assert client.asked == [*asked, *by_document, *locations, 'T names']


def test_locations_that_many_hosts_have_are_asked_for_by_name(client):
    more = [location(PF, ONE), location(PF, TWO)]
    hosts = [client.add(f'h{n}', ONE, TWO, more=more) for n in range(9)]

    found = census.read(client, places=True)

    assert client.asked.count('any of 1') == 4
    assert client.asked.count('provider') == 0
    assert all(found.hosts[h].places == {PF: digests(ONE, TWO)} for h in hosts)


def test_hosts_that_were_asked_have_told_their_locations(client):
    node = client.add('compute1', ONE, TWO, more=[location(PF, TWO)])

    found = census.read(client, places=True)

    assert found.way is census.Way.BY_HOST
    assert found.hosts[node].places == {PF: digests(TWO)}
    assert client.asked == ['D names', 'any of 2', 'provider', 'T names']
