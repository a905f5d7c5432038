# SPDX-License-Identifier: Apache-2.0
"""What planning an upgrade of 10,000 hosts with 50 documents costs.

    python -m benchmarks.upgrade_plans

Guests may move to documents near their own. Hosts have one document each, or
one to four, so that there are thousands of different sets of documents.
"""

import random
import time
from collections.abc import Mapping

import prettytable

from nova_migcompat import descriptor, upgrades

HOSTS, DOCUMENTS = 10_000, 50

Hosts = Mapping[str, frozenset[str]]


def document(number: int) -> descriptor.Document:
    """Make a document whose device may move up to two numbers away."""
    near = f'{max(0, number - 2)}..{number + 2}'
    return descriptor.parse(
        f'SELF:\n  id={number}\nCOMPATIBLE:\n  id={{v:int:{near}}}\n'
    )


def plan(hosts: Hosts, replaced: int, shift: int) -> tuple[object, ...]:
    """Plan the upgrade of every host.

    :param replaced: how many of the documents are replaced.
    :param shift: by the document of how much higher a number.
    :returns: a row.
    """
    found = [document(number) for number in range(DOCUMENTS + shift)]
    change = upgrades.Change(
        hosts,
        {each.digest: each for each in found},
        {found[n].digest: found[n + shift].digest for n in range(replaced)},
        frozenset(hosts),
    )
    start = time.perf_counter()
    made = upgrades.plan(change)
    planned = time.perf_counter()
    pairs = upgrades.changed_pairs(change)
    compared = time.perf_counter()
    return (
        replaced,
        len({*hosts.values()}),
        'yes' if made.exists else 'no',
        len(made.steps),
        f'{planned - start:.2f} s',
        len(pairs),
        f'{compared - planned:.2f} s',
    )


def main() -> None:
    """Print the table."""
    dice = random.Random(1)
    digests = [document(number).digest for number in range(DOCUMENTS)]
    names = [f'compute{number}' for number in range(HOSTS)]
    single = {
        name: frozenset({digests[number % DOCUMENTS]})
        for number, name in enumerate(names)
    }
    mixed = {
        name: frozenset(dice.sample(digests, dice.randint(1, 4)))
        for name in names
    }
    table = prettytable.PrettyTable(
        (
            'Replaced',
            'Sets of documents',
            'Order exists',
            'Steps',
            'Plan',
            'Pairs changed',
            'Pairs',
        )
    )
    for hosts in (single, mixed):
        for replaced, shift in ((1, 1), (1, 50), (10, 1), (48, 1)):
            table.add_row(plan(hosts, replaced, shift))
    print(table)


if __name__ == '__main__':
    main()
