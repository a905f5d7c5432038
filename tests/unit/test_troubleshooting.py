# SPDX-License-Identifier: Apache-2.0
"""What the page of symptoms quotes, the programs say."""

import ast
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / 'doc/source/troubleshooting.rst'

#: What stands in the first column of a table's row.
_SYMPTOM = re.compile(r'^   \* - (.*(?:\n {7}.*)*)', re.MULTILINE)
_QUOTED = re.compile(r'``([^`]+)``')
#: Python's, keystoneauth's and Placement's words.
_OTHERS = ('No module named', '(HTTP ', 'Unable to establish', 'status 403')
#: Where a value stands, or more words.
_GAP = re.compile(r'\.\.\.|\d+|, line |, column |: found|, expected')


def quoted():
    """Yield each part of a message that the page has, without what varies."""
    for symptom in _SYMPTOM.findall(PAGE.read_text()):
        for words in _QUOTED.findall(symptom):
            text = ' '.join(words.split())
            is_words = text.count(' ') > 1 and not text.startswith(_OTHERS)
            if is_words and ' = ' not in text and '--' not in text:
                for part in map(str.strip, _GAP.split(text)):
                    if ' ' in part:
                        yield part.strip(' ,;:')


def strings():
    """Return all strings of the project, and where values are put in, \\0."""
    found = []
    for path in ROOT.glob('nova_migcompat/**/*.py'):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = [getattr(v, 'value', None) for v in node.values]
                found.append(
                    ''.join(p if isinstance(p, str) else '\0' for p in parts)
                )
            elif isinstance(node, ast.Constant) and isinstance(
                node.value, str
            ):
                found.append(node.value)
    return '\n'.join(found)


@pytest.fixture(scope='module')
def said():
    return strings()


def test_the_page_quotes_messages():
    assert len(set(quoted())) > 15


@pytest.mark.parametrize('words', sorted(set(quoted())))
def test_what_is_quoted_is_said(said, words):
    assert words in said
