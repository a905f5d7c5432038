# SPDX-License-Identifier: Apache-2.0
"""All agents of a cloud start at once, as after a power failure."""

import concurrent.futures
import hashlib
import itertools
import multiprocessing
import sys

import pytest

from nova_migcompat import descriptor, placement, traits
from tests import fake_sysfs, placement_server
from tests.integration import fleet_agents

AGENTS = 200
PROCESSES = 4
#: How often an agent that failed tries again: its service would go on.
CYCLES = 3
#: Requests of one agent: alone it sends half of them at most.
MOST = 60

FOREIGN = {'COMPUTE_NODE', 'CUSTOM_GOLD'}


def document(name):
    """Return a document whose text needs several names."""
    return f'SELF:\n\tname={name}\n\tdriver=1\n' + ''.join(
        f'COMPATIBLE:\n\tname={name}\n\tdriver='
        f'{hashlib.sha256(f"{name}{number}".encode()).hexdigest()}\n'
        for number in range(6)
    )


X, Y, Z = map(document, 'xyz')


def d(text):
    return traits.document_trait(descriptor.parse(text).digest)


def at(location, text):
    return traits.location_trait(location, descriptor.parse(text).digest)


def gpus(sysfs, *texts):
    """Add mdev parents from 0000:84:00.0 on, each with one type."""
    for bus, text in enumerate(texts, 0x84):
        folder = sysfs.function(f'0000:{bus:x}:00.0', 'acme')
        types = sysfs.mdev_parent(folder, 'a')
        (types / 'a' / 'migration_compatible').write_text(text)


def vfs(sysfs, *texts):
    """Add VFs of 0000:81:00.0."""
    sysfs.function('0000:81:00.0', 'acme')
    for number, text in enumerate(texts, 1):
        folder = sysfs.function(
            f'0000:81:00.{number}', 'acme_vfio_pci', physfn='0000:81:00.0'
        )
        (folder / 'migration_compatible').write_text(text)


class Uniform:
    """Two GPUs with the same document."""

    parents = ('pci_0000_84_00_0', 'pci_0000_85_00_0')
    expected = {'': {d(X)}}

    @staticmethod
    def devices(sysfs):
        gpus(sysfs, X, X)


class TwoGpus:
    """Two GPUs that differ."""

    parents = Uniform.parents
    expected = {
        '': {d(X), d(Y)},
        '_pci_0000_84_00_0': {d(X)},
        '_pci_0000_85_00_0': {d(Y)},
    }

    @staticmethod
    def devices(sysfs):
        gpus(sysfs, X, Y)


class TwoVfs:
    """Two VFs of a function that differ."""

    parents = ()
    expected = {
        '': {
            d(Y),
            d(Z),
            at('PCI_0000_81_00_0', Y),
            at('PCI_0000_81_00_0', Z),
            at('PCI_0000_81_00_2', Z),
        }
    }

    @staticmethod
    def devices(sysfs):
        vfs(sysfs, Y, Z)


KINDS = (Uniform, TwoGpus, TwoVfs)


@pytest.fixture
def placements(database):
    """Two processes of one Placement on MariaDB, with eight threads each."""
    with (
        placement_server.PlacementServer(8, database=database) as first,
        placement_server.PlacementServer(8, database=database) as second,
    ):
        yield first, second


@pytest.fixture
def agents(tmp_path, placements):
    """A fleet as nova-compute has made it, before any agent has run."""
    with concurrent.futures.ThreadPoolExecutor(8) as executor:
        return list(
            executor.map(
                lambda number: make_host(tmp_path, placements, number),
                range(AGENTS),
            )
        )


def make_host(folder, placements, number):
    node = f'compute{number}'
    kind = KINDS[number % len(KINDS)]
    server = placements[number // len(KINDS) % len(placements)]
    folder = folder / node
    sysfs = fake_sysfs.FakeSysfs(folder / 'sys')
    kind.devices(sysfs)
    (folder / 'nova.conf').write_text('[devices]\nenabled_mdev_types = a\n')
    admin = placement_server.Admin(server.adapter())
    root = admin.create_provider(node, traits=FOREIGN)
    for parent in kind.parents:
        admin.create_provider(f'{node}_{parent}', root)
    return fleet_agents.Agent(node, folder, server.url)


def run_at_once(agents):
    """Run all agents; return their reports."""
    context = multiprocessing.get_context('spawn')
    ready = context.Barrier(PROCESSES)
    with concurrent.futures.ProcessPoolExecutor(
        PROCESSES, context, fleet_agents.prepare, (ready,)
    ) as executor:
        shares = [agents[start::PROCESSES] for start in range(PROCESSES)]
        cycles = [CYCLES] * PROCESSES
        reports = executor.map(fleet_agents.run, shares, cycles)
        return [*itertools.chain.from_iterable(reports)]


def ours_by_provider(server):
    """Return our names on each provider that has any, and all others'."""
    client = placement.PlacementClient(server.adapter())
    admin = placement_server.Admin(server.adapter())
    names = client.traits(startswith=traits.PREFIX, associated=True)
    uuids = {p.name: p.uuid for p in client.providers_with_any(names)}
    with concurrent.futures.ThreadPoolExecutor(8) as executor:
        found = executor.map(admin.traits, uuids.values())
        return dict(zip(uuids, found, strict=True))


def test_200_agents_that_start_at_once_are_all_done(
    agents, placements, capsys
):
    server, _ = placements

    reports = run_at_once(agents)

    failures = [failure for report in reports for failure in report.failures]
    requests = [report.requests for report in reports]
    with capsys.disabled():
        sys.stdout.write(
            f'\n{len(agents)} agents on MariaDB: all done in'
            f' {max(report.seconds for report in reports):.1f} s,'
            f' {sum(requests)} requests, {min(requests)} to {max(requests)}'
            f' by one agent, {len(failures)} cycles repeated'
            f' {sorted(set(failures))}\n'
        )
    assert all(len(report.failures) < CYCLES for report in reports), failures
    assert max(requests) <= MOST
    expected = {
        f'{agent.node}{suffix}': names | (set() if suffix else FOREIGN)
        for number, agent in enumerate(agents)
        for suffix, names in KINDS[number % len(KINDS)].expected.items()
    }
    standing = ours_by_provider(server)
    for name, names in expected.items():
        found = {n for n in standing[name] if '_MIGCOMPAT_F_' not in n}
        assert found == names, name
    assert standing.keys() == expected.keys()
    client = placement.PlacementClient(server.adapter())
    for text in (X, Y, Z):
        digest = descriptor.parse(text).digest
        names = client.traits(startswith=traits.text_prefix(digest))
        assert traits.read_texts(names, [digest]).problems == {}
