# SPDX-License-Identifier: Apache-2.0
"""What reading and matching documents costs, beside what is done anyway.

    python -m benchmarks.language

The documents are those of FORMAT.md sections 1 and 4. Each figure is the best
of several runs, interleaved with what it is compared with.
"""

import configparser
import json
import pathlib
import re
import timeit
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import prettytable

from nova_migcompat import decision, descriptor

VECTORS = pathlib.Path(__file__).parent.parent / 'tests' / 'vectors'
REPEAT = 7

_MDEV_TYPE = re.compile(r'i915-GVTg_V5_([1248])')
_PV_MODES = ('none+ppgtt', 'none+context', 'none+ppgtt+context')


def by_hand(device: Mapping[str, str]) -> bool:
    """The COMPATIBLE objects of FORMAT.md section 1, as one would write them
    in a driver's own check.
    """
    get = device.get
    if get('device_type') != 'pci' or get('device_id') != '8086591d':
        return False
    found = _MDEV_TYPE.fullmatch(get('mdev_type', ''))
    if not found:
        return False
    val1 = int(found[1])
    if val1 % 2 or get('aggregator') != str(val1 // 2):
        return False
    if 'pv_mode' in device:
        return (
            device['pv_mode'] in _PV_MODES
            and get('interface_version') in ('2', '3')
            and len(device) == 6
        )
    return get('interface_version') == '1' and len(device) == 5


def by_configparser(text: str) -> None:
    """Read the same lines as an ini file."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)


def as_ini(text: str) -> str:
    """Write the headers as sections of different names."""
    lines = []
    for number, line in enumerate(text.splitlines()):
        header = line.strip().rstrip(':')
        if header in ('SELF', 'COMPATIBLE'):
            line = f'[{header}{number}]'
        lines.append(line.strip())
    return '\n'.join(lines)


def best(cases: Sequence[Callable[[], Any]], loops: int) -> list[float]:
    """Time cases in turns; return the best microseconds of each."""
    times = [float('inf')] * len(cases)
    for _ in range(REPEAT):
        for number, case in enumerate(cases):
            seconds = timeit.timeit(case, number=loops)
            times[number] = min(times[number], seconds / loops * 1e6)
    return times


def main() -> None:
    """Print the tables."""
    vectors = json.loads((VECTORS / 'match.json').read_text())
    text = vectors[0]['source']
    source = descriptor.parse(text)
    target = descriptor.parse(vectors[0]['target'])
    table = prettytable.PrettyTable(['what', 'µs', 'beside', 'µs ', 'ratio'])
    table.align = 'r'
    table.align['what'] = table.align['beside'] = 'l'
    for row in (
        pair('a pair that matches, not cached', source, target, True),
        pair('a pair that does not, not cached', target, source, False),
        cached(source, target),
        parsing(text),
        parsing(text, 'in canonical form', source.canonical),
    ):
        table.add_row(row)
    print(table)
    print(growth(text))


def pair(
    what: str,
    source: descriptor.Document,
    target: descriptor.Document,
    matches: bool,
) -> list[str]:
    """Decide one pair, and the same device by hand."""
    device = dict(target.self_object)
    assert bool(descriptor.match(source, target)) == matches
    assert by_hand(dict(source.self_object))
    times = best(
        [lambda: descriptor.match(source, target), lambda: by_hand(device)],
        20000,
    )
    return row(what, 'a predicate by hand', times)


def cached(
    source: descriptor.Document, target: descriptor.Document
) -> list[str]:
    """Decide a pair that was decided before."""
    policy = decision.Policy()
    device = dict(target.self_object)
    times = best(
        [lambda: policy.match(source, target), lambda: by_hand(device)], 20000
    )
    return row('a pair that is cached', 'a predicate by hand', times)


def parsing(text: str, how: str = '', other: str | None = None) -> list[str]:
    """Read a document, and the same lines as an ini file."""
    ini = as_ini(text)
    times = best(
        [
            lambda: descriptor.parse(other or text),
            lambda: by_configparser(ini),
        ],
        500,
    )
    return row(f'reading the example {how}', 'configparser', times)


def row(what: str, beside: str, times: Sequence[float]) -> list[str]:
    """Format a row of the first table."""
    ours, others = times
    return [
        what,
        f'{ours:.2f}',
        beside,
        f'{others:.2f}',
        f'{ours / others:.2f}',
    ]


def numbered(fields: int, objects: int, items: int) -> str:
    """Write a document of some size; its last object contains its SELF."""
    lines = ['SELF:', *(f' f{n}=x{items}' for n in range(fields))]
    choice = ','.join(f'x{n}' for n in range(items + 1))
    for number in range(objects):
        lines.append('COMPATIBLE:')
        last = number == objects - 1
        for n in range(fields):
            value = f'{{v:string:{choice}}}' if n == 0 else '{v}'
            lines.append(f' f{n}={value if last or n else "other"}')
            if not last and n == 0:
                lines[-1] = f' f{n}={{v:string:other}}'
    return '\n'.join(lines) + '\n'


def growth(example: str) -> prettytable.PrettyTable:
    """Measure how the cost grows with the size of the document."""
    table = prettytable.PrettyTable(
        [
            'document',
            'lines',
            'parse µs',
            'a line',
            'first match µs',
            'match µs',
        ]
    )
    table.align = 'r'
    table.align['document'] = 'l'
    texts = {'the example': example}
    for size in (4, 16, 64):
        texts[f'{size} fields'] = numbered(size, 2, 4)
    for size in (4, 16, 64):
        texts[f'{size} objects'] = numbered(4, size, 4)
    for size in (4, 16, 64, 150):
        texts[f'{size} items'] = numbered(4, 2, size)
    texts['1,000 documents'] = example
    for name, text in texts.items():
        lines = text.count('\n')
        documents = [text]
        if name == '1,000 documents':
            documents = [
                text.replace('8086591d', f'{n:08x}', 1) for n in range(1000)
            ]
        table.add_row([name, lines, *sizes(documents, lines)])
    return table


def sizes(texts: Sequence[str], lines: int) -> list[str]:
    """Time reading, the first and a later match, a document each."""
    count = len(texts)
    loops = max(1, 200 // count)
    [reading] = best([lambda: [descriptor.parse(t) for t in texts]], loops)
    parsed = [descriptor.parse(text) for text in texts]
    first = min(
        timeit.timeit(
            lambda: descriptor.match(descriptor.parse(texts[0]), parsed[0]),
            number=1,
        )
        for _ in range(REPEAT)
    )
    source = parsed[0]
    [matching] = best(
        [lambda: [descriptor.match(source, each) for each in parsed]],
        loops * 10,
    )
    return [
        f'{reading / count:.1f}',
        f'{reading / count / lines:.2f}',
        f'{first * 1e6 - reading / count:.1f}',
        f'{matching / count:.2f}',
    ]


if __name__ == '__main__':
    main()
