# SPDX-License-Identifier: Apache-2.0
"""What explained.py does for VGPUs, for VFs by PCI alias."""

from tests.functional.nova_scenarios import (
    commands,
    differing_pfs,
    documents,
)


class PfsThatDiffer(commands.WithTheCommand, differing_pfs.DifferingPfs):
    """PCI is not in Placement."""

    def test_a_host_where_nova_might_take_the_wrong_one_does_not_pass(self):
        self.report_both(documents.DRIVER_550, documents.OTHER_BOARD)

        answer = self.explain(self.server)

        self.assertEqual({'both': False, 'right': True}, answer.passes())
        self.live_migration_fails(self.server, self.both)
        self.assert_goes_straight_to('right', self.server)

    def test_the_brave_take_any_host_that_has_a_compatible_one(self):
        self.report_both(documents.OTHER_BOARD, documents.DRIVER_550)
        self.flags(group='migcompat', pci_claim='any')

        answer = self.explain(self.server, '--pci-claim', 'any')

        self.assertEqual({'both': True, 'right': True}, answer.passes())
        self.assertEqual('both', self.live_migrate(self.server))

    def test_all_that_the_vf_may_be_is_judged_where_nobody_says_which(self):
        self.report_both(documents.DRIVER_550)
        other = self.start_host('other', pfs=2)
        self.report(other, documents.DRIVER_570, documents.DRIVER_535)
        server = self.boot(self.vf_flavor(), other)

        answer = self.explain(server)

        self.assertIn('which function it has by PCI alias vf', answer.err)
        verdicts = {
            (row['Source'], row['Passes'])
            for row in answer.rows
            if row['Host'] == 'right'
        }
        self.assertEqual({True, False}, {passes for _, passes in verdicts})
        self.assertEqual(2, len(verdicts))
        # With one of the two it could go nowhere.
        self.assertEqual(1, answer.status)
        rows = {r['Server']: r for r in self.command('drain', 'other').rows}
        self.assertIn('which function', rows[server['id']]['Why'])


class PfsThatDifferInPlacement(
    commands.WithTheCommand, differing_pfs.DifferingPfs
):
    pci_in_placement = True

    def test_it_names_the_pf_whose_vf_the_guest_then_gets(self):
        self.report_both(documents.OTHER_BOARD, documents.DRIVER_550)
        slot, _ = self.vfs_of(1)[0].split('.')

        answer = self.explain(self.server)

        self.assertNotIn('not known', answer.err)
        row = answer.row('both')
        self.assertEqual((2, {}), commands.by(row)[:2])
        self.assertEqual(f'{slot}.0', row['Device'][0])
        self.assertEqual('both', self.live_migrate(self.server))
        self.assertEqual(
            self.vfs_of(1), sorted(self.assigned_devices(self.server))
        )
