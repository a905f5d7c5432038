# SPDX-License-Identifier: Apache-2.0
"""FORMAT.md sections 3 and 4: who contains whom, and what is answered."""

import pytest

from nova_migcompat import descriptor
from tests.unit.descriptor.texts import answer, document


def test_every_field_must_be_equal_to_the_letter():
    assert answer('a=x\nb=y', 'b=y\na=x')
    assert not answer('a=x\nb=y', 'a=x\nb=Y')


def test_a_field_that_compatible_does_not_mention_is_a_mismatch():
    result = answer('a=1', 'a=1\nb=2')
    assert not result
    (reason,) = result.reasons
    assert (reason.object, reason.field, reason.found) == (0, 'b', '2')
    assert reason.allowed is None


def test_an_empty_self_field_is_as_good_as_absent():
    assert answer('a=1', 'a=1\nb=')
    assert answer('a=1\nb=', 'a=1')
    assert answer('a=1\nb=""', 'a=1\nb=""')
    assert not answer('a=1\nb=2', 'a=1\nb=')


def test_a_field_that_self_lacks_must_be_filled_in_empty():
    assert not answer('a=1\nb=2', 'a=1')
    assert answer('a=1\nb={v:string:x,""}', 'a=1').variables == {'v': ''}
    assert not answer('a=1\nb={v:string:x}', 'a=1')
    fields = 'b={v:string:""}{w:string:"",x}{v}'
    assert answer(f'a=1\n{fields}', 'a=1')
    assert answer(f'a={{u:int:1..}}\n{fields}', 'a=1')
    fields = 'a={v:string:"",x}\nb={v}\nc={w:int:1..}'
    assert answer(fields, 'c=1').variables == {'v': '', 'w': 1}
    assert not answer(fields, 'a=x\nc=1')


def test_unlisted_fields_may_be_ignored():
    options = {'unlisted_fields': 'ignore'}
    assert answer('a=1', 'a=1\nb=2', **options)
    assert not answer('a=1', 'a=2\nb=2', **options)
    assert not answer('a=1\nc=3', 'a=1\nb=2', **options)


def test_an_empty_value_is_a_mention_even_then():
    assert not answer('a=1\nb=', 'a=1\nb=2', unlisted_fields='ignore')


@pytest.mark.parametrize(
    ('one', 'other', 'text'),
    [
        ('a=1\nt=x', 'a=1\nt=x', ''),
        ('a=1\nt=x', 'a=1\nt=X', "t: 'X', but the source has 'x'"),
        ('a=1\nt=x', 'a=1', "t: nothing, but the source has 'x'"),
        ('a=1', 'a=1\nt=x', "t: 'x', but the source has nothing"),
        ('a=1\nt=', 'a=1', ''),
        ('a=1', 'a=1', ''),
    ],
)
def test_equal_fields_must_be_equal_in_both_self_objects(one, other, text):
    source = document('a=1\nt={v:string:x,X,""}', device=one)
    target = document(device=other)
    assert descriptor.match(source, target)
    result = descriptor.match(source, target, equal_fields=['t'])
    assert bool(result) == (not text)
    assert [str(reason) for reason in result.reasons] == [text] * bool(text)
    for reason in result.reasons:
        assert (reason.side, reason.object) == ('both', None)
        assert reason.allowed == source.self_object.get('t', '')


def test_equal_fields_hold_in_every_direction():
    one = document('a={v:int:1,2}', device='a=1')
    other = document('a={v:int:1,2}', device='a=2')
    for direction in descriptor.DIRECTIONS:
        assert descriptor.match(one, other, direction)
        assert not descriptor.match(one, other, direction, equal_fields=['a'])


def test_a_document_without_objects_is_compatible_with_nothing():
    alone = document()
    result = descriptor.match(alone, alone)
    assert not result
    (reason,) = result.reasons
    assert (reason.object, reason.field, reason.found) == (None, '', '')
    assert str(reason) == 'the source document has no COMPATIBLE object'


def test_the_first_object_that_matches_answers():
    source = document('a=2', 'a={v:int:1..9}', 'a=1')
    result = descriptor.match(source, document(device='a=1'))
    assert (result.object, result.variables) == (1, {'v': 1})
    assert result.reasons == ()


def test_objects_of_every_kind_keep_their_index():
    source = document('a=1', 'a={v:int:5..6}\nb={w:int:0..}', 'a=2', 'b=3')
    for device, index in [('a=1', 0), ('a=5\nb=0', 1), ('a=2', 2), ('b=3', 3)]:
        result = descriptor.match(source, document(device=device))
        assert result.object == index


@pytest.mark.parametrize(
    ('template', 'text', 'variables'),
    [
        ('{v:int:1,12}{w:int:2,22,3}', '122', {'v': 1, 'w': 22}),
        ('{v:int:12,1}{w:int:2,22,3}', '122', {'v': 12, 'w': 2}),
        ('{v:int:1..12}{w:int:1..30}', '122', {'v': 1, 'w': 22}),
        ('{v:int:12,1,12,1}{w:int:2,22}', '122', {'v': 12, 'w': 2}),
        ('{v:string:aa,a,""}{w:string:a,aa}', 'aa', {'v': 'a', 'w': 'a'}),
        ('{v:int:5..7,1..9}*0+1', '1', {'v': 5}),
        ('({v:int:1..9}-3)*({v}-7)', '0', {'v': 3}),
    ],
)
def test_the_first_binding_answers(template, text, variables):
    assert answer(f'x={template}', f'x={text}').variables == variables


