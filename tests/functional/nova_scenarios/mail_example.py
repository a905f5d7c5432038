# SPDX-License-Identifier: Apache-2.0
"""The two devices of FORMAT.md section 4, in the directions that it names.

The guest has a VF: with libvirt, Nova itself refuses to move a mediated device
to another mdev type, which is what one of these documents allows.
"""

from tests.functional.nova_scenarios import base, documents


class MailExample(base.LiveMigrationScenario):
    def setUp(self):
        super().setUp()
        self.uuid1 = self.start_host('uuid1', pfs=1)
        self.uuid2 = self.start_host('uuid2', pfs=1)
        self.report(self.uuid1, documents.UUID1)
        self.report(self.uuid2, documents.UUID2)

    def test_direction_source_lets_uuid1_move_to_uuid2_and_not_back(self):
        self.flags(group='migcompat', direction='source')
        self.devices_agree = {('uuid1', 'uuid2')}
        server = self.boot(self.vf_flavor(), self.uuid1)

        self.assertEqual('uuid2', self.live_migrate(server))
        self.live_migration_fails(server)

        self.assertEqual(['uuid2'], self.attempts)

    def test_direction_target_lets_uuid2_move_to_uuid1_and_not_back(self):
        self.flags(group='migcompat', direction='target')
        self.devices_agree = {('uuid2', 'uuid1')}
        server = self.boot(self.vf_flavor(), self.uuid2)

        self.assertEqual('uuid1', self.live_migrate(server))
        self.live_migration_fails(server)

        self.assertEqual(['uuid1'], self.attempts)
