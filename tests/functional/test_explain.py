# SPDX-License-Identifier: Apache-2.0
"""The command nova-migcompat explain --from on a real Placement."""

import pytest

from nova_migcompat import traits
from nova_migcompat.cli import offers
from tests.functional.gpu_fleet import (
    GPU1,
    GPU2,
    NEW,
    OLD,
    OTHER,
    PF1,
    PF2,
    VGPUS,
    at,
    with_functions,
    with_gpus,
)

# As it runs the application in this process.
pytestmark = pytest.mark.usefixtures('logging_as_before')


def test_each_host_passes_or_it_is_said_which_document_is_in_the_way(
    cloud, explain
):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    with_gpus(cloud, 'wrong', OTHER)
    with_gpus(cloud, 'silent', None)
    with_gpus(cloud, 'full', NEW, free=False)
    cloud.host('nic', OTHER)
    cloud.host('nothing')

    answer = explain('--from', 'source')

    assert answer.status == 0
    assert answer.passes() == {
        'full': False,
        'nic': False,
        'right': True,
        'silent': False,
        'wrong': False,
    }
    [right] = answer.of('right')
    assert right == {
        'Host': 'right',
        'Passes': True,
        'Why': None,
        'Source': OLD.digest,
        'Document': NEW.digest,
        'Object': 2,
        'Variables': {'n': 2},
        'Device': [],
    }
    [wrong] = answer.of('wrong')
    assert wrong['Document'] == OTHER.digest
    assert "type: 'c'" in wrong['Why']
    assert 'publishes no document' in answer.of('silent')[0]['Why']
    [full], [nic] = answer.of('full'), answer.of('nic')
    assert full['Why'].startswith('Placement offers nothing there')
    assert nic['Why'] == f'{full["Why"]}; it has no compatible device either'
    assert ': 1 of 3 hosts pass, 1 have no compatible' in answer.err
    assert ', 1 publish no document; 2 of 3 documents in use' in answer.err


def test_a_table_has_the_beginnings_of_digests(cloud, explain):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)

    table = explain('--from', 'source', '-f', 'table').out

    assert f' {OLD.digest[:8]} | {NEW.digest[:8]} |' in table


def test_where_no_host_passes_the_status_is_1(cloud, explain):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'wrong', OTHER)

    answer = explain('--from', 'source')

    assert answer.status == 1
    assert 'only the source host has such a document' in answer.err


def test_one_host_can_be_asked_about(cloud, explain):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    with_gpus(cloud, 'wrong', OTHER)
    cloud.host('nothing')

    for host, status in (('right', 0), ('wrong', 1), ('nothing', 1)):
        answer = explain('--from', 'source', '--host', host)
        assert answer.status == status
        assert set(answer.passes()) == {host}
    assert 'Placement offers nothing there' in answer.rows[0]['Why']


def test_only_the_gpus_that_do_are_named_where_those_of_a_host_differ(
    cloud, explain
):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'both', OTHER, NEW)

    [row] = explain('--from', 'source').rows

    assert (row['Passes'], row['Document']) == (True, NEW.digest)
    assert row['Device'] == ['0000:82:00.0']


def test_the_gpu_that_alone_is_free_is_named_where_it_does_not_do(
    cloud, explain
):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'half', NEW, OTHER)
    parent = cloud.client.provider(name=f'half_{GPU1}').uuid
    cloud.admin.allocate(parent, {parent: VGPUS})

    first, *_ = explain('--from', 'source').rows

    assert not first['Passes']
    assert first['Why'].startswith(f'VGPU may come from half_{GPU2}, which is')


def test_each_device_of_a_host_is_judged_by_its_own_document(cloud, explain):
    with_gpus(cloud, 'source', OLD, OTHER)
    with_gpus(cloud, 'right', NEW)

    answer = explain('--from', 'source')

    assert {(r['Source'], r['Passes']) for r in answer.rows} == {
        (OLD.digest, True),
        (OTHER.digest, False),
    }
    assert answer.status == 1  # with the second GPU no host takes a guest
    one = explain('--from', 'source', '--device', '0000:81:00.0')
    assert (one.status, one.passes()) == (0, {'right': True})
    other = explain('--from', 'source', '--device', GPU2)
    assert (
        explain('--from', 'source', '--device', '82:00.0').rows == other.rows
    )
    assert (other.status, other.passes()) == (1, {'right': False})


@pytest.mark.parametrize(('claim', 'both'), [('all', False), ('any', True)])
def test_functions_are_judged_by_all_that_a_host_may_give(
    cloud, explain, claim, both
):
    with_functions(cloud, 'source', OLD)
    with_functions(cloud, 'right', NEW)
    with_functions(
        cloud, 'both', NEW, OTHER, more=[at(PF1, NEW), at(PF2, OTHER)]
    )

    answer = explain('--from', 'source', '--pci-claim', claim)

    assert answer.passes() == {'both': both, 'right': True}
    first = answer.of('both')[0]
    if both:
        assert first['Device'] == ['0000:41:00.0']
        assert 'only its database knows' in first['Why']
        assert answer.of('right')[0]['Why'] is None
    else:
        assert first['Why'].startswith('PCI may come from PCI_0000_42_00_0')


