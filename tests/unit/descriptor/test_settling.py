# SPDX-License-Identifier: Apache-2.0
"""FORMAT.md section 5: settled and free variables, and their combinations."""

import pytest

from tests.unit.descriptor.texts import answer, document, error, text_of


def settled(fields):
    """Return the settled variables of an object."""
    (compatible,) = document(fields).compatible
    return {site.variable.name for site in compatible.settling}


@pytest.mark.parametrize(
    ('fields', 'names'),
    [
        ('x={v:int:1..}', 'v'),
        ('x=fw{v:int:1..1000000}', 'v'),
        ('x={v:int:1..}.{w:int:0..}', 'vw'),
        ('x={v:int:1..}x', 'v'),
        ('x={v:int:1,2}\\-', ''),
        ('x={v:int:1,2}0', ''),
        ('x={v:int:1,2}{w:int:1}', ''),
        ('x={v:version:1}-x', 'v'),
        ('x={v:string:ab,bc}d', 'v'),
        ('x={v:string:ab,bc}cd', ''),
        ('x={v:string:""}d', 'v'),
        ('x={v:string:"",d}d', ''),
        ('x={v:flags:a}', 'v'),
        ('x={v:int:1,2}+0', ''),
        ('x={v:int:1,2}{v}', ''),
        ('x={v:int:1,2}{w:int:1,2}\ny={v}', 'vw'),
        ('x={v:int:1,2}{w:int:1,2}\ny={w}', 'w'),
        ('x={v:int:1,2}{w:int:1,2}x{u:int:1}\ny={v}', 'vwu'),
        ('x={v:int:1,2}+0\ny=a{v}b', 'v'),
        ('x={w:int:1,2}{v:int:1,2}b{u:int:1,2}\ny={u}{w}\nz={u}', 'vwu'),
        ('x={a:int:1}{b:int:1}\ny={b}{c:int:1}\nz={c}', 'c'),
        ('x={v:int:1,2}\\-{w:int:1}', ''),
        ('x={v:string:ä}a', 'v'),
    ],
)
def test_what_the_text_settles(fields, names):
    assert settled(fields) == set(names)


@pytest.mark.parametrize(
    ('fields', 'line', 'column'),
    [
        ('x={v:int:1..}{w:int:1..}', 4, 3),
        ('x=a{v:int:..1}0', 4, 4),
        ('x={v:version:1}.2', 4, 3),
        ('x={v:version:1}{w:int:1}', 4, 3),
        ('a=1\nx=({v:int:1..})*2', 5, 4),
        ('x={w:int:1}{v:int:1..}b{u:int:1..}', 4, 12),
        ('x={v:int:1..}\\-', 4, 3),
        ('x={v:int:1,2..,5}{v}', 4, 3),
        ('x={v:int:1..}\ny={w:int:1..}0', 5, 3),
    ],
)
def test_a_free_variable_without_end_is_an_error_at_its_definition(
    fields, line, column
):
    found = error(text_of(fields, 'a=1'))
    assert (found.line, found.column) == (line, column)
    assert 'without end' in found.found


def test_a_settled_variable_costs_nothing():
    fields = '\n'.join(f'x{i}=fw{{v{i}:int:1..1000000}}' for i in range(16))
    assert document(*[fields] * 40)
    assert answer('x={v:int:1..}.{w:int:0..}', 'x=3.0').variables == {
        'v': 3,
        'w': 0,
    }


def test_an_object_has_at_most_4096_combinations():
    document('x={v:int:1..4096}*1')
    document('x={v:int:1..64}{w:int:1..64}')
    for fields in (
        'x={v:int:1..4097}*1',
        'x={v:int:1..64}{w:int:1..65}',
        'x={v:int:1..1' + '0' * 400 + '}*1',
    ):
        found = error(text_of('a=1', f'b=1\n{fields}'))
        assert (found.line, found.column) == (5, 1)
        assert found.expected == 'at most 4,096 in the document'


def test_the_combinations_of_a_document_are_a_sum():
    half = 'x={v:int:1..2048}*1'
    document(half, half, 'x={v:int:1..}')
    found = error(text_of(half, half, 'a=1', 'x={v:int:1}*1', half))
    assert (found.line, found.column) == (9, 1)


def test_filling_in_every_combination_takes_at_most_4194304_variables():
    grid = 'x={v:int:1..4096}*1'
    document(f'{grid}\ny={{v}}' + '*{v}' * 254 + '\nz=literal')
    template = '{v}' * 340
    document(f'{grid}\na={template}\nb={template}\nc={template}')
    product = '\ny={v}' + '*{v}' * 127
    for fields in (
        f'{grid}\ny={{v}}' + '*{v}' * 255,
        f'{grid}{product}{product.replace("y", "z")}',
        f'{grid}\ny={{v}}' + '*{v}' * 254 + '\nz={v}{v}',
    ):
        found = error(text_of('a=1', f'b=1\n{fields}'))
        assert (found.line, found.column) == (5, 1)
        assert 'at most 4,194,304 variables to fill in' in found.expected
    half = 'x={v:int:1..2048}*1\ny={v}' + '*{v}' * 254
    document(half, 'a=1', half)


