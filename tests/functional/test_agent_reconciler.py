# SPDX-License-Identifier: Apache-2.0
"""Cycle after cycle against a real Placement: what each of them asks for."""

import logging

import pytest

from nova_migcompat import descriptor, traits
from nova_migcompat.agent import cycle, errors
from nova_migcompat.placement import PlacementError
from tests.functional.agent_host import NODE, Host

X = 'SELF:\n\tname=x\n'
Y = 'SELF:\n\tname=y\n'
GPU2 = f'{NODE}_pci_0000_85_00_0'
RULES = """
rules:
  - name: x
    applies_to: {driver: acme_vfio_pci}
    document: |
      SELF:
        v=1
"""
FULL_CHECK_INTERVAL = 600


@pytest.fixture
def host(tmp_path, placement):
    return Host(tmp_path, placement)


class Agent:
    """A Reconciler on a host, with a clock of its own."""

    def __init__(self, host):
        self.host = host
        self.now = 1000.0
        #: The part of the interval after which the second full check is due.
        self.part = 1.0
        self.reconciler = cycle.Reconciler(
            host.conf({}), lambda: self.now, lambda _, most: self.part * most
        )

    def cycle(self):
        """Do one cycle a minute later; return what it asked for."""
        self.now += 60
        self.host.requests.clear()
        self.outcome = self.reconciler.cycle(self.host.client)
        return list(self.host.requests)

    def settle(self):
        """Do cycles until one is quiet."""
        for _ in range(3):
            if len(self.cycle()) == 1:
                return
        raise AssertionError(self.host.requests)


@pytest.fixture
def agent(host):
    return Agent(host)


def d(text):
    return traits.document_trait(descriptor.parse(text).digest)


def quiet(host):
    return [('GET', f'/resource_providers/{host.uuids[NODE]}/traits')]


def test_a_quiet_cycle_is_one_get_of_the_providers_traits(host, agent):
    host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)
    host.vfs(X, Y)
    agent.settle()

    assert agent.cycle() == quiet(host)
    assert agent.cycle() == quiet(host)
    assert not agent.outcome.plan


def test_the_first_cycle_is_a_full_check(host, agent):
    host.gpu('0000:84:00.0', X)
    host.run()

    assert len(agent.cycle()) > 1
    assert host.writes == []
    assert agent.cycle() == quiet(host)


def test_what_another_changes_on_the_provider_is_put_right(host, agent):
    host.gpu('0000:84:00.0', X)
    agent.settle()
    host.admin.set_traits(host.uuids[NODE], {'CUSTOM_GOLD'})

    agent.cycle()

    assert host.ours() == {d(X)}
    assert host.foreign() == {'CUSTOM_GOLD'}


def test_another_generation_alone_makes_a_full_check(host, agent):
    host.gpu('0000:84:00.0', X)
    agent.settle()
    host.admin.set_inventory(host.uuids[NODE], {'VCPU': 8})

    assert len(agent.cycle()) > 2
    assert host.writes == []
    assert agent.cycle() == quiet(host)


def test_a_device_that_changed_is_written_without_a_look_before(host, agent):
    folder = host.gpu('0000:84:00.0', X)
    agent.settle()
    (folder / 'migration_compatible').write_text(Y)

    agent.cycle()

    assert host.ours() == {d(Y)}


def test_the_interval_of_full_checks_is_kept(host, agent):
    host.gpu('0000:84:00.0', X)
    agent.settle()
    checked = agent.now - 60

    while agent.now + 60 < checked + FULL_CHECK_INTERVAL:
        assert agent.cycle() == quiet(host)
    assert len(agent.cycle()) > 1
    assert agent.cycle() == quiet(host)


def test_after_a_start_the_next_full_check_comes_earlier(host, agent):
    """So that those of agents that were started together do not coincide."""
    host.gpu('0000:84:00.0', X)
    agent.part = 0.25
    agent.cycle()

    found = [len(agent.cycle()) == 1 for _ in range(14)]

    assert found.index(False) == 2
    assert found[3:12] == [True] * 9
    assert not found[12]


def test_a_parents_provider_that_nova_made_again_is_put_right_by_a_full_check(
    host, agent, placement
):
    host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)
    agent.settle()
    placement.adapter().delete(
        f'/resource_providers/{host.uuids[GPU2]}', microversion='1.39'
    )
    host.uuids[GPU2] = host.admin.create_provider(GPU2, host.uuids[NODE])

    agent.now += FULL_CHECK_INTERVAL
    agent.cycle()

    assert host.ours(GPU2) == {d(Y)}


