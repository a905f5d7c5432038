# SPDX-License-Identifier: Apache-2.0
"""What the agent costs a compute host, and how soon a change is in Placement.

    python -m benchmarks.agent_cycle [--cycles 20]

Hosts, each a generated sysfs tree: one with 256 VFs, one with 16 mdev parents
of 20 types each that all have mdevs, whose drivers publish documents; and the
same with drivers that do not, where all rules that come with the package are
on. Placement is a real one over SQLite, with one thread. Requests and the
processor time of a cycle are measured in this process; memory, and the way
from SIGHUP, in an agent of its own. A device event is made up: it enters where
udev's would. What changes is the document of every device, as when a driver is
upgraded; then that of one device alone, so that the devices differ, and it has
a name of its own. The agent is asked whether it has published that, not
Placement, which would be kept from its work; what it says is looked at
afterwards.
"""

import argparse
import pathlib
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Collection
from typing import Any

import prettytable

from nova_migcompat import descriptor, placement, traits
from nova_migcompat.agent import cycle, main, service, state, wake
from tests import fake_sysfs
from tests.functional import agent_process
from tests.placement_server import PlacementServer

#: DESIGN.md, "What it must reach".
LIMITS = {
    'quiet cycle: requests': 1,
    'quiet cycle: writes': 0,
    'quiet cycle: CPU ms': 50,
    'process: resident MiB': 80,
    'SIGHUP to Placement: s': 2,
    'event to Placement: s': 2,
    'the same, one device: s': 2,
}
RULES = pathlib.Path(__file__).parents[1] / 'etc/nova-migcompat/rules.d'
PF = '0000:81:00.0'
TYPES = [f'nvidia-{number}' for number in range(540, 560)]


def document(name: str, driver: int = 535) -> str:
    """A document of the size that a driver would publish."""
    fields = f' device_type=pci\n device_id=10de2235\n mdev_type={name}\n'
    versions = f'{driver}.100-{driver + 1}.200'
    return (
        f'SELF:\n{fields} driver={driver}.129.03\n'
        f'COMPATIBLE:\n{fields} driver={{v:version:{versions}}}\n'
    )


def virtual_functions(
    agent: agent_process.AgentProcess,
) -> list[pathlib.Path]:
    """Add a PF with 256 VFs; return the files of their documents."""
    agent.sysfs.function(PF, 'acme')
    return [
        agent.sysfs.function(address, 'acme_vfio_pci', physfn=PF)
        / 'migration_compatible'
        for address in _vf_addresses()
    ]


def virtual_functions_by_rule(
    agent: agent_process.AgentProcess,
) -> list[pathlib.Path]:
    """Add a ConnectX-7 with 256 VFs, of which only rules tell."""
    _switch_rules_on(agent)
    pf = agent.sysfs.function(PF, 'mlx5_core', **_ids('15b3', '1021'))
    fake_sysfs.files(
        pf / 'infiniband/mlx5_0',
        board_id='MT_0000000838\n',
        fw_ver='28.41.1000\n',
    )
    for address in _vf_addresses():
        agent.sysfs.function(
            address, 'mlx5_vfio_pci', physfn=PF, **_ids('15b3', '101e')
        )
    return []


def _vf_addresses() -> list[str]:
    return [
        f'0000:{0x81 + number // 256:02x}:{number % 256 // 8:02x}.{number % 8}'
        for number in range(1, 257)
    ]


def _ids(vendor: str, device: str) -> dict[str, str]:
    return {
        'vendor': f'0x{vendor}',
        'device': f'0x{device}',
        'subsystem_vendor': f'0x{vendor}',
        'subsystem_device': f'0x{device}',
        'revision': '0x00',
        'class': '0x020000',
    }


def _switch_rules_on(agent: agent_process.AgentProcess) -> None:
    folder = agent.folder / 'rules.d'
    folder.mkdir()
    for path in RULES.iterdir():
        text = path.read_text().replace('enabled: false', 'enabled: true')
        (folder / path.name).write_text(text)


def mdev_parents(agent: agent_process.AgentProcess) -> list[pathlib.Path]:
    """Add 16 parents with mdevs; return the files of the type in use."""
    files = []
    for types in _mdev_types(agent):
        for name in TYPES:
            (types / name / 'migration_compatible').write_text(document(name))
        files.append(types / TYPES[0] / 'migration_compatible')
    return files


def mdev_parents_by_rule(
    agent: agent_process.AgentProcess,
) -> list[pathlib.Path]:
    """Add 16 parents with mdevs, of which only rules tell."""
    _switch_rules_on(agent)
    fake_sysfs.files(agent.sysfs.root / 'module/nvidia', version='550.90.05\n')
    _mdev_types(agent)
    return []


def _mdev_types(agent: agent_process.AgentProcess) -> list[pathlib.Path]:
    """Add 16 parents with mdevs; return the folders of their types."""
    folders = []
    for number in range(16):
        address = f'0000:{0x81 + number:02x}:00.0'
        folder = agent.sysfs.function(
            address, 'nvidia', **_ids('10de', '1eb8')
        )
        folders.append(agent.sysfs.mdev_parent(folder, *TYPES))
        for _ in range(4):
            agent.sysfs.mdev(folder, TYPES[0])
        name = f'{agent_process.NODE}_{_node_device(address)}'
        agent.admin.create_provider(name, agent.node)
    nova_conf = agent.folder / 'nova.conf'
    nova_conf.write_text(f'[devices]\nenabled_mdev_types = {TYPES[0]}\n')
    agent.configure(nova_config_files=nova_conf)
    return folders


