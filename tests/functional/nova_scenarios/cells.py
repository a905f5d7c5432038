# SPDX-License-Identifier: Apache-2.0
"""Live migration in a cloud of two cells: the source's database is read."""

from tests.functional.nova_scenarios import base, documents


class Cells(base.LiveMigrationScenario):
    """A guest never leaves its cell, and all hosts of the other cell are
    compatible and have more memory.
    """

    NUMBER_OF_CELLS = 2

    def check(self, own, other):
        source = self.start_host('source', gpus=1, cell=own)
        self.start_host('wrong', gpus=1, cell=own, memory_gb=32)
        self.start_host('right', gpus=1, cell=own)
        self.start_host('elsewhere', gpus=1, cell=other, memory_gb=64)
        self.devices_agree = {('source', 'right'), ('source', 'elsewhere')}
        for host in self.hosts.values():
            self.report(host, documents.DRIVER_550)
        self.report(self.hosts['wrong'], documents.OTHER_BOARD)
        server = self.boot(self.vgpu_flavor(), source)
        self.filter.forget()

        self.assert_goes_straight_to('right', server)
        [queries] = self.filter.queries
        self.assertLessEqual(len(queries), 3)
        self.assertLessEqual(len(self.filter.requests), 7)

    def test_the_source_is_in_the_first_cell(self):
        self.check('cell1', 'cell2')

    def test_the_source_is_in_the_second_cell(self):
        self.check('cell2', 'cell1')
