# SPDX-License-Identifier: Apache-2.0
"""Holds the matcher to a second reading of FORMAT.md, pair by pair.

    python -m tests.fuzz.differential --pairs 1000000 --seed 1 --processes 2

Each pair has a seed of its own, the run's seed plus its number, so that the
seed that is printed with a difference gives this pair: --seed SEED --pairs 1.
"""

import argparse
import collections
import multiprocessing
import random
import sys
import time

from nova_migcompat import descriptor
from tests.unit.descriptor import oracle, written
from tests.unit.descriptor.generated import NAMES, Maker

CHUNK = 500
#: The share of pairs whose source document is written out, how many devices
#: of it, and with how many bindings at most.
EXPANDED, DEVICES, BINDINGS = 0.2, 20, 500
#: How often a long run says where it is.
PROGRESS = 50000
#: Run seeds are drawn below this.
SEEDS = 10**12


class DifferenceError(AssertionError):
    """The package and the second reading differ."""


def check(seed):
    """Make one pair and decide it in every way, both by itself and again.

    :param seed: an integer.
    :returns: a Counter of what it was: pairs, decisions, matches ...
    :raises DifferenceError: for any difference.
    """
    dice = random.Random(seed)
    counts = collections.Counter(pairs=1)
    while True:
        trees = Maker(dice).pair()
        texts = [written.Writer(dice).document(*tree) for tree in trees]
        try:
            documents = [*map(read, trees, texts)]
            if None in documents:
                counts['refused'] += 1
                continue
            compare(dice, trees, documents, counts)
            if dice.random() < EXPANDED:
                compare_devices(trees[0], documents[0][0], counts)
        except Exception as e:
            raise DifferenceError(
                f'{e!r}\npython -m tests.fuzz.differential --pairs 1'
                f' --seed {seed}\n{texts[0]}\n-- and --\n{texts[1]}'
            ) from e
        return counts


def read(tree, text):
    """Read a document and its canonical form; None where it must fail."""
    if not oracle.is_legal(tree[1]):
        try:
            descriptor.parse(text)
        except descriptor.DescriptorError:
            return None
        raise DifferenceError('read what must be refused')
    found = descriptor.parse(text)
    canonical = written.canonical(*tree)
    device = {name: text for name, text in tree[0].items() if text}
    again = descriptor.parse(canonical)
    for document in (found, again):
        same(document.canonical, canonical)
        same(document.digest, written.digest(canonical))
        same(dict(document.self_object), device)
    same(found, again)
    return found, again


def same(found, expected):
    if found != expected:
        raise DifferenceError(f'{found!r} is not {expected!r}')


def compare(dice, trees, documents, counts):
    """Compare all answers for one pair; count them."""
    pair = oracle.Pair(*trees)
    explained = dice.randrange(8)
    number = 0
    for direction in descriptor.DIRECTIONS:
        for unlisted in descriptor.UNLISTED_FIELDS:
            equal = ()
            if dice.random() < 0.2:
                equal = dice.sample((*NAMES, 'absent'), dice.randint(1, 2))
            expected = pair.decide(direction, unlisted == 'ignore', equal)
            for source, target in zip(*documents, strict=True):
                result = descriptor.match(
                    source, target, direction, unlisted, equal
                )
                found = (result.side, result.object, result.variables)
                if found != expected or bool(result) != bool(expected[0]):
                    raise DifferenceError(
                        f'{found} is not {expected}: {direction}, {unlisted},'
                        f' equal {equal}'
                    )
            if number == explained:
                same(bool(result.reasons), not result)
            number += 1
            counts['decisions'] += 1
            counts['matches'] += bool(result)
            counts['with variables'] += bool(expected[2])
    counts['matching pairs'] += pair.decide('either', 1, ())[0] is not None
    counts['default matches'] += pair.decide('source', 0, ())[0] is not None


def compare_devices(tree, document, counts):
    """Compare the devices that a document accepts."""
    found = descriptor.expand(document, DEVICES)
    for row in found.rows:
        if not row.rules:
            answer = oracle.first_object(tree[1], row.fields, 0)
            same(answer and answer[0], row.object)
    expected = oracle.devices(tree[1], BINDINGS)
    if expected is None:
        return
    rows = [(row.object, dict(row.fields)) for row in found.rows]
    same(rows, expected[: len(rows) if found.more else DEVICES])
    more = len(expected) - len(rows)
    same(found.more, more if found.exact else max(found.more, more))
    counts['expanded'] += 1


def run(seeds):
    """Check a range of seeds; return the counts and the differences."""
    counts, differences = collections.Counter(), []
    for seed in seeds:
        try:
            counts += check(seed)
        except DifferenceError as e:
            differences.append(str(e))
    return counts, differences


def report(counts, differences, seed, seconds):
    """Say in one line what a run has shown."""
    pairs, decisions = counts['pairs'], counts['decisions']
    return (
        f'seed {seed}: {pairs:,} pairs, {decisions:,} decisions and as many'
        f' of canonical forms in {seconds:.0f} s; compatible:'
        f' {counts["matching pairs"] / max(pairs, 1):.0%} of the pairs in some'
        f' direction, {counts["default matches"] / max(pairs, 1):.0%} by'
        f' default, {counts["matches"] / max(decisions, 1):.0%} of the'
        f' decisions; {counts["refused"]:,} pairs besides refused for what'
        f' must be tried; {len(differences)} differences'
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--pairs', type=int, default=20000)
    parser.add_argument('--seed', type=int)
    parser.add_argument('--processes', type=int, default=1)
    options = parser.parse_args()
    seed = options.seed
    if seed is None:
        seed = random.SystemRandom().randrange(SEEDS)
    end = seed + options.pairs
    chunks = [
        range(start, min(start + CHUNK, end))
        for start in range(seed, end, CHUNK)
    ]
    started = time.monotonic()
    total, differences = collections.Counter(), []
    with multiprocessing.Pool(options.processes) as pool:
        for counts, found in pool.imap_unordered(run, chunks):
            total += counts
            differences += found
            for each in found:
                sys.stdout.write(f'{each}\n')
            if total['pairs'] % PROGRESS == 0:
                seconds = time.monotonic() - started
                sys.stderr.write(f'{total["pairs"]:,} in {seconds:.0f} s\n')
    seconds = time.monotonic() - started
    sys.stdout.write(f'{report(total, differences, seed, seconds)}\n')
    return bool(differences)


if __name__ == '__main__':
    sys.exit(main())
