"""Writing: what is written comes back, in every format that can hold it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from opened import write_samples
from pellucid.errors import OptionError, OutputError
from pellucid.pixels import WRITE_SUFFIXES, ImageInfo, read_image

Samples = np.ndarray[Any, np.dtype[np.uint8]]
LOSSLESS = [".png", ".webp", ".tif", ".tiff", ".bmp", ".ppm"]
pictures = hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20), st.sampled_from([1, 3]))
)


def smooth(height: int, width: int) -> Samples:
    y, x = np.mgrid[:height, :width]
    return np.stack([y * 2, x * 2, y + x], axis=2).astype(np.uint8)


def test_every_suffix_is_tested() -> None:
    assert set(WRITE_SUFFIXES) == {*LOSSLESS, ".jpg", ".jpeg", ".pgm"}


@pytest.mark.parametrize("suffix", LOSSLESS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(picture=pictures)
def test_lossless_round_trip(tmp_path: Path, suffix: str, picture: Samples) -> None:
    path = tmp_path / f"picture{suffix}"
    write_samples(path, picture, force=True)
    back, info = read_image(path)
    if suffix == ".webp":  # holds RGB only
        picture = np.broadcast_to(picture, (*picture.shape[:2], 3))
    np.testing.assert_array_equal(back, picture)
    assert (info.height, info.width, info.channels) == picture.shape


def test_pgm_holds_grey_only(tmp_path: Path) -> None:
    grey = smooth(5, 7)[:, :, :1]
    write_samples(tmp_path / "a.pgm", grey)
    np.testing.assert_array_equal(read_image(tmp_path / "a.pgm")[0], grey)
    with pytest.raises(OutputError, match=r"a \.pgm holds grey pictures only"):
        write_samples(tmp_path / "b.pgm", smooth(5, 7))
    assert not (tmp_path / "b.pgm").exists()


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".JPG"])
@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_close_and_not_subsampled(tmp_path: Path, suffix: str, channels: int) -> None:
    picture = smooth(40, 60)[:, :, :channels]
    path = tmp_path / f"a{suffix}"
    write_samples(path, picture)
    back, _ = read_image(path)
    assert back.shape == picture.shape
    assert np.abs(back.astype(int) - picture).max() <= 6
    if channels == 3:
        with Image.open(path) as image:
            assert {layer[1:3] for layer in image.layer} == {(1, 1)}  # type: ignore[attr-defined]


def test_jpeg_quality_changes_the_size(tmp_path: Path) -> None:
    picture = np.random.default_rng(2).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    for quality in (10, 90):
        write_samples(tmp_path / f"{quality}.jpg", picture, quality=quality)
    assert (tmp_path / "10.jpg").stat().st_size < (tmp_path / "90.jpg").stat().st_size / 2


@pytest.mark.parametrize(("name", "quality"), [("a.jpg", 0), ("a.jpg", 101), ("a.png", 80)])
def test_bad_quality(tmp_path: Path, name: str, quality: int) -> None:
    with pytest.raises(OptionError, match=f"{quality}"):
        write_samples(tmp_path / name, smooth(4, 4), quality=quality)


@pytest.mark.parametrize("name", ["a.xyz", "a"])
def test_unknown_suffix(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"names no known format; use one of \.png"):
        write_samples(tmp_path / name, smooth(4, 4))


def test_size_that_the_format_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="PNG can hold it"):
        write_samples(tmp_path / "a.webp", np.zeros((1, 20_000), np.uint8))
    with pytest.raises(OutputError, match="PNG can hold it"):
        write_samples(tmp_path / "a.jpg", np.zeros((1, 70_000), np.uint8))


def test_geometry_is_the_arrays(tmp_path: Path) -> None:
    write_samples(tmp_path / "a.png", smooth(4, 5), ImageInfo(99, 99, 1, icc=b"profile"))
    back, info = read_image(tmp_path / "a.png")
    assert back.shape == (4, 5, 3)
    assert info.icc == b"profile"


def test_existing_file_needs_force(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_samples(path, smooth(4, 5))
    with pytest.raises(OutputError, match="--force"):
        write_samples(path, smooth(6, 6))
    write_samples(path, smooth(6, 6), force=True)
    assert read_image(path)[0].shape == (6, 6, 3)
