"""The search for the quality that meets a target."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.codec import Target
from pellucid.codec import reach_target as search
from pellucid.errors import TargetError


def reach_target(target: Target, value: Callable[[int], float]) -> int:
    """The quality found; what its probe made must be what comes back."""
    best, made = search(target, lambda quality: (value(quality), f"made at {quality}"))
    assert made == f"made at {best}"
    return best


steps = st.floats(0, 1e4) | st.just(0.0)
rising = st.lists(steps, min_size=101, max_size=101).map(
    lambda values: [1 + sum(values[: n + 1]) for n in range(101)]
)


@given(rising, st.floats(0.5, 2e6))
def test_the_highest_within_a_size(values: list[float], limit: float) -> None:
    if values[0] > limit:
        with pytest.raises(TargetError):
            reach_target(Target(limit, "bytes"), values.__getitem__)
    else:
        best = bisect.bisect_right(values, limit) - 1
        assert reach_target(Target(limit, "bytes"), values.__getitem__) == best


@given(rising, st.floats(0.5, 2e6))
def test_the_lowest_that_reaches_a_psnr(values: list[float], wanted: float) -> None:
    target = Target(wanted, "dB", at_least=True)
    if values[100] < wanted:
        with pytest.raises(TargetError):
            reach_target(target, values.__getitem__)
    else:
        assert reach_target(target, values.__getitem__) == bisect.bisect_left(values, wanted)


def test_values_on_a_target_meet_it() -> None:
    assert reach_target(Target(57, "bytes"), lambda q: q + 1) == 56
    assert reach_target(Target(57, "dB", at_least=True), lambda q: q + 1) == 56


@pytest.mark.parametrize("wanted", [900, 5000, 120_000, 1e6])
def test_a_few_probes_are_enough_for_sizes(wanted: float) -> None:
    probed: list[int] = []

    def size(quality: int) -> float:
        probed.append(quality)
        return 800 * math.exp(0.075 * quality)

    reach_target(Target(wanted, "bytes"), size)
    assert len(probed) == len(set(probed)) <= 8


def test_exact_pictures_have_infinite_psnr() -> None:
    exact = Target(60, "dB", at_least=True)
    assert reach_target(exact, lambda q: 50 + q / 10 if q < 90 else math.inf) == 90
    assert reach_target(exact, lambda q: math.inf) == 0


def test_a_search_ends_for_values_that_fall_in_places() -> None:
    values = [100 + 3 * q - 20 * (q % 7 == 0) for q in range(101)]
    best = reach_target(Target(250, "bytes"), values.__getitem__)
    assert values[best] <= 250


def test_the_message_says_what_is_possible_and_what_to_do() -> None:
    hint = "; reduce the picture"
    with pytest.raises(TargetError, match=r"at least 500 bytes .* 100 was asked for; reduce the"):
        reach_target(Target(100, "bytes", hint=hint), lambda q: 500 + q)
    with pytest.raises(TargetError, match=r"at most 40 dB .* 50 was asked for$"):
        reach_target(Target(50, "dB", at_least=True), lambda q: 0.4 * q)
