from __future__ import annotations

import pytest

from pellucid.errors import OptionError
from pellucid.evaluate.speed import (
    Spread,
    interleaved,
    spread_of,
)


class FakeClock:
    """Advances only when a task says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_medians_of_warm_runs_that_take_turns():
    clock, calls = FakeClock(), []
    seconds = {"a": [100.0, 1.0, 9.0, 2.0], "b": [100.0, 3.0, 3.0, 4.0]}

    def task(name):
        def run():
            calls.append(name)
            clock.now += seconds[name][calls.count(name) - 1]

        return run

    found = interleaved({n: task(n) for n in seconds}, repeats=3, warmup=1, clock=clock)
    assert found == {"a": Spread(2.0, 1.5, 5.5), "b": Spread(3.0, 3.0, 3.5)}
    assert "".join(calls) == "abbaabba"


def test_one_run_has_no_spread():
    assert spread_of([2.0]) == Spread(2.0, 2.0, 2.0)


def test_repeats_are_checked():
    with pytest.raises(OptionError, match="got 0"):
        interleaved({}, repeats=0)
