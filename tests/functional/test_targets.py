# SPDX-License-Identifier: Apache-2.0
"""What the candidate hosts are to a requirement, on a real Placement."""

import pytest

from nova_migcompat import (
    decision,
    descriptor,
    fleet,
    reasons,
    targets,
    traits,
)

ONE = descriptor.parse('SELF:\n a=1\nCOMPATIBLE:\n a={v:int:1,2}\n')
TWO = descriptor.parse('SELF:\n a=2\n')
THREE = descriptor.parse('SELF:\n a=3\n')
UNREAD = descriptor.parse('SELF:\n a=4\n')
DOCUMENTS = (ONE, TWO, THREE)
PF1, PF2 = 'PCI_0000_84_00_0', 'PCI_0000_85_00_0'
GPU1, GPU2 = 'pci_0000_81_00_0', 'pci_0000_82_00_0'

COMPATIBLE, INCOMPATIBLE, UNKNOWN = decision.Verdict
REJECT, PASS = (decision.Policy(unknown_target=x) for x in ('reject', 'pass'))


def at(place, *documents):
    return [traits.location_trait(place, d.digest) for d in documents]


def requirement(documents=(ONE, TWO, THREE), source=ONE):
    devices = [decision.SourceDevice('gpu', frozenset({source.digest}))]
    known = {d.digest: d for d in documents}
    return decision.decide(devices, known, decision.Policy()).requirements[0]


def survey(cloud, policy, asked=None, hosts=()):
    names = fleet.in_use(cloud.client)
    hosts = hosts or everybody(cloud, names)
    cloud.adapter.urls.clear()
    asked = asked or requirement()
    good = targets.having(cloud.client, asked.compatible, names)
    return targets.survey(cloud.client, asked, good, names, policy, hosts)


def everybody(cloud, names):
    having = cloud.client.providers_with_any(
        map(traits.document_trait, names.digests)
    )
    return frozenset(provider.root_uuid for provider in having)


def parents_of(cloud, host):
    return {
        provider.name.removeprefix(f'{host}_'): provider.uuid
        for provider in cloud.client.tree(
            cloud.client.provider(name=host).uuid
        )
    }


def test_hosts_whose_devices_are_alike_are_settled_at_once(cloud):
    right = cloud.host('right', TWO)
    wrong = cloud.host('wrong', THREE)
    silent = cloud.host('silent')
    unread = cloud.host('unread', UNREAD, texts=False)
    hosts = frozenset({right, wrong, silent, unread})
    for policy, suiting, requests in (
        (REJECT, {right}, 2),
        (PASS, {right, silent, unread}, 4),
    ):
        found = survey(cloud, policy)
        assert found.settle(hosts, policy) == (suiting, frozenset())
        assert len(cloud.adapter.urls) == requests
    assert found.of_host(right) is COMPATIBLE
    assert found.of_host(wrong) is INCOMPATIBLE
    assert found.of_host(silent) is found.of_host(unread) is UNKNOWN


def test_a_fleet_with_nothing_but_compatible_documents_costs_one_request(
    cloud,
):
    right = cloud.host('right', ONE)
    other = cloud.host('other', TWO)
    found = survey(cloud, REJECT)
    assert found.settle(frozenset({right}), REJECT) == ({right}, set())
    assert found.of_host(other) is COMPATIBLE
    assert len(cloud.adapter.urls) == 1


def test_hosts_outside_the_question_never_pass(cloud):
    cloud.host('elsewhere', TWO)
    found = survey(cloud, REJECT)
    assert found.settle(frozenset(), REJECT) == (set(), set())


def test_without_a_compatible_document_in_use_nobody_is_asked(cloud):
    cloud.host('wrong', THREE)
    found = survey(cloud, REJECT)
    assert cloud.adapter.urls == []
    assert found.good == targets.Holders()


@pytest.mark.parametrize(
    ('documents', 'more'),
    [
        ([TWO, THREE], []),
        ([TWO, UNREAD], []),
        ([TWO], at(PF1, TWO)),
    ],
    ids=['incompatible', 'unread', 'without a document'],
)
def test_a_host_with_a_compatible_and_another_device_is_looked_at(
    cloud, documents, more
):
    host = cloud.host('h1', *documents, more=more)
    for policy in (REJECT, PASS):
        found = survey(cloud, policy)
        assert found.settle(frozenset({host}), policy) == (set(), {host})
        assert found.of_host(host) is None


