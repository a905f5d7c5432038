# SPDX-License-Identifier: Apache-2.0
"""Facts are values wherever they stand in a template."""

import re

import pytest

from nova_migcompat import descriptor
from nova_migcompat.descriptor import templates
from tests.unit.descriptor.texts import fill, text_of

#: What would change a document, were it inserted as text.
HOSTILE = (
    'x" # y',
    '# x',
    'a # b',
    '"',
    '\\',
    '\\"',
    '{v}',
    '{v:int:1}',
    '}',
    '${fact}',
    '$$',
    'x,y',
    'a:b',
    'x=y',
    'COMPATIBLE:',
    '({a}+1)',
    'ä\u2028',
    'a\u00a0b',
    '1..2',
)


def value_in_self(line, **facts):
    return fill(text_of(device=line), **facts).self_object['x']


def canonical_value(line, **facts):
    """Return the canonical form of a COMPATIBLE object's last field."""
    canonical = fill(text_of(line), **facts).canonical
    return canonical.split('\n')[-2].partition('=')[2]


def quoted(text):
    return '"%s"' % text.replace('\\', '\\\\').replace('"', '\\"')


@pytest.mark.parametrize('value', HOSTILE)
@pytest.mark.parametrize(
    'line',
    ['x=${f}', 'x = ${f} # c', 'x="${f}"', '\tx= "${f}"\t# "${g}'],
)
def test_a_fact_in_self_is_the_value(line, value):
    assert value_in_self(line, f=value) == value


@pytest.mark.parametrize('value', HOSTILE)
@pytest.mark.parametrize(
    ('line', 'before', 'behind'),
    [
        ('x=a-${f}-b', 'a-', '-b'),
        (r'x=a\${f}', 'a\\', ''),
        ('x=$$${f}', '$', ''),
        (r'x="\"${f}\\"', '"', '\\'),
        (r'x="\\${f}"', '\\', ''),
        ('x={${f}}', '{', '}'),
        ('x=a"${f}"#', 'a"', '"#'),
    ],
)
def test_a_fact_in_self_may_stand_in_other_text(line, before, behind, value):
    assert value_in_self(line, f=value) == before + value + behind


@pytest.mark.parametrize(
    ('line', 'value'),
    [('x=$$', '$'), ('x=$${f}', '${f}'), ('x="$$$${f}$$"', '$${f}$')],
)
def test_two_dollars_are_a_dollar(line, value):
    assert value_in_self(line) == value
    assert canonical_value(line.replace('{f}', 'f')) == quoted(
        value.replace('{f}', 'f')
    )


@pytest.mark.parametrize(
    'name',
    [
        '_',
        'A.b-c_9',
        'SELF_x',
        'SELF.x',
        'SELF9',
        'SELFish',
        'COMPATIBLE-1',
        'COMPATIBLES',
    ],
)
def test_a_field_may_have_any_name_of_the_language(name):
    text = text_of(device=f'{name} \t=${{f}}')

    assert fill(text, f='a').self_object == {name: 'a'}


@pytest.mark.parametrize('blank', ['', ' ', '\t'])
def test_headers_tell_which_object_a_line_belongs_to(blank):
    text = (
        f'{blank}COMPATIBLE:\nx={{v:string:${{f}}}}\n'
        f'{blank}SELF:\nx{blank}={{${{f}}}}\n'
    )

    assert fill(text, f='a,b').canonical == (
        'SELF:\n\tx="{a,b}"\nCOMPATIBLE:\n\tx={v:string:"a,b"}\n'
    )


@pytest.mark.parametrize('value', HOSTILE)
@pytest.mark.parametrize('line', ['x=${f}', 'x="${f}"', 'x=${f} # {'])
def test_a_fact_in_compatible_is_a_literal(line, value):
    assert canonical_value(line, f=value) == quoted(value)


@pytest.mark.parametrize('value', HOSTILE)
def test_a_fact_in_a_template_is_text(value):
    line = r'x=\{${f}-{v:int:1..3}'
    document = fill(text_of(line, device='x=1'), f=value)

    (compatible,) = document.compatible
    assert compatible.fields['x'].parts[0] == f'{{{value}-'
    accepted = templates.DocumentTemplate(text_of(device='x={${f}-2'))
    assert descriptor.match(document, accepted.fill({'f': value}))


@pytest.mark.parametrize('value', HOSTILE)
@pytest.mark.parametrize(
    ('item', 'text'),
    [
        ('${f}', '{}'),
        (' ${f} ', '{}'),
        ('\u3000${f}', '\u3000{}'),
        ('X ${f} X', 'X {} X'),
        ('"${f}"', '{}'),
        ('\t"${f}"\t', '{}'),
        (r' "\"${f} " ', '"{} '),
        ('$$${f}$$', '${}$'),
    ],
)
def test_a_fact_in_a_string_list_is_an_item(item, text, value):
    line = f'x={{v:string:a,{item},"a # b"}}'

    assert canonical_value(line, f=value) == (
        f'{{v:string:"a",{quoted(text.format(value))},"a # b"}}'
    )


