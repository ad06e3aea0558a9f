"""What the network is told, for each kind of noise that was found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pellucid.denoising.estimate import NoiseEstimate
from pellucid.denoising.jpeg import jpeg_level, jpeg_sigma
from pellucid.denoising.plan import FAINT, SMOOTHED, Plan, noise_level_maps, plan_for
from pellucid.pixels import Box

WHITE = NoiseEstimate(20.0, (20.0,) * 3, 0.0, 400.0, 0.0, None)
GROWING = replace(WHITE, slope=4.0, offset=10.0)
COARSE = replace(WHITE, correlation=0.5)
QUALITIES = np.arange(8, 99)


def strength(noise: NoiseEstimate, *, eight_bits: bool = True) -> float:
    sigma = plan_for(noise, eight_bits=eight_bits).sigma
    assert isinstance(sigma, float)
    return sigma


def test_a_number_is_told_as_it_is() -> None:
    assert plan_for(0.7, eight_bits=True) == Plan(0.7)
    assert plan_for(0.7, eight_bits=False) == Plan(0.7)


def test_each_kind_has_its_way() -> None:
    plain = plan_for(WHITE, eight_bits=False)
    assert (plain.sigma, plain.processed, plain.stabiliser) == (20.0, False, None)
    growing = plan_for(GROWING, eight_bits=False)
    assert growing.stabiliser is not None
    assert (growing.sigma, growing.processed) == (1.0, False)
    coarse = plan_for(COARSE, eight_bits=False)
    assert (coarse.sigma, coarse.processed) == (20.0 * SMOOTHED, True)


@pytest.mark.parametrize("noise", [WHITE, GROWING, COARSE])
def test_faint_noise_in_8_bits_is_left_in(noise: NoiseEstimate) -> None:
    sigmas = np.linspace(0.1, 12, 60)
    told = [
        strength(replace(noise, sigma=s)) / strength(replace(noise, sigma=s), eight_bits=False)
        for s in sigmas
    ]
    assert (np.diff(told) >= 0).all()
    faint = sigmas * (SMOOTHED if noise is COARSE else 1) <= FAINT
    assert (np.array(told)[faint] == 0).all()
    assert told[-1] > 0.98


@pytest.mark.parametrize("noise", [WHITE, GROWING, COARSE])
def test_other_samples_have_no_such_threshold(noise: NoiseEstimate) -> None:
    assert strength(replace(noise, sigma=1e-6), eight_bits=False) > 0


def test_jpeg_is_told_by_its_quality() -> None:
    clean = replace(WHITE, sigma=0.0, offset=0.0)
    told = [strength(replace(clean, jpeg_quality=int(q))) for q in QUALITIES]
    assert (np.diff(told) <= 0).all(), "stronger compression, more to take off"
    assert told[0] > 10
    assert told[-1] == 0, "what is faint stays"
    assert plan_for(replace(clean, jpeg_quality=20), eight_bits=True).processed
    assert strength(replace(clean, jpeg_quality=20), eight_bits=False) == 0, "8 bits only"


def test_noise_under_jpeg_counts_if_it_is_more() -> None:
    noisy = replace(COARSE, jpeg_quality=90)
    assert strength(noisy) == pytest.approx(20 * SMOOTHED, rel=0.01)


def test_what_serves_is_near_what_training_told() -> None:
    ratios = [jpeg_level(q) / jpeg_sigma(q) for q in QUALITIES]
    assert 0.5 < min(ratios) < 1 < max(ratios) < 1.6


def test_maps_are_scaled_by_weight() -> None:
    weight = np.array([[0.0, 0.5], [1.0, 0.25]], np.float32)
    maps = noise_level_maps(Plan(8.0, processed=True), weight, Box(0, 0, 2, 2))
    assert maps.dtype == np.float32
    assert np.array_equal(maps[1], 8 * weight)
    assert not maps[0].any()
