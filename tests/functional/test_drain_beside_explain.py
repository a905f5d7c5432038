# SPDX-License-Identifier: Apache-2.0
"""The command drain beside explain --server, on fleets of chance.

drain finds by itself what explain asks Placement for each guest.
"""

import itertools
import random
import uuid

import pytest

from nova_migcompat import traits
from tests.functional.gpu_fleet import GPU1, GPU2, NEW, OLD, OTHER, PF1, PF2

VF = 'SRIOV_NET_VF'
#: The provider's name, after that of its host, by the location.
PFS = {PF1: '0000:41:00.0', PF2: '0000:42:00.0'}
#: Mostly those that go together; None: a device without a document.
DOCUMENTS = (OLD, OLD, NEW, NEW, NEW, OTHER, None)
POLICIES = (
    (),
    ('--pci-claim', 'any'),
    ('--unknown-target', 'pass'),
    ('--unknown-source', 'reject'),
    ('--unknown-target', 'pass', '--pci-claim', 'any'),
)
#: What flavors ask for beside the memory and the devices.
SPECS = (
    {},
    {},
    {'trait:CUSTOM_A': 'required'},
    {'trait:CUSTOM_A': 'forbidden'},
    {'resources:MEMORY_MB': '40'},
    {'resources:MEMORY_MB': '0'},
)
#: How flavors ask for mediated devices, and how many that are.
MDEVS = (
    (1, {'resources:VGPU': '1'}),
    (2, {'resources:VGPU': '2'}),
    (1, {'resources1:VGPU': '1', 'trait1:CUSTOM_A': 'required'}),
    (
        2,
        {
            'resources1:VGPU': '1',
            'resources2:VGPU': '1',
            'group_policy': 'isolate',
        },
    ),
    (
        2,
        {
            'resources1:VGPU': '1',
            'resources2:VGPU': '1',
            'group_policy': 'none',
        },
    ),
)

# As it runs the application in this process.
pytestmark = pytest.mark.usefixtures('logging_as_before')


class Fleet:
    """Hosts of chance, of whose devices some are taken, and their guests.

    :ivar guests: the UUIDs of the servers by host.
    """

    def __init__(self, cloud, chance):
        self._cloud = cloud
        self._chance = chance
        self.guests = {}
        cloud.admin.create_traits(['CUSTOM_A'])
        makers = (self._gpus, self._gpus, self._placed, self._functions)
        for number in range(9):
            name = f'host{number}'
            chance.choice(makers)(name)
            for some in (cloud.nova.down, cloud.nova.disabled):
                if chance.random() < 0.08:
                    some.add(name)

    def _gpus(self, name):
        """Two parents of mediated devices, and a guest of each."""
        own = self._chance.choices(DOCUMENTS, k=2)
        root = self._root(name, own)
        for gpu, document in zip((GPU1, GPU2), own, strict=True):
            names = []
            if document and own[0] != own[1]:
                names = [traits.document_trait(document.digest)]
            amount, specs = self._chance.choice(MDEVS)
            self._child(f'{name}_{gpu}', root, names, 'VGPU', amount, specs)

    def _functions(self, name, is_placed=False):
        """Two PFs, whose VFs may differ, and a guest with VFs of each."""
        count = self._chance.choice((1, 1, 2))
        own = {
            place: self._chance.choices(DOCUMENTS, k=count) for place in PFS
        }
        documents = list(itertools.chain(*own.values()))
        names = []
        if len(set(documents)) > 1:
            names = [
                traits.location_trait(place, document.digest)
                for place, found in own.items()
                for document in found
                if None not in found
            ]
        root = self._root(name, documents, names)
        for address in PFS.values():
            amount = self._chance.choice((1, 1, 2))
            specs = {'pci_passthrough:alias': f'vf:{amount}'}
            if is_placed:
                self._child(f'{name}_{address}', root, [], VF, amount, specs)
            else:
                self._guest(name, specs)

    def _placed(self, name):
        """The same with PCI in Placement."""
        self._functions(name, is_placed=True)

    def _root(self, name, documents, more=()):
        found = [each for each in dict.fromkeys(documents) if each]
        state = ['COMPUTE_STATUS_DISABLED'] * (self._chance.random() < 0.06)
        more = [*more, *self._trait(), *state]
        root = self._cloud.host(name, *found, more=more)
        self._cloud.admin.set_inventory(root, {'MEMORY_MB': 64})
        self._take(root, 'MEMORY_MB', (0, 0, 0, 32, 63, 64))
        return root

    def _child(self, name, root, names, kind, amount, specs):
        """Make a provider of devices, and a guest that has some of them."""
        names = [*names, *self._trait()]
        inventory = {kind: 4 + amount}
        made = self._cloud.admin.create_provider(name, root, names, inventory)
        server = self._guest(name.partition('_')[0], specs)
        self._cloud.admin.allocate(server, {made: {kind: amount}})
        self._take(made, kind, (0, 0, 2, 3, 4))

    def _take(self, provider, kind, amounts):
        taken = self._chance.choice(amounts)
        if taken:
            held = {provider: {kind: taken}}
            self._cloud.admin.allocate(str(uuid.uuid4()), held)

    def _trait(self):
        return ['CUSTOM_A'] * (self._chance.random() < 0.5)

    def _guest(self, host, specs):
        specs = {**specs, **self._chance.choice(SPECS)}
        ram = self._chance.choice((1, 16, 33, 64))
        server = self._cloud.nova.add(host, ram=ram, **specs)
        self.guests.setdefault(host, []).append(server)
        return server


def passes(answer):
    """Name the hosts that pass, whichever device a guest has."""
    _, rows, _ = answer
    found = {True: set(), False: set()}
    for row in rows or ():
        found[row['Passes']].add(row['Host'])
    return sorted(found[True] - found[False])


@pytest.mark.parametrize('seed', range(2))
def test_drain_says_of_each_guest_what_explain_says(
    cloud_with_guests, drain, seed
):
    chance = random.Random(seed)
    fleet = Fleet(cloud_with_guests, chance)
    counts = set()
    for host, servers in fleet.guests.items():
        policy = chance.choice(POLICIES)
        _, rows, err = drain(host, *policy)
        found = {row['Server']: row for row in rows}
        assert list(found) == servers, err
        for server in servers:
            asked = ('explain', '--server', server, *policy)
            answer = cloud_with_guests.ask(*asked)
            assert found[server]['To'] == passes(answer), (answer, found)
            assert (found[server]['Hosts'] > 0) == (answer[0] == 0)
            counts.add(min(found[server]['Hosts'], 2))
    assert counts == {0, 1, 2}
