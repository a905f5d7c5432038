# SPDX-License-Identifier: Apache-2.0
"""Server groups still hold beside the filter."""

from tests.functional.nova_scenarios import base, documents


class AntiAffinity(base.LiveMigrationScenario):
    """All hosts are compatible; by itself the scheduler prefers "taken",
    which has more memory.
    """

    def test_a_server_does_not_move_to_where_another_of_its_group_is(self):
        source = self.start_host('source', gpus=1)
        taken = self.start_host('taken', gpus=1, memory_gb=64)
        self.start_host('right', gpus=1)
        self.devices_agree = {('source', 'taken'), ('source', 'right')}
        for host in self.hosts.values():
            self.report(host, documents.DRIVER_550)
        group = self.api.post_server_groups(
            {'name': 'apart', 'policy': 'anti-affinity'}
        )
        server, _ = (self._boot_in(group, host) for host in (source, taken))

        self.assert_goes_straight_to('right', server)

    def _boot_in(self, group, host):
        request = self._build_server(
            flavor_id=self.vgpu_flavor(), networks='none', host=host.name
        )
        created = self.api.post_server(
            {
                'server': request,
                'os:scheduler_hints': {'group': group['id']},
            }
        )
        return self._wait_for_state_change(created, 'ACTIVE')
