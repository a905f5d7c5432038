# SPDX-License-Identifier: Apache-2.0
"""Documents as syntax trees, drawn with a random.Random.

A document is (SELF, COMPATIBLE objects), as oracle.py takes it. Devices are
mostly made from an object of the other document, so that many pairs match.
"""

from tests.unit.descriptor import oracle
from tests.unit.descriptor.oracle import Compatible, Var

NAMES = ('a', 'b', 'c', '_d', 'x.y-Z')
VARIABLES = ('v', 'w', 'val1', '_u', 'V')
CHARACTERS = 'aA1-+. #"\\{}:,()=/ä\t\xa0'
# fmt: off
#: What stands between variables.
BETWEEN = (
    '-', '.', 'a', '1', ' ', '-v', '..', '/', '+', '(', ')', ' (', ') ', 'ä',
    ':',
)
STRINGS = (
    '', '', 'a', 'b', 'aa', 'ab', '1', '11', '-', 'a1', ' ', '#', '"', ' #',
    'a # b', '}', '{', ', ', '\\', '+', 'ä', 'A',
)
TEXTS = (
    '1', '2', '0', '-1', '12', '01', '-0', '11', '1-1', 'a', 'aa', 'A',
    'a+b', 'b+a', 'a+c', 'a++b', '1.2', '1.2.0', '1.', 'ä', ' ', 'a b', '',
    '1 # 2', '"', '\\', '{v}', '+1', '\u0661', '1.2.3.4.5', '100',
)
# fmt: on
FLAGS = ('a', 'b+a', '=a', '=a+b', 'c', 'a.1+b', '=c_', 'a+a')
LARGE = (99, 2**31, 2**32, 2**64 + 1, 10**30)
VERSIONS = ('0', '1', '1.0', '1.2', '1.2.3', '2', '2.0.0.1', '02', '1.10')
KINDS = ('int',) * 9 + ('string',) * 4 + ('version',) * 3 + ('flags',) * 3
PRECEDENCE = {'+': 1, '-': 1, '*': 2, '/': 2}


