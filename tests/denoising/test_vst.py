"""The variance-stabilising transform: strength 1 everywhere, and no bias on the way back."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.denoising.vst import Stabiliser

COUNT = 200_000
# Photons a unit and read noise: dim and bright, with and without read noise, in any unit.
CASES = [(1.0, 0.0), (1.0, 4.0), (0.2, 0.5), (30.0, 900.0), (1 / 255, 1e-4)]
PHOTONS = [4, 12, 60, 900]


def shots(slope: float, offset: float, photons: float) -> np.ndarray:
    """Samples of mean slope * photons and variance slope * mean + offset."""
    rng = np.random.default_rng(round(photons))
    return slope * rng.poisson(photons, COUNT) + rng.normal(0, np.sqrt(offset), COUNT)


@pytest.mark.parametrize(("slope", "offset"), CASES)
@pytest.mark.parametrize("photons", PHOTONS)
def test_noise_has_strength_1(slope: float, offset: float, photons: float) -> None:
    stable = Stabiliser(slope, offset).forward(shots(slope, offset, photons))
    assert stable.std() == pytest.approx(1, abs=0.03 if photons > 4 else 0.06)


@pytest.mark.parametrize(("slope", "offset"), CASES)
@pytest.mark.parametrize("photons", PHOTONS)
def test_the_way_back_has_no_bias(slope: float, offset: float, photons: float) -> None:
    stabiliser = Stabiliser(slope, offset)
    mean = stabiliser.forward(shots(slope, offset, photons)).mean(keepdims=True)
    error = np.sqrt((slope**2 * photons + offset) / COUNT)
    allowed = 4 * error + 0.004 * slope * photons
    assert stabiliser.unbiased(mean)[0] == pytest.approx(slope * photons, abs=allowed)
    plain = slope * photons - stabiliser.inverse(mean)[0]
    assert plain > 0.2 * slope, "the plain inverse is too dark by about a quarter of a photon"


@pytest.mark.parametrize(("slope", "offset"), [*CASES, (2.0, -10.0)])
def test_inverse_undoes_forward(slope: float, offset: float) -> None:
    stabiliser = Stabiliser(slope, offset)
    edge = -(3 / 8) * slope - offset / slope
    x = edge + slope * np.geomspace(1e-3, 1e4, 200)
    assert stabiliser.inverse(stabiliser.forward(x)) == pytest.approx(x, rel=1e-9, abs=1e-9 * slope)
    below = stabiliser.inverse(stabiliser.forward(edge - slope * np.array([1.0, 50.0])))
    assert below == pytest.approx([edge, edge])


@pytest.mark.parametrize(("slope", "offset"), CASES)
def test_all_ways_rise(slope: float, offset: float) -> None:
    stabiliser = Stabiliser(slope, offset)
    stable = np.linspace(0, 80, 2000)
    assert (np.diff(stabiliser.inverse(stable)) > 0).all()
    assert (np.diff(stabiliser.unbiased(stable)) >= 0).all()
    assert np.isfinite(stabiliser.unbiased(np.array([-5.0, 0.0]))).all()


@pytest.mark.parametrize("factor", [1e-6, 257.0])
def test_the_unit_does_not_matter(factor: float) -> None:
    one, other = Stabiliser(2.0, 5.0), Stabiliser(2.0 * factor, 5.0 * factor**2)
    x = np.linspace(0, 1000, 100)
    stable = one.forward(x)
    assert other.forward(factor * x) == pytest.approx(stable)
    assert other.unbiased(stable) == pytest.approx(factor * one.unbiased(stable))


def test_the_type_of_floats_stays() -> None:
    for dtype in (np.float32, np.float64):
        x = np.linspace(0, 9, 5, dtype=dtype)
        stabiliser = Stabiliser(2.0, 5.0)
        for way in (stabiliser.forward, stabiliser.inverse, stabiliser.unbiased):
            assert way(x).dtype == dtype
