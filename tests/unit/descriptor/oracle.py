# SPDX-License-Identifier: Apache-2.0
"""A second reading of FORMAT.md section 3, by brute force.

It works on syntax trees and enumerates every binding; it shares no code with
the package and never sees a document's text.
"""

import dataclasses
import fractions
import itertools
import operator
import re

OPERATORS = {
    '+': operator.add,
    '-': operator.sub,
    '*': operator.mul,
    '/': operator.truediv,
}


@dataclasses.dataclass(frozen=True)
class Var:
    """A variable: items are what stands in the text, without quotes."""

    name: str
    kind: str
    items: tuple


def substrings(device):
    for text in ('', *device.values()):
        for start, end in itertools.combinations(range(len(text) + 1), 2):
            yield text[start:end]
    yield ''


def number(text):
    return ([int(n) for n in text.split('.')] + [0, 0, 0])[:4]


def version_allowed(item, text):
    if not re.fullmatch(r'[0-9]+(\.[0-9]+){0,3}', text):
        return False
    if '-' not in item:
        return number(item) == number(text)
    low, high = item.split('-')
    if not low and number(text)[0] != number(high)[0]:
        return False
    if not high and number(text)[0] != number(low)[0]:
        return False
    return (not low or number(low) <= number(text)) and (
        not high or number(text) <= number(high)
    )


def flags_allowed(item, text):
    tokens = text.split('+')
    if not all(re.fullmatch('[A-Za-z0-9_.-]+', token) for token in tokens):
        return False
    wanted = set(item.lstrip('=').split('+'))
    return wanted == set(tokens) if item[0] == '=' else wanted <= set(tokens)


def int_allowed(item, text):
    if not re.fullmatch('0|-?[1-9][0-9]*', text):
        return False
    if '..' not in item:
        return int(text) == int(item)
    low, high = item.split('..')
    return (not low or int(low) <= int(text)) and (
        not high or int(text) <= int(high)
    )


def candidates(var, device):
    """Yield every value that a variable could have with this device."""
    if var.kind == 'string':
        yield from var.items
        return
    if var.kind == 'int' and not any(
        item.startswith('..') or item.endswith('..') for item in var.items
    ):
        for item in var.items:
            low, _, high = item.partition('..')
            yield from range(int(low), int(high or low) + 1)
        return
    allowed = {
        'int': int_allowed,
        'flags': flags_allowed,
        'version': version_allowed,
    }[var.kind]
    for text in substrings(device):
        if any(allowed(item, text) for item in var.items):
            yield int(text) if var.kind == 'int' else text


def evaluate(tree, values):
    """Return the value of a tree of (operator, left, right)."""
    if isinstance(tree, tuple):
        sign, left, right = tree
        return OPERATORS[sign](evaluate(left, values), evaluate(right, values))
    if isinstance(tree, Var):
        return fractions.Fraction(values[tree.name])
    return fractions.Fraction(tree)


def filled(value, values):
    """Return the text of a value under a binding; None: equals nothing."""
    kind, content = value
    if kind == 'literal':
        return content
    if kind == 'template':
        return ''.join(
            str(values[part.name]) if isinstance(part, Var) else part
            for part in content
        )
    try:
        result = evaluate(content, values)
    except ZeroDivisionError:
        return None
    return str(result) if result.denominator == 1 else None


def variables(compatible):
    """Return an object's variables in the order of their definitions."""
    found = {}

    def walk(node):
        if isinstance(node, Var):
            found.setdefault(node.name, node)
        elif isinstance(node, tuple | list):
            for child in node:
                walk(child)

    for _, (_, content) in compatible:
        walk(content if isinstance(content, tuple | list) else [content])
    return list(found.values())


def first_binding(compatible, device, ignore):
    """Return the first binding with which an object contains a device."""
    device = {name: text for name, text in device.items() if text}
    fields = dict(compatible)
    if not ignore and device.keys() - fields.keys():
        return None
    order = variables(compatible)
    choices = [list(dict.fromkeys(candidates(v, device))) for v in order]
    for binding in itertools.product(*choices):
        values = {v.name: x for v, x in zip(order, binding, strict=True)}
        if all(
            filled(value, values) == device.get(name, '')
            for name, value in fields.items()
        ):
            return values
    return None


def decide(source, target, direction, ignore, equal_fields):
    """Return (object, variables), or None when not compatible.

    Source and target are (SELF, COMPATIBLE objects).
    """
    for name in equal_fields:
        if source[0].get(name, '') != target[0].get(name, ''):
            return None

    def contains(container, contained):
        for index, compatible in enumerate(container[1]):
            values = first_binding(compatible, contained[0], ignore)
            if values is not None:
                return index, values
        return None

    there, back = contains(source, target), contains(target, source)
    if direction == 'both':
        return there if there and back else None
    return {'source': there, 'target': back, 'either': there or back}[
        direction
    ]
