# SPDX-License-Identifier: Apache-2.0
"""Live migration of a guest with an mdev to a host whose GPUs differ.

Placement names a candidate for each GPU, in random order, and Nova tries the
first; here that is always the one on the incompatible GPU.
"""

from tests.functional.nova_scenarios import base, documents, hosts


class TwoGpusOnTheTarget(base.LiveMigrationScenario):
    #: What makes a flavor ask for one mdev.
    extra_specs = {'resources:VGPU': '1'}

    def setUp(self):
        super().setUp()
        self.source = self.start_host('source', gpus=1)
        self.target = self.start_host('target', gpus=2)
        self.first, self.second = (
            f'target_pci_{address.translate(str.maketrans(":.", "__"))}'
            for address in self.target.devices
        )
        self.devices_agree = {('source', 'target')}
        self.report(self.source, documents.DRIVER_535)
        self.server = self.boot(self.flavor(**self.extra_specs), self.source)


class DifferingGpus(TwoGpusOnTheTarget):
    def test_the_guest_gets_the_compatible_gpu_where_that_is_the_first(self):
        self.report(self.target, documents.DRIVER_550, documents.OTHER_BOARD)
        self.offer_first(self.second)

        self.assertEqual('target', self.live_migrate(self.server))
        self.assertEqual({self.first}, self.providers_of(self.server))

    def test_the_guest_gets_the_compatible_gpu_where_that_is_the_second(self):
        self.report(self.target, documents.OTHER_BOARD, documents.DRIVER_550)
        self.offer_first(self.first)

        self.assertEqual('target', self.live_migrate(self.server))
        self.assertEqual({self.second}, self.providers_of(self.server))
        self.assertLessEqual(len(self.filter.requests), 7)


class UnknownGpu(TwoGpusOnTheTarget):
    """The second has no document, and is the first that Nova would try."""

    def setUp(self):
        super().setUp()
        self.target.sysfs.write_document(
            self.target.devices[0], documents.DRIVER_550
        )
        self.run_agent(self.target)
        self.offer_first(self.second)

    def test_a_gpu_without_a_document_is_not_taken_by_default(self):
        self.assertEqual('target', self.live_migrate(self.server))
        self.assertEqual({self.first}, self.providers_of(self.server))

    def test_a_gpu_without_a_document_is_taken_if_the_operator_says_so(self):
        self.flags(group='migcompat', unknown_target='pass')

        self.assertEqual('target', self.live_migrate(self.server))
        self.assertEqual({self.second}, self.providers_of(self.server))


class OnlyTheIncompatibleGpuIsOffered(base.LiveMigrationScenario):
    """A trait that the flavor requires stands on the other GPU alone."""

    def test_a_host_whose_compatible_gpu_is_no_candidate_does_not_pass(self):
        source = self.start_host('source', gpus=1)
        target = self.start_host('target', gpus=2)
        for gpu in ('source_pci_0000_81_00_0', 'target_pci_0000_81_01_0'):
            self.add_trait(gpu, 'CUSTOM_BIG_GPU')
        self.report(source, documents.DRIVER_535)
        self.report(target, documents.DRIVER_550, documents.OTHER_BOARD)
        server = self.boot(
            self.vgpu_flavor(**{'trait:CUSTOM_BIG_GPU': 'required'}), source
        )

        self.live_migration_fails(server)

        self.assertEqual([], self.attempts)
        [decision] = self.filter_log()
        self.assertIn(
            '0 of 1 hosts pass, 1 have devices that differ and may give '
            'another',
            decision,
        )


class NumberedGroup(DifferingGpus):
    extra_specs = {'resources1:VGPU': '1'}


class CustomClass(DifferingGpus):
    """Nova gives the mdevs of a type a resource class of their own."""

    extra_specs = {'resources:CUSTOM_GPU': '1'}

    def _configure_devices(self):
        super()._configure_devices()
        # Nova reads the class only where it reads addresses.
        self.flags(
            group=f'mdev_{hosts.MDEV_TYPE}',
            mdev_class='CUSTOM_GPU',
            device_addresses=['0000:81:00.0', '0000:81:01.0'],
        )
        self.flags(group='migcompat', mdev_resource_classes=['CUSTOM_GPU'])
