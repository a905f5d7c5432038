# SPDX-License-Identifier: Apache-2.0
"""One cycle of the agent against a real Placement."""

import logging

import pytest

from nova_migcompat import descriptor, traits
from nova_migcompat.agent import errors
from tests.fake_sysfs import files
from tests.functional.agent_host import FOREIGN, NODE, NOVAS, Host

GPU = f'{NODE}_pci_0000_84_00_0'
GPU2 = f'{NODE}_pci_0000_85_00_0'
X = 'SELF:\n\tname=x\n'
Y = 'SELF:\n\tname=y\n'
#: A rule with a table that is remembered.
RULES = """
rules:
  - name: x
    applies_to: {driver: acme}
    facts:
      type: {path: type}
      name: {path: types, lookup: type}
    document: |
      SELF:
        name=${name}
"""


@pytest.fixture
def host(tmp_path, placement):
    return Host(tmp_path, placement)


def d(text):
    return traits.document_trait(descriptor.parse(text).digest)


def aggregate(text):
    return traits.aggregate(descriptor.parse(text).digest)


def at(location, text):
    digest = descriptor.parse(text).digest
    return traits.location_trait(location, digest)


# What appears


def test_a_host_without_devices_writes_nothing(host):
    outcome = host.run()

    assert host.writes == []
    assert outcome.problems == ()
    assert host.ours() == set()


def test_a_uniform_host_has_one_d_name_and_a_text_that_can_be_read(host):
    host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', X)

    outcome = host.run()

    assert outcome.problems == ()
    assert host.ours() == {d(X)}
    assert host.ours(GPU) == host.ours(GPU2) == set()
    assert [doc.canonical for doc in host.texts().values()] == [
        'SELF:\n\tname="x"\n'
    ]


def test_the_fields_are_published_for_people(host):
    host.gpu('0000:84:00.0', X)

    host.run(publish_fields=['*'])

    assert host.ours() == {d(X), 'CUSTOM_MIGCOMPAT_F_NAME_X'}


def test_parents_that_differ_have_d_names_of_their_own(host):
    host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)

    host.run()

    assert host.ours() == {d(X), d(Y)}
    assert host.ours(GPU) == {d(X)}
    assert host.ours(GPU2) == {d(Y)}
    assert host.foreign(GPU) == NOVAS


def test_vfs_that_differ_have_l_names_on_the_compute_node(host):
    host.vfs(X, Y)

    host.run()

    assert host.ours() == {
        d(X),
        d(Y),
        at('PCI_0000_81_00_0', X),
        at('PCI_0000_81_00_0', Y),
        at('PCI_0000_81_00_2', Y),
    }


def test_no_text_ever_stands_on_a_provider(host):
    host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)

    host.run()

    everywhere = host.ours() | host.ours(GPU) | host.ours(GPU2)
    assert not any(n.startswith(traits.TEXT_PREFIX) for n in everywhere)


def test_the_text_stands_there_before_the_d_name_points_to_it(host):
    host.gpu('0000:84:00.0', X)

    host.run()

    (text,) = (
        i for i, (_, path) in enumerate(host.writes) if '_MIGCOMPAT_T_' in path
    )
    put = host.writes.index(
        ('PUT', f'/resource_providers/{host.uuids[NODE]}/traits')
    )
    assert text < put
    # ... and it is looked for once more when the D name stands there.
    assert host.requests[-1] == ('GET', '/traits')


# What is left alone


def test_the_second_run_writes_nothing(host):
    host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)
    host.vfs(X, Y)
    host.run(publish_fields=['*'])

    outcome = host.run(publish_fields=['*'])

    assert host.writes == []
    assert not outcome.plan
    # The provider, its tree, three providers' traits, the node's aggregates,
    # the texts.
    assert len(host.requests) == 7


