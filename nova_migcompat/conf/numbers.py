# SPDX-License-Identifier: Apache-2.0
"""Options that are numbers, and nothing else.

oslo.config's own take an empty value for None, and NaN for a number in any
range; and where a number is out of its range, they do not name it.
"""

import math
from typing import Any

from oslo_config import cfg, types


class Number(types.Number):
    """A number in a range.

    Both ends belong to it. What is wrong with a value is said with the value.
    """

    def __call__(self, value: Any) -> Any:
        """Convert a value.

        :raises ValueError: it is no number, or out of the range.
        """
        try:
            number = super().__call__(value)
            if number is None or math.isnan(number):
                raise ValueError('Should be a number')
        except ValueError as error:
            raise ValueError(f'{error}, but found {value!r}') from None
        return number


def float_opt(name: str, least: float, most: float, **more: Any) -> cfg.Opt:
    """Make an option that is a number, with or without a fraction.

    :param more: what every option has, such as its default.
    """
    kind = Number(float, 'floating point value', min=least, max=most)
    return cfg.Opt(name, type=kind, **more)


def int_opt(name: str, least: int, most: int, **more: Any) -> cfg.Opt:
    """Make an option that is a whole number.

    :param more: what every option has, such as its default.
    """
    kind = Number(int, 'integer value', min=least, max=most)
    return cfg.Opt(name, type=kind, **more)
