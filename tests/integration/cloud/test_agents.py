# SPDX-License-Identifier: Apache-2.0
"""What holds while an agent is dead, and what its user may do."""

import pytest

from tests.integration.cloud import config, identity
from tests.integration.cloud.cloud import LIMIT
from tests.integration.cloud.gpu import Driver

pytestmark = pytest.mark.timeout(LIMIT)


@pytest.fixture
def dead(cloud):
    """Return a host whose agent is killed, and starts again in the end."""
    host = cloud.hosts['compute2']
    host.agent.kill()
    yield host
    if host.agent.process.poll() is not None:
        host.agent.start()


def test_what_a_dead_agent_has_published_holds(boot, dead):
    guest = boot('compute1')

    migration = guest.live_migrate()

    assert (migration.status, guest.host) == ('completed', dead.name)
    assert migration.tried == 1


def test_what_changes_while_an_agent_is_dead_costs_one_refusal(
    cloud, boot, upgrade, dead
):
    guest = boot('compute1')

    upgrade(dead, Driver(17, 1))
    migration = guest.live_migrate()

    assert (migration.status, guest.host) == ('error', 'compute1')
    assert guest.status == 'ACTIVE'
    assert migration.tried == 1

    dead.agent.start()
    cloud.wait_published(dead)
    migration = guest.live_migrate()

    assert (migration.status, guest.host) == ('error', 'compute1')
    assert migration.tried == 0


def test_the_agents_user_may_do_nothing_else_in_the_cloud(cloud):
    agent = cloud.identity.connect('nova-migcompat', 'service')
    provider = cloud.provider('compute1')
    (name, *_) = cloud.names(cloud.hosts['compute1'])

    token = agent.session.auth.get_access(agent.session)
    assert token.role_names == [identity.USERS['nova-migcompat']]
    agent.placement.default_microversion = '1.39'
    assert agent.placement.get(f'/traits?name=in:{name}').status_code == 200
    for service, method, path in (
        (agent.placement, 'GET', f'/traits/{name}'),
        (agent.placement, 'DELETE', f'/traits/{name}'),
        (agent.placement, 'DELETE', f'/resource_providers/{provider}'),
        (agent.placement, 'GET', '/allocation_candidates?resources=VGPU:1'),
        (agent.compute, 'GET', '/os-services'),
        (agent.compute, 'GET', '/servers/detail?all_tenants=1'),
        (agent.identity, 'GET', '/users'),
    ):
        answer = service.request(path, method, raise_exc=False)
        assert answer.status_code == 403, path


def test_neither_passwords_nor_tokens_stand_in_the_logs(cloud, tmp_path):
    everything = config.write(
        tmp_path / 'debug.conf',
        {'DEFAULT': {'debug': True, 'default_log_levels': ''}},
    )
    logs = {path.name: path.read_text() for path in cloud.logs.glob('*.log')}

    agent = cloud.hosts['compute1'].agent
    done = agent.call('--config-file', str(everything), '--once')
    assert done.returncode == 0
    assert 'REQ: curl' in done.stderr
    logs['an agent at DEBUG'] = done.stderr

    for name, log in logs.items():
        assert identity.PASSWORD not in log, name
        assert identity.TOKEN not in log, name
