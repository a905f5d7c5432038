# SPDX-License-Identifier: Apache-2.0
"""Draws the heat map: rows are sources, columns targets.

Tooltips are <title> elements: no script is needed, and none is there.
"""

import importlib.resources
from xml.etree import ElementTree

from nova_migcompat.cli import pairs
from nova_migcompat.cli.heatmap import caption, layout, rows, shapes

#: Of a picture of its own: room for the title, its lines, their font.
_HEAD, _LINE, _SIZE = 92, 18, 13
#: So many columns light up their labels.
_MOST_LIT = 60
_MEANINGS = {
    'yes': 'may move, and back',
    'one-way': 'may move, no way back',
    'partly': 'some of its documents may',
    'no': 'may not',
    'unknown': 'not known',
}


def style(matrix: pairs.Matrix) -> str:
    """Return the style sheet of a map; none of its texts is in it."""
    folder = importlib.resources.files(__package__)
    look = folder.joinpath('look.css').read_text(encoding='utf-8')
    lit = [
        f'.map:has(.c{number}:hover) .k{number} '
        '{ font-weight: 700; text-decoration: underline; }\n'
        for number in range(min(len(matrix.parties), _MOST_LIT))
    ]
    return ''.join([look, *lit])


def picture(matrix: pairs.Matrix, words: caption.Caption) -> str:
    """Draw a file of its own, with title, figures and style.

    :returns: an XML document.
    """
    lines = [
        ' · '.join(
            f'{figure.number} {figure.words}'
            for figure in caption.figures(matrix, words)
        ),
        f'{words.source}; {words.policy}',
    ]
    wide = max(layout.estimate(line, _SIZE) for line in lines)
    plan = layout.plan(matrix, _HEAD, wide)
    svg = shapes.root(plan.width, plan.height)
    shapes.add(svg, 'style').text = f'\n{style(matrix)}'
    shapes.rect(svg, 'ground', 0, 0, plan.width, plan.height)
    shapes.text(svg, 'title', caption.TITLE, layout.MARGIN, 36, 20)
    for number, line in enumerate(lines):
        kind, y = ('', 'muted')[number], 60 + number * _LINE
        shapes.text(svg, kind, line, layout.MARGIN, y, _SIZE)
    _fill(svg, matrix, plan, words, link=False)
    return ElementTree.tostring(svg, 'unicode', xml_declaration=True)


def part(matrix: pairs.Matrix, words: caption.Caption) -> str:
    """Draw the map for a page that has title, figures and style.

    Each row leads to the element of the page whose id is ``from-`` and its
    number.

    :returns: an element of XML, which HTML takes as well.
    """
    plan = layout.plan(matrix)
    svg = shapes.root(plan.width, plan.height)
    _fill(svg, matrix, plan, words, link=True)
    return ElementTree.tostring(svg, 'unicode')


def _fill(
    svg: shapes.Element,
    matrix: pairs.Matrix,
    plan: layout.Layout,
    words: caption.Caption,
    *,
    link: bool,
) -> None:
    _patterns(svg)
    _heads(svg, matrix, plan, words)
    drawn = rows.Rows(matrix, plan, words, link=link)
    for number in range(len(matrix.parties)):
        drawn.draw(svg, number)
    _legend(svg, matrix, plan, words)


def _patterns(svg: shapes.Element) -> None:
    """Define what is not one colour."""
    defs = shapes.add(svg, 'defs')
    stripes = shapes.add(
        defs,
        'pattern',
        id='stripes',
        patternUnits='userSpaceOnUse',
        width=6,
        height=6,
        patternTransform='rotate(45)',
    )
    shapes.rect(stripes, 'no', 0, 0, 6, 6)
    shapes.add(stripes, 'line', 'stripes', x1=1, y1=0, x2=1, y2=6)
    half = shapes.add(
        defs, 'pattern', id='half', width=1, height=1, viewBox='0 0 10 10'
    )
    shapes.rect(half, 'no', 0, 0, 10, 10)
    shapes.add(half, 'path', 'one-way', d='M0 10 L10 10 L10 0 Z')


def _heads(
    svg: shapes.Element,
    matrix: pairs.Matrix,
    plan: layout.Layout,
    words: caption.Caption,
) -> None:
    """Write what stands over the bars and the columns."""
    y = plan.top - 12
    if plan.hosts < plan.reach:
        single = layout.are_single(matrix)
        holders = caption.plural(1 if single else 2, words.holder)
        shapes.text(svg, 'muted', holders, plan.hosts, y, 11)
    shapes.text(svg, 'muted', 'may move to', plan.reach, y, 11)
    for number, party in enumerate(matrix.parties):
        x = plan.left + plan.steps[number] + plan.cell / 2 + plan.font / 3
        place = f'translate({x:.1f} {plan.top - 8}) rotate(-{layout.SLOPE})'
        label = layout.column_label(party.label)
        head = shapes.add(svg, 'g', transform=place)
        shapes.tip(head, party.label)
        bad = ' bad' if number in matrix.dead else ''
        shapes.text(head, f'name k{number}{bad}', label, 0, 0, plan.font)


def _legend(
    svg: shapes.Element,
    matrix: pairs.Matrix,
    plan: layout.Layout,
    words: caption.Caption,
) -> None:
    counts = range(len(matrix.parties))
    kinds = {rows.kind(matrix, s, t) for s in counts for t in counts}
    entries = {k: words for k, words in _MEANINGS.items() if k in kinds}
    entries['ring own'] = f'to the same {words.party}'
    x, y = layout.MARGIN, plan.bottom + 24
    for kind, meaning in entries.items():
        if x + 20 + layout.estimate(meaning, 12) > plan.width:
            x, y = layout.MARGIN, y + 22
        shapes.rect(svg, kind, x, y, 14, 14, rx=3)
        shapes.text(svg, 'muted', meaning, x + 20, y + 12, 12)
        x += 44 + layout.estimate(meaning, 12)
