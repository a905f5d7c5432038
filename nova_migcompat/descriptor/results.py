# SPDX-License-Identifier: Apache-2.0
"""Works expressions out, whatever they say, in bounded work.

Deciding a device never needs a result (arithmetic.py); showing what an object
allows does. A result that no value of a device can hold is no result.
"""

import functools
from collections.abc import Mapping

from nova_migcompat.descriptor import (
    arithmetic,
    expressions,
    model,
    variables,
)

#: 10**MAX_VALUE and more fits between minus and plus half the modulus.
_POWER = 28
#: Numbers of more bits are reduced.
_MAX_BITS = 4096
#: What it costs to divide there.
_INVERSION = 3000

#: Numerator and denominator.
_Fraction = tuple[int, int]


class SpentError(Exception):
    """The work that was allowed is done."""


class Budget:
    """The work that is still allowed.

    :param units: how much; a unit takes a few microseconds.
    """

    def __init__(self, units: int) -> None:
        self._units = units

    def spend(self, units: int) -> None:
        """Take some of it.

        :raises SpentError: where there is not so much left, then and ever
            after.
        """
        self._units -= units
        if self._units < 0:
            raise SpentError


@functools.cache
def _modulus() -> int:
    modulus: int = arithmetic.large_prime() ** _POWER
    return modulus


def work_out(
    expression: expressions.Expression,
    values: Mapping[str, variables.Value],
    budget: Budget,
) -> int | None:
    """Work an expression out, exactly.

    Small numbers are worked out as they are. Large ones are worked out modulo
    a power of the prime that decides devices (arithmetic.py): an integer that
    a value can hold is the only one of its size there.

    :param values: an integer for each of its variables.
    :param budget: what the work is taken from.
    :returns: None for a division by zero, a result that is no integer, and
        one that is too long for a value (FORMAT.md section 2).
    :raises SpentError: where the budget does not allow it.
    """
    stack: list[_Fraction] = []
    reduced = False
    for symbol in expression.postfix:
        if isinstance(symbol, int):
            stack.append((symbol, 1))
        elif symbol not in arithmetic.OPERATORS:
            stack.append((int(values[symbol]), 1))
        else:
            right = stack.pop()
            if symbol == '/' and right[0] % arithmetic.large_prime() == 0:
                return None
            top, bottom = _apply(symbol, stack.pop(), right)
            bits = top.bit_length() + bottom.bit_length()
            budget.spend(1 + bits // 128)
            if bits > _MAX_BITS:
                reduced = True
                top, bottom = top % _modulus(), bottom % _modulus()
            stack.append((top, bottom))
    number = _whole(stack.pop(), reduced, budget)
    return None if number is None or abs(number) >= _bound() else number


def _whole(number: _Fraction, reduced: bool, budget: Budget) -> int | None:
    """Return the integer that a fraction equals, or None."""
    top, bottom = number
    if not reduced:
        quotient, rest = divmod(top, bottom)
        return None if rest else quotient
    if bottom != 1:
        budget.spend(_INVERSION)
        top *= pow(bottom, -1, _modulus())
    return _symmetric(top)


def _apply(operator: str, left: _Fraction, right: _Fraction) -> _Fraction:
    """Apply an operator to two fractions."""
    (top, bottom), (other, divisor) = left, right
    if operator == '*':
        return top * other, bottom * divisor
    if operator == '/':
        return top * divisor, bottom * other
    sign = 1 if operator == '+' else -1
    if bottom == divisor:
        return top + sign * other, bottom
    return top * divisor + sign * other * bottom, bottom * divisor


def _symmetric(number: int) -> int:
    """Return the remainder that is nearest to zero."""
    number %= _modulus()
    return number - _modulus() if number > _modulus() // 2 else number


@functools.cache
def _bound() -> int:
    bound: int = 10**model.MAX_VALUE
    return bound
