"""Noise that is known, measured and made again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

import pellucid
from pellucid.bitstream import NoiseModel, PelFile
from pellucid.bitstream.noise import correlation_of, taps_of
from pellucid.codec.grain import WHOLE, factors, with_grain
from pellucid.denoising.measure import LARGE, SIDE
from pellucid.denoising.noise_model import noise_model_of, sample_of, shape_for
from pellucid.pixels import Box

CLEAN = data.astronaut()  # which has grain of its own, that counts where it isn't given
BINS = range(32, 224, 32)  # where hardly anything is clipped


def model_of(noisy: Any) -> NoiseModel | None:
    return noise_model_of(sample_of(noisy))


def noisy_of(variance: NDArray[np.float64] | float, seed: int = 1) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).standard_normal(CLEAN.shape) * np.sqrt(variance)
    return np.rint(CLEAN + noise).clip(0, 255).astype(np.uint8)


def grainy_of(model: NoiseModel | None) -> NDArray[np.uint8]:
    assert model is not None
    tables = factors(model, CLEAN.dtype, WHOLE)
    return with_grain(CLEAN, model, tables, Box.whole(CLEAN.shape))


def ratios(noisy: NDArray[np.uint8], grainy: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Standard deviation of the grain over that of the noise, by brightness, of each channel."""
    found = []
    for c in range(3):
        clean = CLEAN[..., c].astype(np.float64)
        for low in BINS:
            here = (CLEAN[..., c] >= low) & (CLEAN[..., c] < low + 32)
            noise, grain = (each[..., c][here] - clean[here] for each in (noisy, grainy))
            found.append(grain.std() / noise.std())
    return np.array(found)


@pytest.mark.parametrize("sigma", [5, 10, 25])
def test_white_noise_comes_back_as_strong(sigma: float) -> None:
    noisy = noisy_of(sigma**2)
    model = model_of(noisy)
    found = ratios(noisy, grainy_of(model))
    assert np.abs(found - 1).mean() < 0.08
    assert np.abs(found - 1).max() < 0.16
    assert model is not None
    assert model.correlation < 0.1
    assert model.shared == 0


@pytest.mark.parametrize(("slope", "offset"), [(0.5, 4.0), (2.0, 9.0)])
def test_noise_that_grows_with_brightness_does_so_again(slope: float, offset: float) -> None:
    noisy = noisy_of(slope * CLEAN.astype(np.float64) + offset)
    found = ratios(noisy, grainy_of(model_of(noisy)))
    assert np.abs(found - 1).mean() < 0.08
    assert np.abs(found - 1).max() < 0.2


def test_what_is_left_out_in_part_comes_back_in_part() -> None:
    sample = sample_of(noisy_of(100.0))
    whole, half = noise_model_of(sample), noise_model_of(sample, 0.5)
    assert whole is not None
    assert half is not None
    np.testing.assert_allclose(half.sigma, np.array(whole.sigma) / 2, rtol=0.02)


def test_coarse_noise_comes_back_coarse() -> None:
    noise = np.random.default_rng(0).standard_normal((3, *CLEAN.shape[:2]))
    for axis in (1, 2):
        noise = 2 * noise + np.roll(noise, 1, axis) + np.roll(noise, -1, axis)
    noise *= 16 / noise.std()
    noisy = np.rint(CLEAN + np.moveaxis(noise, 0, 2)).clip(0, 255).astype(np.uint8)
    model = model_of(noisy)
    assert model is not None
    assert model.correlation == pytest.approx(0.667, abs=0.1)
    assert np.abs(ratios(noisy, grainy_of(model)) - 1).mean() < 0.1


def test_noise_that_channels_share_is_found() -> None:
    random = np.random.default_rng(0)
    noise = random.standard_normal(CLEAN.shape) + random.standard_normal((*CLEAN.shape[:2], 1))
    noisy = np.rint(CLEAN + 7 * noise).clip(0, 255).astype(np.uint8)
    model = model_of(noisy)
    assert model is not None
    assert model.shared / 256 == pytest.approx(0.5, abs=0.08)


def test_16_bits_and_alpha() -> None:
    noisy = noisy_of(100.0)
    small = model_of(noisy)
    deep = model_of(np.dstack([noisy.astype(np.uint16) * 257, np.full((512, 512, 1), 65535)]))
    assert small is not None
    assert deep is not None
    np.testing.assert_allclose(deep.sigma, 257 * np.array(small.sigma), rtol=0.02)
    assert (deep.low, deep.high) == (257 * small.low, 257 * small.high)


def test_a_large_picture_is_looked_at_in_parts() -> None:
    noisy = noisy_of(100.0)[..., 0]

    class Tiled:
        """As large as it must be, never in memory, and nothing larger than a region is read."""

        shape, dtype = (5120, 5120, 1), noisy.dtype

        def __getitem__(self, key: tuple[slice, slice]) -> NDArray[np.uint8]:
            rows, columns = (np.arange(side.start, side.stop) % 512 for side in key)
            assert len(rows) * len(columns) <= SIDE * SIDE
            return noisy[rows][:, columns, None]

    assert Tiled.shape[0] * Tiled.shape[1] > LARGE
    model = model_of(Tiled())
    assert model is not None
    np.testing.assert_allclose(model.sigma, 10, rtol=0.12)


@pytest.mark.parametrize("fill", [0, 255, "ramp", "drawing", "tiny"])
def test_without_noise_there_is_no_model(fill: object) -> None:
    ramp = np.add.outer(np.arange(128), np.arange(128)).astype(np.uint8)[..., None]
    pictures = {"ramp": ramp, "drawing": ramp // 32 * 32, "tiny": ramp[:5, :7]}
    picture = pictures[fill] if isinstance(fill, str) else np.full((64, 64, 3), fill, np.uint8)
    assert model_of(picture) is None


def test_the_chunk_of_a_picture() -> None:
    """That of what is coded without its noise, and none of what is coded as it is."""
    noisy = noisy_of(100.0)[:200, :200]
    for model in ("m", "s"):
        made = PelFile.parse(pellucid.compress(noisy, denoise="auto", model=model))
        assert made.noise == model_of(noisy)
    assert PelFile.parse(pellucid.compress(noisy)).noise is None


@pytest.mark.parametrize("shape", [0, 40, 128, 200, 255])
def test_shapes_are_found_by_the_correlation_that_they_make(shape: int) -> None:
    assert shape_for(correlation_of(taps_of(shape))) == shape
