# SPDX-License-Identifier: Apache-2.0
"""When the agent looks next.

Pure: knows neither what a look is nor what time it is.
"""

import random
from collections.abc import Callable

#: Seconds that all requests of one cycle may take together.
LONGEST_CYCLE = 240.0
#: Seconds; no back-off is longer.
LONGEST_BACK_OFF = 300.0

#: As random.uniform: a number between two.
Uniform = Callable[[float, float], float]


def after_success(interval: float, uniform: Uniform = random.uniform) -> float:
    """Tell how long after the beginning of a look the next one begins.

    Never longer than the interval, which is what an operator was promised, and
    up to a fifth shorter, so that agents that were started together part.

    :param interval: ``[agent] interval``, in seconds.
    :param uniform: where the jitter comes from.
    :returns: seconds.
    """
    return interval * uniform(0.8, 1)


def after_first_check(
    interval: float, uniform: Uniform = random.uniform
) -> float:
    """Tell how long after the first full check the second one is due.

    Anywhere within the interval: agents that were started together, or had to
    do without Placement together, each have a moment of their own from then
    on. Later ones follow each other at the interval.

    :param interval: ``[agent] full_check_interval``, in seconds.
    :param uniform: where the jitter comes from.
    :returns: seconds.
    """
    return uniform(0, interval)


def after_failure(
    failures: int, longest: float, uniform: Uniform = random.uniform
) -> float:
    """Tell how long to wait after a failed look: doubled with each.

    Up to a half shorter, so that agents that failed together do not come back
    together.

    :param failures: how many looks failed in a row, from 1.
    :param longest: seconds that are never exceeded.
    :param uniform: where the jitter comes from.
    :returns: seconds; 1 to 2 after the first failure.
    """
    # The exponent is bounded for months of failures: 2.0 ** 1024 is an error.
    return min(longest, 2.0 ** min(failures, 32)) * uniform(0.5, 1)
