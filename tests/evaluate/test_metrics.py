from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.errors import InputError, MissingExtraError, OptionError
from pellucid.evaluate import _extras
from pellucid.evaluate.metrics import (
    DEFAULT_METRICS,
    METRICS,
    ms_ssim,
    psnr,
    scale_count,
    ssimulacra2,
)


def tall(seed: int) -> np.ndarray:
    """A picture big enough for five scales of MS-SSIM."""
    base = np.random.default_rng(seed).integers(0, 256, (25, 30, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(base).resize((240, 200), Image.Resampling.BICUBIC))


def test_psnr_is_that_of_scikit_image(picture, noisy):
    skimage_metrics = pytest.importorskip("skimage.metrics")
    theirs = skimage_metrics.peak_signal_noise_ratio(picture, noisy)
    assert psnr(picture, noisy) == pytest.approx(theirs, abs=1e-9)


def test_psnr_of_a_known_error():
    black, one_up = np.zeros((4, 4, 3), np.uint8), np.ones((4, 4, 3), np.uint8)
    assert psnr(black, one_up) == pytest.approx(20 * math.log10(255))
    assert psnr(black, black) == math.inf
    assert psnr(black, np.full_like(black, 255)) == 0.0


@pytest.mark.parametrize("name", DEFAULT_METRICS)
def test_a_metric_is_best_for_identical_pictures_and_falls_with_noise(name, picture, noisy):
    if name != "psnr":
        pytest.importorskip("skimage.metrics")
    if name == "ssimulacra2":
        pytest.importorskip("ssimulacra2")
    metric = METRICS[name]
    worse = np.clip(noisy.astype(int) + (noisy.astype(int) - picture), 0, 255).astype(np.uint8)
    same, near, far = (metric.function(picture, other) for other in (picture, noisy, worse))
    assert same > near > far
    assert metric.quality_for_bd(near) > metric.quality_for_bd(far)
    best = {"psnr": math.inf, "ms_ssim": 1.0, "ssimulacra2": 100.0}
    assert same == pytest.approx(best[name])


@pytest.mark.parametrize("name", DEFAULT_METRICS)
def test_shapes_that_differ_are_refused(name, picture):
    pytest.importorskip("ssimulacra2")
    with pytest.raises(OptionError, match="96"):
        METRICS[name].function(picture, picture[:50])


def test_ms_ssim_is_the_product_over_scales_of_scikit_images_ssim():
    """Each scale against an independent SSIM, whose contrast part is had by luminance constants."""
    metrics = pytest.importorskip("skimage.metrics")
    pytest.importorskip("skimage.metrics")
    reference, copy = tall(1), tall(1)
    copy = np.clip(copy.astype(int) + np.random.default_rng(3).normal(0, 9, copy.shape), 0, 255)
    copy = copy.astype(np.uint8)
    small = reference[:20, :20], copy[:20, :20]  # one scale: plain SSIM
    _, full = metrics.structural_similarity(
        *(channels.astype(np.float64) for channels in small),
        channel_axis=2,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
        win_size=11,
    )
    assert scale_count(20, 20) == 1
    assert ms_ssim(*small) == pytest.approx(full[5:-5, 5:-5].mean(axis=(0, 1)).mean(), abs=2e-4)


def test_ms_ssim_known_value():
    """Agrees to 1e-5 with pytorch-msssim 1.0 (five scales, even sizes), which gave the number."""
    pytest.importorskip("skimage.metrics")
    reference = tall(5)[:176, :224]
    copy = np.clip(
        reference.astype(int) + np.random.default_rng(6).integers(-30, 31, (176, 224, 3)), 0, 255
    )
    assert scale_count(176, 224) == 5
    assert ms_ssim(reference, copy.astype(np.uint8)) == pytest.approx(0.974944, abs=1e-5)


def test_ms_ssim_of_small_pictures_uses_the_scales_that_fit(picture, noisy):
    pytest.importorskip("skimage.metrics")
    assert [scale_count(side, 999) for side in (10, 11, 22, 44, 88, 176)] == [0, 1, 2, 3, 4, 5]
    assert 0 < ms_ssim(picture[:11, :13], noisy[:11, :13]) < 1
    with pytest.raises(InputError, match="13x10"):
        ms_ssim(picture[:10, :13], noisy[:10, :13])


@pytest.mark.parametrize("crop", [(96, 128), (45, 61), (8, 9)])
def test_ssimulacra2_is_that_of_the_package(crop, picture, noisy, tmp_path: Path):
    package = pytest.importorskip("ssimulacra2")
    a, b = (x[: crop[0], : crop[1]] for x in (picture, noisy))
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path, array in zip(paths, (a, b), strict=True):
        Image.fromarray(array).save(path)
    assert ssimulacra2(a, b) == pytest.approx(package.compute_ssimulacra2(*paths), abs=1e-9)


def test_ssimulacra2_refuses_tiny_pictures(picture):
    pytest.importorskip("ssimulacra2")
    with pytest.raises(InputError, match="8"):
        ssimulacra2(picture[:7], picture[:7])


def test_a_missing_library_names_the_extra(picture, monkeypatch):
    def fail(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(_extras.importlib, "import_module", fail)
    with pytest.raises(MissingExtraError, match=r"ssimulacra2 .*pip install 'pellucid\[bench\]'"):
        ssimulacra2(picture, picture)
