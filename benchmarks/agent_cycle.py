# SPDX-License-Identifier: Apache-2.0
"""What the agent costs a compute host, and how soon a change is in Placement.

    python -m benchmarks.agent_cycle [--cycles 20]

Two hosts, each a generated sysfs tree: one with 256 VFs, one with 16 mdev
parents of 20 types each that all have mdevs. Placement is a real one over
SQLite. Requests and the processor time of a cycle are measured in this
process; memory, and the way from SIGHUP, in an agent of its own. A device
event is made up: it enters where udev's would. What changes is the document of
every device, as when a driver is upgraded; then that of one device alone, so
that the devices differ, and each has names of its own.
"""

import argparse
import pathlib
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Any

import prettytable

from nova_migcompat import descriptor, placement, traits
from nova_migcompat.agent import cycle, main, service, wake
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
    pf = '0000:81:00.0'
    files = []
    agent.sysfs.function(pf, 'acme')
    for number in range(1, 257):
        bus, function = divmod(number, 256)
        address = f'0000:{0x81 + bus:02x}:{function // 8:02x}.{function % 8}'
        folder = agent.sysfs.function(address, 'acme_vfio_pci', physfn=pf)
        files.append(folder / 'migration_compatible')
    return files


def mdev_parents(agent: agent_process.AgentProcess) -> list[pathlib.Path]:
    """Add 16 parents with mdevs; return the files of the type in use."""
    files = []
    for number in range(16):
        address = f'0000:{0x81 + number:02x}:00.0'
        folder = agent.sysfs.function(address, 'nvidia')
        types = agent.sysfs.mdev_parent(folder, *TYPES)
        for name in TYPES:
            (types / name / 'migration_compatible').write_text(document(name))
        files.append(types / TYPES[0] / 'migration_compatible')
        for _ in range(4):
            agent.sysfs.mdev(folder, TYPES[0])
        name = f'{agent_process.NODE}_{_node_device(address)}'
        agent.admin.create_provider(name, agent.node)
    nova_conf = agent.folder / 'nova.conf'
    nova_conf.write_text(f'[devices]\nenabled_mdev_types = {TYPES[0]}\n')
    agent.configure(nova_config_files=nova_conf)
    return files


def _node_device(address: str) -> str:
    return 'pci_' + address.replace(':', '_').replace('.', '_')


HOSTS: dict[
    str, Callable[[agent_process.AgentProcess], list[pathlib.Path]]
] = {
    '256 VFs': virtual_functions,
    '16 mdev parents': mdev_parents,
}


def measure(
    make: Callable[[agent_process.AgentProcess], list[pathlib.Path]],
    folder: pathlib.Path,
    server: PlacementServer,
    cycles: int,
) -> dict[str, float]:
    """Measure one host; return each figure by its name."""
    server.reset()
    with agent_process.agent(folder, server) as agent:
        files = make(agent)
        write(files, 534)
        return {
            **in_this_process(agent, cycles),
            **in_its_own(agent, files),
            **by_event(agent, files),
        }


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
    reconciler = cycle.Reconciler(conf)
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
    seconds = change(agent, files, 535, agent.reload)
    for _ in range(5):
        agent.reload()
        agent.next_cycle()
    status = pathlib.Path(f'/proc/{agent.process.pid}/status').read_text()
    resident = int(status.partition('VmRSS:')[2].split()[0])
    agent.stop()
    return {
        'process: resident MiB': resident / 1024,
        'SIGHUP to Placement: s': seconds,
    }


def by_event(
    agent: agent_process.AgentProcess, files: list[pathlib.Path]
) -> dict[str, float]:
    """Run the loop here, and time the way from a made-up event."""
    conf = main.load_conf(['--config-file', str(agent.config)])
    options = service.Options(conf, placement.load_adapter(conf))
    requests = wake.Wake()
    begun = threading.Event()
    loop = service.Service(
        options,
        lambda: options,
        requests,
        lambda state: begun.set() if state.cycle else None,
    )
    thread = threading.Thread(target=loop.run, daemon=True)
    thread.start()
    begun.wait()
    event = requests.devices_changed
    seconds = {
        'event to Placement: s': change(agent, files, 536, event),
        'the same, one device: s': change(agent, files[:1], 537, event),
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
) -> float:
    """Change documents and tell the agent; return when they are there."""
    wanted = traits.document_trait(write(files, driver))
    begun = time.monotonic()
    tell()
    agent_process.until(
        lambda: wanted in agent.admin.traits(agent.node), seconds=60
    )
    return time.monotonic() - begun


def show(figures: dict[str, dict[str, float]]) -> None:
    """Print the table."""
    table = prettytable.PrettyTable(['', *figures, 'at most'], align='r')
    table.align[''] = 'l'
    for name in next(iter(figures.values())):
        limit = LIMITS.get(name, '')
        values = [f'{host[name]:.4g}' for host in figures.values()]
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
