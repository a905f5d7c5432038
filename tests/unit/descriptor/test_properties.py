# SPDX-License-Identifier: Apache-2.0
"""Any text is a document or one error, whatever stands in it.

Few texts, the same ones each time: tests/fuzz looks for more.
"""

import random

import pytest

from tests.fuzz import target
from tests.unit.descriptor.texts import text_of

TEXTS = 100

# fmt: off
#: What text is made of that comes near the language.
NEAR = (
    'SELF:', 'COMPATIBLE', 'a=', '{v:int:1..3}', '{v}', '{w:string:"x",y}',
    '{f:flags:a}', '{n:version:1.0-}', '(', ')', '+', '-', '*', '/', '1', '"',
    '\\', '#', '{', '}', ':', ',', '..', '=x', '\n', '\r\n', '\t', 'ä',
    '\u2028', '\ud800', '\x00', 'int', 'string', '9999999999', ' ',
)
# fmt: on
seeds = pytest.mark.parametrize('seed', range(10))


def near(dice, without=''):
    """Draw text that comes near the language."""
    pieces = [piece for piece in NEAR if piece not in without]
    return ''.join(dice.choices(pieces, k=dice.randint(0, 40)))


def assert_document_or_error(text):
    """Check a text, as a str and as what a host would publish."""
    found = target.read(text)
    documents = target.check(text.encode(errors='surrogatepass'))
    assert documents == ([] if found is None else [found])


@seeds
def test_any_text_is_a_document_or_one_error(seed):
    dice = random.Random(seed)
    for _ in range(TEXTS):
        assert_document_or_error(near(dice))
        characters = [chr(dice.randrange(0x110000)) for _ in range(8)]
        assert_document_or_error(''.join(characters))


@seeds
def test_any_value_is_one_or_an_error(seed):
    dice = random.Random(seed)
    for _ in range(TEXTS):
        text = near(dice, without='\r\n')
        assert_document_or_error(text_of(f'x={text}'))
        assert_document_or_error(text_of(device=f'a=1\nx={text}'))


@seeds
def test_any_bytes_are_a_document_or_one_error(seed):
    dice = random.Random(seed)
    for _ in range(TEXTS):
        assert not target.check(dice.randbytes(dice.randint(0, 40)))
        target.check(b'SELF:\na=' + dice.randbytes(dice.randint(0, 8)))
