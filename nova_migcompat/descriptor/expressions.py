# SPDX-License-Identifier: Apache-2.0
"""Expressions: ``{val1}/2``, read into postfix order (FORMAT.md section 2).

What they amount to is for arithmetic.py to decide.
"""

import dataclasses
import re
from collections.abc import Iterator

from nova_migcompat.descriptor import errors, integers, variables

_PRECEDENCE = {'+': 1, '-': 1, '*': 2, '/': 2}
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
    output: list[int | str] = []
    pending: list[tuple[str, int]] = []
    operand_next = True
    offset = 0
    for offset, symbol in _symbols(parts, offsets):
        infix.append(symbol)
        operand = not isinstance(symbol, str)
        if (operand or symbol == '(') != operand_next:
            wanted = _OPERAND if operand_next else 'an operator or )'
            raise ExpressionError(offset, _shown(symbol), wanted)
        if not isinstance(symbol, str):
            output.append(symbol if isinstance(symbol, int) else symbol.name)
            operand_next = False
        elif symbol == '(':
            pending.append((symbol, offset))
        else:
            _reduce(symbol, offset, pending, output)
            operand_next = symbol != ')'
    if operand_next:
        # An operator or ( came last: one character.
        raise ExpressionError(
            offset + 1, 'the end of the expression', _OPERAND
        )
    for operator, start in reversed(pending):
        if operator == '(':
            raise ExpressionError(start, "'('", 'a ) for it')
        output.append(operator)
    return Expression(tuple(infix), tuple(output))


def _reduce(
    operator: str,
    offset: int,
    pending: list[tuple[str, int]],
    output: list[int | str],
) -> None:
    """Move what binds at least as strongly as an operator to the output.

    Before a ) that is everything up to its (.
    """
    strength = _PRECEDENCE.get(operator, 0)
    while pending and pending[-1][0] != '(':
        if _PRECEDENCE[pending[-1][0]] < strength:
            break
        output.append(pending.pop()[0])
    if operator != ')':
        pending.append((operator, offset))
    elif pending:
        pending.pop()
    else:
        raise ExpressionError(offset, "')'", 'a ( before it')


def _symbols(
    parts: list[Part], offsets: list[int]
) -> Iterator[tuple[int, Symbol]]:
    for part, offset in zip(parts, offsets, strict=True):
        if not isinstance(part, str) or part in _PRECEDENCE:
            yield offset, part
            continue
        for found in _SYMBOL.finditer(part):
            text = found[0]
            yield (
                offset + found.start(),
                integers.read(text) if text.isdigit() else text,
            )


def _written(symbol: Symbol) -> str:
    if isinstance(symbol, str):
        return symbol
    return integers.write(symbol) if isinstance(symbol, int) else str(symbol)


def _shown(symbol: Symbol) -> str:
    """Name a symbol in an error message."""
    if isinstance(symbol, variables.Variable | Reference):
        return f'variable {{{symbol.name}}}'
    return errors.shown(_written(symbol))
