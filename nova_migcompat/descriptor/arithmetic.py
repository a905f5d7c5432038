# SPDX-License-Identifier: Apache-2.0
"""Decides expressions for many choices of values at once, exactly.

A vendor's expression may run through numbers of a hundred thousand digits on
its way to a small result. To stay bounded, an expression is never worked out:
whether it equals a device's integer is decided in the integers modulo a
prime, drawn when the process starts. Equal numbers are always equal there.
Different ones are taken for equal with a probability below 2**-100 modulo the
large prime, whatever the document says, because its author cannot know the
prime. The small one makes numbers fit into one of Python's digits, and is for
sorting out: what passes it is held against the large one.
"""

import dataclasses
import functools
import itertools
import operator
import random
from collections.abc import Callable, Iterable, Mapping, Sequence

#: One number for all choices, or one for each.
Column = int | list[int]

OPERATORS = frozenset('+-*/')

_SMALL_BITS, _LARGE_BITS = 30, 127
#: So many numbers are multiplied before they are reduced.
_UNREDUCED = 4
#: Products of more columns are multiplied out: as many as there are variables.
_MAX_PENDING = 16


def select(
    postfix: Sequence[int | str],
    columns: Mapping[str, Column],
    wanted: int,
    prime: int,
    choices: int,
) -> tuple[list[bool], list[bool]]:
    """Tell for which choices an expression equals a number.

    :param postfix: operators behind their operands: an integer, or a
        variable's name.
    :param columns: the values of each variable.
    :param wanted: the number.
    :param prime: modulo what.
    :param choices: how many choices there are.
    :returns: for each whether it does, as far as nothing is divided by zero,
        and whether something is: that equals nothing.
    """
    field = _Field(prime, choices)
    top, bottom, divisors = field.work_out(postfix, columns)
    equal = field.zeros(field.plus(top, bottom, -wanted % prime))
    undefined = [False] * choices
    for divisor in divisors:
        undefined = list(map(operator.or_, undefined, field.zeros(divisor)))
    return equal, undefined


@dataclasses.dataclass(slots=True)
class _Sum:
    """A constant and multiples of columns: what stays unmultiplied.

    Never changed once it is made.

    :param constant: the constant.
    :param factors: by the column's number; none is zero.
    """

    constant: int
    factors: dict[int, int] = dataclasses.field(default_factory=dict)


#: Exponents by the column's number: a product that nobody has needed yet.
_Powers = dict[int, int]


