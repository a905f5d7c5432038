# SPDX-License-Identifier: Apache-2.0
"""What the filter costs, and saves, in a cloud of ten thousand hosts.

    python -m benchmarks.scale [--hosts 10000] [--documents 50]

Placement runs over MariaDB (--database), filled by SQL as that many computes
would have left it: 100 traits and 8 GPUs each; once more with what their
agents publish besides, and once more without the names of fields ([agent]
publish_fields). The scheduler is Nova's own. Each figure is the median of
interleaved runs.
"""

import argparse
import datetime
import functools
import itertools
import pathlib
import statistics
import tempfile
import time
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import prettytable
import sqlalchemy

from benchmarks import filter_hosts
from demo.cloud import Cloud
from nova_migcompat import traits
from tests.placement_server import PlacementServer

TRAITS, GPUS, CHUNK = 100, 8, 20000
CANDIDATES = (
    '/allocation_candidates?resources=VCPU:2,MEMORY_MB:2048,VGPU:1&limit=1000'
    '&group_policy=none'
)
VERSION = '1.36'


class Rows:
    """Writes Placement's tables, many rows at once."""

    def __init__(self, database: str) -> None:
        self._engine = sqlalchemy.create_engine(database)
        self._tables = sqlalchemy.MetaData()
        self._tables.reflect(self._engine)

    def write(self, table: str, rows: Iterable[dict[str, Any]]) -> None:
        """Insert rows."""
        insert = self._tables.tables[table].insert()
        now = datetime.datetime.now(datetime.UTC)
        times = {'created_at': now, 'updated_at': now}
        left = ({**row, **times} for row in rows)
        while chunk := list(itertools.islice(left, CHUNK)):
            with self._engine.begin() as connection:
                connection.execute(insert, chunk)

    def ids(self, table: str, column: str) -> dict[str, int]:
        """Read the IDs of what a table names."""
        found = self._tables.tables[table]
        with self._engine.connect() as connection:
            rows = connection.execute(
                sqlalchemy.select(found.c[column], found.c.id)
            )
            return dict(rows.all())


def fill_computes(rows: Rows, hosts: int) -> list[str]:
    """Write computes without names of ours; return their UUIDs."""
    names = ['OWNER_NOVA', *(f'CUSTOM_RACK_{n}' for n in range(TRAITS))]
    rows.write('traits', ({'name': name} for name in names[1:]))
    known = rows.ids('traits', 'name')
    nodes = [str(uuid.uuid4()) for _ in range(hosts)]
    rows.write('resource_providers', _providers(nodes))
    classes = rows.ids('resource_classes', 'name')
    rows.write('inventories', _inventories(hosts, classes))
    rows.write(
        'resource_provider_traits',
        (
            {'trait_id': known[name], 'resource_provider_id': _root(number)}
            for number in range(hosts)
            for name in names
        ),
    )
    return nodes


def _root(number: int) -> int:
    """The ID of a compute's provider; its GPUs' come next."""
    return number * (GPUS + 1) + 1


def _providers(nodes: list[str]) -> Iterator[dict[str, Any]]:
    for number, node in enumerate(nodes):
        root = _root(number)
        yield _provider(root, root, None, node, f'host{number}')
        for gpu in range(1, GPUS + 1):
            name = f'host{number}_pci_0000_8{gpu}_00_0'
            yield _provider(root + gpu, root, root, str(uuid.uuid4()), name)


def _inventories(
    hosts: int, classes: dict[str, int]
) -> Iterator[dict[str, Any]]:
    for number in range(hosts):
        root = _root(number)
        for name, total in (
            ('VCPU', 64),
            ('MEMORY_MB', 262144),
            ('DISK_GB', 1000),
        ):
            yield _inventory(root, classes[name], total)
        for gpu in range(1, GPUS + 1):
            yield _inventory(root + gpu, classes['VGPU'], 16)


def _provider(
    number: int, root: int, parent: int | None, uuid_: str, name: str
) -> dict[str, Any]:
    return {
        'id': number,
        'uuid': uuid_,
        'name': name,
        'generation': 1,
        'root_provider_id': root,
        'parent_provider_id': parent,
    }


