# SPDX-License-Identifier: Apache-2.0
"""What is legal and probably not meant: Document.warnings."""

import pytest

from nova_migcompat import descriptor
from tests.unit.descriptor.test_vectors import vectors
from tests.unit.descriptor.texts import document


def warnings(*compatible, device='a=1'):
    """Return what is doubted, the document's own device aside."""
    found = document(*compatible, device=device).warnings
    return [text for text in found if 'SELF itself' not in text]


@pytest.mark.parametrize('vector', vectors('canonical'))
def test_the_examples_are_not_doubted(vector):
    if vector['name'].startswith('UUID'):
        assert descriptor.parse(vector['text']).warnings == ()


def test_a_document_without_objects_is_not_doubted():
    assert document(device='a=1\nb=2').warnings == ()


def test_a_device_that_its_own_document_does_not_accept():
    (found,) = document('a=2', 'a=1\nb=1', 'a={v:int:2..}').warnings
    assert found == (
        'no COMPATIBLE object contains the device of SELF itself: object 1'
        ' differs in field a, object 2 differs in field b, object 3 differs'
        ' in field a'
    )
    assert document('a=2', 'a=1', 'a=3').warnings == ()
    (found,) = document('a=1', device='a=1\nb=2').warnings
    assert found.endswith('object 1 differs in field b')


def test_of_many_objects_some_are_named():
    (found,) = document(*[f'a={n}' for n in range(2, 66)]).warnings
    assert found.endswith('field a, 61 more objects differ')


@pytest.mark.parametrize(
    ('value', 'shown'),
    [
        ('{v:int:1}/2', '{v:int:1}/2'),
        ('{v:int:1,3,5..5}/2', '{v:int:1,3,5..5}/2'),
        ('(1/2)', '(1/2)'),
        ('{v:int:0}*0+1/{v}', '{v:int:0}*0+1/{v}'),
        (f'{{v:int:1{"0" * 400}}}*{{v}}*{{v}}', None),
        (f'{{v:string:{"x" * 400}}}{{v}}{{v}}', None),
    ],
)
def test_an_object_that_can_never_match(value, shown):
    (found,) = warnings('a=1', f'x={value}')
    assert found.startswith('COMPATIBLE object 2, field x: ')
    assert 'can never match' in found
    assert shown is None or shown in found
    assert len(found) < 220


def test_rules_do_not_hide_that_an_object_can_never_match():
    (found,) = warnings('b={r:int:1..}\nx={v:int:1}/2')
    assert 'object 1, field x: {v:int:1}/2 gives no value' in found


def test_fields_that_exclude_each_other():
    (found,) = warnings('x=1\ny={v:int:1..4}/2\nz=({v}+1)/2')
    assert found == (
        'COMPATIBLE object 1, fields y, z: no choice gives all of them a'
        ' value, so the object can never match'
    )


def test_an_object_of_empty_fields_can_never_match():
    (found,) = warnings('x=\ny={v:string:""}')
    assert found.startswith('COMPATIBLE object 1 can never match')


@pytest.mark.parametrize(
    'fields',
    [
        'x={v:int:1,2}/2',
        'x={r:int:1..}\ny={r}/2',
        'x={v:string:"",a}',
        f'x={{v:int:1..1{"0" * 400}}}\ny={{v}}+1/2',
        'x={v:version:1.0-}',
    ],
)
def test_what_may_match_or_is_not_known_is_not_doubted(fields):
    assert warnings(fields) == []


def test_objects_that_repeat_each_other():
    assert warnings('a=1', 'a="1"\nb=', 'b=\na=1 # x', 'a=1', 'a=1') == [
        'COMPATIBLE object 3 repeats object 2',
        'COMPATIBLE object 4 repeats object 1',
        'COMPATIBLE object 5 repeats object 1',
    ]
    assert warnings('a={v:int:1}', 'a={v:int:1,2}') == []


def test_fields_that_differ_in_case_only():
    assert warnings('Mdev=1\nx=2\nmdev=1\nMDEV=') == [
        'COMPATIBLE object 1, fields Mdev, mdev and MDEV: these differ in'
        ' case only'
    ]
    assert warnings(device='Mdev=1\nmdev=2') == [
        'SELF, fields Mdev and mdev: these differ in case only'
    ]
    assert warnings('mdev_type=1\na=1', device='a=1\nMdev_type=1') == [
        'COMPATIBLE object 1, field mdev_type: SELF has Mdev_type, which'
        ' differs in case, so it is another field'
    ]
    assert warnings('mdev=1\nx=1', device='mdev=1\nX.=1') == []


def test_a_warning_is_one_printable_line():
    long = f'{{v:string:"\u202e{"x" * 400}"}}'
    (found,) = warnings(f'x=-\t{long}{"{v}" * 5}\ny=1')
    assert found.isascii()
    assert found.isprintable()
    assert len(found) < 220


def test_warnings_are_the_same_for_the_same_document():
    found = document('a={v:int:1}/2', 'B=1', 'B=1', device='b=1')
    again = descriptor.parse(found.canonical)
    assert found.warnings == again.warnings
    assert len(found.warnings) == 5
    assert all(
        text.isascii() and text.isprintable() for text in found.warnings
    )


def test_of_many_doubts_the_first_are_said_and_the_rest_counted():
    found = warnings('a=1', *[f'a=1\nb={n}\nB={n}' for n in range(20)])
    assert len(found) == 17
    assert found[0].startswith('COMPATIBLE object 2, fields b and B')
    assert found[-1] == '4 more of these are not listed'
    found = warnings('a=1', *[f'a=1\nb={n}\nB={n}' for n in range(17)])
    assert found[-1] == '1 more of these are not listed'
    found = warnings('a=1', *[f'a=1\nb={n}\nB={n}' for n in range(16)])
    assert len(found) == 16
    assert 'more' not in found[-1]
