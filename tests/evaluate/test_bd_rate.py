from __future__ import annotations

import pytest

from pellucid.evaluate.benches.compress_rows import average_bd_rate, bd_rate, rising

pytest.importorskip("bjontegaard")

CURVE = [(0.1, 27.0), (0.25, 30.1), (0.5, 32.9), (1.0, 36.2), (2.0, 40.3)]


def scaled(factor: float, db: float = 0.0) -> list[tuple[float, float]]:
    return [(rate * factor, quality + db) for rate, quality in CURVE]


def test_a_curve_against_itself_is_zero():
    assert bd_rate(CURVE, CURVE) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("factor", [0.5, 0.9, 2.0])
def test_rates_times_a_factor(factor):
    assert bd_rate(CURVE, scaled(factor)) == pytest.approx(100 * (factor - 1))


def test_order_and_number_of_points_do_not_matter():
    assert bd_rate(CURVE, scaled(0.5)[::-1]) == pytest.approx(-50.0)
    assert bd_rate(CURVE, scaled(0.5)[1:]) == pytest.approx(-50.0, abs=1)


def test_points_that_cost_more_and_are_no_better_are_left_out():
    assert rising([*CURVE, (1.5, 36.0), (3.0, float("inf")), (1.0, 36.2)]) == CURVE


@pytest.mark.parametrize("anchor", [scaled(1, 50), CURVE[:2], []])
def test_curves_that_cannot_be_compared(anchor):
    assert bd_rate(anchor, CURVE) is None
    assert bd_rate(CURVE, anchor) is None


def test_both_averages():
    anchors = {"a": CURVE, "b": CURVE, "only here": CURVE}
    tests = {"a": scaled(0.5), "b": scaled(0.8)}
    average = average_bd_rate(anchors, tests)
    assert average.per_picture == pytest.approx(-35.0)
    assert average.of_mean_curve == pytest.approx(-35.0)
    assert (average.pictures, average.left_out) == (2, 1)


def test_a_picture_without_overlap_is_left_out_and_counted():
    anchors = {"a": CURVE, "b": CURVE}
    tests = {"a": scaled(0.5), "b": scaled(0.5, db=60)}
    average = average_bd_rate(anchors, tests)
    assert average.per_picture == pytest.approx(-50.0)
    assert (average.pictures, average.left_out) == (1, 1)


def test_nothing_in_common():
    assert average_bd_rate({"a": CURVE}, {"b": CURVE}) is None
    assert average_bd_rate({"a": CURVE}, {"a": scaled(1, 60)}) is None