def test_a_parent_is_judged_by_its_own_documents(cloud):
    host = cloud.host('h1', TWO, THREE, parents=[(GPU1, TWO), (GPU2, THREE)])
    silent = cloud.admin.create_provider('h1_silent', host)
    both = cloud.admin.create_provider(
        'h1_both',
        host,
        [traits.document_trait(d.digest) for d in (TWO, THREE)],
    )
    parents = parents_of(cloud, 'h1')
    for policy, bad in ((REJECT, UNKNOWN), (PASS, INCOMPATIBLE)):
        found = survey(cloud, policy)
        assert found.of_parent(host, parents[GPU1]) is COMPATIBLE
        assert found.of_parent(host, parents[GPU2]) is bad
        assert found.of_parent(host, both) is bad
        assert found.of_parent(host, silent) is UNKNOWN


def test_a_parent_of_a_host_whose_devices_are_alike_needs_no_name(cloud):
    host = cloud.host('h1', TWO)
    parent = cloud.admin.create_provider('h1_gpu', host)
    assert survey(cloud, REJECT).of_parent(host, parent) is COMPATIBLE


def test_a_parent_without_a_document_has_not_that_of_a_function(cloud):
    host = cloud.host('h1', TWO, more=at(PF1, TWO))
    parent = cloud.admin.create_provider('h1_gpu', host)
    assert survey(cloud, REJECT).of_parent(host, parent) is UNKNOWN


def test_a_document_on_one_of_two_parents_makes_no_uniform_host(cloud):
    host = cloud.host('h1', TWO, parents=[(GPU1, TWO)])
    silent = cloud.admin.create_provider('h1_silent', host)
    found = survey(cloud, REJECT)
    assert found.settle(frozenset({host}), REJECT) == (set(), {host})
    assert found.of_parent(host, silent) is UNKNOWN


@pytest.mark.parametrize('extra_hosts', [0, 9], ids=['by host', 'by place'])
@pytest.mark.parametrize('policy', [REJECT, PASS], ids=['reject', 'pass'])
def test_a_place_is_judged_by_the_documents_at_its_address(
    cloud, extra_hosts, policy
):
    documents = [TWO, THREE, UNREAD]
    differing = cloud.host(
        'h1', *documents, more=[*at(PF1, TWO), *at(PF2, THREE)]
    )
    doubtful = cloud.host(
        'h2', *documents, more=[*at(PF1, TWO, THREE), *at(PF2, TWO, UNREAD)]
    )
    silent = cloud.host('h3', TWO, more=at(PF2, TWO))
    hosts = [differing, doubtful, silent] + [
        cloud.host(f'more{n}', *documents, more=at(PF1, TWO))
        for n in range(extra_hosts)
    ]
    found = survey(cloud, policy)
    names = fleet.in_use(cloud.client)
    cloud.adapter.urls.clear()

    [places] = targets.look_closer(
        cloud.client, [found], names, {host: {PF1, PF2} for host in hosts}
    )

    assert len(cloud.adapter.urls) == (
        3 if not extra_hosts else 4 if policy is REJECT else 6
    )

    def suits(host, place):
        return places[host].get(place, UNKNOWN).suits(policy)

    lenient = policy is PASS
    assert suits(differing, PF1)
    assert not suits(differing, PF2)
    assert not suits(doubtful, PF1)
    assert suits(doubtful, PF2) == lenient
    assert suits(silent, PF1) == lenient
    assert suits(silent, PF2)


def test_places_without_any_name_in_use_cost_no_request(cloud):
    host = cloud.host('h1', TWO, THREE)
    found = survey(cloud, REJECT)
    cloud.adapter.urls.clear()
    names = fleet.Names(frozenset({TWO.digest}), {})
    assert targets.look_closer(
        cloud.client, [found], names, {host: {PF1}}
    ) == [{}]
    assert cloud.adapter.urls == []


def test_one_host_is_asked_by_itself_when_many_documents_are_in_use(cloud):
    documents = [descriptor.parse(f'SELF:\n a={n}\n') for n in range(1, 130)]
    host = cloud.host('h1', documents[128], texts=False, more=at(PF1, TWO))
    names = fleet.Names(frozenset(d.digest for d in documents), {})
    left = targets.in_question(cloud.client, names, {host})
    assert left == fleet.Names(
        frozenset({documents[128].digest}), {PF1: frozenset({TWO.digest})}
    )
    gone = '5f3f1b0e-2a4e-4a4e-9d1e-0f6d2c9f6a51'
    assert targets.in_question(cloud.client, names, {gone}) == (
        fleet.Names(frozenset(), {})
    )
    assert len(cloud.adapter.urls) == 2
    assert targets.in_question(cloud.client, names, {host, gone, 'x'}) is (
        names
    )


