# SPDX-License-Identifier: Apache-2.0
"""Moves that are none of the filter's business: as without it, and no HTTP."""

from tests import nova_features
from tests.functional.nova_scenarios import base, documents


class Journeys(base.LiveMigrationScenario):
    """Three hosts whose devices may not move anywhere at all.

    The scheduler by itself prefers "big" to "middle" to "small".
    """

    def setUp(self):
        super().setUp()
        self.small = self.start_host('small', gpus=1, pfs=1)
        self.middle = self.start_host('middle', gpus=1, pfs=1, memory_gb=32)
        self.big = self.start_host('big', gpus=1, pfs=1, memory_gb=64)
        for host in self.hosts.values():
            self.report(host, documents.MOVES_NOWHERE)

    def make_journey(self, flavor_id, other_flavor_id):
        """Boot, resize and migrate a server; return where it was each time."""
        server = self.boot(flavor_id)
        been = [self.host_of(server)]
        self._resize_server(server, other_flavor_id)
        been.append(self.host_of(server))
        self._confirm_resize(server)
        self._migrate_server(server)
        been.append(self.host_of(server))
        return been

    def test_a_guest_with_a_vgpu_boots_resizes_and_migrates_as_ever(self):
        been = self.make_journey(self.vgpu_flavor(), self.vgpu_flavor())
        self.assertEqual(['big', 'middle', 'big'], been)
        self.assert_asked_little(0, 1, 1)

    def test_a_guest_with_a_vf_boots_resizes_and_migrates_as_ever(self):
        been = self.make_journey(self.vf_flavor(), self.vf_flavor())
        self.assertEqual(['big', 'middle', 'big'], been)
        # Where such a guest never moves live there is nothing to look up.
        looked_up = int(nova_features.MOVES_PCI_ALIASES)
        self.assert_asked_little(0, looked_up, looked_up)


class JourneysWithoutTheFilter(Journeys):
    """They must be the same for Nova alone."""

    filter_enabled = False


class GuestWithoutDevices(base.LiveMigrationScenario):
    def test_a_guest_without_devices_migrates_live_as_ever(self):
        source = self.start_host('source', gpus=1)
        target = self.start_host('target', gpus=1)
        for host in (source, target):
            self.report(host, documents.MOVES_NOWHERE)
        self.devices_agree = {('source', 'target')}
        server = self.boot(self._create_flavor(), source)

        self.assertEqual('target', self.live_migrate(server))

        self.assertEqual([], self.filter.requests)
        self.assertEqual([[], []], self.filter.queries)
