# SPDX-License-Identifier: Apache-2.0
"""More that Nova schedules and that is none of the filter's business.

As in untouched.py: no HTTP, nothing at all where a server does not leave a
host, and one query at any other move.
"""

from nova import objects
from nova.objects import fields

from tests.functional.nova_scenarios import base, documents, hosts

OTHER_IMAGE = 'a2459075-d96c-40d5-893e-577ff92e721c'


class OtherMoves(base.LiveMigrationScenario):
    """Two hosts whose devices may not move anywhere at all, and a guest with
    a VGPU and a VF.
    """

    def setUp(self):
        super().setUp()
        self.small = self.start_host('small', gpus=1, pfs=1, vfs_of_a_pf=2)
        self.big = self.start_host(
            'big', gpus=1, pfs=1, vfs_of_a_pf=2, memory_gb=64
        )
        for host in self.hosts.values():
            self.report(host, documents.MOVES_NOWHERE)
        self.guest_flavor = self.vgpu_flavor(
            **{'pci_passthrough:alias': f'{hosts.VF_ALIAS}:1'}
        )

    def test_two_servers_of_one_request_boot(self):
        request = self._build_server(
            flavor_id=self.guest_flavor, networks='none'
        )
        request.update(min_count=2, max_count=2)
        self.api.post_server({'server': request})
        for server in self.api.get_servers():
            self._wait_for_state_change(server, 'ACTIVE')
            self.assertEqual('big', self.host_of(server))
        self.assert_asked_little(0)

    def test_a_server_is_rebuilt_with_another_image(self):
        server = self.boot(self.guest_flavor)
        self._rebuild_server(server, OTHER_IMAGE)
        self.assertEqual('big', self.host_of(server))
        # Nova asks filters at a rebuild, and no request filter.
        self.assertEqual(2, self.filter.filterings)
        self.assert_asked_little(0)

    def test_a_server_is_shelved_and_unshelved(self):
        server = self.boot(self.guest_flavor, self.small)
        self._shelve_server(server)
        self._unshelve_server(server)
        self.assertEqual('big', self.host_of(server))
        self.assert_asked_little(0, 1)

    def test_a_server_is_evacuated(self):
        # Nova 34 looks for the mdev of an evacuated guest on the former host.
        server = self.boot(self.vf_flavor(), self.big)
        self.computes['big'].stop()
        service = self.computes['big'].service_ref
        self.api.put_service_force_down(service.uuid, True)
        self._evacuate_server(server, expected_host='small')
        self.assert_asked_little(0, 1)

    def test_a_live_migration_that_was_left_behind_is_not_a_cold_one(self):
        server = self.boot(self.guest_flavor, self.big)
        instance = objects.Instance.get_by_uuid(self.context, server['id'])
        objects.Migration(
            self.context,
            instance_uuid=instance.uuid,
            source_compute='big',
            source_node='big',
            migration_type=fields.MigrationType.LIVE_MIGRATION,
            status='accepted',
        ).create()

        self._migrate_server(server)

        self.assertEqual('small', self.host_of(server))
        self.assert_asked_little(0, 1)
