# SPDX-License-Identifier: Apache-2.0
"""Where Nova sends guests, with the filter and without it."""

import pytest

from tests.integration.cloud.cloud import FLEET, LIMIT
from tests.integration.cloud.gpu import Driver

pytestmark = pytest.mark.timeout(LIMIT)


@pytest.fixture
def without_filter(cloud):
    """Restart the scheduler without the filter, and with it again."""
    for wanted in (False, True):
        cloud.nova.use_filter(wanted)
        cloud.nova.scheduler.restart()
        # Without a scheduler nova-compute fails to delete guests.
        cloud.wait_for_services()
        if not wanted:
            yield


def test_a_guest_goes_to_the_compatible_host_at_the_first_attempt(boot):
    guest = boot('compute1')

    migration = guest.live_migrate()

    assert (migration.status, guest.host) == ('completed', 'compute2')
    assert migration.tried == 1


def test_without_the_filter_every_other_host_refuses_before(
    boot, without_filter
):
    guest = boot('compute1')

    migration = guest.live_migrate()

    assert (migration.status, guest.host) == ('completed', 'compute2')
    # All but the source: the one that takes it is the fullest.
    assert migration.tried == len(FLEET) - 1


def test_a_guest_that_could_go_nowhere_stays_and_no_host_is_asked(boot):
    guest = boot('compute2')

    migration = guest.live_migrate()

    assert (migration.status, guest.host) == ('error', 'compute2')
    assert guest.status == 'ACTIVE'
    assert migration.tried == 0


def test_a_driver_upgrade_is_honoured_in_the_next_migration(
    cloud, boot, upgrade
):
    guest = boot('compute2')
    assert guest.live_migrate().status == 'error'
    host = cloud.hosts['compute5']

    upgrade(host, Driver(16, 10))
    cloud.wait_published(host)
    migration = guest.live_migrate()

    assert (migration.status, guest.host) == ('completed', 'compute5')
    assert migration.tried == 1


def test_a_host_whose_new_driver_loads_no_old_state_gets_no_guests(
    cloud, boot, upgrade
):
    guest = boot('compute1')
    host = cloud.hosts['compute2']

    upgrade(host, Driver(17, 1))
    cloud.wait_published(host)
    migration = guest.live_migrate()

    assert (migration.status, guest.host) == ('error', 'compute1')
    assert migration.tried == 0


# Nova takes the first of a host's GPUs that Placement names, whichever it is.
@pytest.mark.parametrize(
    ('source', 'gpu'),
    [('compute3', 'pci_0000_84_00_0'), ('compute4', 'pci_0000_85_00_0')],
)
def test_of_two_gpus_a_guest_gets_the_one_that_is_compatible(
    cloud, boot, source, gpu
):
    guest = boot(source)

    migration = guest.live_migrate()

    assert (migration.status, guest.host) == ('completed', 'compute6')
    assert migration.tried == 1
    assert gpus_of(cloud, guest) == [f'compute6_{gpu}']


def gpus_of(cloud, guest):
    placement = cloud.admin.placement
    answer = placement.get(f'/allocations/{guest.uuid}')
    return [
        placement.get(f'/resource_providers/{provider}').json()['name']
        for provider, allocated in answer.json()['allocations'].items()
        if 'VGPU' in allocated['resources']
    ]
