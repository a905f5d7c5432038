# SPDX-License-Identifier: Apache-2.0
"""The hosts of differing_pfs.py with Nova's PCI devices in Placement.

Placement names a candidate for each PF, in random order, and Nova tries the
first; here that is always the one on the incompatible PF.
"""

from tests.functional.nova_scenarios import differing_pfs, documents


class OneVf(differing_pfs.DifferingPfs):
    pci_in_placement = True

    def pf(self, number):
        """Return the name of the provider of a PF of "both"."""
        slot, _ = self.vfs_of(number)[0].split('.')
        return f'both_{slot}.0'

    def assert_goes_to_pf(self, number):
        """Migrate the server live: it must get the VFs of a PF of "both"."""
        self.assertEqual('both', self.live_migrate(self.server))
        self.assertEqual({self.pf(number)}, self.providers_of(self.server))
        self.assertEqual(
            self.vfs_of(number), sorted(self.assigned_devices(self.server))
        )

    def test_the_guest_gets_the_compatible_pf_where_that_is_the_first(self):
        self.report_both(documents.DRIVER_550, documents.OTHER_BOARD)
        self.offer_first(self.pf(1))

        self.assert_goes_to_pf(0)

    def test_the_guest_gets_the_compatible_pf_where_that_is_the_second(self):
        self.report_both(documents.OTHER_BOARD, documents.DRIVER_550)
        self.offer_first(self.pf(0))

        self.assert_goes_to_pf(1)


class TwoVfs(differing_pfs.MixedPfs, OneVf):
    def test_a_pf_with_a_vf_that_nobody_knows_is_not_taken(self):
        for address in (self.vfs_of(0)[0], *self.vfs_of(1)):
            self.both.sysfs.write_document(address, documents.DRIVER_550)
        self.run_agent(self.both)
        self.offer_first(self.pf(0))

        self.assert_goes_to_pf(1)
