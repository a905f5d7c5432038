# SPDX-License-Identifier: Apache-2.0
"""FORMAT.md section 2: variables and their four types."""

import pytest

from tests.unit.descriptor.texts import (
    answer,
    canonical,
    document,
    error,
    text_of,
    value_error,
)


def accepts(definition, text):
    """Is the text, as a device's whole value, one the variable allows?

    Asked of an object that a table may hold, and of one that none holds.
    """
    fields, device = f'x={{v:{definition}}}', f'x={text}'
    result = answer(fields, device)
    other = answer(f'{fields}\ny={{w:int:0..}}', f'{device}\ny=0')
    assert bool(result) == bool(other)
    return bool(result)


@pytest.mark.parametrize('name', ['v', '_', 'V9_x', 'x' * 32])
def test_a_name_has_letters_digits_and_underscores(name):
    for written in (name, f' {name}'):
        assert canonical(f'{{{written}:int:1}}') == f'{{{name}:int:1}}'


def test_a_name_has_at_most_32_characters():
    found = value_error(f'a{{ {"x" * 33}:int:1}}')
    assert found.column == 6
    assert found.found == 'a variable name of 33 characters'


def test_a_reference_stands_behind_its_definition():
    found = error(text_of('x=a{v}\ny={v:int:1}'))
    assert (found.line, found.column) == (4, 4)
    assert found.found == '{v} before its definition'
    assert value_error('{v}{v:int:1}').column == 3
    document('x={v:int:1}{v}\ny={v}')


def test_a_variable_is_defined_once():
    found = error(text_of('x={v:int:1}\ny=b{v:int:1}'))
    assert (found.line, found.column) == (5, 4)
    assert found.found == 'a second definition of {v}'
    assert value_error('{v:int:1}{v:int:1}').column == 12


def test_a_variable_belongs_to_its_object_alone():
    found = error(text_of('x={v:int:1}', 'x={v}'))
    assert (found.line, found.column) == (6, 3)
    document('x={v:int:1}', 'x={v:string:a}')


def test_a_variable_has_one_value_throughout_its_object():
    fields = 'x={v:int:1,2}\ny={v}'
    assert answer(fields, 'x=2\ny=2').variables == {'v': 2}
    assert not answer(fields, 'x=1\ny=2')


@pytest.mark.parametrize(
    'kind', ['', 'INT', 'intX', 'integer', 'in t', '"int"', 'int\u00a0']
)
def test_an_unknown_type_is_an_error(kind):
    found = value_error(f'{{v:{kind}:1}}')
    assert found.column == 6
    assert found.expected == (
        'a type and a colon: int, string, flags, version'
    )


@pytest.mark.parametrize('kind', ['int', 'string', 'flags', 'version'])
@pytest.mark.parametrize('items', ['', ' ', ',', 'a,,b', '1,', ',1', '1, ,1'])
def test_an_empty_list_or_item_is_an_error(kind, items):
    found = value_error(f'{{v:{kind}:{items}}}')
    if kind in ('string', 'flags') or not items.startswith('a'):
        assert found.found == 'an empty item'
    if kind == 'string':
        assert found.expected == 'an item; the empty one is written ""'


def test_the_empty_item_is_written_in_quotes():
    assert canonical('{v:string:"",a}') == '{v:string:"","a"}'


@pytest.mark.parametrize(
    ('value', 'expected'),
    [
        ('{ v\t: int : 1 ,\t2 }{ v }', '{v:int:1,2}{v}'),
        ('{v:string: a b , "c " }', '{v:string:"a b","c "}'),
        ('{v:string: "",a}', '{v:string:"","a"}'),
        ('{v:string:"a" \t, b} # c', '{v:string:"a","b"}'),
        ('{v:string:\t"a"\t,\tb\t}\tx', '{v:string:"a","b"}\\\tx'),
        ('{\tv\t:\tint\t:\t1\t}', '{v:int:1}'),
        ('{v:string:\u00a0a}', '{v:string:"\u00a0a"}'),
        ('{v:string:XaX,"XX"}', '{v:string:"XaX","XX"}'),
        ('{v:string: XaX ,"XX"}', '{v:string:"XaX","XX"}'),
        ('{v:flags: =a+b , c }', '{v:flags:=a+b,c}'),
        ('{v: version :1.0 , 2-}', '{v:version:1.0,2-}'),
    ],
)
def test_white_space_around_names_types_and_items_does_not_count(
    value, expected
):
    assert canonical(value) == expected


@pytest.mark.parametrize(
    ('items', 'column'),
    [
        ('a:b', 14),
        ('a{b', 14),
        ('a"b"', 14),
        ('a#b', 14),
        ('a\\,b', 14),
        ('a\\}', 14),
        ('"a"b', 16),
        ('"a" "b"', 17),
        ('"a', 13),
        ('\\a', 13),
    ],
)
def test_a_bare_item_holds_no_mark_of_the_grammar(items, column):
    assert value_error(f'{{v:string:{items}}}').column == column


