"""How many chunks are coded at a time, and with how many threads each.

Stores hand over many chunks at once, each on a thread of its own, and a chunk alone could use all
cores. So as many go side by side as there are cores, which bounds memory too, and the first of
them that finds the others idle takes their threads.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from pellucid.runtime.session import alone, thread_count


class Turns:
    """As many are taken side by side as there are threads; if there are several, each has one."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """None is taken: a forked process has none of the threads that took one."""
        self._changed, self._busy = Condition(), 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """While one is taken; waits until there is one."""
        with self._changed:
            self._changed.wait_for(lambda: self._busy < thread_count())
            self._busy += 1
            others = self._busy > 1
        try:
            with alone(when=others):
                yield
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify()


CHUNKS = Turns()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=CHUNKS.reset)
