# SPDX-License-Identifier: Apache-2.0
"""What the documentation shows is what the command prints.

Each ``$ nova-migcompat`` of README.md and of the pages about clouds is run on
the sample fleet. Tables are compared by their cells, whatever their width; a
row ``...`` stands for any rows. plan-upgrade.rst is test_plan_upgrade.py's.
"""

import itertools
import pathlib
import re
import shlex

import pytest

# As it runs the application in this process.
pytestmark = pytest.mark.usefixtures('logging_as_before')

ROOT = pathlib.Path(__file__).parents[2]
PAGES = ('README.md', 'doc/source/fleet.rst', 'doc/source/explain.rst')

_UUID = re.compile('[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
_CALL = re.compile(
    r'^ {3,4}\$ nova-migcompat ((?:[^\n]*\\\n)*[^\n]*)\n'
    r'((?: {3,4}\S[^\n]*\n)*)',
    re.MULTILINE,
)


def examples():
    """Read the commands, with what the page says they print."""
    for page in PAGES:
        for call, shown in _CALL.findall((ROOT / page).read_text()):
            words = shlex.split(call.replace('\\\n', ' '))
            yield pytest.param(words, shown, id=f'{page} {" ".join(words)}')


def rows(text):
    """Read what is printed: the cells of each row, without any blanks, and
    the lines that are in no table. Lines without a first cell belong to the
    row before.
    """
    found = []
    for line in _UUID.sub('UUID', text).splitlines():
        if line.strip().startswith('|'):
            cells = [re.sub(r'\s', '', cell) for cell in line.split('|')[1:-1]]
            if cells[0]:
                found.append(cells)
            else:
                found[-1] = [
                    a + b for a, b in zip(found[-1], cells, strict=True)
                ]
        elif not line.strip().startswith('+'):
            found.append([re.sub(r'\s', '', line)])
    return found


def is_shown(shown, printed):
    """Tell whether rows are those that were printed, but for rows ``...``."""
    parts = [
        list(part)
        for is_gap, part in itertools.groupby(shown, lambda r: r[0] == '...')
        if not is_gap
    ]
    if len(parts) < 2:
        return shown == printed
    return (
        printed[: len(parts[0])] == parts[0]
        and printed[-len(parts[-1]) :] == parts[-1]
        and all(
            any(
                printed[i : i + len(part)] == part for i in range(len(printed))
            )
            for part in parts
        )
    )


@pytest.mark.parametrize(('words', 'shown'), examples())
def test_a_page_shows_what_the_command_prints(ask_sample, words, shown):
    here = pathlib.Path()
    given = [
        name
        for word in words
        for name in (map(str, here.glob(word)) if '*' in word else [word])
    ]

    answer = ask_sample(*given)
    printed = answer.out + answer.err

    assert answer.status in (0, 1), printed
    if shown:
        assert is_shown(rows(shown), rows(printed)), printed
    else:
        assert pathlib.Path(words[-1]).stat().st_size


def test_explain_and_drain_are_shown():
    calls = [param.values[0][0] for param in examples()]
    assert len(calls) == 10
    assert {'explain', 'drain', 'hosts', 'show', 'matrix'} == set(calls)


def test_a_table_with_another_cell_is_another_one():
    table = '| a | b |\n| c | d |\n|   | e |\n| f | g |\n'
    cut = '| a | b |\n| ... | |\n| f | g |\n'
    assert is_shown(rows(table), rows(table))
    assert is_shown(rows(cut), rows(table))
    assert not is_shown(rows(cut.replace('g', 'h')), rows(table))
    assert not is_shown(rows(table), rows(table.replace('e', 'x')))
