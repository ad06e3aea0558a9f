"""PNG and PPM of 16 bits in colour and with alpha: whole or not at all, in and out."""

from __future__ import annotations

import struct
import sys
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

import pellucid
from deep_pngs import EXIF, chunk, picture, png, same
from opened import read_samples, write_samples
from pellucid.errors import InputError
from pellucid.pixels import ImageInfo, open_image
from pellucid.pixels.formats.png16 import chunks_of

imagecodecs = pytest.importorskip("imagecodecs")

ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = "<x:xmpmeta xmlns:x='adobe:ns:meta/'>ä</x:xmpmeta>".encode()


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_files_of_others(channels: int, capfd: pytest.CaptureFixture[str]) -> None:
    samples = picture(channels)
    same(bytes(imagecodecs.png_encode(samples)), samples)
    same(png(samples), samples)
    same(png(samples, interlaced=True), samples)
    same(png(samples[:1, :1]), samples[:1, :1])
    same(png(samples[:3, :2], interlaced=True), samples[:3, :2])
    assert capfd.readouterr() == ("", "")  # libpng warns of interlaced ones


@pytest.mark.parametrize("shape", [(33, 41), (1, 1), (1, 50), (50, 1), (700, 400)])
@pytest.mark.parametrize("channels", [2, 3, 4])
def test_other_readers_read_what_is_written(
    tmp_path: Path, channels: int, shape: tuple[int, int]
) -> None:
    samples, path = picture(channels, *shape), tmp_path / "a.png"
    write_samples(path, samples)
    same(path.read_bytes(), samples)
    assert np.array_equal(imagecodecs.png_decode(path.read_bytes()), samples)
    with Image.open(path) as image:  # which keeps the high bytes
        high = np.asarray(image.convert("LA") if channels == 2 else image)
        assert np.array_equal(high, samples >> 8)
    if shape != (700, 400):
        return  # too small to say anything about size; this has several strips of rows
    theirs = len(imagecodecs.png_encode(np.ascontiguousarray(samples), level=6))
    assert path.stat().st_size < 1.02 * theirs


def test_each_filter_is_used(tmp_path: Path) -> None:
    """So that other readers have undone each of them: of small values, slopes, and their sums."""
    random = np.random.default_rng(1)
    y, x = np.mgrid[:8, :300]
    noise = random.integers(0, 65536, (300, 3))
    bands = [
        (random.random((8, 300, 3)) < 0.2) * 257,  # none
        (x * 3)[..., None] + np.cumsum(random.integers(0, 20000, (8, 1, 3)), axis=0),  # left
        noise + y[..., None],  # up
        (noise + y[..., None] + 30 * x[..., None]) // 2,
        np.cumsum(np.cumsum(random.integers(-40, 41, (8, 300, 3)), axis=0), axis=1) + 30000,
    ]
    samples = (np.concatenate(bands) % 65536).astype(np.uint16)
    write_samples(tmp_path / "a.png", samples)
    data = (tmp_path / "a.png").read_bytes()
    assert np.array_equal(imagecodecs.png_decode(data), samples)
    size = 1 + 300 * 6
    raw = zlib.decompress(b"".join(part[1] for part in chunks_of(data, "a") if part[0] == b"IDAT"))
    assert {raw[at] for at in range(0, 40 * size, size)} == {0, 1, 2, 3, 4}


