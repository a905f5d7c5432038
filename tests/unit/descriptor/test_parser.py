# SPDX-License-Identifier: Apache-2.0
"""FORMAT.md sections 1 and 5: documents, lines, limits."""

import pytest

from nova_migcompat import descriptor
from tests.unit.descriptor.texts import document, error, text_of


def test_a_document_is_str_or_bytes():
    text = 'SELF:\n a=ü\n'
    assert descriptor.parse(text) == descriptor.parse(text.encode())
    assert descriptor.parse(bytearray(text.encode())).self_object == {'a': 'ü'}
    with pytest.raises(TypeError, match='str or bytes'):
        descriptor.parse(None)


def test_bytes_that_are_no_utf_8_are_an_error_at_their_place():
    found = error(b'\xef\xbb\xbfSELF:\n \xc3\xbc=\xc3\xbc\xff\n')
    assert (found.line, found.column) == (2, 5)
    assert found.found == 'the byte 0xff'
    assert found.expected == 'UTF-8 text'
    assert found.source_line == ' ü=ü'
    for text, place in [
        (b'\xef\xbb\xbfa\xff', (1, 2)),
        (b'SELF:\na=1\nb=\xff', (3, 3)),
    ]:
        found = error(text)
        assert (found.line, found.column) == place


@pytest.mark.parametrize('text', ['', '\n', '# nothing\n', 'COMPATIBLE:\na=1'])
def test_a_document_has_a_self_object(text):
    found = error(text)
    assert (found.line, found.column) == (1, 1)
    assert found.found == 'no SELF object'


def test_a_document_has_one_self_object_only():
    found = error('SELF:\na=1\nCOMPATIBLE:\na=1\n SELF\n')
    assert (found.line, found.column) == (5, 2)
    assert found.found == 'a second SELF object'


def test_self_may_stand_behind_compatible_objects():
    found = descriptor.parse('COMPATIBLE:\na=1\nSELF:\na=2\nCOMPATIBLE:\na=3')
    assert found == document('a=1', 'a=3', device='a=2')


def test_a_document_without_compatible_objects_is_one():
    assert document().compatible == ()


@pytest.mark.parametrize(
    ('text', 'line'),
    [
        ('SELF:\nCOMPATIBLE:\na=1', 1),
        ('SELF:\na=1\n# x\n  COMPATIBLE:\n\nCOMPATIBLE:\na=1', 4),
        ('SELF:\na=1\nCOMPATIBLE:\n', 3),
    ],
)
def test_every_object_has_a_field(text, line):
    found = error(text)
    assert found.line == line
    assert found.found == 'an object without a field'
    assert found.source_line[found.column - 1] in 'SC'


def test_self_has_a_field_that_is_not_empty():
    found = error('#\n  SELF:\na=\nb=""\nCOMPATIBLE:\na=1')
    assert (found.line, found.column) == (2, 3)
    assert 'empty' in found.found


def test_an_object_of_empty_fields_is_one():
    assert document('a=').compatible[0].fields == {'a': ''}


@pytest.mark.parametrize(
    'text',
    [
        'SELF:\n\ta=1\n',
        'SELF:\r\n a=1\r\n',
        'SELF:\r\n a=1',
        '\ufeffSELF\n a=1',
        'SELF\na=1',
        '\t SELF \t:\t # comment\n a \t=\t 1 \t# comment\n',
        'SELF # comment\na=1',
        'SELF: # comment\na=1',
        'SELF:\t\na=1',
        'SELF: \na=1',
        '# SELF=1\n\n \t\n\t# x\nSELF:\n\n        a=1\n',
        '#\nSELF:#\n'.replace(':#', ': #') + 'a=1',
    ],
)
def test_layout_means_nothing(text):
    assert descriptor.parse(text).canonical == 'SELF:\n\ta="1"\n'


@pytest.mark.parametrize(
    ('line', 'column'),
    [
        ('SELF:#', 6),
        ('SELF#', 5),
        ('SELF: :', 7),
        ('SELF::', 6),
        ('SELF: a=1', 7),
        (' SELF x', 7),
        ('SELF XX', 6),
        ('SELF\u00a0x', 5),
        ('self:', 5),
        ('Self', 5),
        ('COMPATIBLE a=1', 12),
        ('COMPATIBLES', 12),
        ('SELFISH', 8),
        ('SELF-', 6),
        ('SELF.', 6),
        ('SELF9', 6),
        ('SELF_', 6),
    ],
)
def test_a_header_is_its_word_and_nothing_else(line, column):
    found = error(f'SELF:\na=1\n{line}\n')
    assert (found.line, found.column) == (3, column)


