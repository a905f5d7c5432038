# SPDX-License-Identifier: Apache-2.0
"""Expressions: ``{val1}/2``, read into postfix order and decided exactly.

A vendor's expression may run through numbers of a hundred thousand digits on
its way to a small result. To stay bounded, an expression is never worked out:
whether it equals a device's integer is decided in the integers modulo a prime
of 127 bits, drawn when the process starts. Equal numbers are always equal
there; different ones are taken for equal with a probability below 2**-100,
whatever the document says, because its author cannot know the prime.
"""

import dataclasses
import functools
import random
import re
from collections.abc import Iterator, Mapping

from nova_migcompat.descriptor import variables

OPERATORS = frozenset('+-*/')
_PRECEDENCE = {'+': 1, '-': 1, '*': 2, '/': 2}
_TOKEN = re.compile(r'[0-9]+|[-+*/()]')
#: What an expression may hold besides variables (FORMAT.md section 2).
PLAIN = re.compile(r'[-+*/() \t0-9]*')
_PRIME_BITS = 127


@dataclasses.dataclass(frozen=True, slots=True)
class Reference:
    """A variable where it stands again, ``{name}``."""

    name: str

    def __str__(self) -> str:
        return '{%s}' % self.name


Part = str | variables.Variable | Reference
Token = str | int | variables.Variable | Reference


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

    :param infix: the tokens as written, for the canonical form.
    :param postfix: operands (an integer or a variable's name in a
        one-element tuple) and operators, operands first.
    """

    infix: tuple[Token, ...]
    postfix: tuple[str | int | tuple[str], ...] = dataclasses.field(
        compare=False
    )

    @property
    def names(self) -> frozenset[str]:
        """The names of the variables in it."""
        return frozenset(t[0] for t in self.postfix if isinstance(t, tuple))

    def __str__(self) -> str:
        return ''.join(str(token) for token in self.infix)

    def subtracts_variables(self) -> bool:
        """Is a variable subtracted from a variable, as in {a}-{b}?"""
        variable = (variables.Variable, Reference)
        return any(
            self.infix[i] == '-'
            and isinstance(self.infix[i - 1], variable)
            and isinstance(self.infix[i + 1], variable)
            for i in range(1, len(self.infix) - 1)
        )

    def equals(self, text: str, values: Mapping[str, variables.Value]) -> bool:
        """Is the text the canonical decimal of this expression's value?

        :param text: a device's value.
        :param values: an integer for each variable.
        :returns: False too for a division by zero, and for a result that is
            no integer (FORMAT.md section 2).
        """
        wanted = _ANY_INTEGER.accept(text)
        if wanted is None:
            return False
        prime = _prime()
        stack: list[tuple[int, int]] = []
        for token in self.postfix:
            if isinstance(token, str):
                right, divisor = stack.pop()
                left, under = stack.pop()
                if token == '*':
                    left, under = left * right, under * divisor
                elif token == '/':
                    if right % prime == 0:
                        return False
                    left, under = left * divisor, under * right
                elif under == divisor:
                    left = left + right if token == '+' else left - right
                else:
                    right *= under
                    left *= divisor
                    left = left + right if token == '+' else left - right
                    under *= divisor
                stack.append((left % prime, under % prime))
            elif isinstance(token, int):
                stack.append((token, 1))
            else:
                stack.append((int(values[token[0]]), 1))
        numerator, denominator = stack.pop()
        return (numerator - wanted * denominator) % prime == 0


_ANY_INTEGER = variables.IntVariable('any', ('..0', '0..'))


def read(parts: list[Part], offsets: list[int]) -> Expression:
    """Read an expression from the parts of a value.

    :param parts: literal text and variables, in their order.
    :param offsets: where each part begins in the value, in code points.
    :raises ExpressionError: where it is not well-formed.
    """
    infix: list[Token] = []
    output: list[str | int | tuple[str]] = []
    pending: list[tuple[str, int]] = []
    operand_next = True
    end = 0
    for offset, token in _tokens(parts, offsets):
        end = offset + len(str(token))
        infix.append(token)
        operand = not isinstance(token, str)
        if (operand or token == '(') != operand_next:
            raise ExpressionError(
                offset,
                variables_shown(token),
                'an integer, a variable or ('
                if operand_next
                else 'an operator or )',
            )
        if not isinstance(token, str):
            output.append(token if isinstance(token, int) else (token.name,))
            operand_next = False
        elif token == '(':
            pending.append((token, offset))
        else:
            operand_next = token != ')'
            _reduce(token, offset, pending, output)
    if operand_next:
        raise ExpressionError(
            end, 'the end of the expression', 'an integer, a variable or ('
        )
    for token, offset in reversed(pending):
        if token == '(':
            raise ExpressionError(offset, "'('", 'a ) for it')
        output.append(token)
    return Expression(tuple(infix), tuple(output))


def _reduce(
    token: str,
    offset: int,
    pending: list[tuple[str, int]],
    output: list[str | int | tuple[str]],
) -> None:
    """Move what binds at least as strongly as the token to the output."""
    while pending and pending[-1][0] != '(':
        if token != ')' and (_PRECEDENCE[pending[-1][0]] < _PRECEDENCE[token]):
            break
        output.append(pending.pop()[0])
    if token != ')':
        pending.append((token, offset))
    elif pending:
        pending.pop()
    else:
        raise ExpressionError(offset, "')'", 'a ( before it')


def _tokens(
    parts: list[Part], offsets: list[int]
) -> Iterator[tuple[int, Token]]:
    for part, offset in zip(parts, offsets, strict=True):
        if isinstance(part, str):
            for found in _TOKEN.finditer(part):
                text = found[0]
                yield (
                    offset + found.start(),
                    int(text) if text[0] in variables.DIGITS else text,
                )
        else:
            yield offset, part


def variables_shown(token: Token) -> str:
    """Name a token in an error message."""
    if isinstance(token, variables.Variable | Reference):
        return 'variable {%s}' % token.name
    return repr(str(token))


@functools.cache
def _prime() -> int:
    """Draw this process's prime (see the module's docstring)."""
    source = random.SystemRandom()
    while True:
        number = source.getrandbits(_PRIME_BITS) | 1 << (_PRIME_BITS - 1) | 1
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
