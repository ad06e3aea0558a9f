"""Noise measured where only a part of the picture is known: holes, marks, what alpha hides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skimage import data

import pellucid
from pellucid import NoiseEstimate
from pellucid.denoising.blocks import take_blocks
from pellucid.denoising.invalid import fill, outside, range_step, usual_range
from pellucid.denoising.plan import Plan, plan_for

SIGMA = 0.05
MARKS = [-9999.0, -32768.0, 1e20, -1e30, float(np.finfo(np.float32).min)]


def noisy(width: int = 384) -> np.ndarray:
    """(384, width, 1) float32 in 0-1."""
    clean = data.camera()[60:444, :width, None] / 255
    return (clean + np.random.default_rng(0).normal(0, SIGMA, clean.shape)).astype(np.float32)


def unknown(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """(H, W): what isn't known of a picture."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return {
        "circle": np.hypot(rows - 192, columns - 192) > 188,
        "margin": columns < 40,
        "most": columns >= 150,
        "specks": np.random.default_rng(1).random(shape[:2]) < 0.01,
    }[name]


@pytest.mark.parametrize("name", ["circle", "margin", "most", "specks"])
@pytest.mark.parametrize("value", [np.nan, *MARKS])
def test_what_is_not_known_is_not_measured(name: str, value: float) -> None:
    picture = noisy()
    picture[unknown(name, picture.shape)] = value
    assert pellucid.noise_level(picture).sigma == pytest.approx(SIGMA, rel=0.08)


@pytest.mark.parametrize("name", ["circle", "margin", "most"])
@pytest.mark.parametrize("hidden", [0, 128, 255])
def test_what_alpha_hides_is_not_measured(name: str, hidden: int) -> None:
    samples = np.repeat((noisy() * 255).clip(0, 255).astype(np.uint8), 2, axis=2)
    samples[..., 1] = 255
    alone = pellucid.noise_level(samples[..., :1])
    samples[unknown(name, samples.shape)] = (hidden, 0)
    found = pellucid.noise_level(samples)
    assert found.sigma == pytest.approx(alone.sigma, rel=0.1)
    assert found.correlation < 0.1


def test_if_next_to_nothing_is_known_all_is_looked_at() -> None:
    picture = noisy()
    picture[np.random.default_rng(2).random(picture.shape) < 0.3] = np.nan
    assert 0.5 * SIGMA < pellucid.noise_level(picture).sigma < 1.1 * SIGMA
    assert pellucid.noise_level(np.full_like(picture, np.nan)).sigma == 0


def test_blocks_of_a_plane_that_is_known_are_those_without_a_mask() -> None:
    plane = noisy()[..., 0]
    one, other = take_blocks(plane), take_blocks(plane, np.ones(plane.shape, bool))
    assert np.allclose(one.sums, other.sums, rtol=1e-5, atol=0)
    assert np.array_equal(one.looked_at, other.looked_at)


def sentinels(samples: np.ndarray) -> np.ndarray:
    """(H, W): where samples have a sentinel's value."""
    step = range_step(samples.shape)
    return outside(samples, usual_range(samples[::step, ::step]))


@pytest.mark.parametrize("value", MARKS)
def test_marks_are_kept_and_spoil_nothing(tiny_denoiser: str, value: float) -> None:
    marked, holed = noisy(128), noisy(128)
    marked[30:60, 20:50], holed[30:60, 20:50] = value, np.nan
    with pytest.warns(UserWarning, match="900 pixels are so far from all others"):
        one = pellucid.denoise(marked, sigma=SIGMA, model=tiny_denoiser)
    with pytest.warns(UserWarning, match="not finite"):
        other = pellucid.denoise(holed, sigma=SIGMA, model=tiny_denoiser)
    assert (one[30:60, 20:50] == np.float32(value)).all()
    known = np.isfinite(holed)
    assert np.array_equal(one[known], other[known])


def test_bright_lights_are_no_marks() -> None:
    picture = noisy()
    picture[50:60, 50:60] = 1e3
    assert not sentinels(picture).any()
    picture[:, 100:] = 1e-9 * picture[:, 100:]  # next to nothing but rounding, and things
    assert not sentinels(picture).any()
    assert not sentinels((picture * 65535).clip(0, 65535).astype(np.uint16)).any()
    assert not sentinels(np.zeros((5, 6, 1))).any()
    assert not sentinels(np.full((5, 6, 1), np.nan)).any()


def test_marks_near_holes_overflow_nowhere() -> None:
    plane = np.full((9, 8), np.finfo(np.float32).min)
    known = np.ones(plane.shape, bool)
    known[3:7, 2:5] = False
    assert np.isfinite(fill(plane, known)).all()
    lattice = np.random.default_rng(3).integers(-3, 4, (64, 64, 1)) * 1.1e38
    assert pellucid.noise_level(lattice.astype(np.float32)).jpeg_quality is None


def test_a_slope_too_small_to_matter_is_none(tiny_denoiser: str) -> None:
    flat = NoiseEstimate(SIGMA, (SIGMA,), 0.0, SIGMA**2, 0.0, None)
    for slope in (1e-30, 1e-12, 1e-7):
        assert plan_for(replace(flat, slope=slope), eight_bits=False) == Plan(SIGMA)
    assert plan_for(replace(flat, slope=1e-5), eight_bits=False).stabiliser is not None
    picture = noisy(64)[:64]
    one, other = (
        pellucid.denoise(picture, sigma=replace(flat, slope=slope), model=tiny_denoiser)
        for slope in (0.0, 1e-5)
    )
    assert np.abs(one - other).max() < 0.05 * SIGMA
