# SPDX-License-Identifier: Apache-2.0
"""Hosts with GPUs and PCI functions in a real Placement, and documents of
which some go together.
"""

import json

from nova_migcompat import descriptor, traits
from nova_migcompat.cli import main

OLD = descriptor.parse(
    'SELF:\n type=a\n n=1\n'
    'COMPATIBLE:\n type=b\n n=1\n'
    'COMPATIBLE:\n type=a\n n={n:int:1..3}\n'
)
NEW = descriptor.parse('SELF:\n type=a\n n=2\nCOMPATIBLE:\n type=a\n n=2\n')
OTHER = descriptor.parse('SELF:\n type=c\n n=1\nCOMPATIBLE:\n type=c\n n=1\n')
GPU1, GPU2 = 'pci_0000_81_00_0', 'pci_0000_82_00_0'
PF1, PF2 = 'PCI_0000_41_00_0', 'PCI_0000_42_00_0'
VGPUS = {'VGPU': 4}


class Answer:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err
        self.rows = json.loads(out) if out.startswith('[') else None

    def passes(self):
        return {row['Host']: row['Passes'] for row in self.rows}

    def of(self, host):
        return [row for row in self.rows if row['Host'] == host]


class Explain:
    """Runs nova-migcompat explain.

    :param config: a file with the group [placement].
    """

    def __init__(self, config, capsys):
        self._config = config
        self._capsys = capsys

    def __call__(self, *arguments):
        common = ('explain', '-f', 'json', '--config-file', str(self._config))
        status = main.main([*common, *arguments])
        return Answer(status, *self._capsys.readouterr())


def with_gpus(cloud, name, *of_gpus, free=True):
    """A host whose GPUs have documents; where they differ, each its own."""
    documents = dict.fromkeys(filter(None, of_gpus))
    root = cloud.host(name, *documents)
    cloud.admin.set_inventory(root, {'MEMORY_MB': 64})
    alike = len(set(of_gpus)) == 1
    for gpu, document in zip((GPU1, GPU2), of_gpus, strict=False):
        names = [] if alike or not document else [document]
        parent = cloud.admin.create_provider(
            f'{name}_{gpu}',
            root,
            [traits.document_trait(d.digest) for d in names],
            VGPUS,
        )
        if not free:
            cloud.admin.allocate(parent, {parent: VGPUS})
    return root


def with_functions(cloud, name, *documents, more=()):
    """A host whose PCI functions have documents; PCI is not in Placement."""
    root = cloud.host(name, *documents, more=more)
    cloud.admin.set_inventory(root, {'MEMORY_MB': 64})
    return root


def at(place, document):
    return traits.location_trait(place, document.digest)
