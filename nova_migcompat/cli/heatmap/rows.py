# SPDX-License-Identifier: Apache-2.0
"""Draws the rows of a heat map: who it is, how many, and the cells."""

import functools

from nova_migcompat.cli import pairs
from nova_migcompat.cli.heatmap import caption, layout, shapes

#: A text's middle is so much of its size above its base line.
_MIDDLE = 0.36


def kind(matrix: pairs.Matrix, source: int, target: int) -> str:
    """Choose the class of a cell, which is its colour."""
    answer = matrix.pairs[source][target].answer
    if answer is pairs.Answer.YES and not matrix.is_return(source, target):
        return 'one-way'
    return str(answer.value)


class Rows:
    """Draws rows by number.

    :param link: whether cells lead to the details of their row in a page.
    """

    def __init__(
        self,
        matrix: pairs.Matrix,
        plan: layout.Layout,
        words: caption.Caption,
        *,
        link: bool,
    ) -> None:
        self._matrix = matrix
        self._plan = plan
        self._words = words
        self._link = link

    @functools.cached_property
    def _most_holders(self) -> int:
        return max(len(party.holders) for party in self._matrix.parties)

    @functools.cached_property
    def _most_reach(self) -> int:
        return max(self._matrix.reach)

    def draw(self, svg: shapes.Element, number: int) -> None:
        """Draw one row."""
        row = shapes.add(svg, 'g', 'row')
        self._head(row, number)
        for target in range(len(self._matrix.parties)):
            kind = f'cell c{target}'
            if self._link:
                place = f'#from-{number}'
                cell = shapes.add(row, 'a', kind, href=place)
            else:
                cell = shapes.add(row, 'g', kind)
            words = caption.tooltip(self._matrix, number, target, self._words)
            shapes.tip(cell, words)
            self._cell(cell, number, target)

    def _head(self, row: shapes.Element, number: int) -> None:
        """Write what stands before the cells."""
        plan, party = self._plan, self._matrix.parties[number]
        reach, is_dead = (
            self._matrix.reach[number],
            number in self._matrix.dead,
        )
        bad = ' bad' if is_dead else ''
        y = plan.top + plan.steps[number]
        shapes.rect(row, 'band', 0, y, plan.left, plan.cell)
        base = y + plan.cell / 2 + plan.font * _MIDDLE
        write = functools.partial(shapes.text, y=base, size=plan.font)
        head = shapes.add(row, 'g')
        shapes.tip(head, f'{party.label}\n{caption.names(party.holders)}')
        label = layout.row_label(party.label)
        x = plan.hosts - layout.GAP
        write(head, f'name{bad}', label, x=x, text_anchor='end')
        if layout.are_single(self._matrix):
            name = layout.host_label(party)
            write(head, 'muted', name, x=plan.hosts)
        else:
            count = len(party.holders)
            self._bar(head, 'bar', plan.hosts, y, count / self._most_holders)
            x = plan.hosts + layout.BAR + 6
            write(head, 'muted', f'{count:,}', x=x)
        if is_dead:
            write(row, 'bad', 'nowhere', x=plan.reach)
        elif reach:
            self._bar(row, 'reach', plan.reach, y, reach / self._most_reach)
            x = plan.reach + layout.BAR + 6
            write(row, 'muted', f'{reach:,}', x=x)

    def _bar(
        self, row: shapes.Element, kind: str, x: int, y: int, share: float
    ) -> None:
        height = max(round(self._plan.cell * 0.3), 4)
        y += (self._plan.cell - height) // 2
        width = max(round(layout.BAR * share, 1), 2)
        shapes.rect(row, kind, x, y, width, height)

    def _cell(self, cell: shapes.Element, source: int, target: int) -> None:
        plan = self._plan
        colour = kind(self._matrix, source, target)
        x = plan.left + plan.steps[target]
        y = plan.top + plan.steps[source]
        own = f'{colour} own' if source == target else colour
        shapes.rect(cell, own, x, y, plan.cell, plan.cell, rx=3)
        words = self._in_cell(source, target, colour)
        if words and plan.text:
            x_middle = x + plan.cell / 2
            base = y + plan.cell / 2 + plan.text * _MIDDLE
            shapes.text(
                cell,
                f'in-{colour}',
                words,
                x_middle,
                base,
                plan.text,
                text_anchor='middle',
            )

    def _in_cell(self, source: int, target: int, colour: str) -> str:
        """Return what stands in a cell."""
        pair = self._matrix.pairs[source][target]
        if pair.answer is pairs.Answer.PARTLY:
            return f'{pair.good}/{pair.of}'
        if pair.answer is not pairs.Answer.YES:
            return ''
        if layout.are_single(self._matrix):
            return '→' if colour == 'one-way' else '⇄'
        count = len(self._matrix.parties[target].holders)
        return f'{count}' if count < 1000 else f'{count // 1000}k'