def test_few_holders_are_asked_what_else_they_have_of_many_documents(cloud):
    others = [descriptor.parse(f'SELF:\n a={n}\n') for n in range(5, 330)]
    cloud.host('others', *others, texts=False)
    uniform = cloud.host('uniform', TWO)
    mixed = cloud.host('mixed', TWO, others[7])
    gpus = cloud.host('gpus', TWO, parents=[(GPU1, TWO)])
    located = cloud.host('located', TWO, more=at(PF1, TWO))
    cloud.host('elsewhere', TWO)
    hosts = frozenset({uniform, mixed, gpus, located})
    found = survey(cloud, REJECT, hosts=hosts)
    assert found.settle(hosts, REJECT) == (
        {uniform},
        {mixed, gpus, located},
    )
    # Who has it; then each of the four hosts and the parent of one, where
    # asking for the other 326 documents would have taken six.
    assert len(cloud.adapter.urls) == 6


def test_many_compatible_documents_take_one_request_more_for_each_64(cloud):
    documents = [descriptor.parse(f'SELF:\n a={n}\n') for n in range(5, 105)]
    wide = descriptor.parse('SELF:\n a=1\nCOMPATIBLE:\n a={v:int:5..104}\n')
    hosts = [
        cloud.host(f'h{n}', *documents[n : n + 64], texts=False)
        for n in (0, 36)
    ]
    mixed = cloud.host('mixed', documents[7], THREE, texts=False)
    asked = requirement([wide, THREE, *documents], wide)
    found = survey(cloud, REJECT, asked)
    assert found.settle(frozenset([*hosts, mixed]), REJECT) == (
        set(hosts),
        {mixed},
    )
    assert len(cloud.adapter.urls) == 3


@pytest.mark.parametrize('count', [1, 6])
def test_objections_name_what_a_host_has(cloud, count):
    wrong = [cloud.host(f'wrong{n}', THREE) for n in range(count)]
    silent = cloud.host('silent')
    asked = requirement()
    said = reasons.objections(cloud.client, asked, [*wrong, silent])
    assert said[silent] == ''
    for host in wrong:
        assert said[host] == (
            f"{THREE.digest}: source object 1, a: '3', allowed {{v:int:1,2}}"
        )


def test_objections_to_many_documents_cost_one_request_or_none(cloud):
    documents = [descriptor.parse(f'SELF:\n a={n}\n') for n in range(3, 80)]
    hosts = [
        cloud.host(f'h{n}', document, texts=False)
        for n, document in enumerate(documents[:6])
    ]
    silent = cloud.host('silent')
    cloud.admin.create_traits(
        traits.document_trait(document.digest) for document in documents
    )
    for count, requests, expected in ((10, 1, ''), (77, 0, 'compatible')):
        asked = requirement([ONE, *documents[:count]])
        cloud.adapter.urls.clear()
        said = reasons.objections(cloud.client, asked, [*hosts, silent])
        assert len(cloud.adapter.urls) == requests
        assert said[hosts[0]] == 'it has none of the 1 compatible documents'
        assert expected in said[silent]
        assert bool(said[silent]) == bool(expected)


@pytest.mark.parametrize('parent', [(ONE,), (ONE, TWO), (ONE, THREE)])
def test_who_has_preferred_documents_takes_no_request_more(cloud, parent):
    uniform = cloud.host('uniform', ONE)
    other = cloud.host('other', TWO)
    wrong = cloud.host('wrong', THREE)
    beside = cloud.host('beside', ONE, THREE, more=at(PF1, ONE))
    differing = cloud.host('h1', *DOCUMENTS, parents=[(GPU1, *parent)])
    names = fleet.in_use(cloud.client)
    compatible = requirement().compatible
    plain = targets.having(cloud.client, compatible, names)
    hosts = frozenset({uniform, other, wrong, beside, differing})
    expected = targets.survey(
        cloud.client, requirement(), plain, names, REJECT, hosts
    )
    cloud.adapter.urls.clear()

    found = targets.having(cloud.client, compatible, names, {ONE.digest})
    survey = targets.survey(
        cloud.client, requirement(), found, names, REJECT, hosts
    )

    # A parent of which these two questions do not tell is asked about.
    assert len(cloud.adapter.urls) == 2 + (len(parent) > 1)
    assert found.providers == plain.providers
    assert found.preferred >= {uniform}
    assert found.preferred.isdisjoint({other, wrong, beside, differing})
    assert survey.settle(hosts, REJECT) == (
        {uniform, other},
        {beside, differing},
    )
    gpu = parents_of(cloud, 'h1')[GPU1]
    assert survey.of_parent(differing, gpu) is expected.of_parent(
        differing, gpu
    )


def test_where_names_do_not_fit_nobody_is_preferred(cloud):
    host = cloud.host('h1', ONE)
    many = frozenset(f'{n:032}' for n in range(64))
    names = fleet.Names(many | {ONE.digest, TWO.digest}, {})
    found = targets.having(
        cloud.client, {ONE.digest, TWO.digest}, names, {ONE.digest}
    )
    assert found == targets.Having({host: host})
