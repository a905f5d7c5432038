# SPDX-License-Identifier: Apache-2.0
"""The policy in etc/ is just what the agent needs, on a real Placement."""

import pathlib
import re
import uuid

import pytest
from oslo_config import cfg
from oslo_policy import opts as policy_opts
from oslo_policy import policy as oslo_policy
from placement import policies

from nova_migcompat import census, descriptor, traits
from nova_migcompat import placement as client_module
from tests.functional.agent_host import FOREIGN, NODE, NOVAS, Host
from tests.functional.gpu_fleet import NEW, OLD, OTHER, with_gpus
from tests.placement_server import PlacementServer

ROLE = 'migcompat_agent'
FILE = (
    pathlib.Path(__file__).parents[2]
    / 'etc/nova-migcompat/placement-policy.yaml'
)
#: DESIGN.md, "Trust".
NEEDED = {
    'placement:resource_providers:list',
    'placement:resource_providers:traits:list',
    'placement:resource_providers:traits:update',
    'placement:resource_providers:aggregates:list',
    'placement:resource_providers:aggregates:update',
    'placement:traits:list',
    'placement:traits:update',
}
X = 'SELF:\n\tname=x\n'
Y = 'SELF:\n\tname=y\n'


class As:
    """A Placement as somebody sees who has just these roles."""

    def __init__(self, server, roles):
        self._server = server
        self._roles = roles

    def adapter(self):
        return self._server.adapter(
            token='somebody', additional_headers={'X-Roles': self._roles}
        )


@pytest.fixture(scope='module')
def placement():
    with PlacementServer(policy=FILE.read_text()) as server:
        yield server


@pytest.fixture
def host(tmp_path, placement):
    placement.reset()
    host = Host(tmp_path, placement)
    host.act_as(As(placement, ROLE).adapter())
    return host


def rule_of(method, path):
    """Return the name of the rule of Placement's policy for a request."""
    (name,) = (
        rule.name
        for rule in policies.list_rules()
        for operation in getattr(rule, 'operations', ())
        if operation['method'] == method
        and re.fullmatch(re.sub('{[^}]*}', '[^/]+', operation['path']), path)
    )
    return name


def aggregates(*texts):
    return {traits.aggregate(descriptor.parse(t).digest) for t in texts}


def test_the_role_is_enough_to_publish_to_change_and_to_withdraw(host):
    gpu = host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)
    host.run(publish_fields=['*'])
    assert host.aggregates() == aggregates(X, Y)
    assert len(host.texts()) == 2
    (gpu / 'migration_compatible').write_text(Y)

    assert host.run().problems == ()
    assert host.aggregates() == aggregates(Y)

    host.withdraw()
    for provider in host.uuids:
        assert host.ours(provider) == set()
    assert host.aggregates() == set()
    assert host.foreign() == FOREIGN
    assert host.foreign(f'{NODE}_pci_0000_84_00_0') == NOVAS


def test_the_agent_asks_for_all_that_the_role_may_and_for_nothing_else(host):
    gpu = host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)
    sent = set()
    for step in (host.run, host.run, host.withdraw):
        step()
        sent.update(host.requests)
        (gpu / 'migration_compatible').write_text(Y)

    assert {rule_of(*request) for request in sent} == NEEDED


def test_the_role_is_enough_to_look_at_a_whole_fleet(host, placement):
    host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)
    host.run()
    client = client_module.PlacementClient(As(placement, ROLE).adapter())

    found = census.read(client, places=True)

    assert [each.name for each in found.hosts.values()] == [NODE]
    assert len(found.documents.documents) == 2


