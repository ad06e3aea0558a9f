"""A guide helps where it belongs, does no harm where it doesn't, and breaks no rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

import pellucid
from pellucid.cli.demo import SAMPLE
from pellucid.denoising.guide import Guide, average, contrast, features
from pellucid.denoising.remove import denoise_array
from pellucid.errors import OptionError
from pellucid.evaluate.metrics import psnr
from pellucid.runtime import load_denoiser, load_guide

SIGMA = 25.0
PHOTO = np.asarray(Image.open(SAMPLE))
PHOTO = PHOTO[20:180, 100:292]
CLEAN = (200 - 0.7 * PHOTO[..., 0] + 20 * np.sin(PHOTO[..., 0] / 40)).astype(np.float32)
NOISY = CLEAN + np.random.default_rng(0).normal(0, SIGMA, CLEAN.shape).astype(np.float32)
SMALL = (slice(0, 48), slice(0, 60))


def clean(**options: Any) -> np.ndarray:
    return pellucid.denoise(NOISY, sigma=SIGMA, model="s", **options)


def quality(picture: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((picture - CLEAN) ** 2) / 255**2))


def test_a_guide_helps_where_it_belongs_and_else_does_no_harm() -> None:
    alone = quality(clean())
    assert quality(clean(guide=PHOTO)) > alone + 1
    assert quality(clean(guide=PHOTO[..., 1])) > alone + 1
    assert quality(clean(guide=PHOTO[::-1, ::-1])) > alone - 0.2
    assert quality(clean(guide=np.zeros_like(PHOTO))) == pytest.approx(alone, abs=1e-3)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
def test_strength_0_and_the_type(dtype: str) -> None:
    noisy = np.clip(NOISY[SMALL], 0, 255).astype(dtype)
    same = pellucid.denoise(noisy, sigma=SIGMA, strength=0, guide=PHOTO[SMALL], model="s")
    assert same.dtype == noisy.dtype
    assert np.array_equal(same, noisy)
    done = pellucid.denoise(noisy, sigma=SIGMA, guide=PHOTO[SMALL], model="s")
    assert done.dtype == noisy.dtype
    assert not np.array_equal(done, noisy)


def test_where_the_mask_is_black_every_bit_stays() -> None:
    mask = np.ones(NOISY.shape, bool)
    mask[30:90, 40:100] = False
    done = clean(guide=PHOTO, mask=mask)
    assert np.array_equal(done[~mask], NOISY[~mask])
    assert not np.array_equal(done[mask], NOISY[mask])


def test_scales_of_picture_and_guide_do_not_matter() -> None:
    noisy, guide = NOISY[SMALL], PHOTO[SMALL].astype(np.float32)
    plain = pellucid.denoise(noisy, sigma=SIGMA, guide=guide, model="s")
    scaled = pellucid.denoise(noisy * 32, sigma=SIGMA * 32, guide=guide * 0.5 + 64, model="s")
    assert np.abs(scaled / 32 - plain).max() < 0.01


def test_windows_give_what_the_whole_gives() -> None:
    guide = Guide(PHOTO, load_guide())
    parts = [
        denoise_array(NOISY[..., None], SIGMA, 1.0, load_denoiser("s"), guide=guide, window=window)
        for window in (64, 1024)
    ]
    assert np.abs(parts[0] - parts[1]).max() < 0.01


def test_colour_with_alpha() -> None:
    alpha = np.full((48, 60, 1), 200, np.uint8)
    alpha[:9] = 0
    picture = np.concatenate([PHOTO[SMALL], alpha], axis=2)
    done = pellucid.denoise(picture, sigma=10, guide=PHOTO[SMALL], model="s")
    assert np.array_equal(done[..., 3], picture[..., 3])
    assert np.array_equal(done[:9], picture[:9])
    assert psnr(picture[..., :3], done[..., :3]) < 60


def test_holes_stay_and_nothing_becomes_one() -> None:
    depth = np.maximum(NOISY * 4, 3).astype(np.uint16)
    holes = np.zeros(depth.shape, bool)
    holes[50:70, 20:60] = holes[100, :] = True
    depth[holes] = 0
    for guide in (None, PHOTO):
        done = pellucid.denoise(depth, sigma=4 * SIGMA, nodata=0, guide=guide, model="s")
        assert np.array_equal(done == 0, holes)
        beside = (done / 4 - CLEAN)[71:74, 20:60]  # not darkened by the zeros
        assert abs(float(beside.mean())) < 8
    measured = pellucid.noise_level(depth, nodata=0).sigma
    assert measured == pytest.approx(4 * SIGMA, rel=0.15)


def test_a_guide_with_holes_or_nothing_in_it() -> None:
    guide = PHOTO[SMALL].astype(np.float32)
    guide[3:9, 3:9] = np.nan
    for given in (guide, np.full_like(guide, np.nan)):
        done = pellucid.denoise(NOISY[SMALL], sigma=SIGMA, guide=given, model="s")
        assert np.isfinite(done).all()


def test_what_can_be_no_guide() -> None:
    with pytest.raises(OptionError, match="the guide is 192 x 159 and the picture 192 x 160"):
        clean(guide=PHOTO[1:])
    with pytest.raises(OptionError, match="not int"):
        clean(guide=3)
    for nodata in ("0", float("nan")):
        with pytest.raises(OptionError, match="nodata is"):
            clean(nodata=nodata)


def test_features_say_nothing_where_nothing_is_known() -> None:
    guide = PHOTO[SMALL].transpose(2, 0, 1).astype(np.float32)
    sigma = np.full(guide.shape[1:], SIGMA, np.float32)
    sigma[:, :20] = 0
    noise = NOISY[SMALL] - CLEAN[SMALL]
    planes = features(noise, NOISY[SMALL], sigma, guide / np.float32(contrast(guide)))
    assert planes.shape == (8, 48, 60)
    assert np.isfinite(planes).all()
    assert not planes[[0, 1, 5, 6, 7], :, :20].any()


def test_average_is_that_of_the_samples_there_are() -> None:
    plane = np.arange(20.0).reshape(4, 5)
    assert average(plane, 1)[0, 0] == plane[:2, :2].mean()
    assert average(plane, 1)[2, 3] == plane[1:4, 2:5].mean()
    assert np.allclose(average(plane, 9), plane.mean())
