# SPDX-License-Identifier: Apache-2.0
"""What holds for every document, and for every text that is none."""

import random

import hypothesis
from hypothesis import strategies as st

from nova_migcompat import descriptor
from tests.unit.descriptor import generated, oracle
from tests.unit.descriptor.texts import text_of

BUDGET = hypothesis.settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)

#: Text that comes near the language.
NEAR = st.lists(
    st.sampled_from(
        (
            'SELF:',
            'COMPATIBLE',
            'a=',
            '{v:int:1..3}',
            '{v}',
            '{w:string:"x",y}',
            '{f:flags:a}',
            '{n:version:1.0-}',
            '(',
            ')',
            '+',
            '-',
            '*',
            '/',
            '1',
            '"',
            '\\',
            '#',
            '{',
            '}',
            ':',
            ',',
            '..',
            '=x',
            '\n',
            '\r\n',
            '\t',
            'ä',
            '\u2028',
            '\ud800',
            '\x00',
            'int',
            'string',
            '9999999999',
            ' ',
        )
    ),
    max_size=40,
).map(''.join)


def parsed(data, tree):
    """Write and read a tree; skip it where a free variable has no end."""
    layout = random.Random(data.draw(st.integers(0, 2**32)))
    text = generated.Writer(layout).document(*tree)
    hypothesis.note(text)
    found = document_or_error(text)
    if isinstance(found, descriptor.DescriptorError):
        assert 'without end' in found.found
        hypothesis.reject()
    return found


def document_or_error(text):
    try:
        return descriptor.parse(text)
    except descriptor.DescriptorError as e:
        return e


@BUDGET
@hypothesis.given(st.data())
def test_a_pair_is_decided_as_by_enumerating_every_binding(data):
    trees = [data.draw(generated.document()) for _ in range(2)]
    source, target = (parsed(data, tree) for tree in trees)
    direction = data.draw(st.sampled_from(descriptor.DIRECTIONS))
    unlisted = data.draw(st.sampled_from(descriptor.UNLISTED_FIELDS))
    equal = data.draw(st.sampled_from([(), (), ('a',), ('z',)]))
    hypothesis.note(source.canonical + target.canonical)
    result = descriptor.match(source, target, direction, unlisted, equal)
    expected = oracle.decide(*trees, direction, unlisted == 'ignore', equal)
    assert (result.object, result.variables) == (expected or (None, None))
    assert bool(result.reasons) == (expected is None)


@BUDGET
@hypothesis.given(st.data())
def test_an_object_contains_what_one_of_its_bindings_makes(data):
    device, objects = data.draw(generated.document())
    order = oracle.variables(objects[0])
    values = {
        v.name: data.draw(
            st.sampled_from(
                list(oracle.candidates(v, device | {'z': '1', 'y': 'b+a'}))
                or [0]
            )
        )
        for v in order
    }
    made = {
        name: oracle.filled(found, values) or '' for name, found in objects[0]
    }
    hypothesis.assume(any(made.values()))
    one = parsed(data, (device, objects))
    other = parsed(data, (made, [[('a', ('literal', 'a'))]]))
    expected = oracle.decide((device, objects), (made, []), 'source', 0, ())
    hypothesis.note(one.canonical + other.canonical)
    result = descriptor.match(one, other)
    assert (result.object, result.variables) == (expected or (None, None))


@BUDGET
@hypothesis.given(st.data())
def test_the_canonical_form_is_the_same_document(data):
    found = parsed(data, data.draw(generated.document()))
    other = parsed(data, data.draw(generated.document()))
    again = descriptor.parse(found.canonical)
    assert again.canonical == found.canonical
    assert again.digest == found.digest
    assert again.self_object == found.self_object
    for direction in descriptor.DIRECTIONS:
        one = descriptor.match(found, other, direction)
        assert descriptor.match(again, other, direction) == one
        assert descriptor.match(again, other, direction).reasons == one.reasons


def assert_document_or_error(text):
    found = document_or_error(text)
    if isinstance(found, descriptor.DescriptorError):
        assert found.line >= 1
        assert found.column >= 1
        assert str(found).isascii()
        assert found.show().count('\n') == 2
    else:
        again = descriptor.parse(found.canonical)
        assert again.canonical == found.canonical
        assert isinstance(found.warnings, tuple)
        result = descriptor.match(found, found)
        assert all(str(reason).isascii() for reason in result.reasons)


@BUDGET
@hypothesis.given(st.one_of(st.text(), NEAR))
def test_any_text_is_a_document_or_one_error(text):
    assert_document_or_error(text)


@BUDGET
@hypothesis.given(NEAR.filter(lambda text: '\n' not in text))
def test_any_value_is_one_or_an_error(text):
    assert_document_or_error(text_of(f'x={text}'))
    assert_document_or_error(text_of(device=f'a=1\nx={text}'))


@BUDGET
@hypothesis.given(
    st.one_of(
        st.binary(),
        NEAR.map(lambda text: text.encode(errors='surrogatepass')),
    )
)
def test_any_bytes_are_a_document_or_one_error(text):
    assert_document_or_error(text)
    assert_document_or_error(b'SELF:\na=' + text)
