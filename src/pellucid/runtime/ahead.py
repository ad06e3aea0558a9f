"""Work done ahead on other threads, a bounded piece of it, and handed over in order.

`Executor.map` begins with everything at once and keeps all results until they are taken; a picture
of many tiles would be in memory as a whole. Here a few items are under way, no more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, Future
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    pool: Executor, work: Callable[[Item], Result], items: Iterable[Item], *, ahead: int
) -> Generator[Result, None, None]:
    """`work` of each item, in order; at most `ahead` and one are under way or wait to be taken.

    What hasn't begun when the caller stops is never done.
    """
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for task in waiting:
            task.cancel()