class _Field:
    """The integers modulo a prime, for many choices at once.

    Sums and products cost next to nothing; a column is made only of what a
    sum or a product of several is multiplied or added with, and each once, or
    not at all where only one product needs it.

    :param prime: the prime.
    :param choices: the length of a column.
    """

    def __init__(self, prime: int, choices: int) -> None:
        self._prime = prime
        self._choices = choices
        self._columns: list[list[int] | _Powers | _Sum] = []
        self._used: set[int] = set()
        self._numbers: dict[object, int] = {}

    def work_out(
        self, postfix: Sequence[int | str], columns: Mapping[str, Column]
    ) -> tuple[_Sum, _Sum, list[_Sum]]:
        """Return numerator, denominator, and what it was divided by."""
        known = {name: self._operand(columns[name]) for name in columns}
        tops: list[_Sum] = []
        bottoms: list[_Sum] = []
        divisors: list[_Sum] = []
        one = _Sum(1)
        for symbol in postfix:
            if isinstance(symbol, int) or symbol not in OPERATORS:
                tops.append(
                    _Sum(symbol % self._prime)
                    if isinstance(symbol, int)
                    else known[symbol]
                )
                bottoms.append(one)
                continue
            top, bottom = tops.pop(), bottoms.pop()
            if symbol == '/':
                if top not in divisors:
                    divisors.append(top)
                top, bottom = bottom, top
            if symbol in '*/':
                tops[-1] = self.times(tops[-1], top)
                bottoms[-1] = self.times(bottoms[-1], bottom)
                continue
            if bottom != bottoms[-1]:
                top = self.times(top, bottoms[-1])
                tops[-1] = self.times(tops[-1], bottom)
                bottoms[-1] = self.times(bottoms[-1], bottom)
            tops[-1] = self.plus(tops[-1], top, 1 if symbol == '+' else -1)
        return tops[0], bottoms[0], divisors

    def _operand(self, column: Column) -> _Sum:
        if isinstance(column, int):
            return _Sum(column % self._prime)
        self._columns.append(column)
        return _Sum(0, {len(self._columns) - 1: 1})

    def plus(self, left: _Sum, right: _Sum, factor: int) -> _Sum:
        """Add a multiple of the right one to the left one."""
        constant = (left.constant + factor * right.constant) % self._prime
        factors = dict(left.factors)
        for number, each in right.factors.items():
            total = (factors.pop(number, 0) + factor * each) % self._prime
            if total:
                factors[number] = total
        return _Sum(constant, factors)

    def times(self, left: _Sum, right: _Sum) -> _Sum:
        """Multiply."""
        if not right.factors:
            return self._scaled(left, right.constant)
        if not left.factors:
            return self._scaled(right, left.constant)
        factor, product = self._powers(left)
        other, powers = self._powers(right)
        for number, exponent in powers.items():
            product[number] = product.get(number, 0) + exponent
        number = self._number(
            frozenset(product.items()),
            lambda: (
                self._multiplied(product)
                if len(product) > _MAX_PENDING
                else product
            ),
        )
        return _Sum(0, {number: factor * other % self._prime})

    def _scaled(self, total: _Sum, factor: int) -> _Sum:
        """Multiply by a number of the field."""
        if factor == 1:
            return total
        factors = {
            number: each * factor % self._prime
            for number, each in total.factors.items()
            if factor
        }
        return _Sum(total.constant * factor % self._prime, factors)

    def _powers(self, total: _Sum) -> tuple[int, dict[int, int]]:
        """Return a sum as a factor of a product of columns."""
        if len(total.factors) == 1 and not total.constant:
            [(number, factor)] = total.factors.items()
            column = self._columns[number]
            powers = dict(column) if isinstance(column, dict) else {number: 1}
            return factor, powers
        key = (total.constant, frozenset(total.factors.items()))
        return 1, {self._number(key, lambda: self._summed(total)): 1}

    def _number(
        self, key: object, make: Callable[[], list[int] | _Powers | _Sum]
    ) -> int:
        """Return the number of a column, which is made where it is new."""
        if key not in self._numbers:
            self._columns.append(make())
            self._numbers[key] = len(self._columns) - 1
        return self._numbers[key]

    def _multiplied(self, powers: _Powers) -> list[int]:
        """Return the numbers that a product stands for."""
        numbers: Iterable[int] | None = None
        for place, (number, exponent) in enumerate(powers.items(), 1):
            column = self._ready(number)
            if exponent > 1:
                column = map(
                    pow,
                    column,
                    itertools.repeat(exponent),
                    itertools.repeat(self._prime),
                )
            numbers = map(operator.mul, numbers, column) if numbers else column
            if place % _UNREDUCED == 0:
                numbers = [each % self._prime for each in numbers]
        return [each % self._prime for each in numbers or ()]

    def _summed(self, total: _Sum) -> list[int] | _Sum:
        """Return a sum's column; of columns that stand, what makes one."""
        for number in total.factors:
            if not isinstance(self._columns[number], list):
                return list(self._added(total))
        return total

    def _ready(self, number: int) -> Iterable[int]:
        """Return a column's numbers; they are kept from the second time on."""
        column = self._columns[number]
        if isinstance(column, dict):
            column = self._columns[number] = self._multiplied(column)
        elif isinstance(column, _Sum):
            if number not in self._used:
                self._used.add(number)
                return self._added(column)
            column = self._columns[number] = list(self._added(column))
        return column

    def _added(self, total: _Sum) -> Iterable[int]:
        """Return the numbers that a sum stands for, not reduced."""
        numbers: Iterable[int] | None = None
        for number, factor in total.factors.items():
            column = self._ready(number)
            if factor != 1:
                column = map(operator.mul, column, itertools.repeat(factor))
            numbers = map(operator.add, numbers, column) if numbers else column
        if numbers is None:
            return [total.constant] * self._choices
        if total.constant:
            constant = itertools.repeat(total.constant)
            numbers = map(operator.add, numbers, constant)
        return numbers

    def zeros(self, total: _Sum) -> list[bool]:
        """Tell for which choices a sum is zero."""
        return [number % self._prime == 0 for number in self._added(total)]


@functools.cache
def small_prime() -> int:
    """Draw the prime for sorting out."""
    return _draw(_SMALL_BITS)


@functools.cache
def large_prime() -> int:
    """Draw the prime that decides."""
    return _draw(_LARGE_BITS)


def _draw(bits: int) -> int:
    source = random.SystemRandom()
    while True:
        number = source.getrandbits(bits) | 1 << (bits - 1) | 1
        if _is_prime(number, source):
            return number


def _is_prime(number: int, source: random.Random) -> bool:
    """Miller and Rabin's test: wrong with a probability of 4**-64."""
    odd = number - 1
    twos = (odd & -odd).bit_length() - 1
    odd >>= twos
    for _ in range(64):
        power = pow(source.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True
