# SPDX-License-Identifier: Apache-2.0
"""Live migration of a guest with a VGPU."""

import logging

import fixtures

from tests.functional.nova_scenarios import base, documents


class ThreeTargets(base.LiveMigrationScenario):
    """Four hosts, one GPU each; only "right" may take in from "source".

    The scheduler by itself prefers the wrong ones: they have more memory.
    """

    def setUp(self):
        super().setUp()
        self.source = self.start_host('source', gpus=1)
        self.wrong = self.start_host('wrong', gpus=1, memory_gb=64)
        self.also_wrong = self.start_host('also-wrong', gpus=1, memory_gb=32)
        self.right = self.start_host('right', gpus=1)
        self.devices_agree = {('source', 'right')}
        self.server = self.boot(self.vgpu_flavor(), self.source)


class Vgpu(ThreeTargets):
    def test_the_only_compatible_host_is_the_first_that_nova_tries(self):
        self.report(self.source, documents.DRIVER_535)
        self.report(self.wrong, documents.OTHER_BOARD)
        self.report(self.also_wrong, documents.DRIVER_570)
        self.report(self.right, documents.DRIVER_550)

        self.assert_goes_straight_to('right', self.server)
        self.assert_mdev_usage(self.computes['right'], 1)
        self.assertLessEqual(len(self.filter.requests), 7)
        [decision] = self.filter_log()
        self.assertIn(self.migration_uuid(self.server), decision)

    def test_a_second_scheduling_asks_for_no_text_again(self):
        self.report(self.source, documents.DRIVER_550)
        self.report(self.wrong, documents.OTHER_BOARD)
        self.report(self.also_wrong, documents.OTHER_BOARD)
        self.report(self.right, documents.DRIVER_550)
        self.devices_agree.add(('right', 'source'))

        self.live_migrate(self.server)
        cold = len(self.filter.requests)
        self.filter.forget()

        self.assertEqual('source', self.live_migrate(self.server))
        self.assertEqual(['right', 'source'], self.attempts)
        self.assertLess(len(self.filter.requests), cold)
        self.assertLessEqual(len(self.filter.requests), 4)

    def test_no_compatible_host_is_no_valid_host_and_a_line_says_why(self):
        self.flags(group='migcompat', placement_prefilter=False)
        self.report(self.source, documents.DRIVER_535)
        self.report(self.wrong, documents.OTHER_BOARD)
        self.report(self.also_wrong, documents.DRIVER_570)

        debug = self.useFixture(
            fixtures.FakeLogger(
                'nova_migcompat', logging.DEBUG, nuke_handlers=False
            )
        )

        migration_uuid = self.live_migration_fails(self.server)

        self.assertEqual([], self.attempts)
        for host in ('wrong', 'also-wrong', 'right'):
            self.assertRegex(
                debug.output, rf'{host}.* does not pass .*{migration_uuid}'
            )
        [decision] = self.filter_log()
        self.assertIn(migration_uuid, decision)
        # Two that have a document and are incompatible, one without any.
        self.assertIn('from source: 0 of 3 hosts pass', decision)
        self.assertIn(', 2 have no compatible device', decision)
        self.assertIn(', 1 publish no document', decision)
        self.assertIn("board: 'L40'", decision)
        self.assertIn("driver: '570.86'", decision)

    def test_a_host_that_the_user_names_must_be_compatible_too(self):
        self.report(self.source, documents.DRIVER_535)
        self.report(self.wrong, documents.OTHER_BOARD)
        self.report(self.right, documents.DRIVER_550)

        self.live_migration_fails(self.server, self.wrong)
        self.assertEqual([], self.attempts)
        self.assertEqual('right', self.live_migrate(self.server, self.right))


class VgpuWithoutTheFilter(ThreeTargets):
    filter_enabled = False

    def test_without_the_filter_nova_tries_the_incompatible_hosts_first(self):
        self.report(self.source, documents.DRIVER_535)
        self.report(self.wrong, documents.OTHER_BOARD)
        self.report(self.also_wrong, documents.DRIVER_570)
        self.report(self.right, documents.DRIVER_550)

        self.assertEqual('right', self.live_migrate(self.server))

        self.assertEqual(['wrong', 'also-wrong', 'right'], self.attempts)
        self.assertEqual([], self.filter.requests)


class VgpuOnHostsWithTwoGpus(base.LiveMigrationScenario):
    """The documents of a host's two GPUs differ, so each parent has its own.

    A trait of the operator on the second GPU makes Nova take that one.
    """

    SECOND = 'CUSTOM_SECOND_GPU'

    def setUp(self):
        super().setUp()
        self.source = self.start_host('source', gpus=2)
        self.wrong = self.start_host('wrong', gpus=2, memory_gb=64)
        self.right = self.start_host('right', gpus=2)
        self.devices_agree = {('source', 'right')}
        for host in self.hosts.values():
            self.add_trait(self.second_gpu(host), self.SECOND)
        self.report(self.source, documents.OTHER_BOARD, documents.DRIVER_535)
        self.report(self.wrong, documents.OTHER_BOARD)
        self.report(self.right, documents.DRIVER_550)
        self.server = self.boot(
            self.vgpu_flavor(**{f'trait:{self.SECOND}': 'required'}),
            self.source,
        )

    def second_gpu(self, host):
        return f'{host.name}_pci_0000_81_01_0'

    def test_the_document_of_the_gpu_that_the_guest_has_decides(self):
        self.assert_goes_straight_to('right', self.server)

    def test_nova_leaves_our_names_and_foreign_ones_in_place(self):
        node, gpu = 'source', self.second_gpu(self.source)
        self.add_trait(node, 'CUSTOM_RACK_7')
        ours = {name: self.our_traits(name) for name in (node, gpu)}
        self.assertEqual(1, len(ours[gpu]))
        self.assertLess(ours[gpu], ours[node])

        self._run_periodics()
        self.run_agent(self.source)
        # Nova writes traits of its own to the compute node's provider.
        service = self.computes[node].service_ref
        for status in ('disabled', 'enabled'):
            self.api.put_service(service.uuid, {'status': status})
            self._run_periodics()

        for name in (node, gpu):
            self.assertEqual(ours[name], self.our_traits(name))
        self.assertIn('CUSTOM_RACK_7', self.traits_of(node))
        self.assertIn(self.SECOND, self.traits_of(gpu))
        self.assert_goes_straight_to('right', self.server)
