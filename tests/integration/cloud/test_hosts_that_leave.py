# SPDX-License-Identifier: Apache-2.0
"""A compute host that is deleted, and one that comes back."""

import pytest

from nova_migcompat import descriptor, traits
from tests import placement_server
from tests.integration import processes
from tests.integration.cloud.cloud import LIMIT

pytestmark = pytest.mark.timeout(LIMIT)


@pytest.fixture
def deleted(cloud):
    """Return a host that is deleted as Nova's manual says.

    Its agent runs on: nobody has thought of it.
    """
    host = cloud.hosts['compute2']
    assert cloud.names(host)
    host.compute.stop()
    compute = cloud.admin.compute
    (service,) = compute.services(host=host.name, binary='nova-compute')
    compute.delete_service(service, ignore_missing=False)
    yield host
    if not host.compute.runs():
        add(cloud, host)


def add(cloud, host):
    host.compute.start()
    cloud.wait_for_services()
    cloud.nova.manage('cell_v2', 'discover_hosts')
    cloud.wait_published(host)


def test_nothing_of_ours_keeps_a_host_from_being_deleted(cloud, deleted):
    services = cloud.admin.compute.services(binary='nova-compute')

    assert deleted.name not in {service.host for service in services}
    answer = cloud.admin.placement.get('/resource_providers')
    providers = answer.json()['resource_providers']
    assert not [p for p in providers if p['name'].startswith(deleted.name)]


def test_the_agent_of_a_deleted_host_waits_and_says_so(cloud, deleted):
    processes.until(
        'the agent misses its provider',
        lambda: (
            'Placement has no resource provider'
            in processes.tail(deleted.agent.log_file, lines=1)
        ),
    )

    assert deleted.agent.process.poll() is None


def test_purge_takes_what_a_deleted_host_leaves(cloud, deleted, call):
    (gpu,) = deleted.gpus().values()
    digest = descriptor.parse(gpu.document()).digest
    assert digest in about(cloud)

    call('nova-migcompat', 'purge')

    assert digest not in about(cloud)
    assert about(cloud)


def about(cloud):
    names = placement_server.Admin(cloud.admin.placement).all_traits()
    return set(map(traits.digest_in, names)) - {None}


def test_a_host_that_comes_back_gets_guests_again(cloud, deleted, boot):
    guest = boot('compute1')
    assert guest.live_migrate().tried == 0

    add(cloud, deleted)
    migration = guest.live_migrate()

    assert (migration.status, guest.host) == ('completed', deleted.name)
    assert migration.tried == 1
