# SPDX-License-Identifier: Apache-2.0
"""Which devices a document accepts, one by one (FORMAT.md section 3)."""

import pytest

from nova_migcompat import descriptor
from nova_migcompat.descriptor import variables
from tests.unit.descriptor.texts import document


def rows(*compatible):
    """Return all that is listed: objects, fields and rules together."""
    found = descriptor.expand(document(*compatible), 100)
    assert (found.more, found.exact) == (0, True)
    return [(r.object, {**r.fields, **r.rules}) for r in found.rows]


def rest(*compatible, limit=1):
    return descriptor.expand(document(*compatible), limit).rest


def as_device(fields):
    lines = [f'{n}={variables.quote(text)}' for n, text in fields.items()]
    return document(device='\n'.join(lines))


def as_object(row):
    """Write a row as the COMPATIBLE object that contains just it."""
    lines = [f'{n}={variables.quote(text)}' for n, text in row.fields.items()]
    return '\n'.join(lines + [f'{n}={r}' for n, r in row.rules.items()])


def test_the_variable_defined_first_is_slowest():
    assert rows('a={v:int:2,1}\nb={w:string:x,y}{v}') == [
        (0, {'a': '2', 'b': 'x2'}),
        (0, {'a': '2', 'b': 'y2'}),
        (0, {'a': '1', 'b': 'x1'}),
        (0, {'a': '1', 'b': 'y1'}),
    ]


def test_repeated_values_count_at_their_first_place():
    for items, values in [
        ('3,5..6,1..8,2,9..9', '356124789'),
        ('1..2,5..6,4..7', '125647'),
        ('1..3,3..5', '12345'),
        ('5..6,3..5', '5634'),
    ]:
        found = rows(f'a={{v:int:{items}}}')
        assert ''.join(fields['a'] for _, fields in found) == values


def test_empty_fields_are_left_out():
    assert rows('a=1\nb=\nc={v:string:"",x}') == [
        (0, {'a': '1'}),
        (0, {'a': '1', 'c': 'x'}),
    ]


def test_no_device_is_empty_altogether():
    assert rows('a={v:string:"",x}\nb=') == [(0, {'a': 'x'})]


def test_what_equals_nothing_is_left_out():
    assert rows('a={v:int:1..6}\nb={v}/2\nc=(6/({v}-2))') == [
        (0, {'a': '4', 'b': '2', 'c': '3'})
    ]
    assert rows('a={v:int:1..3}\nb={v}/2\nc={w:int:1..3}\nd={w}/3') == [
        (0, {'a': '2', 'b': '1', 'c': '3', 'd': '1'})
    ]


def test_a_division_by_zero_is_left_out():
    assert rows('a={v:int:-1..1}\nb=(6/{v})') == [
        (0, {'a': '-1', 'b': '-6'}),
        (0, {'a': '1', 'b': '6'}),
    ]


def test_a_device_stands_at_the_first_object_that_contains_it():
    assert rows('a={v:int:1..2}', 'a={v:int:2..3}') == [
        (0, {'a': '1'}),
        (0, {'a': '2'}),
        (1, {'a': '3'}),
    ]


def test_a_device_that_an_earlier_rule_allows_is_left_out():
    assert rows('a={v:int:2..}', 'a={v:int:1..3}') == [
        (0, {'a': '{v:int:2..}'}),
        (1, {'a': '1'}),
    ]


def test_a_device_that_no_earlier_rule_allows_is_not_left_out():
    for first, second in [
        ('a=1\nb={v:int:1..}', {'a': '2', 'b': '3'}),
        ('a={v:int:4..}', {'a': '{v:int:4..}'}),
    ]:
        other = as_object(descriptor.Row(1, second, {}))
        assert rows(first, other)[1:] == [(1, second)]
    assert rows('a={f:flags:x}', 'a=x\nb={v:int:1..}') == [
        (0, {'a': '{f:flags:x}'}),
        (1, {'a': 'x', 'b': '{v:int:1..}'}),
    ]


def test_two_choices_that_give_one_device_are_one_row():
    assert rows('a={v:string:"",x}{w:string:"",x}') == [
        (0, {'a': 'x'}),
        (0, {'a': 'xx'}),
    ]


@pytest.mark.parametrize(
    'rule', ['{v:int:4..}', '{v:version:2.0-,1.3}', '{v:flags:a+b,=c}']
)
def test_rules_stand_as_they_are(rule):
    assert rows(f'a={rule}\nb=x') == [(0, {'a': rule, 'b': 'x'})]


def test_what_depends_on_a_rule_is_one_too():
    assert rows('a={v:int:4..}\nb=x-{v}\nc={v}/2') == [
        (0, {'a': '{v:int:4..}', 'b': 'x\\-{v}', 'c': '{v}/2'})
    ]


def test_other_variables_of_a_rule_have_values():
    assert rows('a={s:string:"x-",y}:{v:int:4..}') == [
        (0, {'a': 'x\\-\\:{v:int:4..}'}),
        (0, {'a': 'y\\:{v:int:4..}'}),
    ]


def test_a_rule_that_is_longer_than_a_value_is_left_out():
    long = 'x' * 400
    fields = f'a={{v:string:{long},y}}\nb={{v}}{{v}}{{v}}{{r:int:1..}}'
    assert rows(fields) == [(0, {'a': 'y', 'b': 'yyy{r:int:1..}'})]


def test_an_expression_of_a_rule_has_one_value_for_each_other_variable():
    assert rows('a={v:int:4..}\nb={v}*{w:int:-2,3}+{w}\nc={w}+{v}') == [
        (
            0,
            {'a': '{v:int:4..}', 'b': f'{{v}}*{{w:int:{w}}}+{{w}}'}
            | {'c': '{w}+{v}'},
        )
        for w in (-2, 3)
    ]


