# SPDX-License-Identifier: Apache-2.0
"""FORMAT.md section 2: expressions."""

import pytest

from nova_migcompat.descriptor import expressions
from tests.unit.descriptor.texts import (
    answer,
    canonical,
    document,
    value_error,
)

OPERAND = 'an integer, a variable or ('
OPERATOR = 'an operator or )'


def is_expression(value):
    found = document(f'x={value}').compatible[0].fields['x']
    return isinstance(found, expressions.Expression)


def equals(expression, text, **values):
    """Does an expression over given integers equal a device's text?"""
    fields = [f'{name}={{{name}:int:..}}' for name in values]
    fields = [
        field.replace('..', str(value))
        for field, value in zip(fields, values.values(), strict=True)
    ]
    device = [f'{name}={value}' for name, value in values.items()]
    return bool(
        answer(
            '\n'.join([*fields, f'x={expression}']),
            '\n'.join([*device, f'x={text}']),
        )
    )


@pytest.mark.parametrize(
    'value',
    [
        '{v:int:1}+1',
        '{v:int:1} * 2',
        '({v:int:1})/2',
        '(1+1)',
        '( 1 - 1 )',
        '((1)+(1))',
        '{v:int:1}-{v}',
    ],
)
def test_a_value_of_the_shape_is_an_expression(value):
    assert is_expression(value)


@pytest.mark.parametrize(
    'value',
    [
        '{v:int:1}',
        '({v:int:1})',
        '(1)',
        '(1 2)',
        '{v:int:1}2',
        '{v:int:1}+x',
        '{v:int:1}%2',
        '{v:int:1}+1.5',
        '{v:string:a}+1',
        '{v:version:1.0}-1',
        '{v:int:1}\\+1',
        '{v:int:1}+\\1',
        '{v:int:1}\\ +1',
        '1+{v:int:1}',
        '-{v:int:1}',
        '{v:int:1}+\u0661',
        '{v:int:1}\u00a0+1',
        '"{v}+1"',
        '(a-b)',
    ],
)
def test_any_other_value_is_text(value):
    assert not is_expression(value)


def test_one_string_variable_makes_it_text():
    assert answer('x={v:int:1}+{w:string:a}', 'x=1+a')


@pytest.mark.parametrize(
    ('value', 'column', 'found', 'expected'),
    [
        ('{v:int:1}+', 13, 'the end of the expression', OPERAND),
        ('{v:int:1}++1', 13, "'+'", OPERAND),
        ('{v:int:1}+-1', 13, "'-'", OPERAND),
        ('(-1)', 4, "'-'", OPERAND),
        ('(+{v:int:1})', 4, "'+'", OPERAND),
        ('{v:int:1}{v}+1', 12, 'variable {v}', OPERATOR),
        ('{v:int:1}2+1', 12, "'2'", OPERATOR),
        ('{v:int:1}+1 02', 15, "'02'", OPERATOR),
        ('{v:int:1}+(1', 13, "'('", 'a ) for it'),
        ('(1+1))', 8, "')'", 'a ( before it'),
        ('(1+1)1', 8, "'1'", OPERATOR),
        ('()+1', 4, "')'", OPERAND),
        ('(1+1)(1)', 8, "'('", OPERATOR),
        ('{v:int:1}+(', 14, 'the end of the expression', OPERAND),
        ('(1+1', 3, "'('", 'a ) for it'),
        ('(((1+1)', 4, "'('", 'a ) for it'),
        ('(*', 4, "'*'", OPERAND),
    ],
)
def test_a_value_of_the_shape_that_is_ill_formed_is_an_error(
    value, column, found, expected
):
    error = value_error(value)
    assert (error.column, error.found) == (column, found)
    assert error.expected == expected


