# SPDX-License-Identifier: Apache-2.0
"""What is written over a heat map: of what it is, and its figures in words."""

import dataclasses
from collections.abc import Sequence

from nova_migcompat.cli import cells, pairs

#: Characters of a reason, and names of hosts, that are shown in a picture.
MOST_REASON, MOST_NAMES = 300, 40

TITLE = 'Who may move to whom'


@dataclasses.dataclass(frozen=True, slots=True)
class Caption:
    """What a picture is of.

    :param party: what a row is: ``document``, ``host`` or ``group``.
    :param holder: what stands behind it: ``host`` or ``file``.
    :param policy: the options that decided, in words.
    :param source: where it was read, and when.
    """

    party: str
    holder: str
    policy: str
    source: str


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its words.

    :param is_bad: whether somebody should do something about it.
    """

    number: str
    words: str
    is_bad: bool = False


def figures(matrix: pairs.Matrix, caption: Caption) -> list[Figure]:
    """Say the most important in numbers."""
    parties, holders = len(matrix.parties), len(matrix.holders)
    yes = sum(
        pair.answer is pairs.Answer.YES
        for number, row in enumerate(matrix.pairs)
        for pair in (*row[:number], *row[number + 1 :])
    )
    unread = len(matrix.unread)
    stuck = len({h for n in matrix.dead for h in matrix.parties[n].holders})
    found = [Figure(f'{holders:,}', plural(holders, caption.holder))]
    if caption.party != caption.holder:
        found.append(Figure(f'{parties:,}', plural(parties, caption.party)))
    found += [
        Figure(
            f'{yes:,}',
            f'of {parties * (parties - 1):,} ways to another '
            f'{caption.party} are open',
        ),
        Figure(
            f'{len(matrix.islands):,}',
            f'{plural(len(matrix.islands), "island")}, with no way between',
        ),
        Figure(
            f'{len(matrix.dead):,}', _dead(matrix, caption, stuck), stuck > 0
        ),
    ]
    if unread:
        words = f'{plural(unread, caption.party)} that cannot be read'
        found.append(Figure(f'{unread:,}', words, is_bad=True))
    return found


def _dead(matrix: pairs.Matrix, caption: Caption, stuck: int) -> str:
    words = plural(len(matrix.dead), 'dead end')
    if stuck and caption.party != caption.holder:
        words += f', on {stuck:,} {plural(stuck, caption.holder)}'
    return words


def tooltip(
    matrix: pairs.Matrix, source: int, target: int, caption: Caption
) -> str:
    """Say all of one pair, in a few lines."""
    pair, there = matrix.pairs[source][target], matrix.parties[target]
    one, other = matrix.parties[source].label, there.label
    lines = [f'{one}  →  {other}', f'{answer(pair)}: {reason(pair)}']
    if pair.answer is pairs.Answer.YES:
        count = len(there.holders)
        back = matrix.is_return(source, target)
        lines.append(f'{count:,} {plural(count, caption.holder)} behind it')
        if source != target:
            lines.append('and back' if back else 'no way back')
    return '\n'.join(lines)


def answer(pair: pairs.Pair) -> str:
    """Say the answer in a word or two."""
    if pair.answer is pairs.Answer.PARTLY:
        return f'partly, {pair.good} of {pair.of} documents'
    return str(pair.answer.value)


def reason(pair: pairs.Pair) -> str:
    """Return the reason, cut."""
    words = pair.reason
    return words if len(words) <= MOST_REASON else f'{words[:MOST_REASON]}…'


def names(holders: Sequence[str], most: int = MOST_NAMES) -> str:
    """List some names."""
    return cells.some(holders, most)


def plural(count: int, noun: str) -> str:
    """Put a noun into the plural where there are several, or none."""
    return noun if count == 1 else f'{noun}s'
