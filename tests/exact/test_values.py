"""Palettes and holes: few values, and places where there is none."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.errors import OptionError
from pellucid.exact import holes
from pellucid.exact.holes import hole_of, margin_of
from pellucid.exact.values import Values, choices_of, merged
from pictures import unpacked


def depth(hole: int = 0) -> np.ndarray:
    """(90, 120) uint16: slopes from 1000 to 4000 with holes of one value."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:90, :120]
    plane = 2500 + 900 * np.sin(x / 25) + 500 * np.cos(y / 20) + rng.normal(0, 3, (90, 120))
    missing = ((x - 60) ** 2 + (y - 30) ** 2 < 200) | (x < 4) | (rng.random((90, 120)) < 0.01)
    return np.where(missing, hole, plane).astype(np.uint16)


@pytest.mark.parametrize("bound", [0, 1, 40])
@pytest.mark.parametrize("hole", [0, 2500, 65535])
def test_holes_stay_holes_and_nothing_becomes_one(hole: int, bound: int) -> None:
    plane = depth(hole)
    back = unpacked(pellucid.compress(plane, max_error=bound, nodata=hole))[..., 0]
    assert np.array_equal(back == hole, plane == hole)
    assert np.abs(back.astype(int) - plane).max() <= bound
    if hole != 2500:
        assert bool((back != plane).any()) == (bound > 0)


def test_holes_are_found_and_cost_little() -> None:
    plane = depth()
    assert hole_of(plane.astype(np.int64), None) == 0
    assert hole_of(depth(65535).astype(np.int64), None) == 65535
    assert hole_of(depth(2500).astype(np.int64), None) is None
    whole = depth().astype(float)
    whole[plane == 0] = 2500
    without = len(pellucid.compress(whole.astype(np.uint16), lossless=True))
    assert len(pellucid.compress(plane, lossless=True)) < without + 700


def test_a_picture_of_holes_alone_and_one_with_a_single_sample() -> None:
    plane = np.full((20, 30), 7, np.uint8)
    for samples in (plane, np.where(np.arange(600).reshape(20, 30) == 77, 200, plane)):
        back = unpacked(pellucid.compress(samples, max_error=3, nodata=7))[..., 0]
        assert np.array_equal(back, samples)


def test_a_margin_is_kept_where_that_is_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scene that was turned leaves corners of 0, which isn't far from its darkest samples."""
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:200, :240]
    scene = 40 + 30 * np.sin(x / 9) * np.cos(y / 7) + rng.normal(0, 6, (200, 240))
    scene = np.where(x + y < 220, 0, np.clip(scene, 1, None)).astype(np.uint16)
    assert hole_of(scene.astype(np.int64), None) is None
    assert margin_of(scene.astype(np.int64)) == 0
    assert margin_of(scene.astype(np.int64)[:, 220:]) is None
    assert margin_of(np.zeros((9, 9), np.int64)) is None
    data = pellucid.compress(scene, max_error=8)
    back = unpacked(data)[..., 0]
    assert np.abs(back.astype(int) - scene).max() == 8
    assert np.array_equal(back == 0, scene == 0)
    monkeypatch.setattr(holes, "MARGIN", 2)
    assert len(data) < 0.95 * len(pellucid.compress(scene, max_error=8))


