# SPDX-License-Identifier: Apache-2.0
"""A second reading of FORMAT.md sections 3 to 5, by brute force.

It works on syntax trees and goes through every binding of the variables; it
shares no code with the package and never sees a document's text.
"""

import dataclasses
import functools
import itertools
import math
import re

#: What stands in a variable's values, for the rule of section 5.
INT_CHARACTERS = set('-0123456789')
VERSION_CHARACTERS = set('.0123456789')
MAX_COMBINATIONS = 4096


@dataclasses.dataclass(frozen=True)
class Var:
    """A variable: items are what stands in the text, without quotes."""

    name: str
    kind: str
    items: tuple


@dataclasses.dataclass(frozen=True)
class Compatible:
    """A COMPATIBLE object.

    Fields are (name, (kind, content)). Content is a text for a literal, texts
    and variables for a template, and for an expression a tree of (operator,
    left, right), ('(', inner), variables and integers.
    """

    fields: tuple

    @functools.cached_property
    def names(self):
        return {name for name, _ in self.fields}

    @functools.cached_property
    def order(self):
        """The variables in the order of their definitions."""
        found = {}
        for _, value in self.fields:
            found.update((var.name, var) for var in variables(value))
        return list(found.values())

    @functools.cached_property
    def stages(self):
        """The fields that can be compared once the first n are bound."""
        places = {var.name: i for i, var in enumerate(self.order, 1)}
        stages = [[] for _ in range(len(places) + 1)]
        for name, value in self.fields:
            last = max((places[v.name] for v in variables(value)), default=0)
            stages[last].append((name, value))
        return stages


def variables(value):
    """Return the variables in a value, as often as they stand there."""
    found = []

    def walk(node):
        if isinstance(node, Var):
            found.append(node)
        elif isinstance(node, tuple):
            for child in node:
                walk(child)

    walk(value[1])
    return found


@functools.lru_cache(maxsize=64)
def substrings(texts, pattern):
    """Return all there is in the texts that has a form."""
    form = re.compile(pattern)
    found = {
        text[start:end]
        for text in texts
        for start in range(len(text))
        for end in range(start + 1, len(text) + 1)
    }
    return [text for text in found if form.fullmatch(text)]


def number(text):
    return ([int(n) for n in text.split('.')] + [0, 0, 0])[:4]


def version_allowed(item, text):
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
    tokens = set(text.split('+'))
    wanted = set(item.lstrip('=').split('+'))
    return wanted == tokens if item[0] == '=' else wanted <= tokens


def int_allowed(item, text):
    if '..' not in item:
        return int(text) == int(item)
    low, high = item.split('..')
    return (not low or int(low) <= int(text)) and (
        not high or int(text) <= int(high)
    )


#: By type: whether an item allows a text of the form that all texts have.
FORMS = {
    'int': (int_allowed, '0|-?[1-9][0-9]*'),
    'flags': (flags_allowed, r'[A-Za-z0-9_.-]+(\+[A-Za-z0-9_.-]+)*'),
    'version': (version_allowed, r'[0-9]+(\.[0-9]+){0,3}'),
}


def has_end(var):
    """Is a variable's list of values finite?"""
    if var.kind == 'int':
        return not any(i[:2] == '..' or i[-2:] == '..' for i in var.items)
    return var.kind == 'string'


@functools.lru_cache(maxsize=64)
def listed(var):
    """Return the different values of a finite variable, in order."""
    if var.kind == 'string':
        return list(dict.fromkeys(var.items))
    found = {}
    for item in var.items:
        low, _, high = item.partition('..')
        found.update(dict.fromkeys(range(int(low), int(high or low) + 1)))
    return list(found)


def candidates(var, texts):
    """Return every value that a variable could have with a device's texts."""
    if has_end(var):
        return listed(var)
    allowed, pattern = FORMS[var.kind]
    return [
        int(text) if var.kind == 'int' else text
        for text in substrings(texts, pattern)
        if any(allowed(item, text) for item in var.items)
    ]


def evaluate(tree, values):
    """Return the value of a tree as (numerator, denominator)."""
    if isinstance(tree, int):
        return tree, 1
    if isinstance(tree, Var):
        return values[tree.name], 1
    if tree[0] == '(':
        return evaluate(tree[1], values)
    sign, left, right = tree
    top, bottom = evaluate(left, values)
    other_top, other_bottom = evaluate(right, values)
    if sign == '*':
        return top * other_top, bottom * other_bottom
    if sign == '/':
        if other_top == 0:
            raise ZeroDivisionError
        return top * other_bottom, bottom * other_top
    if sign == '-':
        other_top = -other_top
    return top * other_bottom + other_top * bottom, bottom * other_bottom


