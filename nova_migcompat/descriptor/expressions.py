# SPDX-License-Identifier: Apache-2.0
"""Expressions: ``{val1}/2``, read into postfix order (FORMAT.md section 2).

What they amount to is for arithmetic.py to decide.
"""

import dataclasses
import re

from nova_migcompat.descriptor import errors, integers, variables

#: How strongly a symbol binds; a ) ends everything up to its (.
_STRENGTH = {'(': 0, ')': 1, '+': 2, '-': 2, '*': 3, '/': 3}
_SYMBOL = re.compile(r'[0-9]+|[-+*/()]')
#: What an expression may hold besides variables (FORMAT.md section 2).
PLAIN = re.compile(r'[-+*/() \t0-9]*')
_OPERAND = 'an integer, a variable or ('


@dataclasses.dataclass(frozen=True, slots=True)
class Reference:
    """A variable where it stands again, ``{name}``."""

    name: str

    def __str__(self) -> str:
        return f'{{{self.name}}}'


Part = str | variables.Variable | Reference
#: An operator or parenthesis is a str.
Symbol = str | int | variables.Variable | Reference


class ExpressionError(ValueError):
    """A value has an expression's shape but is not well-formed.

    :ivar offset: where in the value, in code points.
    """

    def __init__(self, offset: int, found: str, expected: str) -> None:
        super().__init__(offset, found, expected)
        self.offset = offset
        self.found = found
        self.expected = expected


@dataclasses.dataclass(frozen=True, slots=True)
class Expression:
    """An integer that is computed from variables.

    :param infix: the symbols as written, for the canonical form.
    :param postfix: operators behind their operands: an integer, or a
        variable's name.
    """

    infix: tuple[Symbol, ...]
    postfix: tuple[int | str, ...] = dataclasses.field(compare=False)

    @property
    def names(self) -> frozenset[str]:
        """The names of the variables in it."""
        return frozenset(
            symbol.name
            for symbol in self.infix
            if not isinstance(symbol, int | str)
        )

    @property
    def appearances(self) -> int:
        """How often variables appear in it."""
        return sum(not isinstance(each, int | str) for each in self.infix)

    def __str__(self) -> str:
        return ''.join(map(_written, self.infix))

    def subtracts_variables(self) -> bool:
        """Is a variable subtracted from a variable, as in {a}-{b}?"""
        variable = (variables.Variable, Reference)
        return any(
            self.infix[i] == '-'
            and isinstance(self.infix[i - 1], variable)
            and isinstance(self.infix[i + 1], variable)
            for i in range(1, len(self.infix) - 1)
        )


def read(parts: list[Part], offsets: list[int]) -> Expression:
    """Read an expression from the parts of a value.

    :param parts: literal text and variables, in their order.
    :param offsets: where each part begins in the value, in code points.
    :raises ExpressionError: where it is not well-formed.
    """
    infix: list[Symbol] = []
    for part in parts:
        if not isinstance(part, str) or part in _STRENGTH:
            infix.append(part)
        else:
            infix += [
                integers.read(text) if text.isdigit() else text
                for text in _SYMBOL.findall(part)
            ]
    try:
        return Expression(tuple(infix), tuple(_postfix(infix)))
    except _MisplacedError as e:
        number, expected = e.args
    if number < len(infix):
        offset = _offset(parts, offsets, number)
        raise ExpressionError(offset, _shown(infix[number]), expected)
    # An operator or ( came last: one character.
    offset = _offset(parts, offsets, number - 1) + 1
    raise ExpressionError(offset, 'the end of the expression', expected)


class _MisplacedError(ValueError):
    """A symbol (its number) stands where only something else may."""


def _postfix(infix: list[Symbol]) -> list[int | str]:
    """Put operators behind their operands.

    :raises _MisplacedError: where the symbols, or their end, do not fit.
    """
    output: list[int | str] = []
    pending: list[str] = []
    opened: list[int] = []
    operand_next = True
    for number, symbol in enumerate(infix):
        if (not isinstance(symbol, str) or symbol == '(') != operand_next:
            expected = _OPERAND if operand_next else 'an operator or )'
            raise _MisplacedError(number, expected)
        if not isinstance(symbol, str):
            output.append(symbol if isinstance(symbol, int) else symbol.name)
            operand_next = False
            continue
        if symbol == '(':
            opened.append(number)
        else:
            # What binds at least as strongly is worked out first.
            strength = _STRENGTH[symbol]
            while pending and _STRENGTH[pending[-1]] >= strength:
                output.append(pending.pop())
        if symbol != ')':
            pending.append(symbol)
            operand_next = True
        elif opened:
            opened.pop()
            pending.pop()
        else:
            raise _MisplacedError(number, 'a ( before it')
    if operand_next:
        raise _MisplacedError(len(infix), _OPERAND)
    if opened:
        raise _MisplacedError(opened[-1], 'a ) for it')
    return output + pending[::-1]


def _offset(parts: list[Part], offsets: list[int], number: int) -> int:
    """Find where a symbol stands in the value."""
    for part, offset in zip(parts, offsets, strict=True):
        starts = (
            [found.start() for found in _SYMBOL.finditer(part)]
            if isinstance(part, str)
            else [0]
        )
        if number < len(starts):
            return offset + starts[number]
        number -= len(starts)
    raise IndexError(number)


def _written(symbol: Symbol) -> str:
    if isinstance(symbol, str):
        return symbol
    return integers.write(symbol) if isinstance(symbol, int) else str(symbol)


def _shown(symbol: Symbol) -> str:
    """Name a symbol in an error message."""
    if isinstance(symbol, variables.Variable | Reference):
        return f'variable {{{symbol.name}}}'
    return errors.shown(_written(symbol))
