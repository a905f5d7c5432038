# SPDX-License-Identifier: Apache-2.0
"""Facts are values wherever they stand in a template."""

import re

import pytest

from nova_migcompat import descriptor
from nova_migcompat.descriptor import templates
from tests.unit.descriptor.texts import text_of

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


def fill(text, **facts):
    return templates.DocumentTemplate(text).fill(facts)


def value_in_self(line, **facts):
    return fill(text_of(device=line), **facts).self_object['x']


def canonical_value(line, **facts):
    """Return the canonical form of a COMPATIBLE object's last field."""
    canonical = fill(text_of(line), **facts).canonical
    return canonical.split('\n')[-2].partition('=')[2]


def error(text, **facts):
    with pytest.raises(descriptor.DescriptorError) as caught:
        fill(text, **facts)
    return caught.value


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


@pytest.mark.parametrize(
    ('line', 'value', 'expected'),
    [
        ('x={v:int:${f}}', '7x', 'an integer'),
        ('x={v:int:${f}}', '1,2', 'an integer'),
        ('x={v:int:${f}}', '1..2', 'an integer'),
        ('x={v:int:${f}}', '+1', 'an integer'),
        ('x={v:int:${f}}', '\u0661', 'an integer'),
        ('x={v:version:${f}}', '2.x', 'dotted numbers'),
        ('x={v:version:${f}}', '1.2.3.4.5', 'dotted numbers'),
        ('x={v:version:${f}}', '1-2', 'dotted numbers'),
        ('x={v:flags:${f}}', 'a b', 'tokens joined by +'),
        ('x={v:flags:${f}}', '=a', 'tokens joined by +'),
        ('x={v:flags:${f}}', 'a++b', 'tokens joined by +'),
        ('x={v:int:1..8}/${f}', '-2', 'an integer without a sign'),
        ('x={v:int:1..8}/${f}', 'two', 'an integer without a sign'),
        ('x=({v:int:1..8}/${f})', '-2', 'an integer without a sign'),
    ],
)
def test_a_fact_of_another_form_is_an_error_at_its_place(
    line, value, expected
):
    found = error(text_of(line), f=value)

    assert (found.line, found.column) == (4, line.index('$') + 1)
    assert expected in found.expected
    assert 'as ${f}' in found.found


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
    head = 'y={v:string:a,b}'

    assert canonical_value(f'{head}\nx={{v}}-${{f}}', f='28.41') == (
        '{v}\\-28.41'
    )
    # Of no other object, and of no text that looks like a definition.
    text = text_of(head, 'y="{w:string:a}"\nz={w:int:1}\nx={w}-${f}')
    assert 'expression' in error(text, f='28.41').expected


@pytest.mark.parametrize(
    ('line', 'column'),
    [
        ('x=$', 3),
        ('x=a $f', 5),
        ('x=${F}', 3),
        ('x=${}', 3),
        ('x=${f', 3),
        ('x=${1}', 3),
        ('x=${_f}', 3),
        ('x=${fF}', 3),
        ('x=${%s}' % ('f' * 33), 3),
        ('x="$1"', 4),
        ('x={v:int:$}', 10),
    ],
)
def test_a_dollar_that_is_no_fact_is_an_error(line, column):
    found = error(text_of(line), f='1')

    assert (found.line, found.column, found.found) == (4, column, "'$'")
    assert '$$ for a dollar' in found.expected


@pytest.mark.parametrize(
    ('line', 'column'),
    [
        ('x={${f}:int:1}', 4),
        ('x={v${f}:int:1}', 5),
        ('x={v:${f}:1}', 6),
        ('x={v:int:1}{${f}}', 13),
        ('x={v:int:1${f}}', 11),
        ('x={v:int:${f}${f}}', 10),
        ('x={v:int:"${f}"}', 11),
        ('x={v:int:1...${f}}', 14),
        ('x={v:version:1.${f}}', 16),
        ('x={v:flags:a${f}}', 13),
        ('x={v:flags:a=${f}}', 14),
        ('x={v:int:$$}', 10),
        ('x={v:int:1,${f}', 12),
        ('x={v:int:1}/1${f}', 14),
        ('x={v:int:1}/10${f}', 15),
        ('x={v:int:1}/${f}${g}', 13),
        ('x={v:int:1}/${f}0', 13),
        ('x="${f}', 4),
        ('x="a" ${f}', 7),
        ('x="a" ${f}"', 7),
        ('x={v:string:"${f}}', 14),
        ('x={v:string:a"b,${f}}', 17),
        ('x={v:string:a#b,${f}}', 17),
        ('x={v:string:a:b,${f}}', 17),
        ('x={v:string:a{b,${f}}', 17),
        (r'x={v:string:a\b,${f}}', 17),
        ('x=}${f}', 4),
        (r'x=\${f}', 3),
        (r'x="\\\${f}"', 6),
        (r'x={v:string:"\${f}"}', 14),
    ],
)
def test_a_fact_in_no_value_is_an_error_of_the_template(line, column):
    with pytest.raises(descriptor.DescriptorError) as caught:
        templates.DocumentTemplate(text_of(line))

    assert (caught.value.line, caught.value.column) == (4, column)
    assert '$' in caught.value.found


