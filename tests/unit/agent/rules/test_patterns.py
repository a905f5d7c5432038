# SPDX-License-Identifier: Apache-2.0
"""Which regular expressions a rule may have, and what they cost."""

import time

import pytest

from nova_migcompat.agent.rules import patterns


@pytest.mark.parametrize(
    ('pattern', 'text', 'found'),
    [
        (r'^FW version: (\S+)$', 'a\nFW version: 1.2\nb', '1.2'),
        (r'(\d++\.\d++\.\d++)', 'v12.3.45-rc1', '12.3.45'),
        (r'(?:rev|step) (.+)', 'step 3', '3'),
        (r'^v?+(\d{2}[0-9]{1}+)', 'v123', '123'),
        (r'(?:v)?([0-9]+?)$', 'v1', '1'),
        (r'([*|]++)\?\+\*\|', '*|?+*|', '*|'),
        (r'([]*+?|]++)', ']*+', ']*+'),
        (r'([^]*+?|{]++)', '*ab*', 'ab'),
        (r'(\w{2,}+)', 'abc', 'abc'),
        (r'(.)\)\+', 'a)+', 'a'),
    ],
)
def test_ordinary_patterns_are_allowed(pattern, text, found):
    assert patterns.compiled(pattern).search(text)[1] == found


@pytest.mark.parametrize(
    'pattern',
    [
        '(a+)+b',
        '(a+)*b',
        '((?:a|b)*)',
        '(?:a+){2,}(b)',
        '(?:a+){30}(b)',
        '(?:a++)++(b)',
        r'(\(a+)+b',
        '([(]a+)+b',
    ],
)
def test_a_group_that_is_repeated_is_refused(pattern):
    with pytest.raises(patterns.PatternError, match='it repeats a group'):
        patterns.compiled(pattern)


@pytest.mark.parametrize(
    'pattern',
    ['(?x)(a+) +', '(?i)(a)', '(?=a)(a)', '(?P<x>a)', '(?>a)(b)', '(a)(?#[)'],
)
def test_what_the_check_does_not_know_is_refused(pattern):
    with pytest.raises(patterns.PatternError, match=r'only \(\?: is allowed'):
        patterns.compiled(pattern)


@pytest.mark.parametrize(
    'pattern',
    [
        '(a*)a*a*b',
        '(a+)a?a{1,2}b',
        '(a+?)a??a{1,2}?b',
        '(a|b)(?:a|b)(?:a|b)',
        '(?:a)?(?:a)?(?:a)?(b)',
    ],
)
def test_many_choices_are_refused(pattern):
    with pytest.raises(patterns.PatternError, match=r'it has 3 of .* at most'):
        patterns.compiled(pattern)


@pytest.mark.parametrize('pattern', ['a', '(a)(b)', '(a', '*', 'a{2}{3}'])
def test_what_is_no_pattern_with_one_group_is_refused(pattern):
    with pytest.raises(patterns.PatternError):
        patterns.compiled(pattern)


@pytest.mark.parametrize(
    'pattern',
    [
        r'(\w*)\w*\w*+\W',
        r'(\w*)\w*' + r'\w{2}' * 23 + 'b',
        r'(\w*)\w*' + '(?:' * 18 + r'\w*+' + ')?+' * 18 + 'b',
    ],
)
def test_the_slowest_that_are_allowed_end_in_seconds(pattern):
    found = patterns.compiled(pattern)
    begun = time.process_time()

    assert found.search('a' * patterns.MAX_SEARCHED) is None

    assert time.process_time() - begun < 20


@pytest.mark.parametrize(
    ('pattern', 'words'),
    [
        (r'()\1{4294967294}', 'a reference to a group'),
        (r'(a)\1', 'a reference to a group'),
        ('(a){257}', 'at most 256 times'),
        ('(a{257})', 'at most 256 times'),
        ('(a{1,999}+)', 'at most 256 times'),
        ('(a[^\U00010000-\U00010001])', 'not ASCII'),
        (r'(a[^\U00010000-\U00010001])', 'not ASCII'),
        (r'(a\\\u00e4)', 'not ASCII'),
    ],
)
def test_what_makes_one_step_long_is_refused(pattern, words):
    with pytest.raises(patterns.PatternError, match=words):
        patterns.compiled(pattern)


@pytest.mark.parametrize('pattern', [r'(a{256})', '([300])', r'(\\u)'])
def test_what_only_looks_so_is_allowed(pattern):
    assert patterns.compiled(pattern)