@pytest.mark.parametrize(
    ('method', 'path', 'body'),
    [
        ('GET', '/traits/CUSTOM_GOLD', None),
        ('DELETE', '/traits/CUSTOM_GOLD', None),
        ('GET', '/resource_providers/{node}', None),
        ('DELETE', '/resource_providers/{node}', None),
        ('DELETE', '/resource_providers/{node}/traits', None),
        ('POST', '/resource_providers', {'name': 'more'}),
        ('PUT', '/resource_providers/{node}', {'name': 'other'}),
        ('GET', '/resource_providers/{node}/inventories', None),
        (
            'PUT',
            '/resource_providers/{node}/inventories',
            {'resource_provider_generation': 1, 'inventories': {}},
        ),
        ('GET', '/allocations/{consumer}', None),
        ('PUT', '/allocations/{consumer}', {}),
        ('DELETE', '/allocations/{consumer}', None),
        ('GET', '/allocation_candidates?resources=VCPU:1', None),
        ('PUT', '/resource_classes/CUSTOM_X', None),
    ],
)
def test_the_role_may_do_nothing_else(host, placement, method, path, body):
    path = path.format(node=host.uuids[NODE], consumer=uuid.uuid4())

    response = (
        As(placement, ROLE)
        .adapter()
        .request(path, method, json=body, microversion='1.39', raise_exc=False)
    )

    assert response.status_code == 403


@pytest.mark.parametrize('role', ['service', 'admin'])
def test_service_and_admin_may_do_as_before(placement, host, role):
    host.gpu('0000:84:00.0', X)
    host.act_as(As(placement, role).adapter())

    host.run()

    assert host.aggregates() == aggregates(X)


@pytest.mark.parametrize('roles', ['', 'reader', 'member'])
def test_an_agent_without_the_role_is_told_which_it_needs(
    placement, host, roles
):
    host.gpu('0000:84:00.0', X)
    host.act_as(As(placement, roles).adapter())

    with pytest.raises(client_module.PlacementError) as caught:
        host.run()

    assert caught.value.status == 403
    assert 'placement:resource_providers:list' in str(caught.value)
    assert ROLE in str(caught.value)
    assert host.ours() == set()


@pytest.mark.usefixtures('logging_as_before')
def test_the_role_is_enough_to_plan_an_upgrade_but_not_to_name_servers(
    placement, cloud_with_guests, tmp_path
):
    placement.reset()
    cloud = cloud_with_guests
    for name in ('c1', 'c2'):
        with_gpus(cloud, name, OLD, OTHER)
    server = cloud.guest('c1')
    (tmp_path / 'new').write_text(NEW.canonical)
    plan = ('plan-upgrade', '--replace', f'{OLD.digest}={tmp_path / "new"}')
    as_admin = cloud.ask(*plan)
    cloud.client = client_module.PlacementClient(As(placement, ROLE).adapter())

    as_agent = cloud.ask(*plan)

    assert as_admin[0] == as_agent[0] == 0
    assert server in as_admin[1][0]['Servers']
    assert [row['Servers'] for row in as_agent[1]] == [None, None]
    assert 'is not known (GET /allocations/' in as_agent[2]
    assert 'status 403' in as_agent[2]


def enforcer(policy_file):
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[], default_config_dirs=[])
    policy_opts.set_defaults(conf, policy_file=str(policy_file))
    rules = oslo_policy.Enforcer(conf)
    rules.suppress_default_change_warnings = True
    rules.register_defaults(policies.list_rules())
    return rules


def test_the_file_changes_the_rules_that_are_needed_for_that_role_alone(
    tmp_path,
):
    shipped, default = enforcer(FILE), enforcer(tmp_path / 'none.yaml')
    names = {rule.name for rule in policies.list_rules()}
    assert oslo_policy.Rules.load(FILE.read_text()).keys() == NEEDED < names

    def allowed(rules, *roles):
        who = {'roles': list(roles), 'project_id': 'p', 'user_id': 'u'}
        return {n for n in names if rules.authorize(n, {}, who)}

    for role in ('admin', 'service', 'reader', 'member'):
        assert allowed(shipped, role) == allowed(default, role)
    assert allowed(shipped, ROLE) == NEEDED
    assert allowed(default, ROLE) == set()
