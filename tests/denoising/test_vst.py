"""The variance-stabilising transform: strength 1 everywhere, and no bias on the way back."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pellucid.denoising.plan import LEAST_NOISE
from pellucid.denoising.scale import Stabiliser

COUNT = 200_000
# Photons a unit and read noise: dim and bright, with and without read noise, in any unit.
CASES = [(1.0, 0.0), (1.0, 4.0), (0.2, 0.5), (30.0, 900.0), (1 / 255, 1e-4)]
PHOTONS = [4, 12, 60, 900]


def stabiliser_of(slope: float, offset: float, photons: float = 4) -> Stabiliser:
    """As it is made for a picture whose mean is so bright."""
    return Stabiliser(slope, offset, LEAST_NOISE * math.sqrt(slope**2 * photons + offset))


def shots(slope: float, offset: float, photons: float) -> np.ndarray:
    """Samples of mean slope * photons and variance slope * mean + offset."""
    rng = np.random.default_rng(round(photons))
    return slope * rng.poisson(photons, COUNT) + rng.normal(0, np.sqrt(offset), COUNT)


@pytest.mark.parametrize(("slope", "offset"), CASES)
@pytest.mark.parametrize("photons", PHOTONS)
def test_noise_has_strength_1(slope: float, offset: float, photons: float) -> None:
    stable = stabiliser_of(slope, offset, photons).forward(shots(slope, offset, photons))
    assert stable.std() == pytest.approx(1, abs=0.03 if photons > 4 else 0.06)


@pytest.mark.parametrize(("slope", "offset"), CASES)
@pytest.mark.parametrize("photons", PHOTONS)
def test_the_way_back_has_no_bias(slope: float, offset: float, photons: float) -> None:
    stabiliser = stabiliser_of(slope, offset, photons)
    mean = stabiliser.forward(shots(slope, offset, photons)).mean(keepdims=True)
    error = np.sqrt((slope**2 * photons + offset) / COUNT)
    allowed = 4 * error + 0.004 * slope * photons
    assert stabiliser.unbiased(mean)[0] == pytest.approx(slope * photons, abs=allowed)
    plain = slope * photons - stabiliser.inverse(mean)[0]
    assert plain > 0.2 * slope, "the plain inverse is too dark by about a quarter of a photon"


@pytest.mark.parametrize(("slope", "offset"), [*CASES, (2.0, -10.0)])
@pytest.mark.parametrize("least", [0.01, 1.0, 20.0])
def test_inverse_undoes_forward_however_dark(slope: float, offset: float, least: float) -> None:
    stabiliser = Stabiliser(slope, offset, least * slope)
    zero = -(3 / 8) * slope - offset / slope  # where the line says that there is no noise
    bright = zero + slope * np.geomspace(1e-3, 1e4, 200)
    for x in (bright, zero - slope * np.geomspace(1e-3, 1e3, 100)):
        back = stabiliser.inverse(stabiliser.forward(x))
        assert back == pytest.approx(x, rel=1e-9, abs=1e-8 * slope)


@pytest.mark.parametrize("least", [0.1, 3.0])
def test_below_the_least_noise_the_way_is_straight(least: float) -> None:
    stabiliser = Stabiliser(2.0, -50.0, least)
    knee = (least**2 - 3 / 8 * 4 + 50) / 2
    x = np.linspace(knee - 40, knee + 40, 8001)
    steps = np.diff(stabiliser.forward(x)) / np.diff(x)
    assert steps[x[1:] < knee] == pytest.approx(1 / least)
    assert (np.diff(steps) <= 1e-6).all(), "without a step at the knee"
    stable = stabiliser.forward(x)
    apart = stabiliser.unbiased(stable) - stabiliser.inverse(stable)
    assert np.ptp(apart[x < knee]) < 1e-9
    assert np.abs(np.diff(apart)).max() < 0.02
    assert np.abs(apart).max() < 2.0, "a bias of a fraction of a photon"


@pytest.mark.parametrize(("slope", "offset"), CASES)
def test_all_ways_rise(slope: float, offset: float) -> None:
    stabiliser = stabiliser_of(slope, offset)
    stable = np.linspace(0, 80, 2000)
    assert (np.diff(stabiliser.inverse(stable)) > 0).all()
    assert (np.diff(stabiliser.unbiased(stable)) >= 0).all()
    assert np.isfinite(stabiliser.unbiased(np.array([-5.0, 0.0]))).all()


@pytest.mark.parametrize("factor", [1e-6, 257.0])
def test_the_unit_does_not_matter(factor: float) -> None:
    one, other = Stabiliser(2.0, 5.0, 1.0), Stabiliser(2.0 * factor, 5.0 * factor**2, factor)
    x = np.linspace(-1000, 1000, 100)
    stable = one.forward(x)
    assert other.forward(factor * x) == pytest.approx(stable)
    assert other.unbiased(stable) == pytest.approx(factor * one.unbiased(stable))


def test_the_type_of_floats_stays() -> None:
    for dtype in (np.float32, np.float64):
        x = np.linspace(-9, 9, 5, dtype=dtype)
        stabiliser = Stabiliser(2.0, 5.0, 1.0)
        for way in (stabiliser.forward, stabiliser.inverse, stabiliser.unbiased):
            assert way(x).dtype == dtype