@pytest.mark.parametrize('name', ['v', '_', 'V9_x', ' v', '\tv', 'v ', 'v\t'])
@pytest.mark.parametrize('kind', ['string', ' string ', '\tstring\t'])
def test_a_variable_is_written_as_in_any_document(name, kind):
    line = f'x={{{name}:{kind}:"",${{f}}}}-,{{{name}}}'

    name = name.strip()
    assert canonical_value(line, f='a,b') == (
        f'{{{name}:string:"","a,b"}}\\-,{{{name}}}'
    )


@pytest.mark.parametrize(
    ('line', 'value', 'expected'),
    [
        ('x={v:int:${f}}', '-7', '{v:int:-7}'),
        ('x={v:int:1, ${f} ,3..5}', '2', '{v:int:1,2,3..5}'),
        ('x={v:int:${f}..100}', '7', '{v:int:7..100}'),
        ('x={v:int:5..${f}}', '7', '{v:int:5..7}'),
        ('x={v:int:..${f}}', '-7', '{v:int:..-7}'),
        ('x={v:int:${f}..}', '007', '{v:int:7..}'),
        ('x={v:int:${f}..${f}}', '7', '{v:int:7..7}'),
        ('x={v:int:${f},9,${f}}', '7', '{v:int:7,9,7}'),
        ('x={v:version:${f}-}', '20.41', '{v:version:20.41-}'),
        ('x={v:version:1.0-${f}}', '2', '{v:version:1.0-2}'),
        ('x={v:version:${f}-2.0}', '1', '{v:version:1-2.0}'),
        ('x={v:version:-${f},9}', '2.0.0.1', '{v:version:-2.0.0.1,9}'),
        ('x={v:flags:=${f}}', 'XTS+a_9.b-c+d', '{v:flags:=XTS+a_9.b-c+d}'),
        ('x={v:flags:a+${f},c}', 'b', '{v:flags:a+b,c}'),
        ('x={v:flags:${f}+b+c}', 'a', '{v:flags:a+b+c}'),
    ],
)
def test_a_fact_in_another_list_has_the_form_of_the_list(
    line, value, expected
):
    assert canonical_value(line, f=value) == expected


def test_a_fact_in_an_expression_is_an_integer():
    line = 'x=({v:int:1..8}+${f}) / ${g}'

    assert canonical_value(line, f='2', g='04') == '({v:int:1..8}+2)/4'


@pytest.mark.parametrize('value', ['2', '-2', 'two', '28.41'])
@pytest.mark.parametrize(
    ('written', 'before'),
    [
        (r'\-${f}', '-'),
        ('${f}', ''),
        ('-a${f}', '-a'),
        ('/$$${f}', '/$'),
    ],
)
def test_a_template_stays_one_whatever_its_fact_is(written, before, value):
    line = f'x={{v:int:1..8}}{written}'

    expected = re.sub(r'([^A-Za-z0-9_.,])', r'\\\1', before + value)
    assert canonical_value(line, f=value) == '{v:int:1..8}' + expected


def test_the_type_of_a_variable_is_that_of_its_object():
    lines = 'y={v:string:a,b}\nx={v}-${f}'

    assert canonical_value(lines, f='28.41') == r'{v}\-28.41'


@pytest.mark.parametrize('name', ['f', 'f_1', 'f' * 32])
def test_a_fact_s_name_has_letters_digits_and_underscores(name):
    template = templates.DocumentTemplate(text_of(device=f'x=${{{name}}}'))

    assert list(template.facts) == [name]


def test_in_a_comment_a_dollar_means_nothing():
    text = text_of('# $ ${x} $1\nx=1 # ${y}', device='x=${f} # $')

    template = templates.DocumentTemplate(text)

    assert template.facts == {'f': (2, 3)}
    assert template.fill({'f': 'a'}).self_object == {'x': 'a'}


def test_the_facts_of_a_template_have_their_first_places():
    text = text_of('x=${b}\ny=${a}', device='  x="${a}${a}"')

    assert templates.DocumentTemplate(text).facts == {
        'a': (2, 6),
        'b': (4, 3),
    }


def test_lines_may_end_as_in_any_document():
    text = text_of('x=${f}', device='x="${f}"').replace('\n', '\r\n')

    assert fill(text, f='a').canonical == (
        'SELF:\n\tx="a"\nCOMPATIBLE:\n\tx="a"\n'
    )
