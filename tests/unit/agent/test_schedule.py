# SPDX-License-Identifier: Apache-2.0
"""When the agent looks next."""

import pytest

from nova_migcompat.agent import schedule


def least(low, high):
    return low


def most(low, high):
    return high


@pytest.mark.parametrize('interval', [1, 60, 3600])
def test_the_interval_is_never_exceeded(interval):
    assert schedule.after_success(interval, most) == interval
    assert schedule.after_success(interval, least) == 0.8 * interval


def test_a_second_full_check_comes_anywhere_within_the_interval():
    assert schedule.after_first_check(600, least) == 0
    assert schedule.after_first_check(600, most) == 600
    assert len({schedule.after_first_check(600) for _ in range(20)}) > 1


def test_a_back_off_doubles_from_2_s_to_the_longest():
    waits = [schedule.after_failure(n, 300, most) for n in range(1, 11)]

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_agents_that_failed_together_come_back_over_half_of_the_back_off():
    assert schedule.after_failure(4, 300, least) == 8
    assert schedule.after_failure(4, 300, most) == 16


def test_months_of_failures_are_no_error():
    assert schedule.after_failure(1_000_000, 300, most) == 300


def test_without_a_given_jitter_it_is_random():
    waits = {schedule.after_success(60) for _ in range(20)}

    assert len(waits) > 1
    assert all(48 <= wait <= 60 for wait in waits)
