# SPDX-License-Identifier: Apache-2.0
"""A host with a PF, VFs and an mdev parent, and a folder of rules for it.

Knows nothing of what the rules should give.
"""

import pathlib
import textwrap

from oslo_config import cfg

from nova_migcompat.agent import hardware, model
from nova_migcompat.agent.sources import rules
from nova_migcompat.conf import agent as agent_conf
from tests import fake_sysfs
from tests.fake_sysfs import files

PF = '0000:81:00.0'
VF1 = '0000:81:00.1'
VF2 = '0000:81:00.2'
GPU = '0000:84:00.0'
NAME1 = model.DeviceName('PCI_0000_81_00_1')
NAME2 = model.DeviceName('PCI_0000_81_00_2')
TYPE = model.DeviceName('PCI_0000_84_00_0', 'nvidia-35')

IDS = {
    'vendor': '0x15b3',
    'device': '0x101E',
    'subsystem_vendor': '0x15b3',
    'subsystem_device': '0x0008',
    'revision': '0x00',
    'class': '0x020000',
}


class Host:
    """The host, its rules and the agent's source of rules.

    :ivar source: the source, which keeps what it has read.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self.sysfs = fake_sysfs.FakeSysfs(folder / 'sys')
        self.pf = self.function(PF, 'mlx5_core', device='0x1021')
        self.vf1 = self.function(VF1, 'mlx5_vfio_pci', physfn=PF)
        self.vf2 = self.function(VF2, 'mlx5_vfio_pci', physfn=PF)
        self.gpu = self.function(GPU, 'nvidia', vendor='0x10de')
        self.types = self.sysfs.mdev_parent(self.gpu, 'nvidia-35')
        files(self.types / 'nvidia-35', name='NVIDIA A40-2Q\n')
        self.module('nvidia', '570.124.03')
        self.module('mlx5_core')
        self.module('mlx5_vfio_pci')
        self.folder = folder / 'rules.d'
        self.folder.mkdir(mode=0o755)
        self.state = folder / 'state'
        self.state.mkdir(mode=0o700)
        self.restart()

    def restart(self):
        """Begin with a new source, as a new agent does."""
        conf = cfg.ConfigOpts()
        agent_conf.register_opts(conf)
        conf([])
        for name, value in (
            ('sysfs_root', self.sysfs.root),
            ('rules_folder', self.folder),
            ('state_path', self.state),
        ):
            conf.set_override(name, str(value), group='agent')
        self.source = rules.RulesSource(conf)

    def function(self, address, driver, physfn=None, **ids):
        return self.sysfs.function(
            address, driver, physfn=physfn, **{**IDS, **ids}
        )

    def module(self, driver, version=None):
        """Add the module of a PCI driver, and link the driver to it."""
        module = self.sysfs.root / 'module' / driver.replace('-', '_')
        files(module / 'parameters', q_num='64\n')
        if version:
            files(module, version=f'{version}\n')
        link = self.sysfs.root / 'bus/pci/drivers' / driver / 'module'
        link.symlink_to(f'../../../../module/{module.name}')
        return module

    def rules(self, text, name='50-x.yaml'):
        """Write a rules file."""
        path = self.folder / name
        path.write_text('rules:\n' + textwrap.dedent(text))
        path.chmod(0o644)
        return path

    def said(self):
        """Return all that the source says; what it learns is kept."""
        said = list(self.source.findings(hardware.scan(self.sysfs.root)))
        self.source.keep()
        return said

    def findings(self):
        """Return what it says of devices."""
        return {
            finding.device: finding
            for finding in self.said()
            if isinstance(finding, model.Finding)
        }

    def value(self, fact, own='', name=NAME1):
        """Return a fact, as the document of a rule has it."""
        return self.finding(fact, own, name).document.self_object['v']

    def error(self, fact, own='', name=NAME1):
        """Return why a rule with that fact has no document."""
        return self.finding(fact, own, name).problem

    def finding(self, fact, own, name):
        applies_to = 'mdev_type: "*"' if name.mdev_type else 'vendor: 15b3'
        facts = textwrap.indent(textwrap.dedent(own), '      ')
        facts = f'    facts:\n{facts}\n' if own else ''
        path = self.folder / '50-x.yaml'
        path.write_text(
            f'rules:\n  - name: x\n    applies_to: {{{applies_to}}}\n{facts}'
            f'    document: |\n      SELF:\n        v=${{{fact}}}\n'
        )
        path.chmod(0o644)
        return self.findings()[name]