class Maker:
    """Draws trees."""

    def __init__(self, dice):
        self.dice = dice
        self.chance = dice.random

    def one(self, found):
        return found[int(self.chance() * len(found))]

    def up_to(self, most):
        """Draw one of 0 to most."""
        return int(self.chance() * (most + 1))

    def text(self, characters, most):
        return ''.join([self.one(characters) for _ in range(self.up_to(most))])

    def integer(self):
        return self.one(LARGE) if self.chance() < 0.03 else self.up_to(12)

    def int_item(self):
        low = self.integer() - 2
        kind = self.chance()
        if kind < 0.55:
            return str(low)
        if kind < 0.8:
            return f'{low}..{low + self.up_to(4)}'
        if kind < 0.83:
            return f'{low}..{low + self.up_to(60)}'
        return f'{low}..' if kind < 0.94 else f'..{low}'

    def version_item(self):
        low = self.one(VERSIONS)
        kind = self.chance()
        if kind < 0.4:
            return low
        if kind < 0.7:
            return f'{low}-' if kind < 0.6 else f'-{low}'
        low, high = sorted((low, self.one(VERSIONS)), key=oracle.number)
        return f'{low}-{high}'

    def item(self, kind):
        if kind == 'int':
            return self.int_item()
        if kind == 'version':
            return self.version_item()
        return self.one(FLAGS if kind == 'flags' else STRINGS)

    def var(self, name):
        kind = self.one(KINDS)
        many = range(1 + self.up_to(2 if self.chance() < 0.9 else 5))
        return Var(name, kind, tuple(self.item(kind) for _ in many))

    def tree(self, ints, depth=0):
        """Draw an expression, with the parentheses that it needs or more."""
        if depth and (depth == 3 or self.chance() < 0.6):
            found = self.one(ints) if self.chance() < 0.6 else self.integer()
            return ('(', found) if self.chance() < 0.05 else found
        sign = self.one('+-*/')
        left, right = self.tree(ints, depth + 1), self.tree(ints, depth + 1)
        if strength(left) < PRECEDENCE[sign]:
            left = ('(', left)
        if strength(right) <= PRECEDENCE[sign]:
            right = ('(', right)
        tree = (sign, left, right)
        if self.chance() < 0.1 or not (depth or begins_well(tree)):
            return ('(', tree)
        return tree

    def template(self, mixed):
        """Draw variables and what stands between them, without blank end."""
        parts = []
        for _ in range(1 + self.up_to(3)):
            literal = parts and isinstance(parts[-1], str)
            if literal or self.chance() < 0.65:
                parts.append(self.one(mixed))
            else:
                parts.append(self.one(BETWEEN))
        if isinstance(parts[-1], str) and parts[-1].endswith(' '):
            parts[-1] += '_'
        if len(parts) == 1 and isinstance(parts[0], str):
            parts.append(self.one(mixed))
        return 'template', tuple(parts)

    def value(self, pool):
        kind = self.chance()
        ints = [v for v in pool if v.kind == 'int']
        whole = [v for v in pool if v.kind == 'flags']
        mixed = [v for v in pool if v.kind != 'flags']
        if ints and kind < 0.25:
            return 'expression', self.tree(ints)
        if whole and kind < 0.4:
            return 'template', (self.one(whole),)
        if mixed and kind < 0.85:
            return self.template(mixed)
        if kind < 0.9:
            return 'literal', ''
        return 'literal', self.text(CHARACTERS, 4)

    def compatible(self, names):
        many = self.one((0, 1, 1, 2, 2, 2, 3, 3, 4))
        pool = [self.var(name) for name in VARIABLES[:many]]
        return Compatible(tuple((name, self.value(pool)) for name in names))

    def names(self):
        return self.dice.sample(NAMES, 1 + self.up_to(3))

    def objects(self):
        """Draw COMPATIBLE objects; nearly all are within section 5."""
        names = self.names()
        objects = []
        for _ in range(self.one((0, 1, 1, 1, 1, 2, 2, 3, 4))):
            if self.chance() < 0.3:
                names = self.names()
            found = self.compatible(names)
            while not oracle.is_legal([found]) and self.chance() < 0.99:
                found = self.compatible(names)
            objects.append(found)
        return objects

    def int_value(self, item):
        low, dots, high = item.partition('..')
        if not dots:
            return int(low)
        if low and high:
            return int(low) + self.up_to(int(high) - int(low))
        return int(low) + self.up_to(9) if low else int(high) - self.up_to(9)

    def version_value(self, item):
        if self.chance() < 0.15:
            return self.one(VERSIONS)
        low, _, high = item.partition('-')
        found = self.one([text for text in (low, high) if text])
        if found.count('.') < 3 and self.chance() < 0.3:
            found += self.one(('.0', '.1', '.00'))
        return found

    def flags_value(self, item):
        tokens = item.lstrip('=').split('+')
        if self.chance() < 0.3:
            tokens.append(self.one(('a', 'b', 'z')))
        self.dice.shuffle(tokens)
        return '+'.join(tokens)

    def chosen(self, var):
        """Draw a value that a variable allows, or nearly so."""
        item = self.one(var.items)
        if var.kind == 'string':
            return item
        if var.kind == 'int':
            return self.int_value(item)
        if var.kind == 'version':
            return self.version_value(item)
        return self.flags_value(item)

    def device_of(self, compatible):
        """Draw a device that an object contains, or nearly so."""
        device = {}
        for _ in range(4):
            values = {v.name: self.chosen(v) for v in compatible.order}
            found = [
                (name, oracle.filled(value, values))
                for name, value in compatible.fields
            ]
            device = {name: text or '' for name, text in found}
            if all(text is not None for _, text in found):
                break
        if self.chance() < 0.25:
            self.change(device)
        return device

    def change(self, device):
        name = self.one(NAMES)
        if self.chance() < 0.5:
            device[name] = self.one(TEXTS)
        else:
            name = self.one(list(device))
            text = device[name]
            changed = (f'{text}1', f'0{text}', f'-{text}', text[1:], '')
            near = (text.swapcase(), text.replace('0', '-0'))
            device[name] = self.one((*changed, *near))

    def device(self, others):
        if others and self.chance() < 0.85:
            device = self.device_of(self.one(others))
        else:
            device = {name: self.one(TEXTS) for name in self.names()}
        if not any(device.values()):
            device[self.one(NAMES)] = '1'
        return device

    def pair(self):
        """Draw two documents."""
        source, target = self.objects(), self.objects()
        return (self.device(target), source), (self.device(source), target)


def strength(tree):
    """Return how strongly a tree's outermost operator binds."""
    return PRECEDENCE.get(tree[0], 3) if isinstance(tree, tuple) else 3


def begins_well(tree):
    """Tell whether an expression begins with a variable or (."""
    while isinstance(tree, tuple) and tree[0] != '(':
        tree = tree[1]
    return not isinstance(tree, int)
