# SPDX-License-Identifier: Apache-2.0
"""Expressions for many choices at once, modulo a prime."""

import fractions
import operator
import random

import pytest

from nova_migcompat.descriptor import arithmetic

CHOICES = 6
OPERATORS = {
    '+': operator.add,
    '-': operator.sub,
    '*': operator.mul,
    '/': operator.truediv,
}


def draw(dice, depth):
    """Draw an expression, operators behind their operands."""
    if not depth or dice.random() < 0.2:
        return [dice.choice(['a', 'b', 'c', dice.randint(0, 3)])]
    left, right = draw(dice, depth - 1), draw(dice, depth - 1)
    return [*left, *right, dice.choice('+-*/')]


def work_out(postfix, values):
    """Work an expression out; None for a division by zero."""
    stack = []
    for symbol in postfix:
        if symbol not in OPERATORS:
            stack.append(fractions.Fraction(values.get(symbol, symbol)))
            continue
        right, left = stack.pop(), stack.pop()
        if symbol == '/' and not right:
            return None
        stack.append(OPERATORS[symbol](left, right))
    return stack.pop()


def is_whole(result):
    return result is not None and result.denominator == 1


@pytest.mark.parametrize(
    'draw_prime', [arithmetic.small_prime, arithmetic.large_prime]
)
def test_choices_are_selected_whose_result_is_the_number(draw_prime):
    dice = random.Random(1)
    for _ in range(200):
        postfix = draw(dice, 5)
        a, b = ([dice.randint(-3, 4) for _ in range(CHOICES)] for _ in 'ab')
        columns = {'a': a, 'b': b, 'c': dice.randint(1, 9)}
        results = [
            work_out(postfix, {**columns, 'a': one, 'b': other})
            for one, other in zip(a, b, strict=True)
        ]
        for wanted in {0, *filter(is_whole, results)}:
            equal, undefined = arithmetic.select(
                postfix, columns, int(wanted), draw_prime(), CHOICES
            )
            assert undefined == [result is None for result in results]
            assert list(map(operator.gt, equal, undefined)) == [
                result == wanted for result in results
            ]


def test_primes_are_told_from_other_odd_numbers():
    dice = random.Random(1)
    found = [n for n in range(5, 3000, 2) if arithmetic._is_prime(n, dice)]
    assert found == [
        n for n in range(5, 3000, 2) if all(n % d for d in range(3, n, 2))
    ]
    assert arithmetic._is_prime(2**127 - 1, dice)
    assert not arithmetic._is_prime(2**128 + 1, dice)
    # A Carmichael number of three large primes passes Fermat's test.
    carmichael = 6000000006727 * 12000000013453 * 18000000020179
    assert pow(2, carmichael - 1, carmichael) == 1
    assert not arithmetic._is_prime(carmichael, dice)


def test_the_primes_have_their_lengths_and_are_drawn_once():
    assert arithmetic.small_prime() == arithmetic.small_prime()
    assert arithmetic.small_prime().bit_length() == 30
    assert arithmetic.large_prime() == arithmetic.large_prime()
    assert arithmetic.large_prime().bit_length() == 127
    for _ in range(20):
        assert arithmetic._draw(5) in (17, 19, 23, 29, 31)
