# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a template or a fact, and where."""

import pytest

from nova_migcompat import descriptor
from nova_migcompat.descriptor import templates
from tests.unit.descriptor.texts import fill, text_of


def error(text, **facts):
    with pytest.raises(descriptor.DescriptorError) as caught:
        fill(text, **facts)
    return caught.value


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


def test_the_type_of_a_variable_is_that_of_no_other_object():
    # Nor is it that of a text that looks like a definition.
    text = text_of(
        'y={w:string:a,b}',
        'y="{w:string:a}"\nz={w:int:1}\nx={w}-${f}',
    )

    assert 'expression' in error(text, f='28.41').expected


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


def test_an_error_that_quotes_the_template_names_its_facts():
    found = error(text_of('x={v:foo:${g},${f}}'), f='1', g='2')

    assert found.found == '\'foo:"${g}","${f}"}\''
    assert 'found \'foo:"${g}","${f}"}\', expected a type' in str(found)
