"""How far the work is, on a line of stderr that is written over: on a terminal, or if asked for.

    [1/3] mosaic.tif … 34 %, 2:10 left

The time left is what the rest of this item takes at the speed so far, and is said once it can be
known. Without a terminal (`--progress` into a log) there is a line at each tenth instead.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from pellucid.cli._program import tell

EVERY = 0.2  # seconds between two lines
LEAST_TIME, LEAST_PART = 2.0, 0.01  # of the work, before which its speed isn't known
STEPS = 10  # lines for an item where they can't be written over
FRESH = "\r\x1b[K"  # an empty line to write on


class Progress:
    """A counter of `total` items, and the part that is done of the one under way.

    Args:
        wanted: show it without a terminal, too.
        quiet: never show it, unless it is `wanted`.
    """

    def __init__(
        self,
        total: int,
        *,
        wanted: bool = False,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._live = sys.stderr.isatty()
        self._shown = wanted or (self._live and not quiet)
        self._clock, self._total, self._item = clock, total, ""
        self._start = self._said = 0.0
        self._step = 0

    def show(self, number: int, name: object) -> None:
        """Say what is being done; replaces what was said before."""
        self._item = f"[{number}/{self._total}] {name} …"
        self._start, self._step = self._clock(), 0
        if self._live:
            self._write("")

    def part(self, done: float, state: Callable[[], str] | None = None) -> None:
        """Say that `done`, 0 to 1, of the item is done; `state` says what else there is to say.

        With that a part may be 0 to the end, where it isn't known.
        """
        if self._due(done):
            spent = self._clock() - self._start
            known = spent >= LEAST_TIME and LEAST_PART <= done < 1
            said = [f"{100 * done:.0f} %"] if done or state is None else []
            said += [f"{clock_text(spent * (1 - done) / done)} left"] if known else []
            said += [] if state is None else [state()]
            self._write(f" {', '.join(said)}")

    def all(self, done: float, state: Callable[[], str]) -> None:
        """Say what there is to say of all items together, of which the part `done` is done."""
        if self._due(done):
            self._write(state())

    def clear(self) -> None:
        """Leave an empty line to write on."""
        if self._shown and self._live:
            tell(FRESH, newline=False)

    def _due(self, done: float) -> bool:
        """Whether it is time for another line."""
        step = int(done * STEPS)
        due = self._clock() - self._said >= EVERY if self._live else step > self._step
        self._step = max(step, self._step)
        return due

    def _write(self, state: str) -> None:
        if self._shown:
            self._said = self._clock()
            tell(f"{FRESH if self._live else ''}{self._item}{state}", newline=not self._live)


def clock_text(seconds: float) -> str:
    """Seconds as 2:10, or 1:02:10."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