def test_a_margin_of_one_plane_is_not_that_of_others() -> None:
    """The first has corners of 0, the others a noise that is cut off at 0."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:160, :180]
    first = np.where(x + y < 160, 0, 90 + 30 * np.sin(x / 9) + rng.normal(0, 6, (160, 180)))
    noise = np.clip(rng.normal(3, 4, (160, 180, 5)), 0, None)
    planes = np.dstack([first, noise]).clip(0, 255).astype(np.uint16)
    assert margin_of(planes[..., 0].astype(np.int64)) == 0
    assert margin_of(planes[..., 1].astype(np.int64)) is None, "scattered"
    together, alone = (
        len(pellucid.compress(one, max_error=6)) for one in (planes, planes[..., 1:])
    )
    assert together < len(pellucid.compress(planes[..., 0], max_error=6)) + alone


def test_few_of_many_values_are_written_down() -> None:
    plane = (np.round(depth() / 300.0) ** 3).astype(np.uint16)
    (values,) = choices_of(plane.ravel().astype(np.int64), 0, None)
    assert values.palette is not None
    assert np.array_equal(values.samples(values.numbers(plane.astype(np.int64))), plane)
    data = pellucid.compress(plane, lossless=True)
    assert np.array_equal(unpacked(data)[..., 0], plane)
    assert len(pellucid.compress(plane, max_error=2)) <= len(data) + 4, "no worse with a bound"


def test_values_of_usual_planes() -> None:
    even = np.arange(0, 4000, 16)
    assert choices_of(even, 0, None) == [Values(0, 3984, 16)]
    assert choices_of(np.array([5, 5]), 3, None)[0].steps == 0
    assert [values.width for values in choices_of(even, 40, None)] == [5]


def camera() -> np.ndarray:
    """(180, 240) uint16: depths in millimetres of a camera that measures in steps of disparity."""
    rng = np.random.default_rng(6)
    y, x = np.mgrid[:180, :240]
    disparity = 210 + 70 * np.sin(x / 60) + 40 * (y > 100) + rng.normal(0, 0.2, (180, 240))
    plane = np.round(350_000 / np.round(disparity))
    return np.where((x < 6) | (rng.random((180, 240)) < 0.02), 0, plane).astype(np.uint16)


@pytest.mark.parametrize("bound", [1, 2, 3, 5, 20])
def test_a_bound_never_makes_a_depth_map_larger(bound: int) -> None:
    plane = camera()
    lossless = len(pellucid.compress(plane, lossless=True))
    data = pellucid.compress(plane, max_error=bound, nodata=0)
    back = unpacked(data)[..., 0]
    assert np.abs(back.astype(int) - plane).max() <= bound
    assert np.array_equal(back == 0, plane == 0)
    assert len(data) <= lossless + 4


def test_values_that_one_can_stand_for_are_merged() -> None:
    palette = np.array([-7, -6, 0, 3, 4, 9, 100, 101, 102, 103, 104, 105])
    for bound, count in ((1, 6), (2, 5), (3, 4), (200, 1)):
        fewer = merged(palette, bound)
        assert len(fewer) == count
        assert np.abs(palette[:, None] - fewer).min(axis=1).max() <= bound
        assert (np.diff(fewer) > 0).all()
    assert np.array_equal(merged(palette, 0), palette)


def test_a_plane_of_few_values_may_be_told_in_three_ways() -> None:
    plane = camera()[camera() > 0].astype(np.int64)
    whole, plain, fewer = choices_of(plane, 2, 0)
    assert whole.palette is not None
    assert fewer.palette is not None
    assert plain.palette is None
    assert plain.width == 5
    assert len(fewer.palette) < len(whole.palette)
    off = np.abs(fewer.samples(fewer.numbers(plane)) - plane)
    assert off.max() <= 2
    assert choices_of(plane, 2, 1500)[0].allowed == 0
    bright = np.append(np.arange(800).repeat(50), [3000, 5000])  # few lie apart: nothing is tried
    assert [values.palette for values in choices_of(bright, 2, None)] == [None]
    assert len(choices_of(plane, 2, 1500)) == 1


@pytest.mark.parametrize("nodata", [-1, 256, 1.5, "0"])
def test_nodata_that_no_sample_can_have(nodata: object) -> None:
    with pytest.raises(OptionError, match="nodata is"):
        pellucid.compress(np.zeros((4, 4), np.uint8), max_error=1, nodata=nodata)
    with pytest.raises(OptionError, match="goes with lossless"):
        pellucid.compress(np.zeros((4, 4), np.uint8), nodata=nodata)


def test_nothing_becomes_nodata_where_there_is_none() -> None:
    rng = np.random.default_rng(3)
    samples = rng.normal(100, 15, (80, 90, 2)).astype(np.uint8)
    samples[samples == 100] = 101
    samples = np.dstack([samples, samples[..., :1]])
    samples[5, 6, 2] = 100
    back = unpacked(pellucid.compress(samples, max_error=3, nodata=100))
    assert np.array_equal(back == 100, samples == 100)