@pytest.mark.parametrize(
    ('items', 'column', 'found', 'expected'),
    [
        ('"a', 10, 'a quoted string without an end', 'a closing "'),
        ('x', 10, "'x'", 'an integer or a range: 7, 1..16, 4.. or ..4'),
        ('x}', 10, "'x'", 'an integer or a range: 7, 1..16, 4.. or ..4'),
        ('"1"', 10, "'1'", None),
        ('', 10, 'an empty item', None),
        ('1', 11, 'the end of the value', ', or } after an item'),
        ('1 \t:', 13, "':'", ', or } after an item'),
    ],
)
def test_an_item_ends_at_a_comma_or_brace(items, column, found, expected):
    error = value_error(f'{{v:int:{items}')
    assert (error.column, error.found) == (column, found)
    assert error.expected == expected or expected is None


def test_a_quoted_item_holds_anything():
    text = ',:{}"#\\ x'
    written = text.replace('\\', '\\\\').replace('"', '\\"')
    fields = f'x={{v:string:"{written}"}}'
    assert answer(fields, f'x="{written}"').variables == {'v': text}


@pytest.mark.parametrize('kind', ['int', 'flags', 'version'])
def test_only_strings_have_quoted_items(kind):
    assert value_error(f'{{v:{kind}:"1"}}').column == 7 + len(kind)


@pytest.mark.parametrize(
    'item',
    [
        '1-2',
        '1 2',
        '+1',
        '--1',
        '0x1',
        '1.',
        '1...2',
        '..',
        '1..2..3',
        '1.2',
        '- 1',
        '1 ..2',
        '1.. 2',
        '٣',
        '1e3',
        '-',
        'a',
    ],
)
def test_an_int_item_is_an_integer_or_a_range(item):
    assert value_error(f'{{v:int:1,\t {item}}}').column == 14
    found = value_error(f'{{v:int:1, {item}}}')
    assert found.column == 13
    assert found.expected == 'an integer or a range: 7, 1..16, 4.. or ..4'


@pytest.mark.parametrize(
    'item',
    [
        '1.2.3.4.5',
        '1.2.3.45.6',
        '12.3.4.56-7.8.9.10.1',
        '.1',
        '1.',
        '1..2',
        '-',
        '1-2-3',
        '--1',
        '1 -2',
        '1- 2',
        'v1',
        '1a',
        '1.٣',
    ],
)
def test_a_version_item_is_dotted_numbers_or_a_range(item):
    found = value_error(f'{{v:version:1, {item}}}')
    assert found.column == 17
    assert found.expected.startswith('1 to 4 dotted numbers, or a range')


@pytest.mark.parametrize(
    'item', ['+', 'a+', '+a', 'a++b', '=', '==a', 'a b', 'a+=b', 'ä', 'a/b']
)
def test_a_flags_item_is_joined_tokens(item):
    found = value_error(f'{{v:flags:x, {item}}}')
    assert found.column == 15
    assert found.expected.startswith('tokens joined by +')


@pytest.mark.parametrize(
    'items', ['int:2..1', 'int:-1..-2', 'version:2.0-1.9', 'version:1.1-1']
)
def test_a_range_whose_end_is_below_its_start_is_an_error(items):
    found = value_error(f'{{v:{items}}}')
    assert found.expected == 'a range whose end is not below its start'


def test_a_range_may_be_of_one_value():
    assert accepts('int:1..1', '1')
    assert accepts('version:1-1.0', '1.0.0')


@pytest.mark.parametrize(
    ('items', 'allowed', 'refused'),
    [
        ('1,2,4', ['1', '2', '4'], ['3', 'x', '1 2', '1,2']),
        ('007', ['7'], ['007', '07', '+7', '7.0', '7x']),
        ('-0', ['0'], ['-0', '00']),
        ('-5..-3', ['-5', '-4', '-3'], ['-6', '-2', '4', '-04']),
        ('1..3,7', ['1', '2', '3', '7'], ['0', '4', '6', '8']),
        ('4..', ['4', '5', '9' * 1000], ['3', '-4', '04', '٤']),
        ('..4', ['4', '0', '-' + '9' * 1000], ['5', '-0']),
        ('1..1' + '0' * 400, ['1', '9' * 400], ['0', '9' * 401]),
    ],
)
def test_an_int_is_the_canonical_decimal_of_an_allowed_integer(
    items, allowed, refused
):
    for text in allowed:
        result = answer(f'x={{v:int:{items}}}', f'x={text}')
        assert result.variables == {'v': int(text)}
        assert type(result.variables['v']) is int
    for text in refused:
        assert not accepts(f'int:{items}', text)


