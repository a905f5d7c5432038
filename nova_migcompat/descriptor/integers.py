# SPDX-License-Identifier: Apache-2.0
"""Integers and their decimal text, of any length.

Python refuses to convert integers of more digits than a limit that whoever
starts the process may lower to 640 (PYTHONINTMAXSTRDIGITS). A value may have
1,024 characters, so both ways are gone in pieces below any such limit.
"""

import re
from collections.abc import Callable

_CANONICAL = re.compile(r'-?(?:0|[1-9][0-9]*)')
_PIECE = 512
_BOUND = 10**_PIECE


def read(text: str) -> int:
    """Return the integer that a text of the form ``-?[0-9]+`` stands for."""
    if len(text) <= _PIECE:
        return int(text)
    digits = text.removeprefix('-')
    number = 0
    for start in range(0, len(digits), _PIECE):
        piece = digits[start : start + _PIECE]
        number = number * 10 ** len(piece) + int(piece)
    return -number if text[0] == '-' else number


def reader(text: str) -> Callable[[str], int]:
    """Return what reads the numbers in a text: int, if none is too long."""
    return int if len(text) <= _PIECE else read


def write(number: int) -> str:
    """Return an integer in shortest decimal."""
    if -_BOUND < number < _BOUND:
        return str(number)
    pieces = []
    rest = abs(number)
    while rest >= _BOUND:
        rest, piece = divmod(rest, _BOUND)
        pieces.append(str(piece).zfill(_PIECE))
    sign = '-' if number < 0 else ''
    return sign + str(rest) + ''.join(reversed(pieces))


def canonical(text: str) -> int | None:
    """Return the integer whose shortest decimal a text is, or None."""
    if not _CANONICAL.fullmatch(text) or text == '-0':
        return None
    return read(text)
