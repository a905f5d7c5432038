# SPDX-License-Identifier: Apache-2.0
"""How far long work is, for who waits for it."""

from collections.abc import Iterable
from typing import TextIO, TypeVar

import tqdm

_T = TypeVar('_T')


def shown(
    things: Iterable[_T], unit: str, stream: TextIO | None
) -> Iterable[_T]:
    """Show how many of some things are done, while they are gone through.

    :param unit: what they are called.
    :param stream: where it is shown, if that is a terminal; gone at the end.
    """
    bar: Iterable[_T] = tqdm.tqdm(
        things, unit=f' {unit}', leave=False, disable=None, file=stream
    )
    return bar
