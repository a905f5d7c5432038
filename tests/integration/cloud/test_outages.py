# SPDX-License-Identifier: Apache-2.0
"""What parts of the cloud that go away for a while do to guests' moves."""

import time

import pytest

from tests.integration.cloud import hosts
from tests.integration.cloud.cloud import LIMIT
from tests.integration.cloud.gpu import Driver

pytestmark = pytest.mark.timeout(LIMIT)


@pytest.fixture(params=['placement', 'mariadb', 'rabbitmq'])
def away(request, cloud):
    """Return a process that is not there until it is started."""
    process = next(p for p in cloud.processes() if p.name == request.param)
    process.stop()
    yield process
    if not process.runs():
        process.start()
        cloud.wait_for_services()


def test_a_driver_upgrade_while_it_is_away_is_honoured_when_it_is_back(
    cloud, boot, upgrade, away
):
    host = cloud.hosts['compute5']
    upgrade(host, Driver(16, 10))
    # Agents look meanwhile, and some of them can tell nobody.
    time.sleep(2 * hosts.INTERVAL)

    away.start()
    cloud.wait_for_services()
    cloud.wait_published(host)
    guest = boot('compute2')
    migration = guest.live_migrate()

    assert (migration.status, guest.host) == ('completed', 'compute5')
    assert migration.tried == 1


@pytest.mark.parametrize('restarted', ['compute1', 'compute2'])
def test_a_guest_finds_its_way_after_nova_compute_was_restarted(
    cloud, boot, restarted
):
    guest = boot('compute1')
    names = cloud.names(cloud.hosts[restarted])

    cloud.hosts[restarted].compute.kill()
    cloud.hosts[restarted].compute.start()
    cloud.wait_for_services()
    migration = guest.live_migrate()

    assert (migration.status, guest.host) == ('completed', 'compute2')
    assert migration.tried == 1
    assert cloud.names(cloud.hosts[restarted]) == names
