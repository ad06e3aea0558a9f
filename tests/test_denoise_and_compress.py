"""`compress(denoise=...)`: noise costs no bits, files are plain ones, clean pictures stay."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import pellucid
from pellucid._api import cleaned
from pellucid.errors import InputError, OptionError, OutputError, TargetError
from pellucid.evaluate.metrics import psnr
from pictures import photograph, unpacked
from test_lossy import drawing

CLEAN = photograph(160, 192)
SIGMA = 12


def noisy(picture: np.ndarray, sigma: float = SIGMA, seed: int = 1) -> np.ndarray:
    """With white noise, clipped and rounded as a file is."""
    top = np.iinfo(picture.dtype).max
    draws = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(np.rint(picture + draws), 0, top).astype(picture.dtype)


NOISY = noisy(CLEAN)
SHARP = photograph(320, 384).reshape(160, 2, 192, 2, 3).mean(axis=(1, 3)).astype(np.uint8)  # faint


@pytest.mark.parametrize("model", [None, "m", "s"])
def test_a_noisy_picture_takes_fewer_bytes_and_is_nearer_to_the_clean_one(
    model: str | None,
) -> None:
    plain = pellucid.compress(NOISY, quality=80, model=model)
    clean = pellucid.compress(NOISY, quality=80, model=model, denoise="auto")
    assert len(clean) < 0.7 * len(plain)
    assert psnr(CLEAN, unpacked(clean)) > psnr(CLEAN, unpacked(plain)) + 2
    assert pellucid.info(clean).model_id == pellucid.info(plain).model_id, "a plain file"


@pytest.mark.parametrize(
    "picture", [SHARP, drawing(), SHARP[..., :1]], ids=["photo", "drawn", "grey"]
)
def test_auto_changes_no_byte_of_what_has_no_noise(picture: np.ndarray) -> None:
    assert pellucid.compress(picture, denoise="auto") == pellucid.compress(picture)


@pytest.mark.parametrize("dtype", ["uint16", "int16"])
def test_auto_changes_no_byte_of_deep_samples_without_noise(dtype: str) -> None:
    clean = 100 * SHARP.astype(dtype) - (5000 if dtype == "int16" else 0)
    assert pellucid.compress(clean, denoise="auto") == pellucid.compress(clean)


def test_auto_leaves_a_good_jpeg_and_not_a_poor_one() -> None:
    for quality, same in ((95, True), (30, False)):
        file = BytesIO()
        Image.fromarray(SHARP).save(file, "jpeg", quality=quality)
        plain, made = (pellucid.compress(file.getvalue(), denoise=d) for d in ("off", "auto"))
        assert (plain == made) == same


def test_the_denoiser_is_half_of_what_is_done_where_it_goes_first(tmp_path: Path) -> None:
    wide, told = np.tile(NOISY, (8, 8, 1)), list[float]()  # two equal windows of the denoiser
    pellucid.compress_file(
        wide, tmp_path / "a.pel", model="s", denoise="auto", progress=told.append
    )
    assert told[:2] == [1 / 4, 1 / 2]
    assert all(0.5 < done <= 1 for done in told[2:])
    assert told == sorted(told)


def test_a_kept_source_goes_with_auto() -> None:
    grained = noisy(SHARP, 1.8)
    kept = pellucid.compress(grained, quality=95, keep_noise=True, tile=512)
    base = pellucid.compress(grained, quality=95, model="m", denoise="auto", tile=512)
    np.testing.assert_array_equal(unpacked(kept), unpacked(base))


def test_marks_of_no_data_are_refused_before_anything_is_denoised(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    marked = NOISY.copy()
    marked[:20] = 0
    tifffile.imwrite(
        tmp_path / "x.tif", marked, photometric="rgb", extratags=[(42113, "s", 0, "0", True)]
    )
    for options in ({}, {"psnr": 30}, {"keep_noise": True}):
        with pytest.raises(InputError, match="mean no data"):
            pellucid.compress(str(tmp_path / "x.tif"), denoise="auto", **options)


def test_an_unreachable_psnr_says_that_denoise_may_go() -> None:
    with pytest.raises(TargetError, match="leave out denoise"):
        pellucid.compress(NOISY, psnr=70, denoise="auto")


def test_auto_leaves_faint_grain_and_a_strength_does_not() -> None:
    grained = noisy(SHARP, 1.8)
    plain = pellucid.compress(grained, quality=95)
    assert pellucid.compress(grained, quality=95, denoise="auto") == plain
    assert len(pellucid.compress(grained, quality=95, denoise=1)) < len(plain)


def test_off_and_0_are_the_same() -> None:
    assert pellucid.compress(NOISY, denoise=0) == pellucid.compress(NOISY)


def test_more_strength_leaves_less_noise() -> None:
    sizes = [len(pellucid.compress(NOISY, denoise=part)) for part in (0, 0.5, 0.75, 1.0)]
    assert sizes == sorted(sizes, reverse=True)
    assert len(pellucid.compress(NOISY, denoise="auto")) == sizes[-1]


@pytest.mark.parametrize("dtype", ["uint16", "int16"])
@pytest.mark.parametrize("model", ["m", "s"])
def test_deep_samples(dtype: str, model: str) -> None:
    clean = CLEAN.astype(dtype) * 100
    given = noisy(clean, 100 * SIGMA)
    plain, made = (
        pellucid.compress(given, quality=80, model=model, denoise=part) for part in (0, "auto")
    )
    assert len(made) < 0.8 * len(plain)
    error = [np.square(unpacked(data).astype(float) - clean).mean() for data in (plain, made)]
    assert error[1] < 0.7 * error[0]


def test_transparency_stays_and_hidden_colours_are_no_noise() -> None:
    alpha = np.zeros((*CLEAN.shape[:2], 1), np.uint8)
    alpha[20:140, 30:170] = 200
    given = np.concatenate([NOISY, alpha], axis=2)
    made = unpacked(pellucid.compress(given, denoise="auto", quality=80))
    np.testing.assert_array_equal(made[..., 3:], alpha)
    inner = (slice(30, 130), slice(40, 160))
    assert psnr(CLEAN[inner], made[inner][..., :3]) > psnr(CLEAN[inner], NOISY[inner]) + 2


def test_a_psnr_and_effort_compare_with_what_the_denoiser_gives() -> None:
    target = pellucid.denoise(NOISY)
    made = pellucid.compress(NOISY, psnr=36, denoise="auto")
    assert 36 <= psnr(target, unpacked(made)) < 37
    assert unpacked(made).tobytes() == unpacked(pellucid.compress(target, psnr=36)).tobytes()
    asked: dict[str, Any] = {"effort": 1, "quality": 50, "model": "m"}
    refined = unpacked(pellucid.compress(NOISY, denoise="auto", **asked))
    assert refined.tobytes() == unpacked(pellucid.compress(target, **asked)).tobytes()


def test_a_size_is_met() -> None:
    assert len(pellucid.compress(NOISY, size=3000, denoise="auto")) <= 3000


def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cleaned, "LARGE", 1000)
    monkeypatch.setattr(cleaned.os, "posix_fallocate", full, raising=False)
    with pytest.raises(OutputError, match=r"no room for the denoised picture, 92,160 bytes, in"):
        pellucid.compress(NOISY, model="s", denoise="auto")


def test_a_large_picture_is_denoised_outside_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = pellucid.compress(NOISY, model="s", denoise="auto")
    monkeypatch.setattr(cleaned, "LARGE", 1000)
    kinds = []
    room = cleaned.room_for

    def watched(source: Any) -> Any:
        kinds.append(type(found := room(source)))
        return found

    monkeypatch.setattr(cleaned, "room_for", watched)
    assert pellucid.compress(NOISY, model="s", denoise="auto") == wanted
    assert kinds == [np.memmap]


def test_an_analysis_of_its_own_is_used_where_there_is_one(
    tiny_denoising: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not for effort or a PSNR, nor for more noise than it was trained for."""
    rooms = []
    room = cleaned.room_for
    monkeypatch.setattr(cleaned, "room_for", lambda source: rooms.append(1) or room(source))
    model = str(tiny_denoising)
    two, one = (
        pellucid.compress(NOISY, quality=50, model=folder, denoise="auto")
        for folder in (str(tiny_denoising.with_name("plain")), model)
    )
    assert rooms == [1]
    assert one != two
    assert unpacked(one).shape == CLEAN.shape
    pellucid.compress(NOISY, psnr=20, model=model, denoise="auto")
    pellucid.compress(NOISY, effort=1, model=model, denoise="auto")
    assert len(rooms) == 3
    for dtype in ("uint16", "int16"):
        deep = noisy(100 * CLEAN.astype(dtype), 100 * SIGMA)
        pellucid.compress(deep, quality=50, model=model, denoise="auto")
    assert len(rooms) == 3, "the same noise in another unit"
    monkeypatch.setattr(cleaned, "STRONGEST", 3.0)
    assert pellucid.compress(NOISY, quality=50, model=model, denoise="auto") == two
    assert len(rooms) == 4


@pytest.mark.parametrize("denoise", ["yes", 1.5, -0.1, float("nan"), None, True, [1]])
def test_what_is_no_strength_is_refused(denoise: Any) -> None:
    with pytest.raises(OptionError, match=r"denoise is .*; it must be off, auto or 0 to 1"):
        pellucid.compress(NOISY, denoise=denoise)


@pytest.mark.parametrize("exact", [{"lossless": True}, {"max_error": 3}])
def test_exact_files_are_not_denoised(exact: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="denoise is 'auto'; it is of the learned codec"):
        pellucid.compress(NOISY, denoise="auto", **exact)
