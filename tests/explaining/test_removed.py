"""Whether a residual is noise, and what changed in structure."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.errors import InputError
from pellucid.explaining import removed
from pictures import photograph


def noise(seed: int = 0, shape=(320, 300, 3)) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 10, shape).astype(np.float32)


def test_white_noise_is_found_white():
    clean = np.full((320, 300, 3), 128, np.float32)
    found = removed(clean + noise(), clean)
    assert found.taken < 0.002
    assert found.left < 0.002
    assert np.abs(found.correlation).max() < 0.01
    assert found.deviation == pytest.approx(10, rel=0.02)
    assert float(found.texture.std()) == pytest.approx(found.by_chance, rel=0.25)
    assert found.residual.shape == clean.shape
    assert found.residual.dtype == np.float32


def test_texture_is_found():
    picture = photograph(320, 300).astype(np.float32)
    kernel = np.ones(5) / 5
    blurred = np.apply_along_axis(lambda row: np.convolve(row, kernel, "same"), 1, picture)
    found = removed(picture + noise(), blurred.astype(np.float32))
    assert found.taken > 0.3


def test_noise_left_in_is_found():
    noisy = photograph(320, 300).astype(np.float32) + 2 * noise()
    shy = pellucid.denoise(noisy, sigma=8.0, model="s")
    assert removed(noisy, shy).left > 0.5


def test_structure_is_one_where_nothing_changed():
    picture = photograph(100, 90)
    changed = picture.copy()
    changed[48:, 40:] = 128
    found = removed(picture, changed)
    assert found.structure.shape == (13, 12)
    assert found.structure[:6, :5] == pytest.approx(1)
    assert found.structure[6:, 5:].mean() < 0.6


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 40, 3), (17, 1, 3), (300, 5, 1)])
def test_any_size(shape):
    found = removed(np.zeros(shape, np.uint8), np.ones(shape, np.uint8))
    assert np.isfinite(found.texture).all()
    assert np.isfinite(found.structure).all()
    assert (found.residual == -1).all()


def test_shapes_must_agree():
    with pytest.raises(InputError, match=r"\(4, 4, 1\) and \(4, 5, 1\)"):
        removed(np.zeros((4, 4, 1)), np.zeros((4, 5, 1)))
