from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

from pellucid.denoising.estimate import estimate_noise
from pellucid.denoising.jpeg import (
    FREQUENCIES,
    LEAST_PERIODICITY,
    LEAST_SIGNIFICANCE,
    QUALITIES,
    coefficients,
    likeliest_quality,
    likelihoods,
    may_be_seen,
    step_table,
    trace,
)


def compressed(picture: np.ndarray, quality: int, subsampling: int = 2) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "jpeg", quality=quality, subsampling=subsampling)
    return np.asarray(Image.open(file), np.float32).reshape(*picture.shape[:2], -1)


def found(samples: np.ndarray) -> int | None:
    return estimate_noise(np.ascontiguousarray(samples, np.float32)).jpeg_quality


@pytest.mark.parametrize("quality", [8, 10, 20, 40, 60, 80, 90, 95])
def test_quality_is_found(quality: int) -> None:
    subsampling = 2 * (quality % 20 == 0)  # 4:2:0 or 4:4:4
    for picture in (data.astronaut()[:256, 100:356], data.coffee()[:256, :256]):
        guess = found(compressed(picture, quality, subsampling))
        assert guess is not None
        assert abs(guess - quality) <= max(2, quality // 20)


def test_grey_and_other_units() -> None:
    samples = compressed(data.camera()[:256, :256], 75)
    for unit in (1.0, 1 / 255, 257.0, 0.37):
        assert found(samples * np.float32(unit)) == 75


def test_table_is_what_pillow_writes() -> None:
    for quality in (5, 30, 50, 77, 100):
        file = io.BytesIO()
        Image.fromarray(data.camera()[:16, :16]).save(file, "jpeg", quality=quality)
        assert sorted(Image.open(file).quantization[0]) == sorted(step_table(quality))  # type: ignore[attr-defined]


def test_none_without_compression() -> None:
    rng = np.random.default_rng(1)
    astronaut = data.astronaut().astype(np.float32)
    noisy = np.clip(np.rint(astronaut + rng.normal(0, 8, astronaut.shape)), 0, 255)
    assert found(noisy) is None
    assert found(rng.integers(0, 256, (256, 256, 3))) is None
    # Reduced to half, the picture has lost whatever traces it had.
    half = np.asarray(Image.fromarray(data.astronaut()).resize((256, 256), Image.Resampling.BOX))
    assert found(half) is None


def test_none_on_aligned_drawings() -> None:
    cells = np.random.default_rng(2).integers(0, 4, (40, 40)) * 80
    assert found(np.kron(cells, np.ones((8, 8)))[:, :, None]) is None
    assert found(np.kron(cells, np.ones((4, 4)))[:, :, None]) is None
    ramp = np.tile(np.arange(256), (256, 1))[:, :, None]
    assert found(ramp) is None


def test_none_on_another_grid() -> None:
    samples = compressed(data.astronaut()[:320, :320], 60)
    assert found(samples[3:, 5:]) is None


def test_none_on_float_noise_over_a_compressed_picture() -> None:
    samples = compressed(data.astronaut()[:256, :256], 60)
    assert found(samples + np.random.default_rng(3).normal(0, 5, samples.shape)) is None


def blurred(quality: int, sigma: float) -> np.ndarray:
    """Coefficients of a compressed picture with noise of `sigma`, which blurs its traces."""
    samples = compressed(data.coffee()[:256, :256], quality)
    noise = np.random.default_rng(quality).normal(0, sigma, samples.shape)
    found = coefficients(np.clip(np.rint(samples + noise), 0, 255).astype(np.float32), 1.0, 0)
    assert found is not None
    return found


@pytest.mark.parametrize("quality", [5, 35, 75, 92])
def test_the_first_look_misses_no_traces(quality: int) -> None:
    looks = []
    for sigma in (0, 0.5, 1, 2):
        found = blurred(quality, sigma)
        traces = np.array([trace(found, step_table(other)) for other in QUALITIES])
        strong = (traces >= (LEAST_PERIODICITY, LEAST_SIGNIFICANCE)).all(axis=1).any()
        looks.append(may_be_seen(found))
        assert looks[-1] or not strong
    assert looks[0]


def test_the_first_look_turns_down_what_was_never_compressed() -> None:
    for picture in (data.coffee(), data.camera()[..., None]):
        found = coefficients(picture.astype(np.float32), 1.0, 0)
        assert found is not None
        assert not may_be_seen(found)


@pytest.mark.parametrize("quality", [8, 50, 90, 99])
def test_the_likeliest_of_all_is_among_the_nearest(quality: int) -> None:
    for sigma in (0, 0.5):
        found = blurred(quality, sigma)
        tables = np.array([step_table(each)[FREQUENCIES] for each in QUALITIES], np.float32)
        columns = zip(np.abs(found.T), tables.T, strict=True)
        scores = sum(likelihoods(size, steps[:, None]) for size, steps in columns)
        assert likeliest_quality(found) == QUALITIES[int(np.argmax(scores))]
