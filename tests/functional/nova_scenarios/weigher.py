# SPDX-License-Identifier: Apache-2.0
"""The weigher among Nova's: the guest goes where it can come back from."""

from tests.functional.nova_scenarios import base, documents


class Weigher(base.LiveMigrationScenario):
    """Two hosts take in the guest; it can come back from "small" only.

    The scheduler by itself prefers "big", which has more memory.
    """

    WEIGHT_CLASSES = [
        *base.LiveMigrationScenario.WEIGHT_CLASSES,
        'nova_migcompat.scheduler.weights.MigrationCompatibilityWeigher',
    ]

    def setUp(self):
        super().setUp()
        self.source = self.start_host('source', gpus=1)
        self.big = self.start_host('big', gpus=1, memory_gb=64)
        self.small = self.start_host('small', gpus=1)
        self.report(self.source, documents.DRIVER_535)
        self.report(self.big, documents.DRIVER_550)
        self.report(self.small, documents.DRIVER_535)
        self.devices_agree = {
            ('source', 'big'),
            ('source', 'small'),
            ('small', 'source'),
        }
        self.server = self.boot(self.vgpu_flavor(), self.source)

    def test_the_guest_goes_where_it_can_come_back_from(self):
        self.flags(group='migcompat', weight_multiplier=2.0)
        self.assertEqual('small', self.live_migrate(self.server))
        self.filter.forget()
        self.assertEqual('source', self.live_migrate(self.server))
        # It costs the filter nothing.
        self.assertLessEqual(len(self.filter.requests), 4)

    def test_a_multiplier_of_zero_leaves_the_order_to_nova(self):
        self.flags(group='migcompat', weight_multiplier=0.0)
        self.assertEqual('big', self.live_migrate(self.server))
