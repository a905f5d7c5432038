# SPDX-License-Identifier: Apache-2.0
"""A fact in a template is the same as its value in the syntax tree.

Documents are drawn as trees with marks in them. Written with ``${fact}`` for
each mark they are templates; with the facts in the tree, before anything is
written, they are what filling in must give.
"""

import dataclasses
import random
import re

import hypothesis
from hypothesis import strategies as st

from nova_migcompat import descriptor
from nova_migcompat.descriptor import templates
from tests.unit.descriptor import generated, oracle, written

#: The marks; what a text or a number of these looks like is written alike.
TEXT, INTEGER, VERSION, FLAGS = '7777777777', '888002', '8.8.8.2', 'zz-mark'
OPERAND = 777001
PRIVATE = '\ue123'
#: Some escaped character; a dollar; the mark of a text, escaped or not.
ESCAPED = re.compile(r'\\([^$7])|\\?(\$)|(?:\\?7){10}')
HOSTILE = st.sampled_from('"\\#{}$(),:=+-*/ .\'aé\u20281')

facts = st.fixed_dictionaries(
    {
        'text': st.text(
            HOSTILE | st.characters(codec='utf-8', exclude_categories=['Cc']),
            min_size=1,
            max_size=20,
        ).filter(lambda text: text == text.strip(' ')),
        'integer': st.from_regex('-?[0-9]{1,5}', fullmatch=True),
        'version': st.from_regex(
            r'[0-9]{1,3}(\.[0-9]{1,3}){0,3}', fullmatch=True
        ),
        'flags': st.from_regex(r'[a-c_.-]{1,2}(\+[a-c]){0,2}', fullmatch=True),
        'operand': st.from_regex('[0-9]{1,4}', fullmatch=True),
    }
)


class TemplateWriter(written.Writer):
    """Writes a tree with marks as a template."""

    def marked(self, text):
        return ESCAPED.sub(
            lambda found: found[0] if found[1] else found[2] or PRIVATE, text
        )

    def quoted(self, text):
        return self.marked(super().quoted(text))

    def template(self, parts):
        return self.marked(super().template(parts))

    def self_value(self, text):
        return super().self_value(text).replace(TEXT, PRIVATE)

    def integer(self, text):
        if text in (INTEGER, str(OPERAND)):
            return text
        return super().integer(text)

    def of(self, device, objects):
        text = self.document(device, objects)
        if isinstance(text, bytes):
            text = text.decode()
        text = text.removeprefix('\ufeff').replace('$', '$$')
        for mark, name in (
            (PRIVATE, 'text'),
            (INTEGER, 'integer'),
            (VERSION, 'version'),
            (FLAGS, 'flags'),
            (str(OPERAND), 'operand'),
        ):
            text = text.replace(mark, f'${{{name}}}')
        return text


class Marker:
    """Puts marks into a tree."""

    def __init__(self, dice):
        self.dice = dice
        self.variables = {}

    def text(self, text):
        if self.dice.random() < 0.6:
            return text
        at = self.dice.randint(0, len(text))
        dollar = self.dice.choice(('', '', '$'))
        return text[:at] + dollar + TEXT + text[at:]

    def item(self, kind, item):
        if kind == 'string':
            return self.text(item)
        if self.dice.random() < 0.5:
            return item
        return self.dice.choice(
            {
                'int': (INTEGER, f'{INTEGER}..', f'{INTEGER}..{INTEGER}'),
                'version': (VERSION, f'-{VERSION}', f'{VERSION}-'),
                'flags': (FLAGS, f'={FLAGS}', f'a+{FLAGS}'),
            }[kind]
        )

    def part(self, part):
        if isinstance(part, str):
            return self.text(part)
        if part.name not in self.variables:
            self.variables[part.name] = dataclasses.replace(
                part, items=tuple(self.item(part.kind, i) for i in part.items)
            )
        return self.variables[part.name]

    def tree(self, tree):
        if isinstance(tree, oracle.Var):
            return self.part(tree)
        if isinstance(tree, int):
            return OPERAND if self.dice.random() < 0.5 else tree
        return (tree[0], *map(self.tree, tree[1:]))

    def value(self, value):
        kind, content = value
        if kind == 'literal':
            return kind, self.text(content)
        if kind == 'expression':
            return kind, self.tree(content)
        return kind, tuple(map(self.part, content))

    def compatible(self, found):
        self.variables = {}
        return oracle.Compatible(
            tuple((name, self.value(value)) for name, value in found.fields)
        )


def filled(node, facts):
    """Put the facts into a tree."""
    if isinstance(node, str):
        for mark, name in (
            (TEXT, 'text'),
            (INTEGER, 'integer'),
            (VERSION, 'version'),
            (FLAGS, 'flags'),
        ):
            node = node.replace(mark, facts[name])
        return node
    if isinstance(node, tuple):
        return tuple(filled(child, facts) for child in node)
    if isinstance(node, oracle.Var):
        return dataclasses.replace(node, items=filled(node.items, facts))
    return int(facts['operand']) if node == OPERAND else node


@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(st.integers(0, 2**32), facts)
def test_filling_in_is_the_same_as_a_value_in_the_tree(seed, facts):
    dice = random.Random(seed)
    (device, objects), _ = generated.Maker(dice).pair()
    marker = Marker(dice)
    device = {name: marker.text(text) for name, text in device.items()}
    objects = [marker.compatible(found) for found in objects]
    template = TemplateWriter(dice).of(device, objects)

    try:
        expected = descriptor.parse(
            written.canonical(
                {name: filled(text, facts) for name, text in device.items()},
                [oracle.Compatible(filled(o.fields, facts)) for o in objects],
            )
        ).canonical
    except descriptor.DescriptorError:
        expected = None
    try:
        found = templates.DocumentTemplate(template).fill(facts).canonical
    except descriptor.DescriptorError:
        found = None

    assert found == expected
