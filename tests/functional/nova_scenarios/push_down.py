# SPDX-License-Identifier: Apache-2.0
"""The push-down: Placement names only hosts with a compatible document."""

import urllib.parse

from nova_migcompat import descriptor, traits
from tests.functional.nova_scenarios import base, documents


def required_aggregates(query):
    """Return what a query for candidates requires: sets of UUIDs."""
    return [
        set(value.removeprefix('in:').split(','))
        for value in urllib.parse.parse_qs(query).get('member_of', [])
    ]


def aggregates(*texts):
    return {traits.aggregate(descriptor.parse(t).digest) for t in texts}


class BeyondTheLimit(base.LiveMigrationScenario):
    """Placement names two of four hosts, and the compatible one is another.

    In which order it names them cannot be told beforehand.
    """

    def setUp(self):
        super().setUp()
        self.flags(group='scheduler', max_placement_results=2)
        for name in ('source', 'one', 'two', 'three'):
            self.start_host(name, gpus=1)
        self.server = self.boot(self.vgpu_flavor(), self.hosts['source'])
        self.report(self.hosts['source'], documents.DRIVER_535)
        self.queries = self.queries_of_placement()

    def left_out(self, query):
        """Return the hosts that Placement does not name by itself."""
        named = self.placement.get(
            f'/allocation_candidates?{query}', version='1.36'
        ).body['provider_summaries']
        return [
            host
            for name, host in self.hosts.items()
            if self.compute_rp_uuids[name] not in named and name != 'source'
        ]

    def test_a_compatible_host_beyond_the_limit_of_candidates_is_found(self):
        self.flags(group='migcompat', placement_prefilter=False)
        self.live_migration_fails(self.server)
        right, *_ = self.left_out(self.queries[-1])
        for host in self.hosts.values():
            if host.name not in ('source', right.name):
                self.report(host, documents.OTHER_BOARD)
        self.report(right, documents.DRIVER_550)
        self.devices_agree = {('source', right.name)}

        self.live_migration_fails(self.server)
        self.assertEqual([], required_aggregates(self.queries[-1]))

        self.reset_flags('placement_prefilter', group='migcompat')
        self.assert_goes_straight_to(right.name, self.server)
        self.assertEqual(
            [aggregates(documents.DRIVER_535, documents.DRIVER_550)],
            required_aggregates(self.queries[-1]),
        )


class PushDown(base.LiveMigrationScenario):
    """Only the last of many hosts is compatible."""

    def setUp(self):
        super().setUp()
        self.source = self.start_host('source', gpus=1)
        self.server = self.boot(self.vgpu_flavor(), self.source)
        for name in ('wrong1', 'wrong2', 'wrong3'):
            self.report(
                self.start_host(name, gpus=1, memory_gb=64),
                documents.OTHER_BOARD,
            )
        self.right = self.start_host('right', gpus=1)
        self.report(self.source, documents.DRIVER_535)
        self.devices_agree = {('source', 'right')}
        self.queries = self.queries_of_placement()

    def test_it_costs_no_request_and_no_query_more(self):
        self.report(self.right, documents.DRIVER_550)
        self.report(self.start_host('again', gpus=1), documents.DRIVER_550)
        self.devices_agree |= {('right', 'again')}
        self.live_migrate(self.server)
        self.filter.forget()

        self.assertEqual('again', self.live_migrate(self.server))

        self.assertLessEqual(len(self.filter.requests), 4)
        [queries] = self.filter.queries
        self.assertLessEqual(len(queries), 3)

    def test_no_compatible_document_ends_at_once(self):
        self.report(self.source, documents.MOVES_NOWHERE)

        migration_uuid = self.live_migration_fails(self.server)

        self.assertEqual([], self.queries)
        self.assertEqual([], self.attempts)
        [line] = self.filter_log()
        self.assertIn(migration_uuid, line)
        self.assertIn('no host passes; 0 of 2 documents in use are', line)

    def test_a_host_that_the_user_names_is_not_narrowed(self):
        self.report(self.right, documents.DRIVER_550)
        self.assertEqual('right', self.live_migrate(self.server, self.right))
        self.assertEqual([[]], list(map(required_aggregates, self.queries)))

    def test_a_retry_requires_the_same_and_no_more(self):
        self.report(self.right, documents.DRIVER_550)
        self.report(
            self.start_host('busy', gpus=1, memory_gb=64), documents.DRIVER_550
        )

        self.assertEqual('right', self.live_migrate(self.server))

        self.assertEqual(['busy', 'right'], self.attempts)
        expected = aggregates(documents.DRIVER_535, documents.DRIVER_550)
        self.assertEqual(
            [[expected], [expected]],
            list(map(required_aggregates, self.queries)),
        )
        self.queries.clear()
        self.devices_agree.add(('right', 'busy'))
        self.assertEqual('busy', self.live_migrate(self.server))
        self.assertEqual(1, len(required_aggregates(self.queries[-1])))