def test_a_vf_among_others_is_not_one_that_nova_could_choose(cloud, explain):
    """Its pools are those of PFs, and the filter judges them whole."""
    with_functions(cloud, 'source', OLD)
    mixed = [at(PF1, NEW), at(PF1, OTHER), at('PCI_0000_41_00_3', NEW)]
    with_functions(cloud, 'mixed', NEW, OTHER, more=mixed)

    for claim in ('all', 'any'):
        answer = explain('--from', 'source', '--pci-claim', claim)
        assert answer.passes() == {'mixed': False}


def test_a_host_that_publishes_nothing_is_not_said_to_have_nothing_free(
    cloud, explain
):
    with_functions(cloud, 'source', OLD)
    with_functions(cloud, 'silent')

    answer = explain('--from', 'source', '--host', 'silent')
    assert answer.status == 1
    assert 'publishes no document' in answer.rows[0]['Why']
    policy = ('--unknown-target', 'pass')
    answer = explain('--from', 'source', *policy)
    assert answer.passes() == {'silent': True}


def test_a_host_that_nova_schedules_nothing_to_does_not_pass(cloud, explain):
    with_functions(cloud, 'source', OLD)
    with_functions(cloud, 'right', NEW)
    with_functions(cloud, 'off', NEW, more=['COMPUTE_STATUS_DISABLED'])

    answer = explain('--from', 'source')

    assert answer.passes() == {'off': False, 'right': True}
    assert 'nova-compute is disabled' in answer.of('off')[0]['Why']


def test_the_document_at_an_address_is_judged(cloud, explain):
    with_functions(
        cloud, 'source', OLD, OTHER, more=[at(PF1, OLD), at(PF2, OTHER)]
    )
    with_functions(cloud, 'right', NEW)

    for address, status in (('0000:41:00.0', 0), ('0000:42:00.0', 1)):
        answer = explain('--from', 'source', '--device', address)
        assert answer.status == status


def test_a_nova_conf_says_how_it_is_decided_and_an_option_overrides_it(
    cloud, explain, tmp_path
):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    with_gpus(cloud, 'silent', None)
    conf = tmp_path / 'nova.conf'
    conf.write_text(
        '[DEFAULT]\ntransport_url = fake://\n'
        '[migcompat]\ndirection = both\nunknown_target = pass\n'
    )

    answer = explain('--from', 'source', '--nova-conf', str(conf))
    assert answer.passes() == {'right': False, 'silent': True}

    answer = explain(
        '--from',
        'source',
        '--nova-conf',
        str(conf),
        '--direction',
        'source',
        '--equal-field',
        'type',
    )
    assert answer.passes() == {'right': True, 'silent': True}
    answer = explain('--from', 'source', '--equal-field', 'n')
    assert answer.passes() == {'right': False, 'silent': False}


def test_a_document_that_is_not_trusted_counts_as_none(
    cloud, explain, tmp_path, monkeypatch
):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    trusted = tmp_path / 'trusted'
    trusted.write_text(f'{OLD.digest}\n')
    conf = tmp_path / 'nova.conf'
    conf.write_text(f'[migcompat]\ntrusted_documents = {trusted}\n')

    answer = explain('--from', 'source', '--nova-conf', str(conf))

    assert answer.passes() == {'right': False}
    why = f'{NEW.digest}: it is none of the trusted documents'
    assert [row['Why'] for row in answer.rows] == [why]
    monkeypatch.setattr(offers, '_LARGE', 1)
    answer = explain('--from', 'source', '--nova-conf', str(conf))
    assert [row['Why'] for row in answer.rows] == [why]
    trusted.write_text('')
    answer = explain('--from', 'source', '--nova-conf', str(conf))
    assert (answer.status, answer.rows) == (2, None)
    assert 'none of the trusted documents' in answer.err


def test_on_a_large_fleet_only_hosts_with_a_compatible_document_are_asked_for(
    cloud, explain, monkeypatch
):
    hosts = {
        name: with_gpus(cloud, name, document)
        for name, document in (
            ('source', OLD),
            ('right', NEW),
            ('lost', NEW),
            ('wrong', OTHER),
        )
    }
    for name, document in (('right', NEW), ('wrong', OTHER)):
        aggregate = traits.aggregate(document.digest)
        cloud.admin.set_aggregates(hosts[name], [aggregate])
    monkeypatch.setattr(offers, '_LARGE', 3)

    answer = explain('--from', 'source')

    # A host that is in no aggregate is one that Nova is not offered either.
    assert answer.passes() == {'lost': False, 'right': True, 'wrong': False}
    assert "type: 'c'" in answer.of('wrong')[0]['Why']
    assert 'Placement offers nothing' in answer.of('lost')[0]['Why']
    assert ': 1 of 1 hosts pass' in answer.err
