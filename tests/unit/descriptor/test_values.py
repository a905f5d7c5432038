# SPDX-License-Identifier: Apache-2.0
"""FORMAT.md sections 1 and 2: comments, strings, literals, templates."""

import pytest

from nova_migcompat.descriptor import expressions, model
from tests.unit.descriptor.texts import (
    answer,
    canonical,
    document,
    value_error,
)


def literal(value):
    """Read a value of SELF."""
    return document(device=f'x=y\na={value}').self_object.get('a', '')


@pytest.mark.parametrize(
    ('value', 'expected'),
    [
        ('', ''),
        (' \t ', ''),
        ('""', ''),
        ('"" # x', ''),
        ('x', 'x'),
        ('  x y\t z ', 'x y\t z'),
        ('x#y', 'x#y'),
        ('#x', '#x'),
        (' #x', ''),
        ('x #y', 'x'),
        ('x\t# y', 'x'),
        ('x #', 'x'),
        ('x# y', 'x# y'),
        ('x\u00a0# y', 'x\u00a0# y'),
        ('"x # y"', 'x # y'),
        ('"x # y" # z', 'x # y'),
        ('"x"\t #"', 'x'),
        ('"x y "', 'x y '),
        ('"\\"\\\\\\x\\#"', '"\\x#'),
        ('"a\\" # b"', 'a" # b'),
        ('"a=b"', 'a=b'),
        ('a=b', 'a=b'),
        ('x"y', 'x"y'),
        ('X X ', 'X X'),
        ('x"y # z"', 'x"y'),
        ("'x'", "'x'"),
    ],
)
def test_a_literal_is_quoted_or_bare(value, expected):
    assert literal(value) == expected
    assert document(f'a={value}').compatible[0].fields['a'] == expected


@pytest.mark.parametrize(
    ('value', 'expected'),
    [
        ('a\\b', 'a\\b'),
        ('\\"x"', '\\"x"'),
        ('{v:int:1}', '{v:int:1}'),
        ('}{', '}{'),
        ('x\\', 'x\\'),
        ('x\\ # y', 'x\\'),
        ('x{" # "}', 'x{"'),
        ('{v:string:"a # b"}', '{v:string:"a'),
        ('(1+', '(1+'),
    ],
)
def test_backslash_and_braces_are_plain_in_a_bare_value_of_self(
    value, expected
):
    assert literal(value) == expected


@pytest.mark.parametrize(
    ('value', 'column', 'found'),
    [
        ('"', 3, 'without an end'),
        ('"x', 3, 'without an end'),
        ('"x\\"', 3, 'without an end'),
        ('"x # y', 3, 'without an end'),
        ('"x"y', 6, "'y'"),
        ('"x" y', 6, "' y'"),
        ('"x"#', 6, "'#'"),
        ('"x""y"', 6, '\'"y"\''),
        ('"x"y # z', 6, "'y'"),
    ],
)
def test_after_a_quoted_string_stands_nothing_but_a_comment(
    value, column, found
):
    error = value_error(value)
    assert error.column == column
    assert found in error.found


def test_a_quoted_string_holds_no_variables():
    assert canonical('"{v:int:1}"') == '"{v:int:1}"'
    assert canonical('"1+1"') == '"1+1"'


@pytest.mark.parametrize(
    ('value', 'expected'),
    [
        ('a\\{b\\}', '"a{b}"'),
        ('a\\\\b', '"a\\\\b"'),
        ('\\"x"', '"\\"x\\""'),
        ('a"b', '"a\\"b"'),
        ('a \\# b', '"a # b"'),
        ('a\\ b', '"a b"'),
        ('\\ a', '" a"'),
        ('\\x', '"x"'),
        ('a "b # c"', '"a \\"b"'),
        ('a,"b # c"', '"a,\\"b"'),
        ('a"b\t# c', '"a\\"b"'),
        ('a\\"{v:string:"x # y"} # c', 'a\\"{v:string:"x # y"}'),
        ('{v:string:"x # y","}"}# # c', '{v:string:"x # y","}"}\\#'),
        ('{v:string:a, "x # \\" # y"}', '{v:string:"a","x # \\" # y"}'),
        ('\\{"a # b', '"{\\"a"'),
        ('\\\\{v:string:"a # b"}', '\\\\{v:string:"a # b"}'),
        ('i915-{v:int:1}x', 'i915\\-{v:int:1}x'),
        ('ü{v:int:1}', 'ü{v:int:1}'),
    ],
)
def test_a_backslash_makes_the_next_character_literal(value, expected):
    assert canonical(value) == expected


@pytest.mark.parametrize(
    ('value', 'column'),
    [
        ('a\\', 4),
        ('a\\ ', 4),
        ('a\\ # x', 4),
        ('a"\\ # x', 5),
        ('a"\\\t# x', 5),
        ('{v:int:1}\\\t', 12),
        ('a\\\\\\', 6),
    ],
)
def test_a_backslash_at_the_end_is_an_error(value, column):
    error = value_error(value)
    assert error.column == column
    assert 'backslash' in error.found


@pytest.mark.parametrize(
    ('value', 'column'),
    [
        ('}', 3),
        ('a}b', 4),
        ('{v:int:1}}', 12),
        ('{', 4),
        ('{}', 4),
        ('{ }', 4),
        ('{1}', 4),
        ('{v', 5),
        ('{v # }', 5),
        ('{a-b}', 5),
        ('{ä:int:1}', 4),
        ('{v:int}', 9),
        ('{v:int:1', 11),
        ('{v:int:1 # }', 11),
        ('{v:string:"a" # }', 16),
        ('{v:string:"a"\t# }', 16),
        ('{{v:int:1}}', 4),
    ],
)
def test_a_brace_that_belongs_to_no_variable_is_an_error(value, column):
    assert value_error(value).column == column


def test_a_literal_template_equals_the_same_quoted_string():
    assert document('x=a\\-b') == document('x="a-b"') == document('x=a-b')


def test_a_template_is_filled_in():
    result = answer('x=i915-GVTg_V5_{v:int:1,2,4,8}', 'x=i915-GVTg_V5_4')
    assert result.variables == {'v': 4}
    assert not answer('x=i915-GVTg_V5_{v:int:1,2}', 'x=i915-GVTg_V5_4')
    assert not answer('x=i915-GVTg_V5_{v:int:1,2}', 'x=I915-GVTg_V5_2')


def test_neighbouring_literals_of_a_template_are_one():
    value = document('x=a\\-b\\-{v:int:1}').compatible[0].fields['x']
    assert isinstance(value, model.Template)
    assert value.parts[0] == 'a-b-'


def test_a_value_with_an_operator_is_no_expression_unless_it_begins_so():
    for value in ('1+1', 'a+{v:int:1}', '1+{v:int:1}', '-{v:int:1}'):
        found = document(f'x={value}').compatible[0].fields['x']
        assert not isinstance(found, expressions.Expression)


def test_comments_are_cut_before_backslashes_are_read():
    assert value_error('a\\ #b').column == 4
    assert canonical('a \\#b') == '"a #b"'
