# SPDX-License-Identifier: Apache-2.0
"""What the project's regular expressions must not be made of."""

import importlib
import pkgutil
import re
import re._parser

import pytest

import nova_migcompat

PATTERNS = {
    f'{module.name}.{name}': value
    for module in pkgutil.walk_packages(
        nova_migcompat.__path__, 'nova_migcompat.'
    )
    for name, value in vars(importlib.import_module(module.name)).items()
    if isinstance(value, re.Pattern)
}


def operators(parsed):
    """Yield the name of each operator of a parsed pattern."""
    for item in parsed:
        if isinstance(item, re._parser.SubPattern | list | tuple):
            yield from operators(item)
        else:
            yield str(item)


@pytest.mark.parametrize('pattern', PATTERNS.values(), ids=PATTERNS)
def test_no_pattern_keeps_python_from_going_back(pattern):
    # Until Python 3.11.4 possessive and atomic groups match too much (CPython
    # issue 106052), and Debian 12 has 3.11.2.
    parsed = re._parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
    assert not {'POSSESSIVE_REPEAT', 'ATOMIC_GROUP'} & set(operators(parsed))


def test_the_check_finds_them():
    for pattern in ('a*+', '(?:a|(b)++)', '(?>ab)c'):
        assert {'POSSESSIVE_REPEAT', 'ATOMIC_GROUP'} & set(
            operators(re._parser.parse(pattern))
        )


def test_there_are_patterns_to_check():
    assert len(PATTERNS) > 20
