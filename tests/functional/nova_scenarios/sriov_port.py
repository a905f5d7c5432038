# SPDX-License-Identifier: Apache-2.0
"""Live migration of a guest with a VF that is a Neutron port.

Nova detaches it before and attaches another one after, so whatever documents
say does not matter.
"""

import json

from nova.tests.fixtures import libvirt as fakelibvirt
from nova.tests.functional.libvirt import base as libvirt_base

from tests.functional.nova_scenarios import base, documents


class SriovPort(base.LiveMigrationScenario):
    """Two VFs of each host, for ports and aliases alike."""

    def _configure_devices(self):
        super()._configure_devices()
        vf = {
            'vendor_id': fakelibvirt.PCI_VEND_ID,
            'product_id': fakelibvirt.VF_PROD_ID,
            'live_migratable': 'yes',
            'physical_network': 'physnet4',
        }
        self.flags(group='pci', device_spec=[json.dumps(vf)])

    def setUp(self):
        super().setUp()
        self.neutron = self.useFixture(
            libvirt_base.LibvirtNeutronFixture(self)
        )
        # Fake libvirt never says that the device is gone.
        self.flags(group='libvirt', device_detach_timeout=1)
        self.source = self.start_host('source', pfs=1, vfs_of_a_pf=2)
        self.big = self.start_host('big', pfs=1, vfs_of_a_pf=2, memory_gb=64)

    def boot_with_port(self, flavor_id):
        port = self.neutron.network_4_port_1
        created = self.neutron.create_port({'port': port})['port']
        networks = [{'port': created['id']}]
        return self.boot(flavor_id, self.source, networks=networks)

    def test_a_guest_with_a_port_migrates_live_as_ever(self):
        for host in self.hosts.values():
            self.report(host, documents.MOVES_NOWHERE)
        self.devices_agree = {('source', 'big')}
        server = self.boot_with_port(self._create_flavor())
        self.assertEqual(1, len(self.assigned_devices(server)))

        self.assertEqual('big', self.live_migrate(server))

        self.assertEqual(2, self.filter.filterings)
        self.assert_asked_little(0, 0)

    def test_of_a_guest_with_a_port_and_an_alias_the_alias_decides(self):
        right = self.start_host('right', pfs=1, vfs_of_a_pf=2)
        server = self.boot_with_port(self.vf_flavor())
        port = self.neutron.show_port(self.neutron.network_4_port_1['id'])
        of_port = port['port']['binding:profile']['pci_slot']
        self.report(
            self.source,
            *(
                documents.OTHER_BOARD
                if address == of_port
                else documents.DRIVER_535
                for address in self.source.devices
            ),
        )
        self.report(self.big, documents.OTHER_BOARD)
        self.report(right, documents.DRIVER_550)
        self.devices_agree = {('source', 'right')}

        self.assert_goes_straight_to('right', server)
