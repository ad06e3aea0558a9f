"""Which layer a picture gets: the learned one, or an exact one where that is better."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid._api import trial
from pellucid.errors import OptionError, TargetError
from pellucid.evaluate.metrics import psnr
from pellucid.pixels import open_image
from pictures import photograph, unpacked

PHOTO = photograph(72, 96)


def drawing(height: int = 96, width: int = 128) -> np.ndarray:
    """Letters and boxes of few colours, as on a screen."""
    rng = np.random.default_rng(3)
    picture = np.full((height, width, 3), 250, np.uint8)
    for top in range(6, height - 8, 10):
        for left in range(4, width - 6, 6):
            picture[top : top + 7, left : left + 4][rng.random((7, 4)) < 0.5] = (20, 20, 60)
    picture[: height // 8] = (40, 90, 160)
    return picture


def made(picture: Any, **options: Any) -> tuple[pellucid.FileInfo, float]:
    """What the file is, and its PSNR."""
    data = pellucid.compress(picture, **options)
    found = pellucid.info(data)
    peak = 255 if found.sample_range is None and picture.dtype == np.uint8 else np.ptp(picture)
    error = np.square(unpacked(data).astype(float) - picture).mean()
    return found, float("inf") if error == 0 else float(10 * np.log10(float(peak) ** 2 / error))


def test_photographs_keep_the_learned_layer() -> None:
    assert pellucid.compress(PHOTO) == pellucid.compress(PHOTO, model="m")


def test_a_drawing_becomes_lossless_where_that_takes_fewer_bytes() -> None:
    picture = drawing()
    learned = pellucid.compress(picture, quality=85, model="m")
    found, score = made(picture, quality=85)
    assert pellucid.info(learned).max_error is None
    assert found.max_error == 0
    assert score == float("inf")
    assert found.file_bytes < len(learned)


def test_psnr_never_falls_where_quality_rises() -> None:
    scores = [made(drawing(), quality=quality)[1] for quality in (10, 50, 70, 85, 95, 100)]
    assert scores == sorted(scores)
    assert scores[0] < scores[-1] == float("inf")


@pytest.mark.parametrize("wanted", [44.0, 52.0])
def test_a_psnr_out_of_the_model_s_reach(wanted: float) -> None:
    with pytest.raises(TargetError, match=r"with this model.*leave out the model"):
        pellucid.compress(PHOTO, psnr=wanted, model="m")
    found, score = made(PHOTO, psnr=wanted)
    assert found.max_error is not None
    assert score >= wanted
    looser = unpacked(pellucid.compress(PHOTO, max_error=found.max_error + 1))
    assert psnr(PHOTO, looser) < wanted


@pytest.mark.parametrize("wanted", [90, 1e17])
def test_a_psnr_that_only_the_samples_themselves_have(wanted: float) -> None:
    assert made(PHOTO, psnr=wanted)[0].max_error == 0


def test_targets_beyond_any_file() -> None:
    assert made(PHOTO, size=10**17)[0].max_error == made(PHOTO, bpp=1e17)[0].max_error == 0
    for target in ({"size": 10**400}, {"bpp": 1e308}, {"psnr": 1e300}):
        with pytest.raises(OptionError, match=r"must be a number above 0 and below 1e\+18"):
            pellucid.compress(PHOTO, **target)


@pytest.mark.parametrize("dtype", ["uint16", "int16"])
def test_psnr_of_16_bits_counts_from_the_picture_s_range(dtype: str) -> None:
    rng = np.random.default_rng(5)
    deep = (PHOTO.astype(np.int32) * 9 + rng.integers(0, 9, PHOTO.shape)).astype(dtype)
    found, score = made(deep, psnr=62)
    assert found.max_error is not None
    assert found.max_error > 0
    assert 62 <= score < 65


def test_sizes_above_those_of_the_learned_layer() -> None:
    exact = len(pellucid.compress(PHOTO, lossless=True))
    best, score = made(PHOTO, quality=100, model="m")
    assert made(PHOTO, size=exact)[0].max_error == 0
    assert made(PHOTO, bpp=8 * (exact + 0.5) / (72 * 96))[0].max_error == 0
    between = (exact + best.file_bytes) // 2
    found, closer = made(PHOTO, size=between)
    assert found.max_error
    assert best.file_bytes < found.file_bytes <= between
    assert closer > score
    assert made(PHOTO, size=best.file_bytes + 8) == (best, score)


def test_a_drawing_that_is_too_large_for_the_learned_layer() -> None:
    """Lines of two colours, finer than a latent."""
    lines = np.random.default_rng(2).random((96, 1, 1)) < 0.5
    plain = np.broadcast_to(np.where(lines, 30, 220), (96, 400, 3)).astype(np.uint8)
    exact = len(pellucid.compress(plain, lossless=True))
    least = len(pellucid.compress(plain, quality=0, model="m"))
    assert exact < least
    assert made(plain, size=least - 1)[0].max_error == 0
    with pytest.raises(TargetError, match="takes at least"):
        pellucid.compress(plain, size=exact - 1)


def test_a_drawing_is_lossless_where_a_target_has_room_for_it() -> None:
    """Even if the learned layer takes fewer bytes of it."""
    exact = len(pellucid.compress(drawing(), lossless=True))
    assert made(drawing(), size=exact, model="m")[0].file_bytes < exact
    assert made(drawing(), size=exact)[0].max_error == 0
    assert made(drawing(), size=exact - 1)[0].max_error is None


def test_transparency_comes_back_from_either_layer() -> None:
    alpha = np.zeros(PHOTO.shape[:2], np.uint8)
    alpha[10:60, 20:80] = 200
    sprite = np.dstack([PHOTO, alpha])
    data = pellucid.compress(sprite, psnr=47)
    back = unpacked(data)
    assert pellucid.info(data).max_error
    assert np.array_equal(back[..., 3], alpha)
    assert psnr(PHOTO[alpha > 0], back[alpha > 0][:, :3]) >= 47


def test_files_of_large_pictures_meet_their_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here a picture is large whose sample isn't all of it."""
    monkeypatch.setattr(trial, "PATCH", 24)
    found, score = made(PHOTO, psnr=46)
    assert found.max_error
    assert score >= 46
    room = len(pellucid.compress(PHOTO, max_error=1))
    assert made(PHOTO, size=room)[0].max_error == 1
    assert made(drawing(), quality=90)[0].max_error == 0


def test_a_sample_is_cut_from_all_over_a_large_picture() -> None:
    rows, columns = np.mgrid[:2000, :3000]
    picture = (rows // 8 + columns // 16).astype(np.uint16)[..., None]
    with open_image(picture) as source:
        part = trial.sample_of(source).read()
    assert part.shape == (2 * trial.PATCH, 4 * trial.PATCH, 1)
    assert part.min() < 80 < 350 < part.max()
    with open_image(picture[:, :40]) as source:
        assert trial.sample_of(source).shape == (2000, 40, 1)
