# SPDX-License-Identifier: Apache-2.0
"""Live migration of a guest with a VF that its flavor asks for by PCI alias.

PCI devices are not in Placement here; vf_alias_in_placement.py puts them
there.
"""

from tests.functional.nova_scenarios import base, documents


class VfScenario(base.LiveMigrationScenario):
    """Three hosts with two PFs each; only "right" may take in from "source".

    The scheduler by itself prefers "wrong", which has more memory.
    """

    def setUp(self):
        super().setUp()
        self.source = self.start_host('source', pfs=2, vfs_of_a_pf=2)
        self.wrong = self.start_host('wrong', pfs=2, memory_gb=64)
        self.right = self.start_host('right', pfs=2)
        self.devices_agree = {('source', 'right')}
        self.server = self.boot(self.vf_flavor(), self.source)


class VfByAlias(VfScenario):
    def report_all(self, like_the_guests):
        """Let every host report its devices.

        :param like_the_guests: says for an address on the source host whether
            the device there has the same document as the guest's
        """
        self.report(
            self.source,
            *(
                documents.DRIVER_535
                if like_the_guests(address)
                else documents.OTHER_BOARD
                for address in self.source.devices
            ),
        )
        self.report(self.wrong, documents.OTHER_BOARD)
        self.report(self.right, documents.DRIVER_550)

    def test_the_only_compatible_host_is_the_first_that_nova_tries(self):
        self.report_all(lambda address: True)

        self.assert_goes_straight_to('right', self.server)
        self.assertLessEqual(len(self.filter.requests), 7)
        [decision] = self.filter_log()
        self.assertIn(self.migration_uuid(self.server), decision)

    def test_the_document_of_the_vf_that_the_guest_has_decides(self):
        [assigned] = self.assigned_devices(self.server)
        self.report_all(lambda address: address == assigned)

        self.assert_goes_straight_to('right', self.server)

    def test_the_document_of_the_pf_decides_where_its_vfs_are_alike(self):
        [assigned] = self.assigned_devices(self.server)
        pf, _ = assigned.split('.')
        self.report_all(lambda address: address.startswith(pf))

        self.assert_goes_straight_to('right', self.server)

    def test_no_compatible_host_is_no_valid_host(self):
        self.report(self.source, documents.DRIVER_535)
        self.report(self.wrong, documents.OTHER_BOARD)

        migration_uuid = self.live_migration_fails(self.server)

        self.assertEqual([], self.attempts)
        [decision] = self.filter_log()
        self.assertIn(migration_uuid, decision)
        self.assertIn('; only the source host has such a', decision)

    def test_a_resized_server_moves_to_a_compatible_host(self):
        # From a resize on, Nova's request specification and the instance name
        # the same PCI requests differently.
        self._resize_server(self.server, self.vf_flavor())
        self._confirm_resize(self.server)
        self.assertEqual('wrong', self.host_of(self.server))
        self.report(self.wrong, documents.DRIVER_535)
        self.report(self.source, documents.OTHER_BOARD)
        self.report(self.right, documents.DRIVER_550)
        self.devices_agree = {('wrong', 'right')}

        self.assert_goes_straight_to('right', self.server)


class VfByAliasWithoutTheFilter(VfScenario):
    filter_enabled = False

    def test_without_the_filter_nova_tries_the_incompatible_host_first(self):
        self.assertEqual('right', self.live_migrate(self.server))
        self.assertEqual(['wrong', 'right'], self.attempts)
