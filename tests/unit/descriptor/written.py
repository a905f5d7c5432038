# SPDX-License-Identifier: Apache-2.0
"""Documents as text: in any layout, and in their canonical form.

A second reading of FORMAT.md sections 1, 2 and 6: from oracle.py's syntax
trees, and sharing no code with the package.
"""

import base64
import hashlib
import string

from tests.unit.descriptor.oracle import Var

PLAIN_SHAPE = set('+-*/() \t0123456789')
UNESCAPED = set(string.ascii_letters + string.digits + '_.,')
COMMENTS = ('#', '# x', '#"', '# {v', '# a=1', '#\\', '# }"ä')


def quoted(text):
    escaped = text.replace('\\', '\\\\').replace('"', '\\"')
    return f'"{escaped}"'


class Canonical:
    """Writes one COMPATIBLE object in its canonical form."""

    def __init__(self):
        self.defined = set()

    def variable(self, var):
        if var.name in self.defined:
            return self.reference(var)
        self.defined.add(var.name)
        return self.definition(var)

    def reference(self, var):
        return f'{{{var.name}}}'

    def definition(self, var):
        items = var.items
        if var.kind == 'string':
            items = map(quoted, items)
        return f'{{{var.name}:{var.kind}:{",".join(items)}}}'

    def expression(self, tree):
        if isinstance(tree, Var):
            return self.variable(tree)
        if isinstance(tree, int):
            return self.integer(str(tree))
        if tree[0] == '(':
            return self.spaced('(', self.expression(tree[1]), ')')
        left, right = self.expression(tree[1]), self.expression(tree[2])
        return self.spaced(left, tree[0], right)

    def integer(self, text):
        return text

    def spaced(self, *parts):
        return ''.join(parts)

    def template(self, parts):
        return ''.join(
            [
                self.variable(part)
                if isinstance(part, Var)
                else ''.join(
                    c if c in UNESCAPED or ord(c) > 127 else f'\\{c}'
                    for c in part
                )
                for part in parts
            ]
        )

    def value(self, value):
        kind, content = value
        if kind == 'literal':
            return self.literal(content)
        if kind == 'expression':
            return self.expression(content)
        return self.template(content)

    def literal(self, text):
        return quoted(text)


def canonical(device, objects):
    """Return a document's canonical form."""
    lines = ['SELF:\n']
    lines += [f'\t{n}={quoted(text)}\n' for n, text in device.items() if text]
    for compatible in objects:
        writer = Canonical()
        lines.append('COMPATIBLE:\n')
        lines += [f'\t{n}={writer.value(v)}\n' for n, v in compatible.fields]
    return ''.join(lines)


def digest(text):
    """Return a document's digest from its canonical form."""
    found = hashlib.sha256(text.encode()).digest()[:20]
    return base64.b32encode(found).decode()


class Writer(Canonical):
    """Writes documents in a layout that a random.Random chooses."""

    def __init__(self, dice):
        super().__init__()
        self.chance = dice.random
        self.dice = dice
        self.ends = dice.choice((('\n',), ('\r\n',), ('\n', '\r\n')))

    def one(self, found):
        return found[int(self.chance() * len(found))]

    def blank(self):
        return '' if self.chance() < 0.7 else self.one((' ', '\t', '  \t'))

    def reference(self, var):
        return f'{{{self.blank()}{var.name}{self.blank()}}}'

    def definition(self, var):
        written = self.string_item
        if var.kind == 'int':
            written = self.int_item
        elif var.kind != 'string':
            written = str
        blank = self.blank
        head = f'{{{blank()}{var.name}{blank()}:{blank()}{var.kind}{blank()}:'
        items = [f'{blank()}{written(item)}{blank()}' for item in var.items]
        return f'{head}{",".join(items)}}}'

    def string_item(self, item):
        if self.chance() < 0.5 or not item or item != item.strip(' \t'):
            return self.quoted(item)
        if any(c in item for c in ',:{}"#\\'):
            return self.quoted(item)
        return item

    def quoted(self, text):
        """Quote a text, with backslashes that need not be."""
        return '"%s"' % ''.join(
            [
                f'\\{c}' if c in '"\\' or self.chance() < 0.05 else c
                for c in text
            ]
        )

    def int_item(self, item):
        return '..'.join(
            self.integer(end) if end else '' for end in item.split('..')
        )

    def integer(self, text):
        """Write an integer, sometimes with zeros before it."""
        if self.chance() < 0.9:
            return text
        return f'-0{text[1:]}' if text[0] == '-' else f'00{text}'

    def spaced(self, *parts):
        return ''.join([part + self.blank() for part in parts]).rstrip(' \t')

    def template(self, parts):
        """Write a template so that no comment and no expression is seen."""
        forced = isinstance(parts[0], Var) or parts[0][:1] == '('
        forced = forced and not any(
            set(p) - PLAIN_SHAPE if isinstance(p, str) else p.kind != 'int'
            for p in parts
        )
        text = ''
        for part in parts:
            if isinstance(part, Var):
                text += self.variable(part)
                continue
            for c in part:
                escaped = self.must_be_escaped(c, text)
                escaped = escaped or (forced and c in '+-*/')
                if escaped or self.chance() < 0.1:
                    text += '\\'
                text += c
        return text

    def must_be_escaped(self, c, before):
        if c in '\\{}':
            return True
        if not before:
            return c in ' \t"#'
        return c == '#' and before[-1] in ' \t'

    def literal(self, text):
        if self.chance() < 0.5 or text.endswith((' ', '\t')):
            return self.quoted(text)
        return self.template((text,))

    def self_value(self, text):
        """Write what stands right of SELF's equals sign."""
        bare = text == text.strip(' \t') and text[:1] != '"'
        bare = bare and ' #' not in text and '\t#' not in text
        if not bare or self.chance() < 0.4:
            return self.blank() + self.quoted(text)
        return ('' if text[:1] == '#' else self.blank()) + text

    def end(self):
        """End a line, with what may stand behind it and on the next ones."""
        text = self.blank()
        if self.chance() < 0.15:
            text = self.one((' ', '\t')) + self.one(COMMENTS)
        text += self.one(self.ends)
        while self.chance() < 0.1:
            text += self.blank() + self.one(('', *COMMENTS))
            text += self.one(self.ends)
        return text

    def line(self, name, value):
        return f'{self.blank()}{name}{self.blank()}={value}{self.end()}'

    def header(self, word):
        colon = self.one((':', ':', ':', ' :', ''))
        return f'{self.blank()}{word}{colon}{self.end()}'

    def compatible(self, compatible):
        self.defined = set()
        return self.header('COMPATIBLE') + ''.join(
            [
                self.line(name, self.blank() + self.value(value))
                for name, value in compatible.fields
            ]
        )

    def document(self, device, objects):
        """Write a document, as text or as bytes."""
        made = [self.compatible(compatible) for compatible in objects]
        place = 0 if self.chance() < 0.7 else self.dice.randint(0, len(made))
        made.insert(
            place,
            self.header('SELF')
            + ''.join(
                [self.line(n, self.self_value(t)) for n, t in device.items()]
            ),
        )
        text = ''.join(made)
        if self.chance() < 0.1:
            text = text.removesuffix('\n').removesuffix('\r')
        if self.chance() < 0.1:
            text = '\ufeff' + text
        return text if self.chance() < 0.8 else text.encode()