@pytest.mark.parametrize('word', ['SELF', 'COMPATIBLE'])
def test_a_header_s_word_is_no_field_name(word):
    for line in (f' {word}=1', f' {word} = 1'):
        found = error(f'SELF:\n{line}\n')
        assert (found.line, found.column) == (2, 2)
        assert f'{word} is no field name' in found.expected


def test_a_name_may_begin_with_a_header_s_word():
    assert document(device='SELF.x=1\nSELFISH=2\nCOMPATIBLE-1=3').self_object


@pytest.mark.parametrize(
    ('line', 'column'),
    [
        ('x', 2),
        ('x y=1', 3),
        (' \tx y=1', 5),
        ('x #=1', 3),
        ('=1', 1),
        ('1x=1', 1),
        ('-x=1', 1),
        ('.x=1', 1),
        ('ä=1', 1),
        ('xä=1', 2),
        ('x:1', 2),
        ('x\u00a0=1', 2),
        ('x٣=1', 2),
        ('"x"=1', 1),
    ],
)
def test_any_other_line_is_name_and_value(line, column):
    found = error(f'SELF:\na=1\n{line}\n')
    assert (found.line, found.column) == (3, column)


@pytest.mark.parametrize(
    ('line', 'found', 'expected'),
    [
        ('x', 'the end of the line', "= after the name 'x'"),
        ('x y', "'y'", "= after the name 'x'"),
        ('=1', "'=1'", 'a name (a letter or _ first), SELF: or COMPATIBLE:'),
    ],
)
def test_what_is_no_line_of_a_document_is_named(line, found, expected):
    caught = error(f'SELF:\n{line}')
    assert (caught.found, caught.expected) == (found, expected)


def test_a_field_belongs_to_the_object_above_it():
    found = error('\n  a=1\nSELF:\nb=1')
    assert (found.line, found.column) == (2, 3)
    assert found.found == 'a field before any object'


@pytest.mark.parametrize('name', ['a', '_', 'A.b-c_9', 'x' * 64])
def test_a_name_has_letters_digits_and_some_marks(name):
    for value in ('1', 'ü'):
        assert document(device=f'{name}={value}').self_object == {name: value}


def test_a_name_has_at_most_64_characters():
    found = error(f'SELF:\n {"x" * 65}=1')
    assert (found.line, found.column) == (2, 2)
    assert found.found == 'a name of 65 characters'
    assert found.expected == 'at most 64'


@pytest.mark.parametrize('header', ['SELF', 'COMPATIBLE'])
def test_a_name_stands_once_in_an_object(header):
    found = error(f'{header}:\na=1\nb=1\n a=\n')
    assert (found.line, found.column) == (4, 2)


def test_names_in_different_case_are_different():
    assert document(device='a=1\nA=2').self_object == {'a': '1', 'A': '2'}


@pytest.mark.parametrize(
    'character',
    [chr(c) for c in range(32) if chr(c) not in '\t\n']
    + [chr(c) for c in (*range(127, 160), 0xD800, 0xDFFF)],
)
def test_control_characters_and_surrogates_are_errors(character):
    found = error(f'SELF:\na=ü{character}x\n')
    assert (found.line, found.column) == (2, 4)
    assert found.found == f'the character U+{ord(character):04X}'
    assert found.source_line == f'a=ü{character}x'
    assert error(f'SELF:\na=1\n#{character}').line == 3
    found = error(f'\n{character}')
    assert (found.line, found.column) == (2, 1)


@pytest.mark.parametrize('text', ['SELF:\na=1\r', 'SELF:\na=1\r\r\n', '\r'])
def test_a_lone_cr_is_an_error(text):
    assert error(text).found == 'the character U+000D'


@pytest.mark.parametrize(
    'value',
    ['\u00a0', 'x\u2028y', 'x\u0085y'[0], '\ufeff', '😀', '\u202e', '\u00ad'],
)
def test_anything_else_may_stand_in_a_value(value):
    assert document(device=f'a={value}').self_object == {'a': value}


