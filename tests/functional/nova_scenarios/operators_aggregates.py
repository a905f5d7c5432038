# SPDX-License-Identifier: Apache-2.0
"""Aggregates that the operator made still hold beside those of documents."""

from tests.functional.nova_scenarios import base, documents, push_down

LICENSED = 'trait:CUSTOM_LICENSED'


class OperatorsAggregates(base.LiveMigrationScenario):
    """Both targets are compatible; by itself the scheduler prefers
    "elsewhere", which has more memory.
    """

    def setUp(self):
        super().setUp()
        self.source = self.start_host('source', gpus=1)
        self.elsewhere = self.start_host('elsewhere', gpus=1, memory_gb=64)
        self.right = self.start_host('right', gpus=1)
        self.devices_agree = {('source', 'elsewhere'), ('source', 'right')}
        self.report(self.source, documents.DRIVER_535)
        self.report(self.elsewhere, documents.DRIVER_550)
        self.queries = self.queries_of_placement()

    def make_zones(self):
        """Make two zones, with "elsewhere" in one of its own."""
        self.aggregate(self.elsewhere, availability_zone='far')
        near = (self.source, self.right)
        return self.aggregate(*near, availability_zone='near')

    def make_tenants(self, tenant):
        """Keep a tenant, and what is on "elsewhere" for another."""
        self.flags(
            group='scheduler', limit_tenants_to_placement_aggregate=True
        )
        self.aggregate(self.elsewhere, filter_tenant_id='another')
        own = (self.source, self.right)
        return self.aggregate(*own, filter_tenant_id=tenant)

    def isolate(self):
        """Let only guests that ask for a trait be on "elsewhere"."""
        self.flags(group='scheduler', enable_isolated_aggregate_filtering=True)
        return self.aggregate(self.elsewhere, **{LICENSED: 'required'})

    def check(self, server, *required):
        """It goes to no host but "right", compatible or not.

        :param required: what the query for candidates names besides
        """
        self.report(self.right, documents.OTHER_BOARD)
        self.live_migration_fails(server)
        self.assertEqual([], self.attempts)

        self.report(self.right, documents.DRIVER_550)
        self.assert_goes_straight_to('right', server)
        ours = push_down.aggregates(documents.DRIVER_535, documents.DRIVER_550)
        self.assertCountEqual(
            [ours, *required],
            push_down.required_aggregates(self.queries[-1]),
        )

    def test_a_server_stays_in_its_availability_zone(self):
        zone = self.make_zones()
        server = self.boot(self.vgpu_flavor(), self.source, az='near')
        self.check(server, {zone})

    def test_a_server_stays_with_the_hosts_of_its_tenant(self):
        tenants = self.make_tenants(self.api.project_id)
        server = self.boot(self.vgpu_flavor(), self.source)
        self.check(server, {tenants})

    def test_a_server_stays_out_of_aggregates_that_are_isolated(self):
        isolated = self.isolate()
        server = self.boot(self.vgpu_flavor(), self.source)
        self.check(server, {f'!in:{isolated}'})

    def test_all_of_them_hold_at_once(self):
        zone = self.make_zones()
        tenants = self.make_tenants(self.api.project_id)
        isolated = self.isolate()
        server = self.boot(self.vgpu_flavor(), self.source, az='near')
        self.check(server, {zone}, {tenants}, {f'!in:{isolated}'})
