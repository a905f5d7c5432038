# SPDX-License-Identifier: Apache-2.0
"""Does the same with many things, several at once.

Knows nothing of Placement.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent import futures
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
    threads = min(most, len(things))
    if threads <= 1:
        for thing in things:
            action(thing)
        return
    left = iter(things)  # of a tuple: threads may share it
    over = threading.Event()

    def work() -> None:
        """Take one thing after another, until there are none or one fails."""
        for thing in left:
            if over.is_set():
                return
            try:
                action(thing)
            except BaseException:
                over.set()  # here: the caller wakes up too late
                raise

    with futures.ThreadPoolExecutor(threads) as pool:
        workers = [pool.submit(work) for _ in range(threads)]
        try:
            for worker in futures.as_completed(workers):
                worker.result()
        finally:
            over.set()