def test_foreign_traits_are_kept(host):
    gpu = host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)
    host.run()
    (gpu / 'migration_compatible').unlink()

    host.run()

    assert host.foreign() == FOREIGN
    assert host.foreign(GPU) == host.foreign(GPU2) == NOVAS


def test_a_removed_device_takes_only_its_own_names_with_it(host):
    gpu = host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)
    host.run()
    (gpu / 'migration_compatible').unlink()

    host.run()

    assert host.ours() == {d(Y)}
    assert host.ours(GPU) == set()
    assert host.ours(GPU2) == {d(Y)}


def test_a_host_that_becomes_uniform_loses_locations_and_parents_names(host):
    gpu = host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)
    _, vf = host.vfs(X, X)
    host.run()
    assert at('PCI_0000_81_00_0', X) in host.ours()
    (gpu / 'migration_compatible').write_text(Y)
    for folder in vf.parent.glob('*/migration_compatible'):
        folder.write_text(Y)

    host.run()

    assert host.ours() == {d(Y)}
    assert host.ours(GPU) == host.ours(GPU2) == set()


def test_other_compute_nodes_are_not_touched(host):
    other = host.admin.create_provider('compute2', traits=[d(Y)])
    host.gpu('0000:84:00.0', X)

    host.run()

    assert host.admin.traits(other) == {d(Y)}


def test_other_providers_of_the_node_are_neither_read_nor_written(host):
    pci = host.admin.create_provider(
        f'{NODE}_0000:84:00.0', host.uuids[NODE], {'CUSTOM_MIGCOMPAT_F_X'}
    )
    host.gpu('0000:84:00.0', X)

    host.run()

    assert host.admin.traits(pci) == {'CUSTOM_MIGCOMPAT_F_X'}
    assert not any(pci in path for _, path in host.requests)


# What goes wrong


def test_a_broken_document_is_logged_with_path_line_and_column(host, caplog):
    host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', 'SELF:\n name=y\n oops\n')

    outcome = host.run()

    assert host.ours() == {d(X)}
    assert host.ours(GPU) == {d(X)}  # one device has none: not uniform
    (problem,) = outcome.problems
    assert problem.device.location == 'PCI_0000_85_00_0'
    (record,) = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert 'PCI_0000_85_00_0, type a: ' in record.getMessage()
    assert '/a/migration_compatible, line 3, column 6: found' in (
        record.getMessage()
    )


def test_no_document_is_logged_at_info(host, caplog):
    caplog.set_level(logging.INFO)
    host.gpu('0000:84:00.0', 'SELF:\n some_field=zq1\n')

    host.run(publish_fields=['*'])

    assert 'zq1' not in caplog.text.lower()
    assert '2 names added, 0 removed' in caplog.text


def test_another_writer_between_read_and_write_is_merged(host):
    host.gpu('0000:84:00.0', X)

    def write():
        host.admin.set_traits(host.uuids[NODE], FOREIGN | {'CUSTOM_SILVER'})

    host.before_request['PUT', 'provider traits'].append(write)

    host.run()

    assert host.ours() == {d(X)}
    assert host.foreign() == FOREIGN | {'CUSTOM_SILVER'}
    puts = [r for r in host.writes if r[1].startswith('/resource_providers')]
    assert puts == [
        ('PUT', f'/resource_providers/{host.uuids[NODE]}/{what}')
        for what in ('traits', 'traits', 'aggregates')  # the first is a 409
    ]


def test_a_text_that_another_zlib_compressed_is_not_written_again(
    host, monkeypatch
):
    host.gpu('0000:84:00.0', X)
    real = traits.zlib.compress
    with monkeypatch.context() as patch:
        patch.setattr(traits.zlib, 'compress', lambda text, _: real(text, 0))
        host.run()
    before = host.texts_by_name()

    host.run()

    assert host.writes == []
    assert host.texts_by_name() == before


