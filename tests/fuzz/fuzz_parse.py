# SPDX-License-Identifier: Apache-2.0
"""Looks for bytes for which target.check() does not hold, led by coverage.

Every input is read; documents are decided, and their warnings and canonical
forms looked at, for one in eight, which takes ten times as long.

    python -m tests.fuzz.fuzz_parse FOLDER tests/fuzz/corpus \\
        -dict=tests/fuzz/tokens.dict -max_len=2048 -timeout=10 -runs=10000000

New inputs are kept in FOLDER; every option is libFuzzer's.
"""

import ast
import pathlib
import random
import sys

import atheris

with atheris.instrument_imports(include=['nova_migcompat']):
    from tests.fuzz import target

TOKENS = tuple(
    ast.literal_eval(f'b{line}')
    for line in pathlib.Path(__file__)
    .with_name('tokens.dict')
    .read_text(encoding='ascii')
    .splitlines()
    if line.startswith('"')
)
#: A piece of a line ends before one of these.
ENDS = b'{}(),:="\\ +-*/#.'


def repeat(dice, lines):
    lines.insert(dice.randrange(len(lines)), dice.choice(lines))


def drop(dice, lines):
    lines.pop(dice.randrange(len(lines)))


def move(dice, lines):
    lines.insert(
        dice.randrange(len(lines)), lines.pop(dice.randrange(len(lines)))
    )


def insert(dice, lines):
    index = dice.randrange(len(lines))
    start, _ = piece(dice, lines[index])
    lines[index] = (
        lines[index][:start] + dice.choice(TOKENS) + lines[index][start:]
    )


def replace(dice, lines):
    index = dice.randrange(len(lines))
    start, end = piece(dice, lines[index])
    lines[index] = (
        lines[index][:start] + dice.choice(TOKENS) + lines[index][end:]
    )


def copy_piece(dice, lines):
    """Put a piece of one line into another, or a text where it settles."""
    other = dice.choice(lines)
    start, end = piece(dice, other)
    index = dice.randrange(len(lines))
    place, rest = piece(dice, lines[index])
    lines[index] = (
        lines[index][:place] + other[start:end] + lines[index][rest:]
    )


def copy_value(dice, lines):
    """Give one line's field the value of another's."""
    value = dice.choice(lines).partition(b'=')[2]
    index = dice.randrange(len(lines))
    lines[index] = lines[index].partition(b'=')[0] + b'=' + value


def pair(dice, lines):
    """Add the document again, as the other one of a pair."""
    lines.extend([b'=====', *lines])


STEPS = (
    repeat,
    drop,
    move,
    *[insert, replace, copy_piece] * 3,
    copy_value,
    pair,
)


def piece(dice, line):
    """Return where a piece of a line begins and ends."""
    start = dice.randrange(len(line) + 1)
    while start and line[start - 1] not in ENDS:
        start -= 1
    end = min(start + 1, len(line))
    while end < len(line) and line[end] not in ENDS:
        end += 1
    return start, end


def mutate(data, most, seed):
    """Change an input, half of the time by lines and pieces of them."""
    dice = random.Random(seed)
    if dice.random() < 0.5:
        return atheris.Mutate(data, most)
    lines = data.split(b'\n')
    for _ in range(dice.choice((1, 1, 2, 4))):
        if len(lines) < 2:
            lines.append(dice.choice(TOKENS))
        dice.choice(STEPS)(dice, lines)
    return b'\n'.join(lines)[:most]


def main():
    # Whoever starts the scheduler may ask for that.
    sys.set_int_max_str_digits(sys.int_info.str_digits_check_threshold)
    atheris.Setup(sys.argv, target.check_some, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == '__main__':
    main()
