# SPDX-License-Identifier: Apache-2.0
"""What expand() lists, against going through every choice of values."""

import fractions
import itertools
import re

import hypothesis
from hypothesis import strategies as st

from nova_migcompat import descriptor
from tests.unit.descriptor.test_expansion import as_device, as_object
from tests.unit.descriptor.texts import document

BUDGET = hypothesis.settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
MANY = 10**6

#: Values of small documents: {v} and so on stand for variables.
INTS = ('1', '2,1', '-1..2', '0..6', '3,1..4', '5..')
STRINGS = ('x', '"",x', 'x,"",y', '"1","2 #"', 'x,xx')
RULES = ('1.0-', '1.2-2.1,3')
# fmt: off
VALUES = (
    '1', '2', 'x', '{v}', '{v}', '{w}', '{s}', '{n}', '{v}{w}', '{w}.{v}',
    '{s}{s}', '{s}{w}', 'x{s}{v}', '{v}-{w}', '{n}:{v}', '{v}/2',
    '({w}-1)*{v}', '6/{v}', '({v}/{w})', '(6/({v}-{w}))', '{w}*{w}/4+1',
)
# fmt: on
DEVICES = ('', '1', '2', '3', '5', 'x', 'xx', '1.2', '12', '-1', '1.2:1')


@st.composite
def small_documents(draw):
    """Draw, object by object, variables by name and values by field."""
    kinds = {
        'v': [('int', INTS)],
        'w': [('int', INTS)],
        's': [('string', STRINGS)],
        'n': [('version', RULES), ('int', INTS)],
    }
    objects = []
    for _ in range(draw(st.integers(1, 3))):
        found = {}
        for name, choices in kinds.items():
            kind, items = draw(st.sampled_from(choices))
            found[name] = (kind, draw(st.sampled_from(items)))
        values = draw(
            st.lists(st.sampled_from(VALUES), min_size=1, max_size=3)
        )
        objects.append((found, dict(zip('abc', values, strict=False))))
    return objects


def names_in(fields):
    found = re.findall(r'\{(.)\}', ''.join(fields.values()))
    return list(dict.fromkeys(found))


def written(found, fields):
    """Write an object: each variable is defined where it stands first."""
    lines = '\n'.join(f'{name}={value}' for name, value in fields.items())
    for name in names_in(fields):
        definition = '{%s:%s:%s}' % (name, *found[name])
        lines = lines.replace(f'{{{name}}}', definition, 1)
    return lines


def listed(kind, items):
    """Return a variable's values; None where they have no end."""
    if kind == 'version' or items == '5..':
        return None
    values = []
    for item in items.split(','):
        if kind == 'string':
            values.append(item.strip('"'))
        else:
            low, _, high = item.partition('..')
            values += map(str, range(int(low), int(high or low) + 1))
    return list(dict.fromkeys(values))


def filled(value, values):
    """Fill a value in; None where it equals nothing."""
    if not re.fullmatch(r'[{(].*[-+*/].*', value):
        return value.format(**values)
    exact = {n: f'Fraction({text!r})' for n, text in values.items()}
    try:
        result = eval(
            re.sub(r'\b([0-9])\b', r'Fraction(\1)', value).format(**exact),
            {'Fraction': fractions.Fraction},
        )
    except ZeroDivisionError:
        return None
    return str(result) if result.denominator == 1 else None


def brute_force(objects):
    """Return every device with its object's index; None: there is no end."""
    devices = {}
    for index, (found, fields) in enumerate(objects):
        order = names_in(fields)
        choices = [listed(*found[name]) for name in order]
        if None in choices:
            return None
        for binding in itertools.product(*choices):
            values = dict(zip(order, binding, strict=True))
            texts = {n: filled(v, values) for n, v in fields.items()}
            device = {n: text for n, text in texts.items() if text}
            if device and None not in texts.values():
                devices.setdefault(tuple(device.items()), index)
    return list(devices.items())


def small_document(objects, device='a=1'):
    texts = [written(*each) for each in objects]
    try:
        return document(*texts, device=device)
    except descriptor.DescriptorError as e:
        assert 'without end' in e.found  # noqa: PT017
        hypothesis.reject()


@BUDGET
@hypothesis.given(small_documents())
def test_the_rows_are_what_trying_everything_gives(objects):
    expected = brute_force(objects)
    hypothesis.assume(expected is not None)
    expanded = descriptor.expand(small_document(objects), MANY)
    assert (expanded.more, expanded.exact) == (0, True)
    found = [(tuple(r.fields.items()), r.object) for r in expanded.rows]
    assert found == expected


@BUDGET
@hypothesis.given(small_documents(), st.data())
def test_the_rows_contain_what_the_document_contains(objects, data):
    texts = {name: data.draw(st.sampled_from(DEVICES)) for name in 'abc'}
    hypothesis.assume(any(texts.values()))
    device = as_device(texts)
    whole = small_document(objects)
    expanded = descriptor.expand(whole, MANY)
    for row in expanded.rows:
        if not row.rules:
            answer = descriptor.match(whole, as_device(row.fields))
            assert answer.object == row.object
    several = [
        document(*map(as_object, expanded.rows[start : start + 50]))
        for start in range(0, len(expanded.rows), 50)
    ]
    contained = any(descriptor.match(each, device) for each in several)
    assert contained == bool(descriptor.match(whole, device))


@BUDGET
@hypothesis.given(small_documents(), st.integers(0, 40))
def test_a_limit_cuts_the_rows_and_counts_the_rest(objects, limit):
    whole = small_document(objects)
    every = descriptor.expand(whole, MANY).rows
    some = descriptor.expand(whole, limit)
    assert some.rows == every[:limit]
    assert some.exact
    assert len(some.rows) + some.more == len(every)
