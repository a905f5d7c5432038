# SPDX-License-Identifier: Apache-2.0
"""What happens where nothing is known: the policies of DESIGN.md's table."""

from tests.functional.nova_scenarios import base, documents


class Policies(base.LiveMigrationScenario):
    """Three hosts whose devices agree; by itself the scheduler prefers
    "big", which has more memory.
    """

    def setUp(self):
        super().setUp()
        self.source = self.start_host('source', gpus=1)
        self.big = self.start_host('big', gpus=1, memory_gb=64)
        self.small = self.start_host('small', gpus=1)
        self.devices_agree = {('source', 'big'), ('source', 'small')}
        self.server = self.boot(self.vgpu_flavor(), self.source)

    def test_an_unknown_source_passes_unless_the_operator_rejects_it(self):
        self.report(self.small, documents.DRIVER_550)
        self.flags(group='migcompat', unknown_source='reject')

        self.live_migration_fails(self.server)
        self.assertEqual([], self.attempts)

        self.reset_flags('unknown_source', group='migcompat')

        self.assert_goes_straight_to('big', self.server)

    def test_an_unknown_target_is_rejected_unless_the_operator_passes_it(self):
        self.report(self.source, documents.DRIVER_535)

        self.live_migration_fails(self.server)
        self.assertEqual([], self.attempts)

        self.flags(group='migcompat', unknown_target='pass')
        self.report(self.small, documents.DRIVER_550)

        self.assert_goes_straight_to('big', self.server)

    def test_without_an_answer_no_host_passes_unless_told_otherwise(self):
        self.report(self.source, documents.DRIVER_535)
        self.report(self.small, documents.DRIVER_550)
        self.filter.placement_is_down = True

        self.live_migration_fails(self.server)
        self.assertEqual([], self.attempts)
        self.assertEqual(1, len(self.filter_log('ERROR')))

        self.flags(group='migcompat', on_error='pass')

        self.assert_goes_straight_to('big', self.server)
        self.assertEqual(2, len(self.filter_log('ERROR')))
