# SPDX-License-Identifier: Apache-2.0
"""Live migration of a guest with VFs to hosts whose PFs differ.

PCI devices are not in Placement here; differing_pfs_in_placement.py puts them
there.
"""

from tests.functional.nova_scenarios import base, documents


class DifferingPfs(base.LiveMigrationScenario):
    """A host with a compatible and an incompatible PF, which the scheduler
    by itself prefers, and one with compatible ones only.
    """

    vfs = 1

    def setUp(self):
        super().setUp()
        self.source = self.start_host('source', pfs=1, vfs_of_a_pf=self.vfs)
        self.both = self.start_host(
            'both', pfs=2, vfs_of_a_pf=self.vfs, memory_gb=64
        )
        self.right = self.start_host('right', pfs=2, vfs_of_a_pf=self.vfs)
        self.devices_agree = {('source', 'both'), ('source', 'right')}
        self.report(self.source, documents.DRIVER_535)
        self.report(self.right, documents.DRIVER_550)
        self.server = self.boot(self.vf_flavor(self.vfs), self.source)

    def report_both(self, *of_pfs):
        """Let the VFs of each PF of "both" have one document."""
        self.report(
            self.both, *(text for text in of_pfs for _ in range(self.vfs))
        )

    def vfs_of(self, number):
        """Return the addresses of the VFs of a PF of "both"."""
        start = self.vfs * number
        return list(self.both.devices[start : start + self.vfs])


class WithoutPlacement(DifferingPfs):
    def test_a_host_where_nova_might_take_the_wrong_one_does_not_pass(self):
        for of_pfs in (
            (documents.DRIVER_550, documents.OTHER_BOARD),
            (documents.OTHER_BOARD, documents.DRIVER_550),
        ):
            self.report_both(*of_pfs)
            self.live_migration_fails(self.server, self.both)
        self.assertEqual([], self.attempts)

        self.assert_goes_straight_to('right', self.server)

    def test_the_brave_take_any_host_that_has_a_compatible_one(self):
        self.flags(group='migcompat', pci_claim='any')
        self.report_both(documents.OTHER_BOARD, documents.DRIVER_550)

        self.assertEqual('both', self.live_migrate(self.server))

    def test_the_brave_have_no_use_for_a_host_without_one(self):
        self.flags(group='migcompat', pci_claim='any')
        self.report_both(documents.OTHER_BOARD, documents.OTHER_BOARD)

        self.assert_goes_straight_to('right', self.server)

    def test_a_pf_whose_vfs_are_all_taken_does_not_matter(self):
        # The guest that takes them is none of the filter's business.
        other = self.boot(self.vf_flavor(self.vfs), self.both)
        taken = self.both.devices[0] in self.assigned_devices(other)
        self.report_both(
            *(
                (documents.OTHER_BOARD, documents.DRIVER_550)
                if taken
                else (documents.DRIVER_550, documents.OTHER_BOARD)
            )
        )

        self.assert_goes_straight_to('both', self.server)


class MixedPfs:
    """The guest needs two VFs, and each PF has a compatible one and another.

    To be mixed into DifferingPfs.
    """

    vfs = 2

    def test_two_compatible_ones_must_be_free(self):
        # A VF of one PF may have the document of the other's: then Nova can
        # be held to none of the two PFs.
        self.report(
            self.both, *[documents.DRIVER_550, documents.OTHER_BOARD] * 2
        )

        self.assert_goes_straight_to('right', self.server)


class TwoVfs(MixedPfs, DifferingPfs):
    pass