def _node_device(address: str) -> str:
    return 'pci_' + address.replace(':', '_').replace('.', '_')


HOSTS: dict[
    str, Callable[[agent_process.AgentProcess], list[pathlib.Path]]
] = {
    '256 VFs': virtual_functions,
    '16 mdev parents': mdev_parents,
    '256 VFs by rule': virtual_functions_by_rule,
    '16 by rule': mdev_parents_by_rule,
}


def measure(
    make: Callable[[agent_process.AgentProcess], list[pathlib.Path]],
    folder: pathlib.Path,
    server: PlacementServer,
    cycles: int,
) -> dict[str, float]:
    """Measure one host; return each figure by its name.

    Where rules tell of the devices, only what a quiet cycle costs.
    """
    server.reset()
    with agent_process.agent(folder, server) as agent:
        files = make(agent)
        write(files, 534)
        figures = in_this_process(agent, cycles)
        figures.update(in_its_own(agent, files))
        if files:
            figures.update(by_event(agent, files))
        return figures


def in_this_process(
    agent: agent_process.AgentProcess, cycles: int
) -> dict[str, float]:
    """Count the requests of a first and of a quiet cycle; time the latter."""
    conf = main.load_conf(['--config-file', str(agent.config)])
    adapter = placement.load_adapter(conf)
    requests: list[str] = []
    send = adapter.request

    def count(url: str, method: str, **options: Any) -> Any:
        requests.append(method)
        return send(url, method, **options)

    adapter.request = count
    client = placement.PlacementClient(adapter)
    # No full check falls among the quiet cycles.
    reconciler = cycle.Reconciler(conf, uniform=lambda _, most: most)
    reconciler.cycle(client)
    first = list(requests)
    reconciler.cycle(client)
    spent = []
    for _ in range(cycles):
        requests.clear()
        begun = time.process_time()
        reconciler.cycle(client)
        spent.append(time.process_time() - begun)
    return {
        'first cycle: requests': len(first),
        'first cycle: writes': len(first) - first.count('GET'),
        'quiet cycle: requests': len(requests),
        'quiet cycle: writes': len(requests) - requests.count('GET'),
        'quiet cycle: CPU ms': 1000 * statistics.median(spent),
    }


def in_its_own(
    agent: agent_process.AgentProcess, files: list[pathlib.Path]
) -> dict[str, float]:
    """Start an agent; time the way from SIGHUP, and look at its memory."""
    agent.start()
    agent_process.until(agent.cycles)
    figures = {}
    if files:
        figures['SIGHUP to Placement: s'] = change(
            agent, files, 535, agent.reload, lambda: agent.state()['documents']
        )
    for _ in range(5):
        agent.reload()
        agent.next_cycle()
    status = pathlib.Path(f'/proc/{agent.process.pid}/status').read_text()
    resident = int(status.partition('VmRSS:')[2].split()[0])
    agent.stop()
    return {'process: resident MiB': resident / 1024, **figures}


def by_event(
    agent: agent_process.AgentProcess, files: list[pathlib.Path]
) -> dict[str, float]:
    """Run the loop here, and time the way from a made-up event."""
    conf = main.load_conf(['--config-file', str(agent.config)])
    options = service.Options(conf, placement.load_adapter(conf))
    requests = wake.Wake()
    states: list[state.State] = []
    loop = service.Service(options, lambda: options, requests, states.append)
    thread = threading.Thread(target=loop.run, daemon=True)
    thread.start()
    agent_process.until(lambda: states and states[-1].cycle)

    def seconds_of(files: list[pathlib.Path], driver: int) -> float:
        return change(
            agent,
            files,
            driver,
            requests.devices_changed,
            lambda: states[-1].documents,
        )

    seconds = {
        'event to Placement: s': seconds_of(files, 536),
        'the same, one device: s': seconds_of(files[:1], 537),
    }
    requests.stop()
    thread.join()
    return seconds


def write(files: list[pathlib.Path], driver: int) -> str:
    """Write documents of a driver's version; return their digest."""
    text = document(TYPES[0], driver)
    for file in files:
        file.write_text(text)
    return descriptor.parse(text).digest


def change(
    agent: agent_process.AgentProcess,
    files: list[pathlib.Path],
    driver: int,
    tell: Callable[[], None],
    published: Callable[[], Collection[str]],
) -> float:
    """Change documents and tell the agent; return when they are there.

    :param published: what the agent says that it has published
    """
    digest = write(files, driver)
    begun = time.monotonic()
    tell()
    agent_process.until(lambda: digest in published(), seconds=60)
    seconds = time.monotonic() - begun
    there = agent.admin.traits(agent.node)
    assert traits.document_trait(digest) in there
    return seconds


def show(figures: dict[str, dict[str, float]]) -> None:
    """Print the table."""
    table = prettytable.PrettyTable(['', *figures, 'at most'], align='r')
    table.align[''] = 'l'
    for name in next(iter(figures.values())):
        limit = LIMITS.get(name, '')
        values = [
            f'{host[name]:.4g}' if name in host else ''
            for host in figures.values()
        ]
        table.add_row([name, *values, limit])
    print(table)


def run() -> None:
    """Measure each host, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--cycles', type=int, default=20)
    arguments = parser.parse_args()
    figures = {}
    with (
        tempfile.TemporaryDirectory() as name,
        PlacementServer() as server,
    ):
        for number, (host, make) in enumerate(HOSTS.items()):
            folder = pathlib.Path(name) / str(number)
            folder.mkdir()
            figures[host] = measure(make, folder, server, arguments.cycles)
    show(figures)


if __name__ == '__main__':
    run()