def _inventory(provider: int, class_id: int, total: int) -> dict[str, Any]:
    return {
        'resource_provider_id': provider,
        'resource_class_id': class_id,
        'total': total,
        'reserved': 0,
        'min_unit': 1,
        'max_unit': total,
        'step_size': 1,
        'allocation_ratio': 1.0,
    }


def fill_documents(
    rows: Rows, hosts: int, documents: int, fields: bool
) -> None:
    """Write what agents would have: text, D and F names, memberships."""
    found = [filter_hosts.document(500 + 2 * n) for n in range(documents)]
    names = [
        [
            traits.document_trait(each.digest),
            *traits.field_traits(each, None if fields else ()),
        ]
        for each in found
    ]
    texts = [name for each in found for name in traits.text_traits(each)]
    new = {*itertools.chain(*names), *texts}
    rows.write('traits', ({'name': name} for name in sorted(new)))
    ids = rows.ids('traits', 'name')
    rows.write(
        'resource_provider_traits',
        (
            {'trait_id': ids[name], 'resource_provider_id': _root(number)}
            for number in range(hosts)
            for name in names[number % documents]
        ),
    )
    fill_aggregates(
        rows, hosts, [traits.aggregate(each.digest) for each in found]
    )


def fill_aggregates(rows: Rows, hosts: int, aggregates: list[str]) -> None:
    """Make each compute a member of one."""
    rows.write('placement_aggregates', ({'uuid': each} for each in aggregates))
    ids = rows.ids('placement_aggregates', 'uuid')
    rows.write(
        'resource_provider_aggregates',
        (
            {
                'resource_provider_id': _root(number),
                'aggregate_id': ids[aggregates[number % len(aggregates)]],
            }
            for number in range(hosts)
        ),
    )


def median(runs: int, cases: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Run cases in turns; return the median seconds of each."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(runs):
        for name, case in cases.items():
            started = time.perf_counter()
            case()
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(each) for name, each in times.items()}


class Scheduling:
    """Nova's scheduler, with the filter and without."""

    def __init__(self, cloud: Cloud, adapter: Any, source: str) -> None:
        from nova.conf import CONF
        from nova.scheduler import manager

        self._cloud, self._adapter, self._source = cloud, adapter, source
        self._conf = CONF
        # Read once, when filters are made: nobody reports up here.
        CONF.set_override('service_down_time', 86400)
        self._with = manager.SchedulerManager()
        ours = 'MigrationCompatibilityFilter'
        others = [
            f for f in CONF.filter_scheduler.enabled_filters if f != ours
        ]
        CONF.set_override('enabled_filters', others, 'filter_scheduler')
        self._without = manager.SchedulerManager()
        #: Seconds in the filter, without the push-down.
        self.spent: list[float] = []
        self._time_the_filter()

    def _time_the_filter(self) -> None:
        from nova_migcompat.scheduler import filters

        call = filters.MigrationCompatibilityFilter.filter_all

        def filter_all(*arguments: Any) -> Any:
            started = time.perf_counter()
            found = list(call(*arguments))
            if not self._conf.migcompat.placement_prefilter:
                self.spent.append(time.perf_counter() - started)
            return found

        filters.MigrationCompatibilityFilter.filter_all = filter_all  # type: ignore[method-assign]

    def run(self, filtered: bool, push_down: bool) -> list[str]:
        """Schedule a live migration of a guest with a VGPU; claim nothing.

        :returns: the hosts that pass. Where the filter is alone they may all
            be beyond the limit of candidates.
        """
        self._conf.set_override('placement_prefilter', push_down, 'migcompat')
        self._cloud._scheduler = self._with if filtered else self._without
        _, request = self._cloud.live_migrate(
            f'guest{uuid.uuid4().hex[:6]}',
            self._source,
            {'resources:VGPU': '1'},
        )
        found = self._cloud.schedule(request)
        self._adapter.delete(
            f'/allocations/{request.instance_uuid}',
            microversion=VERSION,
            raise_exc=False,
        )
        assert found or (filtered and not push_down)
        return found


def fill(
    database: str, hosts: int, documents: int = 0, fields: bool = True
) -> list[str]:
    """Make and fill Placement's database; return the computes' UUIDs."""
    with PlacementServer(database=database):
        rows = Rows(database)
    nodes = fill_computes(rows, hosts)
    if documents:
        fill_documents(rows, hosts, documents, fields)
    return nodes