def test_a_variable_is_defined_where_it_first_stands_in_a_rule():
    fields = 'a={w:int:2,3}+1\nr={x:int:4..}\nb={x}+1\nc={x}*{w}'
    assert rows(fields) == [
        (
            0,
            {'a': f'{w + 1}', 'r': '{x:int:4..}', 'b': '{x}+1'}
            | {'c': f'{{x}}*{{w:int:{w}}}'},
        )
        for w in (2, 3)
    ]


def test_a_document_without_objects_accepts_nothing():
    assert descriptor.expand(document(), 5) == descriptor.Expanded((), 0, True)


def test_a_limit_below_zero_is_refused():
    with pytest.raises(ValueError, match='limit'):
        descriptor.expand(document(), -1)


@pytest.mark.parametrize(
    ('compatible', 'words'),
    [
        (['a=1'], ''),
        (['a={v:int:1..3}\nb=(1/2)'], ''),
        (['a={v:int:1..3}'], 'and 2 more'),
        (['a=fw{v:int:1..1000000}'], 'and 999,999 more'),
        (['a={v:int:1..9}', 'a={v:int:5..12}'], 'and 11 more'),
        (['a={v:int:1..9}\nb={v}/2'], 'and 3 more'),
        (['a={v:int:4..}', 'a={v:int:1..5}'], 'and 3 more'),
        ([f'a={{v:int:1..1{"0" * 400}}}'], 'and more than 10^399 more'),
        (
            [f'a={{v:int:1..1{"0" * 400}}}\nb={{v}}/2'],
            'and up to 10^400 more',
        ),
        (
            ['b=1\na={v:int:1..900000}', 'b=2\na={v:int:1..900000}'],
            'and 1,799,999 more',
        ),
        (
            ['a={v:int:1..900000}', 'b=2\na={v:int:1..900000}'],
            'and 1,799,999 more',
        ),
        (['a={v:int:1..9}', 'b=\na={v:int:5..12}'], 'and 11 more'),
        (['a={v:string:"",x}{w:string:"",x}'], 'and 1 more'),
        (['a={v:string:x,y,""}'], 'and 1 more'),
        ([f'a={{v:string:x,{"y" * 500}}}\nb={{v}}{{v}}{{v}}'], ''),
        (
            [
                'r={i:int:1..}\ns={i}*2\n'
                f'a={{v:string:x,{"y" * 500}}}\nb={{v}}{{v}}{{v}}'
            ],
            '',
        ),
        ([f'a={{v:int:1..1{"0" * 15}}}'], f'and {"999," * 4}999 more'),
        ([f'a={{v:int:0..1{"0" * 15}}}'], 'and more than 10^15 more'),
    ],
)
def test_what_is_not_listed_is_counted(compatible, words):
    assert rest(*compatible) == words


def test_nothing_is_listed_at_limit_0():
    found = descriptor.expand(document('a={v:int:1..3}'), 0)
    assert (found.rows, found.more, found.exact) == ((), 3, True)


def test_a_bound_is_no_count():
    found = descriptor.expand(
        document('a={v:int:1..9000000}', 'a={v:int:9000000..9000001}'), 2
    )
    assert not found.exact
    assert found.more >= 8999999
    assert 'up to' in found.rest


def test_results_may_be_as_long_as_a_value_and_no_longer():
    text = f'a={{v:int:1{"0" * 340}}}\nb={{v}}*{{v}}*{{v}}*10'
    ((_, fields),) = rows(text)
    assert fields['b'] == '1' + '0' * 1021
    assert rows(f'{text}*10') == []
    assert rows(f'{text}*10/2/5') == [(0, fields)]
    assert rows(f'{text}*(0-1)') == []
    ((_, fields),) = rows(f'{text}*(0-1)/10')
    assert fields['b'] == '-1' + '0' * 1020


@pytest.mark.parametrize('more', [0, 1])
def test_a_device_is_as_long_as_a_document_and_no_longer(more):
    lengths = [19 + more] + [19] * 57 + [18] * 6
    names = [f'f{i}'.ljust(length, '_') for i, length in enumerate(lengths)]
    half = 'x' * 500
    lines = [f'{names[0]}={half}{{v:string:y,{half}}}']
    fields = '\n'.join(lines + [f'{name}={{v}}{{v}}' for name in names[1:]])
    found = [fields for _, fields in rows(fields)]
    lengths = [len(fields[names[0]]) for fields in found]
    assert lengths == [501, 1000][: 2 - more]
    size = len(as_device(found[-1]).canonical.encode())
    assert size == 65536 or more
    assert rest(fields) == ('' if more else 'and 1 more')


def test_a_long_way_to_a_small_result_is_worked_out():
    large = f'a={{v:int:1{"0" * 480}..1{"0" * 479}1}}'
    forth, back = '*{v}' * 100, '/{v}' * 100
    found = rows(f'{large}\nb={{v}}{forth}{back}-{{v}}')
    assert [fields['b'] for _, fields in found] == ['0', '0']
    assert rows(f'{large}\nb={{v}}{forth}{back}/{{v}}/2') == []
    cubes = '{v}*{v}*{v}-{v}*{v}*{v}'
    found = rows(f'{large}\nb=({cubes}+6)/2')
    assert [fields['b'] for _, fields in found] == ['3', '3']
    assert rows(f'{large}\nb=({cubes}+7)/2') == []
    negative = rows(f'{large}\nb=(0-7{forth}{back})')
    assert [fields['b'] for _, fields in negative] == ['-7', '-7']