@pytest.mark.parametrize(
    ('expression', 'result'),
    [
        ('(2+3*4)', 14),
        ('((2+3)*4)', 20),
        ('(10-3-2)', 5),
        ('(10-3+2)', 9),
        ('(10-2*3)', 4),
        ('(10-6/3)', 8),
        ('(10+6/3)', 12),
        ('(100/5/2)', 10),
        ('(2*6/4)', 3),
        ('(7/2*2)', 7),
        ('(1/3+1/6+1/2)', 1),
        ('(1-2)', -1),
        ('(3-10)', -7),
        ('(0/5)', 0),
        ('(8/4*2)', 4),
        ('(2+10/5-1)', 3),
        ('(1-(2-3))', 2),
        ('(12/(2*3))', 2),
        ('(007+1)', 8),
        ('{a}/2', 4),
        ('{a}*{b}', -24),
        ('{b} * {b} - {a}', 1),
        ('({a}+{b})/5', 1),
        ('{b}/{b}', 1),
    ],
)
def test_the_usual_precedence_and_exact_arithmetic(expression, result):
    values = {'a': 8, 'b': -3}
    assert equals(expression, result, **values)
    for other in (result + 1, result - 1, f'0{result}', f'+{result}', 'x'):
        assert not equals(expression, other, **values)


def test_minus_zero_equals_nothing():
    assert equals('(1-1)', '0')
    assert not equals('(1-1)', '-0')


@pytest.mark.parametrize(
    'expression', ['(1/2)', '(7/2)', '(10/4+1)', '{a}/3', '(1/3*2)']
)
def test_a_result_that_is_no_integer_equals_nothing(expression):
    for text in ('0', '1', '2', '3', '1/2', '0.5', '3.5'):
        assert not equals(expression, text, a=8)


@pytest.mark.parametrize(
    'expression',
    [
        '(1/0)',
        '(0/0)',
        '{a}/({a}-8)',
        '(0*(1/0))',
        '(1/(1/0))',
        '(0/(2-2))',
        '(0/({b}+3))',
        '{a}/({b}*8+3*{a})',
    ],
)
def test_a_division_by_zero_equals_nothing(expression):
    for text in ('0', '1', '8'):
        assert not equals(expression, text, a=8, b=-3)


def test_a_division_by_zero_spares_the_other_bindings():
    result = answer('x={v:int:0..2}*0+6/{v}', 'x=3')
    assert result.variables == {'v': 2}


def test_an_absent_field_equals_no_expression():
    assert not answer('x=(1-1)\ny=1', 'y=1')


def test_large_results_are_exact():
    nines = '9' * 500
    assert equals('{a}*{a}', str((10**500 - 1) ** 2), a=nines)
    assert not equals('{a}*{a}', str((10**500 - 1) ** 2 + 1), a=nines)
    squares = '*'.join(['{a}'] * 100)
    assert equals(f'{squares}/({squares})', 1, a=nines)
    assert not equals(squares, '9' * 1000, a=nines)


@pytest.mark.parametrize(
    ('value', 'form'),
    [
        ('{ v : int : 1 , 02 } / 002', '{v:int:1,2}/2'),
        ('( ( 1 )\t+ 1 )', '((1)+1)'),
        ('{v:int:1}-{v}', '{v:int:1}-{v}'),
        ('(000+00)', '(0+0)'),
    ],
)
def test_the_canonical_form_has_no_white_space(value, form):
    assert canonical(value) == form


@pytest.mark.parametrize(
    'value', ['{v:int:1}-{v}', '(1+{v:int:1} - {v})', '{v:int:4}-{v}-1']
)
def test_a_subtraction_of_variables_is_pointed_out(value):
    warnings = document('y=1', f'a=1\nx={value}').warnings
    found = [text for text in warnings if 'subtraction' in text]
    assert len(found) == 1
    assert 'COMPATIBLE object 2, field x' in found[0]
    assert '\\-' in found[0]


@pytest.mark.parametrize(
    'value', ['{v:int:1}\\-{v}', '{v:int:1}-1', 'a{v:int:1}-{v}', '"{a}-{b}"']
)
def test_nothing_else_is_pointed_out_as_one(value):
    warnings = document('a=1', f'x={value}').warnings
    assert warnings == ()