def measure(
    arguments: argparse.Namespace, database: str, fieldless: str, plain: str
) -> None:
    """Fill Placement, run the cases, print the table.

    :param database: the one with documents.
    :param fieldless: the one without names of fields.
    :param plain: the one without anything of ours.
    """
    hosts, documents = arguments.hosts, arguments.documents
    fill(plain, hosts)
    fill(fieldless, hosts, documents, fields=False)
    nodes = fill(database, hosts, documents)
    # Started after that: Placement keeps the names of traits in memory.
    with (
        tempfile.TemporaryDirectory() as name,
        PlacementServer(threads=4, database=database) as server,
        PlacementServer(threads=4, database=fieldless) as without_fields,
        PlacementServer(threads=4, database=plain) as without_us,
    ):
        found = median(
            arguments.boots,
            {
                'boot': functools.partial(ask, server.adapter()),
                'fieldless': functools.partial(ask, without_fields.adapter()),
                'before': functools.partial(ask, without_us.adapter()),
            },
        )
        cloud = Cloud(pathlib.Path(name), server.config(), filter_hosts.ALIAS)
        for number, node in enumerate(nodes):
            cloud.add_compute(f'host{number}', node, [])
        found |= migrations(cloud, server.adapter(), arguments.runs)
    show(found, arguments)


def migrations(cloud: Cloud, adapter: Any, runs: int) -> dict[str, float]:
    """Schedule live migrations; return the median seconds of each case."""
    scheduling = Scheduling(cloud, adapter, 'host0')
    found = median(
        runs,
        {
            'without': lambda: scheduling.run(False, False),
            'filter': lambda: scheduling.run(True, False),
            'push-down': lambda: scheduling.run(True, True),
        },
    )
    return {**found, 'in filter': statistics.median(scheduling.spent)}


def ask(adapter: Any) -> None:
    """Ask for candidates as a boot with a VGPU does."""
    answer = adapter.get(CANDIDATES, microversion=VERSION)
    assert answer.json()['allocation_requests']


def show(found: dict[str, float], arguments: argparse.Namespace) -> None:
    """Print a table of medians and ratios."""
    table = prettytable.PrettyTable(['what', 's', 'beside', 's ', 'ratio'])
    table.align = 'r'
    table.align['what'] = table.align['beside'] = 'l'
    boot, alone = 'candidates of a boot, with our names', 'Nova alone'
    for what, seconds, beside, other in (
        (boot, found['boot'], 'without any', found['before']),
        ('without those of fields', found['fieldless'], '', found['before']),
        ('with the filter', found['filter'], alone, found['without']),
        ('and the push-down', found['push-down'], alone, found['without']),
        (
            'in the filter',
            found['in filter'],
            'with the filter',
            found['filter'],
        ),
    ):
        figures = (f'{each:.3f}' for each in (seconds, other, seconds / other))
        first, second, ratio = figures
        table.add_row([what, first, beside, second, ratio])
    print(table)
    print(
        f'{arguments.hosts} hosts, {arguments.documents} documents of which 1 '
        f'is compatible; medians of {arguments.boots} boots and '
        f'{arguments.runs} live migrations'
    )


def main() -> None:
    """Make a database of its own, measure, drop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--hosts', type=int, default=10000)
    parser.add_argument('--documents', type=int, default=50)
    parser.add_argument('--boots', type=int, default=9)
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument(
        '--database', default='mysql+pymysql://root@127.0.0.1/'
    )
    arguments = parser.parse_args()
    warnings.simplefilter('ignore')
    server = sqlalchemy.make_url(arguments.database)
    names = [f'nova_migcompat_scale_{uuid.uuid4().hex[:8]}' for _ in range(3)]
    engine = sqlalchemy.create_engine(server, isolation_level='AUTOCOMMIT')
    with engine.connect() as connection:
        for name in names:
            connection.execute(
                sqlalchemy.text(
                    f'CREATE DATABASE {name} CHARACTER SET utf8mb4'
                )
            )
        urls = [
            server.set(database=name).render_as_string(hide_password=False)
            for name in names
        ]
        try:
            measure(arguments, *urls)
        finally:
            for name in names:
                connection.execute(sqlalchemy.text(f'DROP DATABASE {name}'))


if __name__ == '__main__':
    main()