@pytest.mark.parametrize(
    ('items', 'allowed', 'refused'),
    [
        ('a,b c', ['a', 'b c'], ['A', 'ab', 'b  c', 'b']),
        ('"a ",b', ['"a "', 'b'], ['a', '"b "']),
        ('1,01', ['1', '01'], ['001']),
        ('ä', ['ä'], ['a\u0308', 'Ä']),
    ],
)
def test_a_string_is_one_of_them_to_the_letter(items, allowed, refused):
    for text in allowed:
        assert accepts(f'string:{items}', text)
    for text in refused:
        assert not accepts(f'string:{items}', text)


@pytest.mark.parametrize(
    ('items', 'allowed', 'refused'),
    [
        (
            'a+b',
            ['a+b', 'b+a', 'c+b+x.y-z_9+a', 'a+b+b'],
            ['a', 'a+c', 'a++b', '+a+b', 'a+b+', 'a b', 'A+b', 'a+b+ä'],
        ),
        ('=a+b', ['a+b', 'b+a', 'b+a+b'], ['a', 'a+b+c', '=a+b']),
        ('=a.B_c-9+D.e_f-8', ['a.B_c-9+D.e_f-8', 'D.e_f-8+a.B_c-9'], ['a']),
        ('a,=b+c', ['a', 'a+z', 'c+b'], ['b', 'b+c+d', 'z']),
    ],
)
def test_flags_contain_an_item_s_tokens_in_any_order(items, allowed, refused):
    for text in allowed:
        result = answer(f'x={{v:flags:{items}}}', f'x={text}')
        assert result.variables == {'v': text}
    for text in refused:
        assert not accepts(f'flags:{items}', text)


@pytest.mark.parametrize(
    'value',
    [
        'a{v:flags:x}',
        '{v:flags:x}a',
        '{v:flags:x}{w:int:1}',
        '{v:flags:x}+1',
        '({v:flags:x}+1)',
        '{v:flags:x}\\ x',
    ],
)
def test_flags_stand_only_as_a_whole_value(value):
    found = value_error(value)
    assert 'flags variable {v}' in found.found
    assert found.column == 3 + value.index('{v')


def test_a_flags_reference_stands_only_as_a_whole_value():
    found = error(text_of('x={v:flags:a}\ny={w:int:1}+{v}'))
    assert (found.line, found.column) == (5, 13)
    document('x={v:flags:a}\ny={v}')


@pytest.mark.parametrize(
    ('items', 'allowed', 'refused'),
    [
        (
            '1.2',
            ['1.2', '1.2.0', '1.2.0.0', '01.002'],
            ['1', '1.2.1', '1.2.0.0.0', '1.2.', 'v1.2', '1.2-', '1.٢', '1x2'],
        ),
        (
            '2.0.2-2.0.4',
            ['2.0.2', '2.0.3', '2.0.4', '2.0.4.0', '2.0.3.99'],
            ['2.0.1', '2.0.5', '2.0.4.1', '2.0.1.99', '2'],
        ),
        (
            '2.1.0-',
            ['2.1', '2.1.0.1', '2.99', '02.1'],
            ['2.0.99', '3', '3.0', '1.9', '2.1.0.1.0', '2.1.', '.2'],
        ),
        ('-1.4', ['1', '1.0', '1.4', '1.4.0.0'], ['0.9', '1.4.0.1', '2']),
        ('1.9-3.1', ['1.9', '2.0', '2.99', '3.1'], ['1.8.9', '3.1.1']),
        ('10-', ['10.1'], ['9', '11', '1']),
        ('1,3', ['1', '3.0'], ['2', '1.1']),
    ],
)
def test_a_version_is_compared_number_by_number(items, allowed, refused):
    for text in allowed:
        result = answer(f'x={{v:version:{items}}}', f'x={text}')
        assert result.variables == {'v': text}
    for text in refused:
        assert not accepts(f'version:{items}', text)


@pytest.mark.parametrize(
    ('definition', 'text', 'other'),
    [('version:1', '1.0', '1'), ('flags:a', 'b+a', 'a+b')],
)
def test_elsewhere_a_reference_is_the_device_s_text(definition, text, other):
    fields = f'x={{v:{definition}}}\ny={{v}}'
    assert answer(fields, f'x={text}\ny={text}')
    assert not answer(fields, f'x={text}\ny={other}')


def test_an_empty_string_stands_for_an_absent_field():
    fields = 'x={v:string:"",a}\ny=1'
    assert answer(fields, 'y=1').variables == {'v': ''}
    assert answer(fields, 'x=a\ny=1').variables == {'v': 'a'}


@pytest.mark.parametrize('definition', ['int:0', 'flags:a', 'version:0'])
def test_no_other_type_stands_for_an_absent_field(definition):
    assert not answer(f'x={{v:{definition}}}\ny=1', 'y=1')
