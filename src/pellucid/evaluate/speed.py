"""Timing that both sides can trust: warm, repeated, medians, and interleaved.

All codecs take turns within one round, forwards in one and backwards in the next, so that a
machine that slows down or is shared for a while slows all of them alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pellucid.errors import OptionError

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Spread:
    """Wall seconds of several runs of one task: their median and quartiles."""

    median: float
    low: float
    high: float

    def rounded(self, median: str, digits: int = 6) -> dict[str, float]:
        """As cells of a row; `median` names that one, the others are `low` and `high`."""
        found = {median: self.median, "low": self.low, "high": self.high}
        return {name: round(value, digits) for name, value in found.items()}


def spread_of(seconds: Sequence[float]) -> Spread:
    """Median and quartiles of at least one run."""
    middle = statistics.median(seconds)
    if len(seconds) == 1:
        return Spread(middle, middle, middle)
    low, _, high = statistics.quantiles(seconds, n=4, method="inclusive")
    return Spread(middle, low, high)


def interleaved(
    tasks: Mapping[str, Callable[[], object]],
    *,
    repeats: int,
    warmup: int = 1,
    rest: float = 0.0,
    clock: Clock = time.perf_counter,
) -> dict[str, Spread]:
    """Wall seconds of each task over `repeats` rounds, after `warmup` rounds not counted.

    Before each run are `rest` seconds for threads of the one before, which may spin for a while.

    Raises:
        OptionError: `repeats` below 1.
    """
    if repeats < 1:
        raise OptionError(f"repeats must be at least 1, got {repeats}")
    times: dict[str, list[float]] = {name: [] for name in tasks}
    order = list(tasks)
    for number in range(warmup + repeats):
        for name in order if number % 2 == 0 else reversed(order):
            time.sleep(rest)
            start = clock()
            tasks[name]()
            if number >= warmup:
                times[name].append(clock() - start)
    return {name: spread_of(values) for name, values in times.items()}
