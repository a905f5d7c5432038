# SPDX-License-Identifier: Apache-2.0
"""Does the same with many things, several at once.

Knows nothing of Placement.
"""

import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

_T = TypeVar('_T')


def each(
    action: Callable[[_T], None], things: Iterable[_T], most: int
) -> None:
    """Call an action with each thing; begin in the order given.

    Where a call fails no other is begun, and those that have begun are waited
    for: nothing runs any more when this returns, however it does.

    :param action: what any thread may call.
    :param things: what it is called with.
    :param most: how many calls may run at once; one needs no thread.
    :raises Exception: what the first call that failed raised.
    """
    things = tuple(things)
    left = iter(things)  # of a tuple: threads may share it
    failed: list[BaseException] = []

    def work() -> None:
        """Take one thing after another, until there are none or one fails."""
        for thing in left:
            if failed:
                return
            try:
                action(thing)
            except BaseException as e:  # noqa: BLE001 (raised below)
                failed.append(e)

    helpers = [
        threading.Thread(target=work, name='together')
        for _ in range(min(most, len(things)) - 1)
    ]
    try:
        # A system that is out of threads has this one at least.
        with contextlib.suppress(RuntimeError):
            for helper in helpers:
                helper.start()
        work()
    # An interruption between two calls is raised below, too.
    except BaseException as e:  # noqa: BLE001
        failed.append(e)
    for helper in helpers:
        if helper.ident is not None:
            helper.join()
    if failed:
        raise failed[0]