def test_a_provider_that_was_made_again_is_found_in_the_same_cycle(
    host, agent, placement
):
    host.vfs(X)
    agent.settle()
    placement.adapter().delete(
        f'/resource_providers/{host.uuids[NODE]}', microversion='1.39'
    )
    host.uuids[NODE] = host.admin.create_provider(NODE)

    agent.cycle()

    assert host.ours() == {d(X)}
    assert agent.outcome.node.uuid == host.uuids[NODE]


def test_a_compute_id_that_appears_makes_a_full_check(host, agent):
    host.gpu('0000:84:00.0', X)
    agent.settle()
    other = host.admin.create_provider('other')
    (host.folder / 'compute_id').write_text(other)

    agent.cycle()

    assert host.admin.traits(other) == {d(X)}


def test_after_a_failure_the_next_cycle_is_a_full_check(host, agent):
    host.gpu('0000:84:00.0', X)
    agent.settle()

    def fail():
        raise PlacementError('away')

    host.before_request['GET', 'provider traits'].append(fail)
    with pytest.raises(PlacementError, match='away'):
        agent.cycle()

    assert len(agent.cycle()) > 1


def test_a_look_that_fails_asks_nothing(host, agent):
    host.gpu('0000:84:00.0', X)
    agent.settle()
    (host.folder / 'nova.conf').write_text('no section\n')

    with pytest.raises(errors.AgentError, match=r'nova\.conf'):
        agent.cycle()
    assert host.requests == []
    assert host.ours() == {d(X)}


def test_a_problem_is_said_when_it_comes_and_when_it_goes(host, agent, caplog):
    caplog.set_level(logging.INFO)
    folder = host.gpu('0000:84:00.0', 'oops')
    agent.cycle()
    agent.cycle()
    assert caplog.text.count('A device is left out: PCI_0000_84_00_0') == 1
    caplog.clear()
    agent.cycle()
    assert caplog.text == ''

    (folder / 'migration_compatible').write_text(X)
    agent.cycle()
    agent.cycle()

    assert caplog.text.count('No longer: PCI_0000_84_00_0') == 1
    assert agent.outcome.problems == ()


def test_a_parent_without_a_provider_is_said_once(host, agent, caplog):
    caplog.set_level(logging.INFO)
    host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y, provider=False)

    for _ in range(3):
        agent.now += FULL_CHECK_INTERVAL
        agent.cycle()

    assert caplog.text.count(f'no resource provider {GPU2} yet') == 1


def test_after_a_write_the_next_cycle_is_quiet(host, agent):
    folder = host.gpu('0000:84:00.0', X)
    agent.cycle()
    assert agent.cycle() == quiet(host)
    (folder / 'migration_compatible').write_text(Y)

    agent.cycle()

    assert agent.cycle() == quiet(host)


# New options


def test_new_options_count_from_a_full_check_on(host, agent):
    host.vfs(X)
    agent.settle()

    agent.reconciler.reconfigure(host.conf({}))

    assert len(agent.cycle()) > 1
    assert agent.cycle() == quiet(host)
    agent.reconciler.reconfigure(host.conf({'publish_fields': ['*']}))
    agent.cycle()
    assert 'CUSTOM_MIGCOMPAT_F_NAME_X' in host.ours()


def test_new_options_do_not_make_problems_be_said_again(host, agent, caplog):
    caplog.set_level(logging.INFO)
    host.gpu('0000:84:00.0', 'oops')
    agent.cycle()
    caplog.clear()

    agent.reconciler.reconfigure(host.conf({}))
    agent.cycle()

    assert caplog.text == ''


def test_new_options_leave_rules_held_and_count_for_their_source(host):
    folder, sysfs = host.folder / 'rules.d', host.sysfs
    folder.mkdir(mode=0o755)
    rules = folder / '50-x.yaml'
    rules.write_text(RULES)
    rules.chmod(0o644)
    sysfs.function('0000:86:00.0', 'acme_vfio_pci')
    options = {
        'rules_folder': str(folder),
        'state_path': str(host.folder / 'state'),
    }
    reconciler = cycle.Reconciler(host.conf(options))
    reconciler.cycle(host.client)
    before = host.ours()
    assert before

    rules.write_text('rules: [')
    reconciler.reconfigure(host.conf(options))
    held = reconciler.cycle(host.client)

    assert host.ours() == before
    assert [one.path for one in held.problems] == [str(rules)]

    elsewhere = host.folder / 'elsewhere.d'
    elsewhere.mkdir(mode=0o755)
    reconciler.reconfigure(
        host.conf({**options, 'rules_folder': str(elsewhere)})
    )

    assert reconciler.cycle(host.client).problems == ()
    assert host.ours() == set()
