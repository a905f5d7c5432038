# SPDX-License-Identifier: Apache-2.0
"""Live migration of a guest with a VGPU and a VF: both must find their like.

The documents of GPUs and VFs differ, as they do in a cloud.
"""

from tests.functional.nova_scenarios import base, documents, hosts


class MixedGuest(base.LiveMigrationScenario):
    def setUp(self):
        super().setUp()
        self.source = self.start_host('source', gpus=1, pfs=1)
        self.wrong_gpu = self.start_host(
            'wrong-gpu', gpus=1, pfs=1, memory_gb=64
        )
        self.wrong_vf = self.start_host(
            'wrong-vf', gpus=1, pfs=1, memory_gb=32
        )
        self.right = self.start_host('right', gpus=2, pfs=1)
        self.devices_agree = {('source', 'right')}
        self.report(self.source, documents.DRIVER_535, documents.UUID1)
        self.report(self.wrong_gpu, documents.DRIVER_570, documents.UUID2)
        self.report(self.wrong_vf, documents.DRIVER_550, documents.OTHER_BOARD)
        self.report(
            self.right,
            documents.DRIVER_570,
            documents.DRIVER_550,
            documents.UUID2,
        )
        self.server = self.boot(
            self.vgpu_flavor(
                **{'pci_passthrough:alias': f'{hosts.VF_ALIAS}:1'}
            ),
            self.source,
        )

    def test_the_host_that_has_both_is_the_first_that_nova_tries(self):
        self.offer_first('right_pci_0000_81_00_0')

        self.assert_goes_straight_to('right', self.server)
        self.assertIn('right_pci_0000_81_01_0', self.providers_of(self.server))


class MixedGuestInPlacement(MixedGuest):
    pci_in_placement = True
