# SPDX-License-Identifier: Apache-2.0
"""Bounded work, whatever a document says (FORMAT.md section 5).

The bound is processor time, ten times what one pair may take, and twice that
for a machine that is kept from its work; benchmarks measure, these tests only
catch what grows out of all proportion.
"""

import time

import pytest

from nova_migcompat import descriptor
from tests.unit.descriptor.texts import text_of

SECONDS = 1.0
MANY = 60000
NINES = '9' * 990


def in_bounds(call, *arguments):
    """Call, and hold it to the bound; return an error as a value."""
    started = time.process_time()
    try:
        return call(*arguments)
    except descriptor.DescriptorError as e:
        return e
    finally:
        assert time.process_time() - started < SECONDS


def objects(value, many=60):
    """Write a document of many objects with one value each."""
    return text_of(*[f'a={value}'] * many)


VALUE = text_of('a=')[:-1]
TEXTS = {
    'blanks behind a header': f'SELF{" " * MANY}x',
    'blanks behind a colon': f'SELF:{" " * MANY}x',
    'blanks before a name': f'{" " * MANY}!',
    'blanks behind a name': f'SELF:\na{" " * MANY}x',
    'blanks in a value': f'SELF:\na=1{" " * MANY}x #',
    'a long name': f'SELF:\n{"a" * MANY}',
    'empty lines': f'SELF:\na=1{chr(10) * MANY}',
    'lines of a blank': 'SELF:\na=1' + '\n ' * (MANY // 2),
    'comments': 'SELF:\na=1' + '\n #' * (MANY // 3),
    'one comment': '#' * MANY,
    'hashes': f'{VALUE}x{"#" * MANY}',
    'backslashes in quotes': f'{VALUE}"{chr(92) * MANY} #',
    'an escaped quote at the end': f'{VALUE}"{chr(92) * (MANY + 1)}" #',
    'quotes': f'{VALUE}x{chr(34) * MANY} #',
    'quotes in a variable': f'{VALUE}{{{chr(34) * MANY} #',
    'items that never end': f'{VALUE}{{v:string:{",%s" % chr(34) * 30000} #',
    'escapes that never end': f'{VALUE}{{v:string:{chr(44) + chr(34)}'
    + (',"\\' * 20000)
    + ' #',
    'commas and blanks': f'{VALUE}{{v:string:"{", " * 30000}#',
    'braces': f'{VALUE}"{"{" * MANY} #'.replace('"', 'x"'),
    'blanks in a variable': f'{VALUE}x"{{v{" " * MANY}" x #',
    'deep parentheses': VALUE + '(' * 1000 + '1',
    'deep and whole': objects('(' * 500 + '1+1' + ')' * 500),
    'long sums': objects('{v:int:1}' + '+{v}' * 250),
    'long products': objects('{v:int:1}' + '*2' * 500),
    'large integers': objects(f'({NINES}+1)'),
    'a large item': f'{VALUE}{{v:int:{NINES}}}',
    'a large range': f'{VALUE}{{v:int:1..1{"0" * 400}}}',
    'a large free range': f'{VALUE}{{v:int:1..1{"0" * 400}}}{{v}}',
    'many items': objects('{v:int:' + ','.join(['1..2'] * 190) + '}'),
    'many versions': objects('{v:version:' + ','.join(['1-2.3'] * 160) + '}'),
    'many flags': objects('{v:flags:' + ','.join(['a+b'] * 250) + '}'),
    'many references': objects('{v:int:1}' + '{v}' * 330),
    'many escapes': objects('{v:int:1}' + '\\-' * 330, 40),
    'a hundred megabytes': 'SELF:\na=' + 'x' * 100_000_000,
    'a hundred megabytes of bytes': b'SELF:\na=' + b'x' * 100_000_000,
    'a bad byte at the end': b'SELF:\n' + b'\n' * MANY + b'\xff',
}


@pytest.mark.parametrize('text', TEXTS.values(), ids=TEXTS)
def test_reading_takes_bounded_work(text):
    found = in_bounds(descriptor.parse, text)
    if isinstance(found, descriptor.Document):
        assert in_bounds(lambda: found.canonical)
        assert in_bounds(descriptor.expand, found, 100)
        assert isinstance(in_bounds(lambda: found.warnings), tuple)
        result = in_bounds(descriptor.match, found, found)
        assert isinstance(in_bounds(lambda: result.reasons), tuple)
    else:
        assert len(str(found)) < 500


def factors(name, count):
    """Write a product of different sums."""
    return ''.join(f'*({{{name}}}+{n})' for n in range(1, count + 1))


TWO = ''.join(f'{{v{i}:int:1,2}}' for i in range(12))
EMPTY = ''.join(f'{{v{i}:string:"",x}}' for i in range(12))
EIGHT = ''.join(f'{{v{i}:int:1..8}}' for i in range(4))
RING = [''.join(f'{{v{(i + k) % 12}}}' for i in range(12)) for k in range(12)]
#: What can be tried 4,096 times and never matches: object, device.
PAIRS = {
    'one variable': ('x={v:int:1..4096}{w:string:""}', 'x=-'),
    'overlapping ranges': (
        'x={v:int:%s}{v}' % ','.join(['1..4096'] * 120),
        'x=-',
    ),
    'twelve variables': (f'x={TWO}', f'x={"3" * 12}'),
    'empty items': (f'x={EMPTY}', f'x={"x" * 13}'),
    'a long literal': (f'x={EIGHT}{"z" * 900}', f'x=9999{"z" * 900}'),
    'a long template': (f'x={EIGHT}{"{v0}" * 230}', f'x={"9" * 234}'),
    'a long sum': ('x={v:int:1..4096}' + '+{v}' * 250, 'x=-1'),
    'a long product': ('x={v:int:1..4096}' + '*{v}' * 250, 'x=-1'),
    'a long quotient': ('x={v:int:1..4096}' + '/{v}' * 250, 'x=-1'),
    'a product of many sums': (
        'x=({a:int:1..4096}+0)' + factors('a', 100),
        'x=-1',
    ),
    'products of sums that hold': (
        'x=({a:int:1..64}*64+{b:int:1..64})*0+1'
        + ''.join(f'\ny{k}={{a}}*0{factors("ab"[k], 90)}' for k in range(2))
        + f'\nz={{b}}{factors("b", 25)}',
        'x=1\ny0=0\ny1=0\nz=-1',
    ),
    'sums that a text settles': (
        'a={v:int:1..}'
        + ''.join(f'\ny{k}={{v}}*0{factors("v", 90)}' for k in range(58))
        + '\nz={v}+1',
        'a=5' + ''.join(f'\ny{k}=0' for k in range(58)) + '\nz=5',
    ),
    'a large factor': (f'x={{v:int:1..4096}}*{NINES}', f'x=1{NINES}'),
    'large values': (
        f'x={{v:int:1{"0" * 480}..1{"0" * 477}999}}*1\ny={"{v}" * 300}',
        'x=1\ny=1',
    ),
    'text for an expression': ('x={v:int:1..4096}' + '+{v}' * 250, 'x=x'),
    'a long quotient of zero by zero': (
        'x=({v:int:1..4096}-{v})/({v}-{v})' + '*{v}' * 240,
        'x=5',
    ),
    'sixteen settled ranges': (
        '\n'.join(f'x{i}={{v{i}:int:1..250}}' for i in range(16)),
        'x0=0',
    ),
    'a large settled factor': (
        'y={v:int:1..}\nx={v}' + '*{v}' * 250,
        f'y={NINES}\nx={NINES}',
    ),
    'rings that hold': (
        f'x={EMPTY}\n'
        + '\n'.join(f'x{k}={ring}' for k, ring in enumerate(RING))
        + f'\nz={RING[3]}y',
        'x=xxxxxx\n'
        + '\n'.join(f'x{k}=xxxxxx' for k in range(12))
        + '\nz=xxxxxxz',
    ),
    'expressions that hold': (
        'x={v:int:1..4096}*0+5\ny=({v}+{v}+{v})*0+5\nz={v}*0+6',
        'x=5\ny=5\nz=5',
    ),
    'runs of one letter': (
        'x=%s'
        % ''.join(
            '{%s:string:%s}' % (v, ','.join('a' * i for i in range(1, 17)))
            for v in 'uvw'
        ),
        f'x={"a" * 900}b',
    ),
    'many items': (
        'x={v:int:%s}' % ','.join(map(str, range(240))),
        f'x={NINES}',
    ),
    'many flags': (
        'x={v:flags:%s}' % ','.join(f'=a+b{i}' for i in range(110)),
        f'x={"a+" * 500}b',
    ),
    'a long version': ('x={v:version:1,2-,-3.4,5-6}', f'x={NINES}'),
}


@pytest.mark.parametrize('pair', PAIRS.values(), ids=PAIRS)
def test_deciding_takes_bounded_work(pair):
    source = descriptor.parse(text_of(pair[0]))
    target = descriptor.parse(text_of(device=pair[1]))
    result = in_bounds(descriptor.match, source, target)
    assert not result
    assert len(in_bounds(lambda: result.reasons)) == 1
    assert in_bounds(descriptor.expand, source, 100)
    assert isinstance(in_bounds(lambda: source.warnings), tuple)


LARGE = f'a={{v:int:1{"0" * 480}..2{"0" * 480}}}'
FRACTIONS = '+'.join(f'1/({{v}}+{k})' for k in range(80))
#: What takes long to write out: objects.
WIDE = {
    'sixteen large ranges': [
        '\n'.join(f'a{i}={{v{i}:int:1..1{"0" * 990}}}' for i in range(16))
    ],
    'results that are never whole': [f'{LARGE}\nb={{v}}*2+1/2'],
    'long products of long numbers': [
        '\n'.join([LARGE, *(f'b{i}={{v}}{"*{v}" * 250}' for i in range(58))])
    ],
    'long quotients of long numbers': [
        '\n'.join(
            [LARGE]
            + [f'b{i}={{v}}{"*{v}" * 120}{"/{v}" * 120}' for i in range(58)]
        )
    ],
    'sums of long fractions': [
        '\n'.join([LARGE, *(f'b{i}=({FRACTIONS})' for i in range(58))])
    ],
    'rules with long numbers': [
        '\n'.join(
            [LARGE, 'r={r:int:1..}']
            + [f'b{i}={{r}}{"*{v}" * 250}' for i in range(58)]
        )
    ],
    'long templates': [
        'a={v:int:1..999}\n'
        + '\n'.join(f'b{i}={"{v}" * 330}' for i in range(60))
    ],
    'long devices': [
        'a={v:int:1..4096}*0+1\n'
        + '\n'.join(f'b{i}={"x" * 1000}{{v}}' for i in range(60))
    ],
    'rules before a device': [
        *['a={r:int:1..}\nb={v:int:1..8}{w:int:1..8}' + '{v}' * 200] * 63,
        'a=5\nb={v:string:%s}' % ','.join(f'{i}{i}9' for i in range(100)),
    ],
    'rules of many objects': [
        '\n'.join(f'f{i}={{v{i}:int:1..}}' for i in range(16))
    ]
    * 64,
}


@pytest.mark.parametrize('objects', WIDE.values(), ids=WIDE)
def test_writing_out_takes_bounded_work(objects):
    found = descriptor.parse(text_of(*objects))
    for limit in (1, 100):
        expanded = in_bounds(descriptor.expand, found, limit)
        assert len(expanded.rows) <= limit
        assert len(expanded.rest) < 60
    assert isinstance(in_bounds(lambda: found.warnings), tuple)


def test_many_objects_share_the_bound():
    fields = 'x={v:int:1..8}{w:int:1..8}' + '{v}' * 200
    source = descriptor.parse(text_of(*[fields] * 64))
    target = descriptor.parse(text_of(device=f'x={"9" * 202}'))
    result = in_bounds(descriptor.match, source, target)
    assert len(in_bounds(lambda: result.reasons)) == 64