def test_a_transparent_colour_becomes_alpha() -> None:
    samples = picture(3)
    colour = samples[5, 7]
    near = colour + np.array([0, 0, 1], np.uint16)  # another low byte
    samples[9, 9] = near
    clear = (samples == colour).all(axis=-1)
    alpha = np.where(clear, 0, 65535).astype(np.uint16)
    data = png(samples, chunk(b"tRNS", colour.astype(">u2").tobytes()))
    same(data, np.dstack([samples, alpha]))
    grey = samples[..., :1]
    alpha = np.where(grey == grey[3, 3], 0, 65535).astype(np.uint16)
    data = png(grey, chunk(b"tRNS", grey[3, 3].astype(">u2").tobytes()))
    same(data, np.dstack([grey, alpha]))


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("channels", [2, 3, 4])
def test_metadata_as_those_of_eight_bits(tmp_path: Path, channels: int, behind: bool) -> None:
    kept = chunk(b"eXIf", EXIF) + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
    icc = chunk(b"iCCP", b"name\0\0" + zlib.compress(ICC))
    pixels = chunk(b"pHYs", struct.pack(">IIB", 11811, 5906, 1))
    first = icc + pixels + (b"" if behind else kept)
    samples = picture(channels)
    data = png(samples, first, kept if behind else b"")
    _, info = read_samples(data)
    assert (info.exif, info.icc, info.xmp) == (EXIF, ICC, XMP)
    write_samples(tmp_path / "a.png", samples, info)
    assert read_samples(tmp_path / "a.png")[1] == info
    write_samples(tmp_path / "b.png", (samples >> 8).astype(np.uint8), info)
    with Image.open(tmp_path / "a.png") as deep, Image.open(tmp_path / "b.png") as flat:
        deep.load()
        flat.load()
        assert deep.info == flat.info
        assert deep.info["icc_profile"] == ICC


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_from_file_to_file(tmp_path: Path, channels: int) -> None:
    samples = picture(channels, 48, 56)
    samples[..., -1] |= 1
    photo = tmp_path / "photo.png"
    write_samples(photo, samples, ImageInfo(56, 48, channels, 16, exif=EXIF, icc=ICC, xmp=XMP))
    kept = read_samples(photo)[1]
    pellucid.compress_file(photo, tmp_path / "exact.pel", lossless=True)
    pellucid.decompress_file(tmp_path / "exact.pel", tmp_path / "exact.png")
    assert np.array_equal(read_samples(tmp_path / "exact.png")[0], samples)
    pellucid.compress_file(photo, tmp_path / "near.pel", quality=90, model="s")
    pellucid.decompress_file(tmp_path / "near.pel", tmp_path / "near.png")
    near = read_samples(tmp_path / "near.png")[0]
    assert near.shape == samples.shape
    colours = channels - 1 + channels % 2
    error = np.abs(near[..., :colours].astype(int) - samples[..., :colours])
    assert error.mean() < 0.1 * 65535
    assert (near & 255).any(), "the low bytes are there"
    pellucid.denoise_file(photo, tmp_path / "photo.clean.png", sigma=300, model="s")
    clean = read_samples(tmp_path / "photo.clean.png")[0]
    assert clean.shape == samples.shape
    assert not np.array_equal(clean, samples)
    for name in ("exact", "near", "photo.clean"):
        info = read_samples(tmp_path / f"{name}.png")[1]
        assert (info.exif, info.icc, info.xmp) == (kept.exif, kept.icc, kept.xmp)
    for task in ("compress", "denoise"):
        found = pellucid.explain(photo, task=task, model="s")
        assert found.before is not None


def test_full_alpha_says_nothing_with_loss() -> None:
    samples = picture(4)
    samples[..., 3] = 65535
    with open_image(png(samples)) as image:
        left = image.without_full_alpha()
        assert np.array_equal(left.read(), samples[..., :3])
        assert (left.info.channels, left.info.has_alpha) == (3, False)
    samples[3, 3, 3] = 65534
    with open_image(png(samples)) as image:
        assert np.array_equal(image.without_full_alpha().read(), samples)


def test_ppm(tmp_path: Path) -> None:
    samples = picture(3)
    write_samples(tmp_path / "a.ppm", samples)
    data = (tmp_path / "a.ppm").read_bytes()
    same(data, samples)
    same(data.replace(b"P6\n", b"P6\n# a remark\n", 1), samples)
    pellucid.compress_file(tmp_path / "a.ppm", tmp_path / "a.pel", max_error=3)
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "b.ppm")
    assert np.abs(read_samples(tmp_path / "b.ppm")[0].astype(int) - samples).max() <= 3


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    samples = picture(3)
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    write_samples(tmp_path / "a.png", samples)  # needs none
    write_samples(tmp_path / "a.ppm", samples)
    assert np.array_equal(read_samples(tmp_path / "a.ppm")[0], samples)
    assert np.array_equal(read_samples(tmp_path / "a.png")[0], samples)
    write_samples(tmp_path / "grey.png", samples[..., :1])
    assert np.array_equal(read_samples(tmp_path / "grey.png")[0], samples[..., :1])


def test_pillow_would_have_cut_it() -> None:
    """Why these aren't read by `Image.open`: it gives 8 bits, and of short files blank rows."""
    samples = picture(3)
    with Image.open(BytesIO(png(samples))) as image:
        assert np.asarray(image).dtype == np.uint8
        with pytest.raises(InputError, match="cut by Pillow"):
            pellucid.compress(PngImagePlugin.PngImageFile(BytesIO(png(samples))))
