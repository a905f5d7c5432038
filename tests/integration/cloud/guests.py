# SPDX-License-Identifier: Apache-2.0
"""Guests with a VGPU, and their live migrations, by Nova's API alone."""

import dataclasses
import uuid

from openstack import connection

from tests.integration import processes

#: Of Nova's API: servers on a named host, events with their host.
MICROVERSION = '2.96'
_CHECK = 'compute_check_can_live_migrate_destination'
_ENDED = ('completed', 'error', 'failed', 'cancelled')


@dataclasses.dataclass(frozen=True)
class Migration:
    """What has come of a live migration.

    :param status: as Nova has it: ``completed``, ``error``
    :param uuid: the migration's
    :param tried: on how many hosts nova-compute was asked whether it takes the
        guest, the last of which may have taken it
    """

    status: str
    uuid: str
    tried: int


class Guest:
    """A guest.

    :ivar uuid: the server's
    :param admin: a connection of the administrator's
    """

    def __init__(self, admin: connection.Connection, server_uuid: str) -> None:
        self.uuid = server_uuid
        self._compute = admin.compute

    @property
    def host(self) -> str:
        """Return the host that Nova has it on."""
        return self._show()['OS-EXT-SRV-ATTR:host']

    @property
    def status(self) -> str:
        """Return the server's status."""
        return self._show()['status']

    def live_migrate(self) -> Migration:
        """Migrate it to where Nova wants, and wait for the end.

        :raises processes.WaitError: there is none in time
        """
        answer = self._compute.post(
            f'/servers/{self.uuid}/action',
            json={'os-migrateLive': {'host': None, 'block_migration': 'auto'}},
            microversion=MICROVERSION,
        )
        assert answer.status_code == 202, answer.text
        request = answer.headers['x-openstack-request-id']
        migration = processes.until(
            f'the live migration of {self.uuid} ends', self._ended
        )
        return Migration(
            migration['status'], migration['uuid'], self._tried(request)
        )

    def _tried(self, request: str) -> int:
        path = f'/servers/{self.uuid}/os-instance-actions/{request}'
        events = self._get(path)['instanceAction']['events']
        return [event['event'] for event in events].count(_CHECK)

    def _ended(self) -> dict | None:
        if self._show()['OS-EXT-STS:task_state'] is not None:
            return None
        found = self._get(f'/os-migrations?instance_uuid={self.uuid}')
        newest = max(found['migrations'], key=lambda m: m['id'])
        return newest if newest['status'] in _ENDED else None

    def delete(self) -> None:
        """Delete it, and wait until it is gone."""
        self._compute.delete(f'/servers/{self.uuid}')
        processes.until(f'the guest {self.uuid} is deleted', self._is_gone)

    def _is_gone(self) -> bool:
        return self._compute.get(f'/servers/{self.uuid}').status_code == 404

    def _show(self) -> dict:
        return self._get(f'/servers/{self.uuid}')['server']

    def _get(self, path: str) -> dict:
        answer = self._compute.get(path, microversion=MICROVERSION)
        assert answer.status_code == 200, answer.text
        return answer.json()


class Guests:
    """How guests are made.

    :param admin: a connection of the administrator's
    """

    def __init__(self, admin: connection.Connection) -> None:
        self._admin = admin
        flavor = admin.compute.create_flavor(
            name='vgpu', ram=512, vcpus=1, disk=0
        )
        admin.compute.create_flavor_extra_specs(
            flavor, {'resources:VGPU': '1'}
        )
        image = admin.create_image(
            'a-few-bytes',
            data=b'nothing boots from this',
            disk_format='raw',
            container_format='bare',
            validate_checksum=True,
            wait=True,
        )
        self._flavor, self._image = flavor.id, image.id

    def boot(self, host: str) -> Guest:
        """Make a guest on a host, and wait until it is active.

        :raises processes.WaitError: it is not in time
        """
        answer = self._admin.compute.post(
            '/servers',
            json={
                'server': {
                    'name': f'guest-{uuid.uuid4().hex[:8]}',
                    'flavorRef': self._flavor,
                    'imageRef': self._image,
                    'networks': 'none',
                    'host': host,
                }
            },
            microversion=MICROVERSION,
        )
        assert answer.status_code == 202, answer.text
        guest = Guest(self._admin, answer.json()['server']['id'])
        processes.until(
            f'the guest {guest.uuid} is built on {host}',
            lambda: guest.status != 'BUILD',
        )
        assert (guest.status, guest.host) == ('ACTIVE', host)
        return guest
