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
#: What canonical form leaves out of the text between variables.
_LEFT_OUT = re.compile(r'[ \t]+|(?<![0-9])0+(?=[0-9])')
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

    :param parts: variables and the text between them, in canonical form.
    :param postfix: operators behind their operands: an integer, or a
        variable's name.
    """

    parts: tuple[Part, ...]
    postfix: tuple[int | str, ...] = dataclasses.field(compare=False)

    @property
    def names(self) -> frozenset[str]:
        """The names of the variables in it."""
        return frozenset(
            [part.name for part in self.parts if not isinstance(part, str)]
        )

    @property
    def appearances(self) -> int:
        """How often variables appear in it."""
        return sum([not isinstance(part, str) for part in self.parts])

    def __str__(self) -> str:
        return ''.join(map(str, self.parts))

    def subtracts_variables(self) -> bool:
        """Is a variable subtracted from a variable, as in {a}-{b}?"""
        return any(
            self.parts[i] == '-'
            and not isinstance(self.parts[i - 1], str)
            and not isinstance(self.parts[i + 1], str)
            for i in range(1, len(self.parts) - 1)
        )


def read(parts: list[Part], offsets: list[int]) -> Expression:
    """Read an expression from the parts of a value.

    :param parts: literal text and variables, in their order.
    :param offsets: where each part begins in the value, in code points.
    :raises ExpressionError: where it is not well-formed.
    """
    symbols: list[str] = []
    for part in parts:
        if not isinstance(part, str):
            symbols.append(part.name)
        elif part in _STRENGTH:
            symbols.append(part)
        else:
            symbols += _SYMBOL.findall(part)
    try:
        postfix = _postfix(symbols)
    except _MisplacedError as e:
        number, expected = e.args
    else:
        written = [
            part
            if not isinstance(part, str) or part in _STRENGTH
            else _LEFT_OUT.sub('', part)
            for part in parts
        ]
        return Expression(tuple(written), postfix)
    if number < len(symbols):
        offset = _offset(parts, offsets, number)
        raise ExpressionError(offset, _shown(symbols[number]), expected)
    # An operator or ( came last: one character.
    offset = _offset(parts, offsets, number - 1) + 1
    raise ExpressionError(offset, 'the end of the expression', expected)


class _MisplacedError(ValueError):
    """A symbol (its number) stands where only something else may."""


def _postfix(symbols: list[str]) -> tuple[int | str, ...]:
    """Put operators behind their operands.

    :param symbols: operators, parentheses, digits, names of variables.
    :raises _MisplacedError: where the symbols, or their end, do not fit.
    """
    output: list[str] = []
    pending: list[str] = []
    opened: list[int] = []
    operand_next = True
    for number, symbol in enumerate(symbols):
        strength = _STRENGTH.get(symbol)
        if (not strength) != operand_next:
            expected = _OPERAND if operand_next else 'an operator or )'
            raise _MisplacedError(number, expected)
        if strength is None:
            output.append(symbol)
            operand_next = False
            continue
        if symbol == '(':
            opened.append(number)
        else:
            # What binds at least as strongly is worked out first.
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
        raise _MisplacedError(len(symbols), _OPERAND)
    if opened:
        raise _MisplacedError(opened[-1], 'a ) for it')
    return _with_numbers(output + pending[::-1])


def _with_numbers(symbols: list[str]) -> tuple[int | str, ...]:
    """Read the integers among symbols, the same one once."""
    numbers = {
        text: integers.read(text) for text in set(symbols) if text.isdigit()
    }
    return tuple([numbers.get(symbol, symbol) for symbol in symbols])


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


def _shown(symbol: str) -> str:
    """Name a symbol in an error message."""
    if symbol in _STRENGTH or symbol.isdigit():
        return errors.shown(symbol)
    return f'variable {{{symbol}}}'
