"""A .pel file beside its picture: what is said of all kinds of files, and of ones that differ."""

from __future__ import annotations

import math
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import pellucid
from pellucid.bitstream import PelFile
from pellucid.codec.targets import Difference
from pellucid.errors import FormatError, InputError, LimitError, OptionError
from pictures import photograph, unpacked

SAMPLES = np.random.default_rng(1).integers(0, 200, (70, 90, 4)).astype(np.uint16)


def kind(dtype: str, channels: int) -> np.ndarray:
    return SAMPLES[..., :channels].astype(dtype)


def floats() -> np.ndarray:
    """float32 with what is no number, both zeros and a NaN with bits of its own."""
    samples = SAMPLES[..., 0].astype(np.float32) / 7
    samples[0, :5] = [np.nan, np.inf, -np.inf, -0.0, 0.0]
    samples.view(np.uint32)[1, 0] = 0x7FC12345
    return samples


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_what_a_file_promises_holds(dtype: str, channels: int) -> None:
    samples = kind(dtype, channels)
    for options, bound, words in (
        ({"lossless": True}, 0, "identical"),
        ({"max_error": 2}, 2, "within 2"),
        ({"keep_noise": True, "max_error": 1}, 1, "within 1"),
        ({"model": "s"}, None, "decodes, "),
    ):
        found = pellucid.compare(pellucid.compress(samples, **options), samples)
        assert (found.bound, found.kinds, found.problems) == (bound, "", [])
        assert str(found).startswith(words)
        assert found.identical == (bound == 0)
        assert found.promised
        assert found.psnr is not None
        assert math.isinf(found.psnr) == found.identical
        if bound is not None:
            assert found.largest_error == bound


def test_of_colours_that_can_be_seen() -> None:
    """Where alpha is 0 the learned codec may do what it likes, and the numbers leave that out."""
    samples = photograph(80, 96)
    samples = np.dstack([samples, np.full((80, 96), 255, np.uint8)])
    samples[:, 48:, 3] = 0
    samples[::2, 48:, :3] = 255
    data = pellucid.compress(samples, quality=60, model="s")
    found, back = pellucid.compare(data, samples), unpacked(data)
    off = np.abs(back[:, :48, :3].astype(int) - samples[:, :48, :3])
    assert found.largest_error == off.max()
    assert found.psnr == pytest.approx(10 * math.log10(255**2 / np.square(off).mean()))
    assert np.abs(back[:, 48:].astype(int) - samples[:, 48:]).max() > off.max()


def test_floats() -> None:
    samples = floats()
    samples[9:] += np.random.default_rng(2).random(samples[9:].shape, np.float32)
    found = pellucid.compare(pellucid.compress(samples, lossless=True), samples)
    assert (found.identical, found.largest_error, found.psnr) == (True, 0, None)
    found = pellucid.compare(pellucid.compress(samples, max_error=0.01), samples)
    assert found.promised
    assert str(found) == "within 0.01"
    assert 0.005 < (found.largest_error or 0) <= 0.01


def altered(samples: np.ndarray, value: Any, row: int = 5, column: int = 6) -> np.ndarray:
    changed = samples.copy()
    changed[row, column, ...] = value
    return changed


@pytest.mark.parametrize(
    ("made_of", "options", "beside", "said"),
    [
        (kind("uint8", 3), {"lossless": True}, {"value": 255}, "off, and it is lossless"),
        (kind("uint8", 1), {"max_error": 2}, {"value": 255}, "off, and the file promises 2 at"),
        (floats(), {"lossless": True}, {"value": np.nan}, "a sample is inf off, and it is"),
        (floats(), {"lossless": True}, {"value": 0.0, "row": 0, "column": 3}, "differ in their"),
        (floats(), {"lossless": True}, {"value": np.nan, "row": 1, "column": 0}, "in their bits"),
        (floats(), {"max_error": 0.01}, {"value": np.inf}, "a sample is inf off, and the file"),
        (kind("uint8", 4), {"model": "s"}, {"value": 255}, "transparency differs"),
        (kind("uint8", 2), {"max_error": 200}, {"value": 255}, "transparency differs"),
    ],
)
def test_one_sample_that_differs(
    made_of: np.ndarray, options: dict[str, Any], beside: dict[str, Any], said: str
) -> None:
    found = pellucid.compare(pellucid.compress(made_of, **options), altered(made_of, **beside))
    assert not found.promised
    assert not found.identical
    (problem,) = found.problems
    assert said in problem