def test_the_variable_defined_first_is_slowest():
    fields = 'x=({b:int:1..3}+{a:int:1..3})'
    assert answer(fields, 'x=4').variables == {'b': 1, 'a': 3}


def test_a_settled_variable_has_one_value_whatever_its_items_order():
    fields = 'x={w:int:1..3}*0+{v:int:3,2,1}\ny={v}'
    assert answer(fields, 'x=2\ny=2').variables == {'w': 1, 'v': 2}


def test_variables_are_named_in_the_order_of_their_definitions():
    result = answer('x={b:int:1,2}*0\ny={a:int:1}', 'x=0\ny=1')
    assert list(result.variables) == ['b', 'a']


#: By what the two documents say: the source contains the target's device, and
#: the target the source's; then the answer by direction.
DIRECTIONS = [
    (True, True, {'source': 'A', 'target': 'B', 'both': 'A', 'either': 'A'}),
    (True, False, {'source': 'A', 'either': 'A'}),
    (False, True, {'target': 'B', 'either': 'B'}),
    (False, False, {}),
]


@pytest.mark.parametrize(('there', 'back', 'answers'), DIRECTIONS)
def test_each_direction_asks_its_documents(there, back, answers):
    source = document('a=0', f'a={{A:int:{2 if there else 3}}}', device='a=1')
    target = document(f'a={{B:int:{1 if back else 3}}}', device='a=2')
    for direction in descriptor.DIRECTIONS:
        result = descriptor.match(source, target, direction)
        assert bool(result) == (direction in answers)
        assert result.direction == direction
        if result:
            name = answers[direction]
            value, index = (2, 1) if name == 'A' else (1, 0)
            assert (result.object, result.variables) == (index, {name: value})
            assert result.side == ('source' if name == 'A' else 'target')
        else:
            sides = {'source': not there, 'target': not back}
            asked = sides if direction in ('both', 'either') else [direction]
            assert {reason.side for reason in result.reasons} == {
                side for side in asked if sides[side]
            }
            assert (result.object, result.variables) == (None, None)


def test_source_is_the_default_direction():
    source = document('a=2', device='a=1')
    target = document(device='a=2')
    assert descriptor.match(source, target).direction == 'source'
    assert descriptor.match(source, target)
    assert not descriptor.match(target, source)


def test_a_false_answer_gives_a_reason_for_each_object():
    source = document('a=1', 'a=2\nb=1', 'a={v:int:5..7}\nb={v}', device='c=1')
    target = document('c=2', device='a=6')
    result = descriptor.match(source, target, 'both')
    assert [(r.side, r.object, r.field) for r in result.reasons] == [
        ('source', 0, 'a'),
        ('source', 1, 'a'),
        ('source', 2, 'b'),
        ('target', 0, 'c'),
    ]
    assert [str(reason) for reason in result.reasons] == [
        'source object 1, a: \'6\', allowed "1"',
        'source object 2, a: \'6\', allowed "2" (also b)',
        'source object 3, b: nothing, allowed {v} with v=6',
        'target object 1, c: \'1\', allowed "2"',
    ]


def reason(compatible, device, **options):
    """Return why one object does not contain a device."""
    (found,) = answer(compatible, device, **options).reasons
    return found


@pytest.mark.parametrize(
    ('compatible', 'device', 'text'),
    [
        ('a=1', 'a=2', 'a: \'2\', allowed "1"'),
        ('a=', 'a=2', 'a: \'2\', allowed ""'),
        ('a=1\nb=x', 'a=1', 'b: nothing, allowed "x"'),
        ('a=1', 'a=1\nb=2', "b: '2', a field the object does not mention"),
        ('a=g{v:int:1..4}', 'a=g7', "a: 'g7', allowed g{v:int:1..4}"),
        ('a=g{v:int:1..4}', 'a=h1', "a: 'h1', allowed g{v:int:1..4}"),
        (
            'a={v:version:2.1-}',
            'a=3.0',
            "a: '3.0', allowed {v:version:2.1-}",
        ),
        ('a={v:flags:x+y}', 'a=x', "a: 'x', allowed {v:flags:x+y}"),
        (
            'a={v:int:1..}.bc',
            'a=1.x',
            "a: '1.x', allowed {v:int:1..}.bc with v=1",
        ),
        (
            'a=g{v:int:1..4}\nb={v}/2',
            'a=g4\nb=4',
            "b: '4', allowed {v}/2 with v=4",
        ),
        (
            'a={v:string:x,y}\nb={v}{w:int:1..3}',
            'a=x\nb=y1',
            "b: 'y1', allowed {v}{w:int:1..3} with v='x'",
        ),
        (
            'a={v:int:1..3}{w:int:1..3}',
            'a=99',
            "a: '99', allowed {v:int:1..3}{w:int:1..3}",
        ),
        (
            'a={v:int:1..3}{w:int:1..3}\nb={v}*{x:int:1..3}',
            'a=23\nb=5',
            "b: '5', allowed {v}*{x:int:1..3} with v=2, w=3",
        ),
        (
            'a=({v:int:1..9}-3)*({v}-7)\nb={v}*2',
            'a=0\nb=8',
            "b: '8', allowed {v}*2 with v=3",
        ),
        ('a={v:int:5}*2', 'a=7', "a: '7', allowed {v:int:5}*2 with v=5"),
    ],
)
def test_a_reason_names_what_was_found_and_what_allowed(
    compatible, device, text
):
    assert str(reason(compatible, device)) == f'source object 1, {text}'