def test_only_the_first_byte_order_mark_is_skipped():
    assert error('\ufeff\ufeffSELF:\na=1').line == 1


def test_columns_count_code_points_and_a_tab_is_one():
    found = error(text_of('\tx=ü😀{'))
    assert (found.line, found.column) == (4, 7)


def test_64_kib_are_a_document_and_a_byte_more_is_none():
    text = 'SELF:\na=1\n#'
    room = 65536 - len(text)
    for character, width in (('x', 1), ('ü', 2), ('😀', 4)):
        whole = text + character * (room // width) + 'x' * (room % width)
        for kind in (whole, whole.encode(), '\ufeff' + whole):
            assert descriptor.parse(kind).self_object == {'a': '1'}
        for kind in (whole + 'x', (whole + 'x').encode()):
            found = error(kind)
            assert (found.line, found.column) == (1, 1)
            assert '65,536 bytes' in found.expected


def test_the_canonical_form_has_at_most_64_kib_too():
    fields = '\n'.join(f'{"n" * 60}{i}=' for i in range(10, 26))
    objects = [f'{fields}\nlast={"x" * 21}'] * 60
    text = text_of(*objects, device='a=1')
    assert len(text) < 65536 < len(text) + 60 * 17 * 4
    escaped = 'x=a{v:int:1}' + '-' * 506
    for each in (text, text_of(*[escaped] * 64)):
        found = error(each)
        assert (found.line, found.column) == (1, 1)
        assert found.found.startswith('a document whose canonical form has')
    assert document(*[escaped] * 63)


def test_a_document_has_at_most_64_compatible_objects():
    assert len(document(*['a=1'] * 64).compatible) == 64
    found = error(text_of(*['a=1'] * 65))
    assert (found.line, found.column) == (2 + 2 * 64 + 1, 1)
    assert found.expected == 'at most 64'


def test_an_object_has_at_most_64_fields():
    fields = '\n'.join(f'a{i}=1' for i in range(64))
    assert len(document(fields, device=fields).self_object) == 64
    assert error(text_of(fields + '\nx=1')).line == 3 + 65
    assert error(text_of(device=fields + '\nx=')).line == 1 + 65


@pytest.mark.parametrize('header', ['SELF', 'COMPATIBLE'])
def test_a_value_has_at_most_1024_characters_in_the_text(header):
    rest = 'SELF:\nb=1\n' if header == 'COMPATIBLE' else ''
    value = '"' + '\\x' * 511 + '"'
    found = descriptor.parse(f'{header}:\n a=  {value} # x\n{rest}')
    assert f'\ta="{"x" * 511}"\n' in found.canonical
    for end in ('', ' # x'):
        found = error(f'{header}:\n a=  "{"y" * 1023}"{end}\n{rest}')
        assert (found.line, found.column) == (2, 6)
        assert found.found == 'a value of 1,025 characters'


@pytest.mark.parametrize('header', ['SELF', 'COMPATIBLE'])
def test_a_value_has_at_most_1024_characters_in_canonical_form(header):
    rest = 'SELF:\nb=1\n' if header == 'COMPATIBLE' else ''
    descriptor.parse(f'{header}:\na={"x" * 1022}\n{rest}')
    descriptor.parse(f'{header}:\na={"ü" * 1022}\n{rest}')
    found = error(f'{header}:\n a={"x" * 1023}\n{rest}')
    assert (found.line, found.column) == (2, 4)
    assert 'canonical form has 1,025 characters' in found.found


def test_an_expanded_template_is_held_to_1024_characters_too():
    # Each item becomes four characters, 1,022 of 253 items in all.
    document(f'x={{v:string:{",".join("x" * 253)}}}')
    found = error(text_of(f'x={{v:string:{",".join("x" * 254)}}}'))
    assert (found.line, found.column) == (4, 3)
    assert 'canonical form has 1,026 characters' in found.found


def test_an_object_has_at_most_16_variables():
    fields = [f'a{i}={{v{i}:int:1}}' for i in range(17)]
    document('\n'.join(fields[:16]))
    found = error(text_of('\n'.join(fields)))
    assert (found.line, found.column) == (3 + 17, 5)
    assert found.expected == 'at most 16'


def test_variables_are_counted_for_each_object():
    fields = '\n'.join(f'a{i}={{v{i}:int:1}}' for i in range(16))
    assert len(document(fields, fields).compatible) == 2