@pytest.mark.parametrize(
    ("beside", "said"),
    [
        (kind("uint8", 3)[:9], "holds 90 x 70, RGB, uint8, and the picture has 90 x 9, RGB, uint8"),
        (kind("uint16", 3), "and the picture has 90 x 70, RGB, uint16"),
        (kind("uint8", 4), "and the picture has 90 x 70, RGB with alpha, uint8"),
    ],
)
def test_another_kind_of_picture(beside: np.ndarray, said: str) -> None:
    found = pellucid.compare(pellucid.compress(kind("uint8", 3), lossless=True), beside)
    assert said in found.kinds
    assert found.problems == [found.kinds]
    assert str(found) == found.kinds
    assert (found.promised, found.identical) == (False, False)
    assert (found.largest_error, found.psnr) == (None, None)


def png(samples: np.ndarray, **more: Any) -> bytes:
    out = BytesIO()
    Image.fromarray(samples).save(out, "png", **more)
    return out.getvalue()


def test_alpha_that_is_full_may_be_left_out() -> None:
    full = np.dstack([kind("uint8", 3), np.full((70, 90), 255, np.uint8)])
    for options in ({"model": "s"}, {"lossless": True}):
        found = pellucid.compare(pellucid.compress(png(full), **options), png(full))
        assert found.problems == []


def test_metadata_byte_for_byte() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a cat"
    samples = kind("uint8", 3)
    source = png(samples, exif=exif.tobytes(), icc_profile=b"a profile" * 20)
    data = pellucid.compress(source, lossless=True)
    assert pellucid.compare(data, source).metadata == ()
    assert pellucid.compare(data, samples).metadata == ("exif", "icc")
    bare = pellucid.compress(source, lossless=True, metadata=False)
    found = pellucid.compare(bare, source)
    assert found.metadata == ("exif", "icc")
    assert found.promised
    assert found.problems == ["not the same byte for byte: EXIF, ICC"]
    other = png(samples, exif=exif.tobytes(), icc_profile=b"A profile" * 20)
    assert pellucid.compare(data, other).metadata == ("icc",)


def test_pages(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    pages = np.stack([kind("uint8", 1)[..., 0], kind("uint8", 1)[::-1, :, 0]])
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="minisblack")
    whole = pellucid.compress(tmp_path / "a.tif", lossless=True)
    found = pellucid.compare(whole, tmp_path / "a.tif")
    assert (found.identical, found.psnr, found.metadata) == (True, None, ())
    second = pellucid.compress(tmp_path / "a.tif", lossless=True, page=1)
    assert pellucid.compare(second, tmp_path / "a.tif", page=1).identical
    assert not pellucid.compare(second, tmp_path / "a.tif", page=0).promised


def test_progress_and_errors(tmp_path: Path) -> None:
    samples, told = kind("uint8", 3), list[float]()
    data = pellucid.compress(samples, lossless=True, tile=64)
    pellucid.compare(data, samples, progress=told.append)
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] == 1
    with pytest.raises(FormatError):
        pellucid.compare(data[:-30], samples)
    with pytest.raises(InputError, match="no such file"):
        pellucid.compare(data, tmp_path / "none.png")
    with pytest.raises(LimitError):
        pellucid.compare(data, samples, limits=pellucid.Limits(max_pixels=100))
    with pytest.raises(OptionError, match="device is 'abacus'"):
        pellucid.compare(data, samples, device="abacus")


class Watched:
    """What is sliced like an array, and remembers the sizes of what was asked for."""

    def __init__(self, samples: np.ndarray) -> None:
        self._samples, self.shape, self.dtype = samples, samples.shape, samples.dtype
        self.sizes: list[int] = []

    def __getitem__(self, key: Any) -> np.ndarray:
        part = self._samples[key]
        self.sizes.append(part.size)
        return part


@pytest.mark.parametrize(("options", "parts"), [({"lossless": True}, 30), ({"model": "s"}, 2)])
def test_in_parts(options: dict[str, Any], parts: int) -> None:
    """Those that the decoder gives: tiles, or halves of blocks of them."""
    samples = photograph(300, 384)
    data, source = pellucid.compress(samples, tile=64, **options), Watched(samples)
    assert pellucid.compare(data, source).promised
    assert len(source.sizes) == parts
    assert sum(source.sizes) == samples.size


def test_a_part_counts_as_it_does_when_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sample of the source is counted once: PSNR is that over the whole picture."""
    counted: list[int] = []
    add = Difference.add

    def watched(self: Difference, part: np.ndarray, samples: np.ndarray) -> None:
        counted.append(samples.size)
        add(self, part, samples)

    monkeypatch.setattr(Difference, "add", watched)
    samples = kind("uint8", 3)
    data = pellucid.compress(samples, model="s", tile=64)
    pellucid.compare(data, samples)
    assert sum(counted) == samples.size
    assert PelFile.parse(data).header.tile_count == 4