def test_of_many_variables_those_of_the_field_come_first_and_few_are_named():
    letters = 'abcdefgh'
    fields = [f'{letter}={{{letter}:int:1..9}}' for letter in letters]
    device = [f'{letter}={n}' for n, letter in enumerate(letters, 1)]
    found = reason(
        '\n'.join([*fields, 'z={g}{b}']), '\n'.join([*device, 'z=99'])
    )
    assert len(found.variables) == len(letters)
    assert str(found) == (
        "source object 1, z: '99', allowed {g}{b}"
        ' with b=2, g=7, a=1, c=3 and 4 more'
    )
    for many, end in [(4, ''), (5, ' and 1 more')]:
        found = reason(
            '\n'.join([*fields[:many], 'z={a}']),
            '\n'.join([*device[:many], 'z=99']),
        )
        assert str(found).endswith(f' with a=1, b=2, c=3, d=4{end}')


def test_what_no_variable_can_mend_is_the_first_reason():
    found = reason('a={v:int:1}\nb=1\nc=1', 'a=2\nb=1\nc=2\nd=1')
    assert (found.field, [r.field for r in found.also]) == ('c', ['d'])
    assert found.also[0].found == '1'
    assert found.also[0].allowed is None
    found = reason('a=1\nb=', 'a=2')
    assert (found.field, found.also) == ('a', ())
    found = reason('a={v:int:1}\nb=1', 'a=2\nb=1\nd=1')
    assert (found.field, found.also) == ('d', ())
    found = reason(
        'a={v:int:1}\nb=1', 'a=2\nb=1\nd=1', unlisted_fields='ignore'
    )
    assert (found.field, found.also) == ('a', ())


def test_further_fields_are_named_and_some_of_many():
    found = reason('a=1\nb=1', 'b=2\nc=1')
    assert str(found).endswith('a: nothing, allowed "1" (also b, c)')
    assert [str(r) for r in found.also] == [
        'source object 1, b: \'2\', allowed "1"',
        "source object 1, c: '1', a field the object does not mention",
    ]
    three = 'a=1\nb=1\nc=1\nd=1'
    assert str(reason(three, 'x=1\na=1')).endswith('(also c, d, x)')
    many = '\n'.join(f'f{number}=1' for number in range(60))
    assert str(reason(many, 'a=1')).endswith('(also f1, f2, f3 and 57 more)')


def test_long_parts_of_a_reason_are_cut():
    for length, end in [(78, '"'), (79, '...')]:
        found = str(reason(f'a={"x" * length}', 'a=1'))
        assert found.endswith('allowed "' + 'x' * length + end)
    for length, end in [(40, ''), (41, '...')]:
        digits = '1' * length
        found = str(reason('a={v:int:1..}\nb={v}', f'a={digits}\nb=0'))
        assert found.endswith(f' with v={"1" * 40}{end}')


def test_the_side_that_holds_needs_no_reason():
    source = document('a=2', device='a=1')
    target = document('a=3', device='a=2')
    result = descriptor.match(source, target, 'both')
    assert {reason.side for reason in result.reasons} == {'target'}


def test_a_reason_fits_in_a_log_line():
    override, separator = '\u202e', '\u2028'
    items = ','.join(f'"{override * 9}{i}"' for i in range(60))
    result = answer(f'x={{v:string:{items}}}', f'x={separator * 900}')
    (reason,) = result.reasons
    assert len(str(reason)) < 400
    assert str(reason).isascii()
    assert str(reason).isprintable()


@pytest.mark.parametrize(
    'options', [{'direction': 'back'}, {'unlisted_fields': 'maybe'}]
)
def test_an_unknown_option_is_refused(options):
    with pytest.raises(ValueError, match='is one of'):
        answer('a=1', 'a=1', **options)


def test_equal_fields_are_no_single_str():
    with pytest.raises(TypeError, match='list of names'):
        answer('a=1', 'a=1', equal_fields='mdev_type')


def test_results_are_values():
    assert answer('a=1', 'a=1') == answer('a=1', 'a=1')
    assert hash(answer('a=1', 'a=1')) == hash(answer('a=1', 'a=1'))
    assert answer('a=1', 'a=1') != answer('a=1', 'a=2')
    assert hash(answer('a=1', 'a=1')) != hash(answer('a=1', 'a=2'))
