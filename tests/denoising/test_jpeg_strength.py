"""What the denoiser is told about JPEG, against JPEG itself."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

from pellucid.denoising.jpeg import LEAST_SCALE, jpeg_sigma, step_table, table_scale

QUALITIES = range(1, 101)


def compressed(picture: np.ndarray, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
    return Image.open(buffer, formats=["JPEG"])


@pytest.mark.parametrize("quality", [1, 8, 10, 33, 49, 50, 51, 75, 90, 98, 99, 100])
def test_tables_are_scaled_as_the_ijg_library_does(quality: int) -> None:
    tables = compressed(np.zeros((8, 8), np.uint8), quality).quantization[0]
    assert np.array_equal(step_table(quality), tables)
    base = step_table(50)
    scaled = np.clip(base * table_scale(quality), 1, 255)
    assert np.abs(scaled - tables).max() <= 0.01 * base.max() + 0.5  # IJG rounds to whole percents


def test_stronger_compression_is_stronger_noise() -> None:
    strengths = [jpeg_sigma(quality) for quality in QUALITIES]
    assert (np.diff(strengths[:99]) < 0).all()
    assert strengths[99] == pytest.approx(strengths[98])
    assert table_scale(99) == pytest.approx(LEAST_SCALE)


@pytest.mark.parametrize("quality", [10, 20, 40, 60, 80])
def test_photographs_lose_about_twice_as_much_at_every_quality(quality: int) -> None:
    ratios = []
    for picture in (data.astronaut(), data.coffee(), data.chelsea(), data.camera()):
        error = np.asarray(compressed(picture, quality), float) - picture
        ratios.append(error.std() / 255 / jpeg_sigma(quality))
    assert 1.4 < np.exp(np.mean(np.log(ratios))) < 2.4, ratios
    assert max(ratios) < 2.5 * min(ratios), ratios