def test_a_parent_whose_provider_nova_has_not_made_yet_follows_later(
    host, caplog
):
    caplog.set_level(logging.INFO)
    host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y, provider=False)

    outcome = host.run()

    assert outcome.problems == ()
    assert f'no resource provider {GPU2} yet' in caplog.text
    host.uuids[GPU2] = host.admin.create_provider(GPU2, host.uuids[NODE])
    host.run()
    assert host.ours(GPU2) == {d(Y)}


def test_a_parent_whose_provider_nova_deletes_meanwhile_is_no_failure(
    host, placement
):
    host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)

    def delete():
        for name in (GPU, GPU2):
            placement.adapter().delete(
                f'/resource_providers/{host.uuids[name]}',
                microversion='1.39',
            )

    host.before_request['PUT', 'trait'].append(delete)

    assert host.run().problems == ()
    assert host.ours() == {d(X), d(Y)}


def test_an_unknown_provider_is_a_clear_error_and_writes_nothing(host):
    host.gpu('0000:84:00.0', X)

    with pytest.raises(errors.AgentError, match="'nobody'"):
        host.run(resource_provider='nobody')
    assert host.writes == []


def test_a_missing_sysfs_withdraws_nothing(host):
    host.gpu('0000:84:00.0', X)
    host.run()

    with pytest.raises(errors.AgentError, match='sysfs'):
        host.run(sysfs_root=str(host.folder / 'nowhere'))
    assert host.ours() == {d(X)}


def test_a_broken_nova_conf_withdraws_nothing(host):
    host.gpu('0000:84:00.0', X)
    host.run()
    (host.folder / 'nova.conf').write_text('no section\n')

    with pytest.raises(errors.AgentError, match=r'nova\.conf'):
        host.run()
    assert host.ours() == {d(X)}


def test_compute_id_names_the_provider_before_any_name(host):
    host.gpu('0000:84:00.0', X)
    (host.folder / 'compute_id').write_text(host.uuids[NODE])

    host.run(resource_provider='nobody')

    assert host.ours() == {d(X)}


# A dry run


def test_a_dry_run_says_what_would_be_written_and_writes_nothing(host):
    host.gpu('0000:84:00.0', X)
    host.admin.set_traits(host.uuids[NODE], {*FOREIGN, d(Y)})
    host.admin.set_aggregates(host.uuids[NODE], [aggregate(Y)])

    outcome = host.dry_run()

    assert host.writes == []
    text, name, add, remove, join, leave = outcome.plan.lines()
    assert text.startswith('create trait CUSTOM_MIGCOMPAT_T_')
    assert len(text) < 100
    assert name == f'create trait {d(X)}'
    assert add == f'compute1: add {d(X)}'
    assert remove == f'compute1: remove {d(Y)}'
    assert join == f'compute1: join aggregate {aggregate(X)}'
    assert leave == f'compute1: leave aggregate {aggregate(Y)}'
    assert host.ours() == {d(Y)}


def test_what_a_dry_run_says_is_what_a_run_writes(host):
    host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)
    said = list(host.dry_run().plan.lines())

    assert list(host.run().plan.lines()) == said
    # Besides the names: two parents' traits, the node's, its aggregates.
    assert len(host.writes) == len([s for s in said if 'create' in s]) + 4


def test_a_dry_run_leaves_no_file_behind(host, tmp_path):
    gpu = host.sysfs.function('0000:84:00.0', 'acme')
    files(gpu, types='1: one', type='1')
    (tmp_path / 'rules.d').mkdir(mode=0o755)
    files(tmp_path / 'rules.d', **{'50-x.yaml': RULES})
    state = tmp_path / 'state'
    state.mkdir(mode=0o700)
    options = {
        'rules_folder': str(tmp_path / 'rules.d'),
        'state_path': str(state),
    }

    host.dry_run(**options)
    assert list(state.iterdir()) == []

    host.run(**options)
    assert [path.name for path in state.iterdir()] == ['remembered.json']
