# SPDX-License-Identifier: Apache-2.0
"""Regular expressions that cannot take long, whatever they are given.

Python's ``re`` tries every way in which a pattern can match, and no time limit
ends it. With n characters and k places where it has a choice that is some n to
the power of k + 1, and without end where something that is repeated is part of
a repetition. So both are bounded here, and the caller bounds n. Must not know
what is searched.
"""

import re

from nova_migcompat.agent import errors

#: Places where a pattern may have a choice.
MAX_CHOICES = 2

#: Characters that may be searched. A pattern of 128 characters that is made to
#: be slow takes 1.5 s for them, an ordinary one some microseconds.
MAX_SEARCHED = 256

_BOUNDS = r'\{[0-9]*,?[0-9]*\}'
_TOKEN = re.compile(
    # Characters and sets, in which the signs below mean nothing.
    r'\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?:'
    rf'|(?P<repeated_group>\)(?:[*+]|{_BOUNDS}))'
    r'|(?P<extension>\(\?(?!:)..?)'
    # Exactly so many are no choice, and a possessive repetition makes its own
    # for good.
    rf'|\{{[0-9]+\}}[+?]?|(?:[*+?]|{_BOUNDS})\+'
    rf'|(?P<choice>(?:[*+?]|{_BOUNDS})\??|\|)',
    re.DOTALL,
)


#: What stands for a character that sets are slow with, as these are not ASCII.
_NAMED = re.compile(r'(?<!\\)(?:\\\\)*\\[uUN]')
_NUMBER = re.compile('[0-9]+')


class PatternError(ValueError):
    """A pattern is none of these; says why."""


def compiled(pattern: str) -> re.Pattern[str]:
    """Make a pattern with one group.

    :param pattern: as Python's re has it; ``^`` and ``$`` are for each line.
    :raises PatternError: where it is none, or could take long.
    """
    try:
        found = re.compile(pattern, re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as e:
        raise PatternError(str(e)) from e
    if found.groups != 1:
        raise PatternError(f'it has {found.groups} groups')
    if not pattern.isascii() or _NAMED.search(pattern):
        raise PatternError('it has characters that are not ASCII')
    tokens = list(_TOKEN.finditer(pattern))
    for token in tokens:
        if re.fullmatch(r'\\[1-9]', token[0]):
            raise PatternError(f'it has {token[0]}, a reference to a group')
        if not token[0].startswith('[') and any(
            int(number) > MAX_SEARCHED for number in _NUMBER.findall(token[0])
        ):
            raise PatternError(
                f'it has {token[0]}, expected at most {MAX_SEARCHED} times'
            )
        if token['repeated_group']:
            raise PatternError('it repeats a group, which may take for ever')
        if token['extension']:
            raise PatternError(
                f'it has {errors.quoted(token[0])}, and of all (?... only (?:'
                ' is allowed'
            )
    choices = sum(token['choice'] is not None for token in tokens)
    if choices > MAX_CHOICES:
        raise PatternError(
            f'it has {choices} of * + ? {{m,n}} and |, expected at most'
            f' {MAX_CHOICES}; possessive ones, .*+ or [0-9]++, do not count'
        )
    return found
