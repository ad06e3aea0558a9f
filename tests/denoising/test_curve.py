from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from pellucid.denoising.estimate import estimate_noise


def poisson_gaussian(clean: np.ndarray, slope: float, offset: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 1, clean.shape)
    return (clean + noise * np.sqrt(slope * clean + offset)).astype(np.float32)


@pytest.mark.parametrize(("slope", "offset"), [(1.0, 10.0), (3.0, 4.0), (0.5, 2.0)])
@pytest.mark.parametrize("name", ["camera", "coffee"])
def test_slope_and_offset_are_found(name: str, slope: float, offset: float) -> None:
    clean = getattr(data, name)().astype(np.float32)
    clean = clean.reshape(*clean.shape[:2], -1)
    estimate = estimate_noise(poisson_gaussian(clean, slope, offset))
    assert estimate.slope == pytest.approx(slope, rel=0.25)
    levels = np.array([20.0, 120.0, 220.0])
    guess = estimate.slope * levels + estimate.offset
    assert guess == pytest.approx(slope * levels + offset, rel=0.35)
    true = np.sqrt(np.mean(slope * clean + offset))
    assert estimate.sigma == pytest.approx(true, rel=0.12)


@pytest.mark.parametrize("sigma", [8.0, 20.0, 40.0])
def test_constant_noise_has_no_slope(sigma: float) -> None:
    for name in ("camera", "coffee", "chelsea"):
        clean = getattr(data, name)().astype(np.float32)
        clean = clean.reshape(*clean.shape[:2], -1)
        estimate = estimate_noise(poisson_gaussian(clean, 0.0, sigma**2))
        assert estimate.slope == 0
        assert estimate.offset == pytest.approx(estimate.sigma**2)


def test_slope_survives_clipping() -> None:
    ramp = np.tile(np.linspace(-40, 300, 512), (384, 1))[:, :, None].clip(0)
    noisy = np.clip(poisson_gaussian(ramp, 1.0, 16.0), 0, 255)
    estimate = estimate_noise(np.rint(noisy))
    assert estimate.slope == pytest.approx(1.0, rel=0.2)
    assert estimate.offset == pytest.approx(16, abs=12)


def test_noise_that_falls_with_brightness() -> None:
    ramp = np.tile(np.linspace(0, 255, 512), (384, 1))[:, :, None]
    estimate = estimate_noise(poisson_gaussian(ramp, -0.3, 100.0))
    assert estimate.slope == pytest.approx(-0.3, rel=0.15)
    assert estimate.offset == pytest.approx(100, rel=0.1)
