# SPDX-License-Identifier: Apache-2.0
"""What stands in Placement for VFs, and what happens where nothing does."""

from tests.functional.nova_scenarios import base, documents


class VfNames(base.LiveMigrationScenario):
    """Two hosts with two PFs each whose devices agree."""

    def setUp(self):
        super().setUp()
        self.source = self.start_host('source', pfs=2)
        self.target = self.start_host('target', pfs=2)
        self.devices_agree = {('source', 'target')}
        self.server = self.boot(self.vf_flavor(), self.source)

    def test_nova_leaves_our_names_and_foreign_ones_in_place(self):
        self.report(self.target, documents.DRIVER_550)
        # Whatever the VF of the guest is: the other one's is another device.
        [assigned] = self.assigned_devices(self.server)
        self.report(
            self.source,
            *(
                documents.DRIVER_535
                if address == assigned
                else documents.OTHER_BOARD
                for address in self.source.devices
            ),
        )
        self.add_trait('source', 'CUSTOM_RACK_7')
        ours = self.our_traits('source')
        self.assertTrue([t for t in ours if '_MIGCOMPAT_L_PCI_' in t], ours)

        service = self.computes['source'].service_ref
        for status in ('disabled', 'enabled'):
            self.api.put_service(service.uuid, {'status': status})
            self._run_periodics()

        self.assertEqual(ours, self.our_traits('source'))
        self.assertIn('CUSTOM_RACK_7', self.traits_of('source'))
        self.assert_goes_straight_to('target', self.server)

    def test_an_unknown_source_passes_unless_the_operator_rejects_it(self):
        self.report(self.target, documents.OTHER_BOARD)
        self.flags(group='migcompat', unknown_source='reject')

        self.live_migration_fails(self.server)
        self.assertEqual([], self.attempts)
        [line] = self.filter_log()
        self.assertIn('the source host publishes nothing for PCI_', line)

        self.reset_flags('unknown_source', group='migcompat')

        self.assert_goes_straight_to('target', self.server)


class VfNamesInPlacement(VfNames):
    pci_in_placement = True