def filled(value, values):
    """Return the text of a value under a binding; None: equals nothing."""
    kind, content = value
    if kind == 'literal':
        return content
    if kind == 'template':
        return ''.join(
            [
                part if isinstance(part, str) else str(values[part.name])
                for part in content
            ]
        )
    try:
        top, bottom = evaluate(content, values)
    except ZeroDivisionError:
        return None
    return None if top % bottom else str(top // bottom)


def first_binding(compatible, device, ignore):
    """Return the first binding with which an object contains a device.

    One loop for each variable; a loop goes on to its next value as soon as a
    field differs whose variables are all bound.
    """
    device = {name: text for name, text in device.items() if text}
    if not ignore and device.keys() - compatible.names:
        return None
    texts = tuple(device.values())
    values = {}

    def bind(depth):
        for name, value in compatible.stages[depth]:
            if filled(value, values) != device.get(name, ''):
                return False
        if depth == len(compatible.order):
            return True
        var = compatible.order[depth]
        for value in candidates(var, texts):
            values[var.name] = value
            if bind(depth + 1):
                return True
        return False

    return values if bind(0) else None


def first_object(objects, device, ignore):
    """Return the first object's index and binding, or None."""
    for index, compatible in enumerate(objects):
        values = first_binding(compatible, device, ignore)
        if values is not None:
            return index, values
    return None


def devices(objects, most):
    """Return all devices that objects contain, as (index, fields).

    :returns: them in the order of section 3, each once; None where one of the
        objects has variables without end, or more bindings than the most.
    """
    found = {}
    for index, compatible in enumerate(objects):
        if not all(map(has_end, compatible.order)):
            return None
        choices = [listed(var) for var in compatible.order]
        if math.prod(map(len, choices)) > most:
            return None
        names = [var.name for var in compatible.order]
        for row in itertools.product(*choices):
            values = dict(zip(names, row, strict=True))
            texts = [(n, filled(v, values)) for n, v in compatible.fields]
            device = frozenset((n, text) for n, text in texts if text)
            if device and all(text is not None for _, text in texts):
                found.setdefault(device, index)
    return [(index, dict(device)) for device, index in found.items()]


class Pair:
    """The answers for two documents, each (SELF, COMPATIBLE objects)."""

    def __init__(self, source, target):
        self._selves = source[0], target[0]
        self._there, self._back = (
            [first_object(one[1], other[0], ignore) for ignore in (0, 1)]
            for one, other in ((source, target), (target, source))
        )

    def decide(self, direction, ignore, equal_fields):
        """Return (side, object, variables); each None when not compatible."""
        one, other = self._selves
        there, back = self._there[ignore], self._back[ignore]
        no = (None, None, None)
        if any(one.get(n, '') != other.get(n, '') for n in equal_fields):
            return no
        if direction == 'both' and not (there and back):
            return no
        if direction != 'target' and there:
            return ('source', *there)
        if direction in ('target', 'either') and back:
            return ('target', *back)
        return no


def characters(var):
    """Return what can occur in one of a variable's values (section 5)."""
    if var.kind == 'string':
        return set(''.join(var.items))
    return INT_CHARACTERS if var.kind == 'int' else VERSION_CHARACTERS


def settled(compatible):
    """Return the names of the variables that a device's text settles."""
    found = {var.name for var in compatible.order if var.kind == 'flags'}
    before = None
    while before != len(found):
        before = len(found)
        for _, (kind, content) in compatible.fields:
            if kind == 'template':
                found |= settled_in(content, found)
    return found


def settled_in(parts, known):
    """Return which variables one template settles."""
    found = set()
    for part, after in zip(parts, (*parts[1:], ''), strict=True):
        if isinstance(part, str) or part.name in known | found:
            continue
        if isinstance(after, Var) or after[:1] in characters(part):
            break
        found.add(part.name)
    return found


def is_legal(objects):
    """Tell whether all that must be tried is finite and not too much."""
    total = 0
    for compatible in objects:
        free = settled(compatible)
        free = [var for var in compatible.order if var.name not in free]
        if not all(map(has_end, free)):
            return False
        product = 1 if free else 0
        for var in free:
            product *= len(listed(var))
        total += product
    return total <= MAX_COMBINATIONS
