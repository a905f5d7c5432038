# SPDX-License-Identifier: Apache-2.0
"""What the filter costs beside AllHostsFilter on the same host states.

    python -m benchmarks.filter_hosts [--hosts 1000] [--documents 50]

Nova's own HostState objects pass through both filters; Placement is a real
one over SQLite with a provider for each host. "HTTP aside" is the same
decision with Placement's answers kept from the first run.
"""

import argparse
import functools
import pathlib
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from typing import Any

import prettytable

from demo.cloud import Cloud
from nova_migcompat import descriptor, placement, traits
from nova_migcompat.scheduler import deciding, filters
from tests.placement_server import Admin, PlacementServer

ALIAS = {
    'name': 'vf',
    'vendor_id': '15b3',
    'product_id': '101e',
    'device_type': 'type-VF',
    'live_migratable': 'yes',
}


class Remembering:
    """A Placement that answers a question asked before from memory."""

    def __init__(self, adapter: Any) -> None:
        self._adapter = adapter
        self._answers: dict[str, Any] = {}
        self.remember = False
        self.requests = 0

    def get(self, url: str, **options: Any) -> Any:
        self.requests += 1
        if not (self.remember and url in self._answers):
            self._answers[url] = self._adapter.get(url, **options)
        return self._answers[url]


def document(number: int) -> descriptor.Document:
    """A document that is compatible with itself and its neighbour."""
    return descriptor.parse(
        'SELF:\n'
        ' device_type=pci\n device_id=10de2235\n mdev_type=nvidia-557\n'
        f' driver={number}.129.03\n'
        'COMPATIBLE:\n'
        ' device_type=pci\n device_id=10de2235\n mdev_type=nvidia-557\n'
        f' driver={{v:version:{number}.100-{number + 1}.200}}\n'
    )


def main() -> None:
    """Fill Placement, run each case, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--hosts', type=int, default=1000)
    parser.add_argument('--documents', type=int, default=50)
    parser.add_argument('--runs', type=int, default=15)
    arguments = parser.parse_args()
    warnings.simplefilter('ignore')
    with (
        tempfile.TemporaryDirectory() as name,
        PlacementServer() as server,
    ):
        cloud = Cloud(pathlib.Path(name), server.config(), ALIAS)
        states, source = fill(cloud, Admin(server.adapter()), arguments)
        measure(cloud, states, source, arguments.runs)


def fill(
    cloud: Cloud, admin: Admin, arguments: argparse.Namespace
) -> tuple[list[Any], str]:
    """Make the hosts; return nova's states of them, and the source's name."""
    from nova.scheduler import host_manager

    documents = [document(500 + n) for n in range(arguments.documents)]
    for each in documents:
        admin.create_traits(traits.text_traits(each))
        admin.create_traits([traits.document_trait(each.digest)])
    states = []
    for number in range(arguments.hosts + 1):
        host = f'host{number}'
        trait = traits.document_trait(
            documents[number % len(documents)].digest
        )
        provider = admin.create_provider(host, traits=[trait])
        if number == 0:
            cloud.add_compute(host, provider, [])
        else:
            state = host_manager.HostState(host, host, 'cell')
            state.uuid = provider
            states.append(state)
    return states, 'host0'


def measure(cloud: Cloud, states: list[Any], source: str, runs: int) -> None:
    """Run the cases side by side, and print medians and ratios."""
    from nova.scheduler.filters import all_hosts_filter

    nova = all_hosts_filter.AllHostsFilter()
    ours = filters.MigrationCompatibilityFilter()
    remembering = Remembering(ours._decider._placement())
    ours._decider._adapter = remembering
    _, moving = cloud.live_migrate('vgpu', source, {'resources:VGPU': '1'})
    _, plain = cloud.live_migrate('plain', source, {})
    _, booting = cloud.live_migrate('boot', source, {'resources:VGPU': '1'})
    booting.requested_destination = None
    passed = len(pass_all(ours, states, moving))
    cold = remembering.requests
    decide = functools.partial(pass_all, ours, states, moving)
    cases: list[tuple[str, Callable[[], Any], bool]] = [
        (
            "Nova's AllHostsFilter",
            lambda: pass_all(nova, states, moving),
            False,
        ),
        ('boot with a VGPU', lambda: pass_all(ours, states, booting), False),
        (
            'move without a device',
            lambda: pass_all(ours, states, plain),
            False,
        ),
        ('live migration', decide, False),
        ('live migration, HTTP aside', decide, True),
        (
            'the database reads in it',
            lambda: filters.moves.live_migration(moving, {'VGPU'}),
            False,
        ),
    ]
    show(*run(cases, remembering, runs))
    print(
        f'{passed} of {len(states)} hosts pass; the first decision took '
        f'{cold} requests; Placement {placement.MICROVERSION} over SQLite'
    )


def pass_all(filter_: Any, states: list[Any], request: Any) -> list[Any]:
    """Let a filter choose among the hosts, as nova's handler does.

    Each time it is a request of its own.
    """
    deciding.REQUESTS.forget(request)
    return list(filter_.filter_all(states, request))


def run(
    cases: list[tuple[str, Callable[[], Any], bool]],
    remembering: Remembering,
    runs: int,
) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Run each case in turns; return its seconds and its requests."""
    times: dict[str, list[float]] = {name: [] for name, _, _ in cases}
    requests = {}
    for _ in range(runs):
        for name, case, remember in cases:
            remembering.remember = remember
            before = remembering.requests
            start = time.perf_counter()
            case()
            times[name].append(time.perf_counter() - start)
            requests[name] = remembering.requests - before
    return times, requests


def show(times: dict[str, list[float]], requests: dict[str, int]) -> None:
    """Print the medians, and each beside the first."""
    table = prettytable.PrettyTable(
        ['case', 'median ms', 'beside AllHostsFilter', 'requests']
    )
    table.align = 'r'
    table.align['case'] = 'l'
    medians = {name: statistics.median(each) for name, each in times.items()}
    first = next(iter(medians.values()))
    for name, median in medians.items():
        table.add_row(
            [
                name,
                f'{median * 1e3:.3f}',
                f'{median / first:.2f}',
                requests[name],
            ]
        )
    print(table)


if __name__ == '__main__':
    main()
