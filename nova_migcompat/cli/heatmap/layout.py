# SPDX-License-Identifier: Apache-2.0
"""Where everything of a heat map stands; lengths are CSS pixels.

Nobody measures text here: how wide it is is estimated.
"""

import dataclasses
import math
import unicodedata

from nova_migcompat.cli import cells, pairs

#: More rows make no picture that anybody can look at.
MAX_PARTIES = 200

#: Sizes of a cell and of its text, for up to so many rows; a text of 0 is
#: left out.
_SIZES = ((14, 34, 12), (30, 26, 10), (60, 20, 9), (MAX_PARTIES, 12, 0))
#: How wide characters are, in font sizes, where the font is a wide one.
_NARROW, _CAPITAL, _WIDE, _OTHER = 0.42, 0.76, 1.2, 0.68
_FONT = 12
_MOST_ROW, _MOST_COLUMN, _MOST_NAME = 46, 30, 24
BAR, GAP, MARGIN, _NUMBER = 64, 10, 16, 46
#: Room for the words over the bars.
_HEAD = 40
#: Room for two lines of legend below the cells, and for it to the right.
_LEGEND, _LEAST = 70, 640
#: Degrees by which the labels of columns are turned.
SLOPE = 50


@dataclasses.dataclass(frozen=True, slots=True)
class Layout:
    """Lengths and places.

    :param cell: the length of a cell's sides.
    :param text: the size of the text in it; 0: none.
    :param font: the size of labels.
    :param steps: where each row begins below the first, and each column.
    :param hosts: the left end of the bars of hosts.
    :param reach: the left end of the bars of reach.
    :param left: of the cells.
    :param top: of the cells.
    """

    cell: int
    text: int
    font: int
    steps: tuple[int, ...]
    hosts: int
    reach: int
    left: int
    top: int
    width: int
    height: int

    @property
    def bottom(self) -> int:
        """The lower end of the cells."""
        return self.top + self.steps[-1] + self.cell


def plan(matrix: pairs.Matrix, head: int = 0, wide: int = 0) -> Layout:
    """Find a place for everything.

    :param head: room that is left above everything.
    :param wide: of the widest text above.
    """
    count = len(matrix.parties)
    cell, text = next((c, t) for most, c, t in _SIZES if count <= most)
    font = min(_FONT, cell - 2)
    steps = _steps(matrix, cell)
    labels = [party.label for party in matrix.parties]
    hosts = MARGIN + _widest(map(row_label, labels), font) + GAP
    reach = hosts + _hosts_width(matrix, font)
    left = reach + BAR + _NUMBER + GAP
    name = _widest(map(column_label, labels), font)
    slope = math.radians(SLOPE)
    names = max(round(name * math.sin(slope)) + GAP, _HEAD)
    top = head + names + MARGIN
    beyond = round(name * math.cos(slope))
    width = max(left + steps[-1] + cell + beyond, wide + MARGIN, _LEAST)
    height = top + steps[-1] + cell + _LEGEND
    return Layout(
        cell,
        text,
        font,
        steps,
        hosts,
        reach,
        left,
        top,
        width + MARGIN,
        height,
    )


def row_label(label: str) -> str:
    """Return what stands before a row."""
    return _cut(label, _MOST_ROW)


def column_label(label: str) -> str:
    """Return what stands over a column."""
    return _cut(label, _MOST_COLUMN)


def estimate(text: str, font: int) -> int:
    """Say how wide a text is at most, about."""
    return math.ceil(font * sum(map(_character, text)))


def _character(character: str) -> float:
    if character in "ijlrtfI.,:;|!'()[]- ":
        return _NARROW
    if unicodedata.east_asian_width(character) in 'WF' or character in 'mwMW@':
        return _WIDE
    return _CAPITAL if character.isupper() else _OTHER


def are_single(matrix: pairs.Matrix) -> bool:
    """Tell whether nobody stands for several: names say more than bars."""
    return all(len(party.holders) == 1 for party in matrix.parties)


def host_label(party: pairs.Party) -> str:
    """Return the name of a party's one host, where its label is another."""
    (name,) = party.holders
    return '' if name == party.label else _cut(name, _MOST_NAME)


def _hosts_width(matrix: pairs.Matrix, font: int) -> int:
    if not are_single(matrix):
        return BAR + _NUMBER
    width = _widest(map(host_label, matrix.parties), font)
    return width + 2 * GAP if width else 0


def _steps(matrix: pairs.Matrix, cell: int) -> tuple[int, ...]:
    gap = 8 if len(matrix.islands) <= 8 else 3
    steps = []
    place = 0
    for island in matrix.islands:
        for _ in island:
            steps.append(place)
            place += cell + 1
        place += gap
    return tuple(steps)


def _widest(texts: 'map[str]', font: int) -> int:
    return max((estimate(text, font) for text in texts), default=0)


def _cut(text: str, most: int) -> str:
    text = cells.printable(text)
    if len(text) <= most:
        return text
    # Where labels differ, they mostly do at the end.
    end = most * 3 // 5
    return f'{text[: most - 1 - end].rstrip()}…{text[-end:].lstrip()}'