@pytest.mark.parametrize('line', ['${f}=1', 'x${f}=1', 'SELF: ${f}', '${f}'])
def test_a_fact_outside_of_values_is_an_error(line):
    with pytest.raises(descriptor.DescriptorError) as caught:
        templates.DocumentTemplate(text_of(line))

    assert caught.value.line == 4


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


@pytest.mark.parametrize(
    ('value', 'found'),
    [
        ('a\nSELF', 'the character U+000A'),
        ('a\x00', 'the character U+0000'),
        ('a\tb', 'the character U+0009'),
        ('\x1f', 'the character U+001F'),
        ('\x7f', 'the character U+007F'),
        ('\x9f', 'the character U+009F'),
        ('\ud800', 'the character U+D800'),
        ('\udfff', 'the character U+DFFF'),
        ('', '0 characters'),
        ('x' * 1025, '1,025 characters'),
        (' a', "' a'"),
        ('a ', "'a '"),
    ],
)
@pytest.mark.parametrize('line', ['x=${f}', 'x={v:string:${f}}'])
def test_a_value_that_no_document_should_hold_is_an_error(line, value, found):
    assert error(text_of(line), f=value).found == f'{found} as ${{f}}'


def test_an_error_of_the_language_is_traced_to_the_template():
    text = text_of('x={v:string:${f}}{w:int:9..${g}}', device='a=1')

    found = error(text, f='"" ""', g='7')

    assert (found.line, found.column) == (4, 25)
    assert 'not below its start' in found.expected
    assert found.source_line == 'x={v:string:${f}}{w:int:9..${g}}'


@pytest.mark.parametrize('line', ['x="${f}"', 'x=${f}', 'x=$$${f}'])
def test_a_value_that_grows_too_long_is_an_error_at_the_value(line):
    for text, number in ((text_of(line), 4), (text_of(device=line), 2)):
        found = error(text, f='"' * 600)
        assert (found.line, found.column) == (number, 3)
        assert 'characters' in found.found


@pytest.mark.parametrize(
    ('line', 'column'),
    [
        ('y={v:int:z}', 10),
        ('y={v:string:,${g}}', 13),
        ('y=${g}{v}', 7),
        ('y={v:int:1}/${g}++2', 18),
        ('y={v:int:1', 11),
        ('y=1 # \x00', 7),
        ('  x=1', 3),
        ('SELF: z', 7),
    ],
)
def test_an_error_that_no_fact_can_mend_is_the_templates(line, column):
    with pytest.raises(descriptor.DescriptorError) as caught:
        templates.DocumentTemplate(text_of(f'x=${{f}}\n{line}'))

    assert (caught.value.line, caught.value.column) == (5, column)


@pytest.mark.parametrize(
    ('line', 'column'),
    [
        ('x={v:int:1..}${f}', 3),
        ('x={w:string:${f}}1{v:int:1..}', 19),
    ],
)
def test_an_error_that_some_fact_can_mend_is_that_of_the_value(line, column):
    template = templates.DocumentTemplate(text_of(line))

    assert template.fill({'f': 'a'}).compatible
    with pytest.raises(descriptor.DescriptorError) as caught:
        template.fill({'f': '1'})
    assert (caught.value.line, caught.value.column) == (4, column)


def test_a_field_before_any_object_is_told_as_in_a_document():
    found = error('x={${f}}\n' + text_of('x=1'), f='1')

    assert (found.line, found.column) == (1, 1)
    assert found.found == 'a field before any object'


def test_lines_may_end_as_in_any_document():
    text = text_of('x=${f}', device='x="${f}"').replace('\n', '\r\n')

    assert fill(text, f='a').canonical == (
        'SELF:\n\tx="a"\nCOMPATIBLE:\n\tx="a"\n'
    )
