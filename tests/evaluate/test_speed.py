from __future__ import annotations

import pytest

from pellucid.errors import OptionError
from pellucid.evaluate.speed import (
    Spread,
    interleaved,
    interleaved_medians,
    measure_speed,
    setting_near,
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
        interleaved_medians({}, repeats=0)


def test_the_setting_nearest_to_a_rate(make_row):
    rows = [make_row(setting=s, bpp=b) for s, b in [(1, 0.2), (2, 0.6), (2, 1.0), (3, 1.4)]]
    assert setting_near(rows, bpp=0.75) == 2
    with pytest.raises(OptionError, match="no rows"):
        setting_near([])


def test_rows_of_two_codecs(stub_peer, picture):
    peers = [(stub_peer(name), 4.0) for name in ("a", "b")]
    rows = measure_speed(peers, "one", picture, threads=1, repeats=2)
    assert [(r.codec, r.repeats, r.image) for r in rows] == [("a", 2, "one"), ("b", 2, "one")]
    assert all(0 < r.encode_low <= r.encode_s <= r.encode_high for r in rows)
    assert all(0 < r.decode_low <= r.decode_s <= r.decode_high for r in rows)
    assert all(r.bytes > 0 and r.encode_mb is None for r in rows)
