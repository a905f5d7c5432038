# SPDX-License-Identifier: Apache-2.0
"""What an operator reads when a text is no document."""

import copy
import pickle

import pytest

from nova_migcompat import descriptor
from nova_migcompat.descriptor import errors
from tests.unit.descriptor.texts import error


def test_an_error_names_line_column_found_and_expected():
    found = error('SELF:\n a=1\nCOMPATIBLE:\n\tx={v:real:1}\n')
    assert str(found) == (
        "line 4, column 7: found 'real:1}', expected a type and a colon:"
        ' int, string, flags, version'
    )
    assert found.source_line == '\tx={v:real:1}'
    assert found.args == (
        4,
        7,
        found.found,
        found.expected,
        found.source_line,
    )
    assert isinstance(found, ValueError)


def test_it_shows_the_line_with_a_caret_under_the_culprit():
    found = error('SELF:\r\n a=1\r\nCOMPATIBLE:\r\n\tx={v:real:1}\r\n')
    message, line, caret = found.show().split('\n')
    assert message == str(found)
    assert line == '    \tx={v:real:1}'
    assert caret == '    \t     ^'
    assert line[caret.index('^')] == 'r'


@pytest.mark.parametrize('length', [10, 35, 36, 37, 100, 1000])
def test_a_long_line_is_cut_around_the_caret(length):
    found = error(f'SELF:\na=1\n{"x" * length}!{"y" * 5000}')
    _, line, caret = found.show().split('\n')
    assert len(line) <= 80
    assert line[caret.index('^')] == '!'
    assert caret == ' ' * (4 + min(length, 36)) + '^'


def test_nothing_that_a_terminal_acts_on_is_shown():
    found = error('SELF:\na=\x1b[31m\u202ex\u2028\ud800')
    assert found.show().split('\n')[1] == '    a=?[31m?x??'
    found = error('SELF:\n\u202e\u2028\x7f'[:-1])
    assert str(found).isascii()
    assert str(found).isprintable()


def test_a_message_never_holds_more_than_40_of_its_characters():
    for text in (
        f'SELF:\n{"ü" * 60000}',
        f'SELF: {"x" * 60000}',
        f'SELF:\na=1\nCOMPATIBLE:\na={{v:{"x" * 900}}}',
        f'SELF:\na=1\nCOMPATIBLE:\na={{v:int:{"x" * 900}}}',
        f'SELF:\na=1\nCOMPATIBLE:\na=({{v:int:1}}{"1" * 900}+1)',
    ):
        assert len(str(error(text))) < 450


def test_an_error_survives_pickle_and_copy():
    found = error('x')
    for again in (pickle.loads(pickle.dumps(found)), copy.copy(found)):
        assert str(again) == str(found)
        assert again.show() == found.show()


def test_an_error_without_a_place_is_at_line_1_column_1():
    found = error('')
    assert str(found) == (
        'line 1, column 1: found no SELF object, expected one'
    )
    for without_a_line in (found, error('x' * 70000), error(b'x' * 70000)):
        assert without_a_line.show().endswith('\n    \n    ^')


def test_shown_text_is_quoted_ascii_on_one_line():
    assert errors.shown('a\nb') == "'a\\nb'"
    assert errors.shown('x' * 40) == f"'{'x' * 40}'"
    assert errors.shown('x' * 41) == f"'{'x' * 40}'..."


def test_a_plain_piece_is_ascii_without_quotes():
    assert errors.plain('"a\tü\u2028"') == '"a\\t\\xfc\\u2028"'


def test_the_first_error_is_the_one():
    found = error('SELF:\na=1\nCOMPATIBLE:\nx={\ny={')
    assert found.line == 4
    assert not issubclass(descriptor.DescriptorError, UnicodeError)
