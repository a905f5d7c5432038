# SPDX-License-Identifier: Apache-2.0
"""Integers of any length, whatever limit the process was started with."""

import sys

import pytest

from nova_migcompat import descriptor
from nova_migcompat.descriptor import integers
from tests.unit.descriptor.texts import document


@pytest.fixture
def lowest_limit():
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(sys.int_info.str_digits_check_threshold)
    yield
    sys.set_int_max_str_digits(before)


@pytest.mark.parametrize('digits', [1, 511, 512, 513, 1024, 1025, 3000])
@pytest.mark.parametrize('sign', ['', '-'])
@pytest.mark.parametrize('pattern', ['9', '10', '1234567890'])
def test_decimal_text_and_integer_are_one(lowest_limit, digits, sign, pattern):
    text = sign + (pattern * digits)[:digits]
    number = integers.read(text)
    assert integers.write(number) == text
    assert integers.read(sign + '000' + text.removeprefix('-')) == number
    assert number % 7 == (int(sign + '1') * _modulo_7(text)) % 7


def _modulo_7(text):
    rest = 0
    for digit in text.removeprefix('-'):
        rest = (rest * 10 + int(digit)) % 7
    return rest


@pytest.mark.parametrize('power', [0, 1, 511, 512, 1023, 1024])
def test_powers_of_ten_keep_their_zeros(lowest_limit, power):
    assert integers.write(10**power) == '1' + '0' * power
    assert integers.read('1' + '0' * power) == 10**power


def test_documents_do_not_depend_on_python_s_limit(lowest_limit):
    long = '9' * 900
    source = document(
        f'a={{v:int:{long},0..}}\nb=({{v}}+{long})*1\nc={{w:version:1-{long}}}'
    )
    again = descriptor.parse(source.canonical)
    assert again.digest == source.digest
    target = document(device=f'a={long}\nb=1{"9" * 899}8\nc=2.0')
    result = descriptor.match(source, target)
    assert result.variables == {'v': 10**900 - 1, 'w': '2.0'}
    assert not descriptor.match(source, document(device=f'a=-{long}'))


def test_a_reason_shows_the_beginning_of_a_long_integer(lowest_limit):
    source = document('a={v:int:1..}\nb={v}x')
    target = document(device=f'a={"7" * 900}\nb=x')
    (reason,) = descriptor.match(source, target).reasons
    assert str(reason).endswith(f' with v={"7" * 40}...')
