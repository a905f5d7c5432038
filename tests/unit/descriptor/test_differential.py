# SPDX-License-Identifier: Apache-2.0
"""The package against a second reading of FORMAT.md, pair by pair.

Other pairs each time: tests/fuzz/differential.py says how to see one again.
"""

import random
import sys
import time

import pytest

from nova_migcompat import descriptor
from nova_migcompat.descriptor import arithmetic, tables
from tests.fuzz import differential

PAIRS = 20000
#: So many are the same each time: what they show is not left to chance.
SAME = 300


def test_pairs_are_read_and_decided_as_by_going_through_every_binding(capsys):
    seed = random.SystemRandom().randrange(differential.SEEDS)
    started = time.monotonic()
    counts, found = differential.run(range(seed, seed + PAIRS))
    seconds = time.monotonic() - started
    line = differential.report(counts, found, seed, seconds)
    with capsys.disabled():
        sys.stdout.write(f'\n{line}\n')
    assert not found, '\n\n'.join(found[:3])
    assert counts['pairs'] == PAIRS
    # A generator that makes no pairs that match would hide much.
    assert counts['default matches'] > PAIRS / 4


@pytest.mark.parametrize('most', [tables.MAX_LISTED, 0])
def test_some_pairs_are_decided_alike_with_tables_and_without(
    monkeypatch, most
):
    monkeypatch.setattr(tables, 'MAX_LISTED', most)
    counts, found = differential.run(range(SAME))
    assert not found, '\n\n'.join(found[:3])
    assert counts['pairs'] == SAME


def test_the_small_prime_only_sorts_out(monkeypatch):
    monkeypatch.setattr(tables, 'MAX_LISTED', 0)
    monkeypatch.setattr(arithmetic, 'small_prime', lambda: 3)
    _, found = differential.run(range(SAME))
    assert not found, '\n\n'.join(found[:3])


def test_a_difference_comes_with_the_command_that_shows_it(monkeypatch):
    other = descriptor.parse('SELF:\n a=\u0661\n')

    def match(source, target, *options):
        return descriptor.decide.match(source, other, *options)

    monkeypatch.setattr(descriptor, 'match', match)
    counts, found = differential.run(range(20))
    assert len(found) == 20 - counts['pairs'] > 0
    assert '--pairs 1 --seed ' in found[0]
    assert 'SELF' in found[0]
