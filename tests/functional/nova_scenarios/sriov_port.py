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
    def _configure_devices(self):
        super()._configure_devices()
        vf = {
            'vendor_id': fakelibvirt.PCI_VEND_ID,
            'product_id': fakelibvirt.VF_PROD_ID,
            'physical_network': 'physnet4',
        }
        self.flags(group='pci', device_spec=[json.dumps(vf)], alias=[])

    def test_a_guest_with_a_port_migrates_live_as_ever(self):
        neutron = self.useFixture(libvirt_base.LibvirtNeutronFixture(self))
        # Fake libvirt never says that the device is gone.
        self.flags(group='libvirt', device_detach_timeout=1)
        source = self.start_host('source', pfs=1)
        target = self.start_host('target', pfs=1)
        for host in (source, target):
            self.report(host, documents.MOVES_NOWHERE)
        self.devices_agree = {('source', 'target')}
        port = neutron.create_port({'port': neutron.network_4_port_1})['port']
        server = self.boot(
            self._create_flavor(), source, networks=[{'port': port['id']}]
        )
        self.assertEqual(list(source.devices), self.assigned_devices(server))

        self.assertEqual('target', self.live_migrate(server))

        self.assertEqual(2, self.filter.filterings)
        self.assert_asked_little(0, 0)
