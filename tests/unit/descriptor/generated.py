# SPDX-License-Identifier: Apache-2.0
"""Documents as syntax trees, and as text in any layout (hypothesis)."""

from hypothesis import strategies as st

from tests.unit.descriptor.oracle import Var

NAMES = ('a', 'b', 'c')
LITERALS = st.text('aA1-+. #"\\{}:,ä', max_size=4)
SMALL = st.integers(-2, 12)
STRINGS = st.lists(st.text('a1-+ #"\\{},', max_size=2), min_size=1, max_size=4)


@st.composite
def int_items(draw):
    def item():
        low = draw(SMALL)
        kind = draw(st.sampled_from(['one', 'one', 'range', 'low', 'high']))
        if kind == 'one':
            return str(low)
        if kind == 'range':
            return f'{low}..{low + draw(st.integers(0, 4))}'
        return f'{low}..' if kind == 'low' else f'..{low}'

    return tuple(item() for _ in range(draw(st.integers(1, 3))))


VERSION = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(
    lambda numbers: '.'.join(map(str, numbers))
)
VERSIONS = st.one_of(
    VERSION, VERSION.map('{}-'.format), VERSION.map('-{}'.format)
)
FLAGS = st.sampled_from(['a', 'b+a', '=a', '=a+b', 'c'])
DEVICE_TEXT = st.one_of(
    LITERALS,
    SMALL.map(str),
    VERSION,
    st.sampled_from(['a+b', 'b', 'a+c', '11', '1-1', 'a1']),
)


@st.composite
def var(draw, name, kinds):
    kind = draw(st.sampled_from(kinds))
    if kind == 'int':
        return Var(name, kind, draw(int_items()))
    if kind == 'string':
        return Var(name, kind, tuple(draw(STRINGS)))
    items = VERSIONS if kind == 'version' else FLAGS
    found = draw(st.lists(items, min_size=1, max_size=3))
    return Var(name, kind, tuple(found))


@st.composite
def tree(draw, ints, depth=0):
    if depth == 3 or (depth and draw(st.booleans())):
        return draw(st.one_of(st.sampled_from(ints), st.integers(0, 12)))
    sign = draw(st.sampled_from('+-*/'))
    return (sign, draw(tree(ints, depth + 1)), draw(tree(ints, depth + 1)))


@st.composite
def value(draw, pool):
    kind = draw(
        st.sampled_from(['literal', 'template', 'template', 'expression'])
    )
    ints = [v for v in pool if v.kind == 'int']
    whole = [v for v in pool if v.kind == 'flags']
    mixed = [v for v in pool if v.kind != 'flags']
    if kind == 'expression' and ints:
        return 'expression', draw(tree(ints))
    if kind == 'template' and whole and draw(st.booleans()):
        return 'template', [draw(st.sampled_from(whole))]
    if kind == 'template' and mixed:
        part = st.one_of(
            st.sampled_from(mixed), st.text('a1-.:', min_size=1, max_size=2)
        )
        parts = draw(st.lists(part, min_size=1, max_size=4))
        if any(isinstance(p, Var) for p in parts):
            return 'template', parts
    return 'literal', draw(LITERALS)


@st.composite
def compatible(draw):
    pool = [
        draw(var(name, ['int', 'int', 'string', 'version', 'flags']))
        for name in ('v', 'w', 'u')[: draw(st.integers(1, 3))]
    ]
    names = draw(st.permutations(NAMES))[: draw(st.integers(1, 3))]
    return [(name, draw(value(pool))) for name in names]


@st.composite
def document(draw):
    names = draw(st.permutations(NAMES))[: draw(st.integers(1, 3))]
    device = {name: draw(DEVICE_TEXT) for name in names}
    if not any(device.values()):
        device[names[0]] = '1'
    return device, draw(st.lists(compatible(), min_size=1, max_size=2))


class Writer:
    """Writes one document, in a layout that a random.Random chooses."""

    def __init__(self, layout):
        self.layout = layout
        self.defined = set()

    def blank(self):
        return self.layout.choice(['', '', ' ', '\t '])

    def quoted(self, text):
        escaped = text.replace('\\', '\\\\').replace('"', '\\"')
        return f'"{escaped}"'

    def variable(self, var):
        if var.name in self.defined:
            return f'{{{self.blank()}{var.name}{self.blank()}}}'
        self.defined.add(var.name)
        items = ','.join(
            self.blank()
            + (self.quoted(item) if var.kind == 'string' else item)
            + self.blank()
            for item in var.items
        )
        return f'{{{var.name}{self.blank()}:{self.blank()}{var.kind}:{items}}}'

    def expression(self, node, outer=True):
        if isinstance(node, Var):
            return self.variable(node)
        if not isinstance(node, tuple):
            return f'{self.layout.choice(["", "0"])}{node}'
        sign, left, right = node
        parts = [self.expression(left, False), self.blank(), sign]
        parts += [self.blank(), self.expression(right, False)]
        text = ''.join(parts)
        return text if outer and text[0] in '{(' else f'({text})'

    def value(self, kind, content):
        if kind == 'literal':
            return self.quoted(content)
        if kind == 'expression':
            return self.expression(content)
        return ''.join(
            self.variable(part)
            if isinstance(part, Var)
            else ''.join(f'\\{c}' if c in '-.:' else c for c in part)
            for part in content
        )

    def line(self, text):
        end = self.layout.choice(['\n', '\r\n', ' # "x\n', '\n \n'])
        return self.blank() + text + end

    def document(self, device, objects):
        lines = [self.line('SELF:')]
        lines += [
            self.line(f'{n}={self.quoted(t)}') for n, t in device.items()
        ]
        for fields in objects:
            self.defined = set()
            lines.append(self.line('COMPATIBLE'))
            lines += [
                self.line(f'{name}{self.blank()}={self.value(*found)}')
                for name, found in fields
            ]
        return ''.join(lines)