def test_what_is_filled_in_is_summed_over_the_document():
    product = '*1\ny={v}' + '*{v}' * 254
    objects = [f'x={{v:int:1..2047}}{product}'] * 2
    few = f'x={{v:int:1,2}}{product}'
    document(*objects, few)
    found = error(text_of(*objects, f'{few}\nz={{v}}{{v}}'))
    assert (found.line, found.column) == (9, 1)
    assert 'variables to fill in' in found.expected


def test_listed_values_count_as_ranges_do():
    pairs = [f'{{v{i}:int:1,2}}' for i in range(13)]
    whole = f'x={"".join(pairs[:12])}'
    small = 'x={v:string:a,b}{w:int:1}'
    document(*[small] * 60, 'a=1')
    document(*[small] * 60, f'x={"".join(pairs[:11])}')
    for objects, line in (
        ([f'x={"".join(pairs)}'], 3),
        ([small, 'a=1', whole], 7),
        ([whole, 'a=1', small], 7),
    ):
        found = error(text_of(*objects))
        assert (found.line, found.column) == (line, 1)
        assert found.expected == 'at most 4,096 in the document'
    sixteen = [f'x{i}={{v{i}:int:1,2,3,4,5}}' for i in range(16)]
    assert document('\n'.join(sixteen), whole)


def test_filling_in_listed_values_counts_as_ranges_do():
    two = ''.join(f'{{{name}:int:1,2}}' for name in 'abcdefghijk')
    half = f'x={two}\ny={{a}}' + '*{a}' * 254
    document(half, half.replace('*{a}' * 11, '', 1))
    found = error(text_of('a=1', half, 'a=1', half))
    assert (found.line, found.column) == (10, 1)
    assert 'at most 4,194,304 variables to fill in' in found.expected
    templates = [f'y{i}={"{a}" * 330}' for i in range(7)]
    document('\n'.join([f'x={two}', *templates[:6]]))
    found = error(text_of('\n'.join([f'x={two}', *templates])))
    assert (found.line, found.column) == (3, 1)


def test_an_object_without_free_variables_has_no_combinations():
    found = document('x={v:int:1..4096}*1', *['x={v:int:1..}', 'x=1'] * 20)
    assert len(found.compatible) == 41


@pytest.mark.parametrize(
    'items',
    [
        'int:1..4096,1..4096',
        'int:1..3000,2000..4096,7,7,4096',
        'int:4096,1..4095',
        'int:-1,-0,0,1..4094',
        'string:' + ','.join(['a', 'b', '"a"'] * 40),
    ],
)
def test_different_values_are_counted_once(items):
    assert document(f'x={{v:{items}}}{{w:int:1}}').compatible


def test_touching_ranges_are_counted_in_full():
    assert error(text_of('x={v:int:1..2048,2049..4097}{w:int:1}')).line == 3
    assert document('x={v:int:1..2048,2050..4097}{w:int:1}').compatible


@pytest.mark.parametrize(
    ('fields', 'device', 'variables'),
    [
        (
            'x={v:string:a,b}-{w:int:1..}',
            'x=b-12',
            {'v': 'b', 'w': 12},
        ),
        ('x=a{v:int:1..}a{w:int:1..}a', 'x=a1a2a', {'v': 1, 'w': 2}),
        ('x={v:int:1..}:{w:string:x}y', 'x=1xy', None),
        ('x={v:int:..5}:{v}', 'x=-3:-3', {'v': -3}),
        ('x={v:int:..5}:{v}', 'x=-3:-4', None),
        ('x={v:string:"",a}:b', 'x=:b', {'v': ''}),
        ('x={v:string:"",a}:{w:int:1..}', 'x=:5', {'v': '', 'w': 5}),
        ('x={v:int:1..}:b', 'x=1', None),
        ('x={v:int:1..}:b', 'x=1:c', None),
        ('x={v:int:1..}:b', 'x=1:b:b', None),
        ('x=a{v:int:1..}', 'x=b1', None),
        (
            'x={v:version:1-}x{w:version:2}',
            'x=1.5x2.0',
            {'v': '1.5', 'w': '2.0'},
        ),
    ],
)
def test_settled_variables_are_read_off_the_text(fields, device, variables):
    assert answer(fields, device).variables == variables
