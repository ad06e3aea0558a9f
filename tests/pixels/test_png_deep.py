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
from pellucid.errors import InputError, LimitError, MissingExtraError, PellucidError
from pellucid.pixels import ImageInfo, png_deep, read_samples, write_samples
from pellucid.pixels.picture import read_picture
from pellucid.pixels.png_chunks import chunks_of

imagecodecs = pytest.importorskip("imagecodecs")

ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = "<x:xmpmeta xmlns:x='adobe:ns:meta/'>ä</x:xmpmeta>".encode()
EXIF = b"II*\0" + struct.pack("<IHHHI4sI", 8, 1, 0x010F, 2, 4, b"abc\0", 0)
COLOURS = {1: 0, 3: 2, 2: 4, 4: 6}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
PASSES = (*PASSES, (0, 1, 1, 2))  # Adam7: first column, first row, steps


def picture(channels: int, height: int = 33, width: int = 41) -> np.ndarray:
    """A slope with noise, so that each filter is the best of some row, and with flat rows."""
    y, x = np.mgrid[:height, :width]
    random = np.random.default_rng(channels)
    planes = [(x * (c + 2) * 311 + y * 977) % 60000 for c in range(channels)]
    samples = np.stack(planes, axis=-1) + random.integers(0, 900, (height, width, channels))
    samples[height // 2 :: 7] = 4242
    return samples.astype(np.uint16)


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def head(width: int, height: int, colour: int, *, interlaced: int = 0, depth: int = 16) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))


def rows(samples: np.ndarray) -> bytes:
    return b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)


def png(
    samples: np.ndarray, before: bytes = b"", after: bytes = b"", *, interlaced: bool = False
) -> bytes:
    """A file made here, chunk by chunk."""
    height, width, channels = samples.shape
    parts = [samples[y::down, x::across] for x, y, across, down in PASSES]
    body = b"".join(rows(part) for part in parts if part.size) if interlaced else rows(samples)
    top = head(width, height, COLOURS[channels], interlaced=int(interlaced))
    packed = zlib.compress(body)
    half = len(packed) // 2
    data = chunk(b"IDAT", packed[:half]) + chunk(b"IDAT", packed[half:])
    return b"\x89PNG\r\n\x1a\n" + top + before + data + after + chunk(b"IEND")


def same(data: bytes, samples: np.ndarray) -> None:
    found, info = read_samples(data)
    assert found.dtype == np.uint16
    assert np.array_equal(found, samples)
    assert (info.height, info.width, info.channels, info.bit_depth) == (*samples.shape, 16)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_files_of_others(channels: int) -> None:
    samples = picture(channels)
    same(bytes(imagecodecs.png_encode(samples)), samples)
    same(png(samples), samples)
    same(png(samples, interlaced=True), samples)
    same(png(samples[:1, :1]), samples[:1, :1])
    same(png(samples[:3, :2], interlaced=True), samples[:3, :2])


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
    assert np.array_equal(read_picture(png(samples))[0], samples[..., :3])
    assert read_picture(png(samples))[1].channels == 3
    samples[3, 3, 3] = 65534
    assert np.array_equal(read_picture(png(samples))[0], samples)


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
    with pytest.raises(MissingExtraError, match=r"pip install 'pellucid\[science\]'"):
        read_samples(tmp_path / "a.png")
    write_samples(tmp_path / "grey.png", samples[..., :1])
    assert np.array_equal(read_samples(tmp_path / "grey.png")[0], samples[..., :1])


def test_animations_are_refused() -> None:
    moving = chunk(b"acTL", struct.pack(">II", 2, 0))
    with pytest.raises(InputError, match="more than one frame"):
        read_samples(png(picture(3), moving))


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """No decoder is asked."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("it was decoded")

    monkeypatch.setattr(png_deep, "_decoded", never)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("interlaced", [0, 1])
def test_sizes_are_checked_before_anything_is_decoded(interlaced: int) -> None:
    def claims(width: int, height: int, body: bytes = bytes(9)) -> bytes:
        top = head(width, height, 6, interlaced=interlaced)
        data = chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND")
        return b"\x89PNG\r\n\x1a\n" + top + data

    with pytest.raises(LimitError, match="more than the limit"):
        read_samples(claims(2**31 - 1, 2**31 - 1))
    with pytest.raises(LimitError):
        read_samples(claims(50, 50, bytes(20050)), max_pixels=2499)
    for size in ((2**14, 2**14), (1, 2**28), (2**28, 1), (100, 100)):
        with pytest.raises(InputError, match="bytes can't hold"):
            read_samples(claims(*size))
    with pytest.raises(InputError):
        read_samples(claims(0, 7))
    padded = claims(2**11, 2**11).replace(chunk(b"IEND"), chunk(b"zzZz", bytes(2**17)))
    with pytest.raises(InputError, match="bytes can't hold"):  # only IDAT counts
        read_samples(padded + chunk(b"IEND"))


@pytest.mark.usefixtures("untouched")
def test_frames_that_contradict_themselves() -> None:
    samples = picture(3, 4, 5)
    good = png(samples)
    top, rest = good[:33], good[33:]
    for bad, message in (
        (good[:8] + chunk(b"gAMA", bytes(4)) + good[8:], "must begin"),
        (top + head(5, 4, 2) + rest, "one IHDR"),
        (top + chunk(b"IEND"), "damaged"),
        (top + chunk(b"IDAT") + chunk(b"IEND"), "can't hold"),
        (good[:8] + head(5, 4, 5) + rest, "damaged"),
        (good[:8] + head(5, 4, 3) + rest, "damaged"),
        (good[:8] + head(5, 4, 2, interlaced=7) + rest, "its header says"),
        (top + chunk(b"IDAT") * 2**20 + rest, "more than 1048576 chunks"),
    ):
        with pytest.raises(InputError, match=message):
            read_samples(bad)


def test_samples_that_are_not_all_there() -> None:
    """Sound chunks and checksums, and fewer rows than the header says."""
    samples = picture(3)
    for interlaced in (0, 1):
        for count in (0, 1, 246, 247, len(rows(samples)) - 1):
            body = rows(samples)[:count]
            top = head(41, 33, 2, interlaced=interlaced)
            data = chunk(b"IDAT", zlib.compress(body, 0)) + chunk(b"IEND")
            with pytest.raises(InputError, match="damaged"):
                read_samples(b"\x89PNG\r\n\x1a\n" + top + data)


def test_every_cut_and_every_flipped_bit_is_an_error() -> None:
    good = png(picture(3, 7, 6), chunk(b"eXIf", EXIF), chunk(b"tEXt", b"Title\0a"))
    same(good, picture(3, 7, 6))
    for length in range(len(good)):
        with pytest.raises(InputError):
            read_samples(good[:length])
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InputError):
            read_samples(bytes(bad))


def test_damage_with_right_checksums() -> None:
    """What a checksum doesn't find: samples of the size that the header says, or an error."""
    random = np.random.default_rng(5)
    packed = zlib.compress(rows(picture(3, 9, 8)))
    good = 0
    for _ in range(600):
        width, height = (int(side) for side in random.integers(1, 20, 2))
        colour, interlaced = int(random.choice([2, 2, 4, 6])), int(random.integers(2))
        if random.random() < 0.5:
            width, height, colour = 8, 9, 2
        body = bytearray(packed)
        for _ in range(int(random.integers(3))):
            body[int(random.integers(len(body)))] = int(random.integers(256))
        clear = chunk(b"tRNS", bytes(int(random.choice([0, 2, 5, 6, 7]))))
        data = head(width, height, colour, interlaced=interlaced)
        data += clear if random.random() < 0.3 else b""
        data += chunk(b"IDAT", bytes(body)) + chunk(b"IEND")
        try:
            found, info = read_samples(b"\x89PNG\r\n\x1a\n" + data, max_pixels=300)
        except PellucidError:
            continue
        assert found.shape[:2] == (info.height, info.width) == (height, width)
        good += 1
    assert good > 20


def test_pillow_would_have_cut_it() -> None:
    """Why another decoder reads these: of Pillow come 8 bits, and of short files blank rows."""
    samples = picture(3)
    with Image.open(BytesIO(png(samples))) as image:
        assert np.asarray(image).dtype == np.uint8
        with pytest.raises(InputError, match="cut by Pillow"):
            pellucid.compress(PngImagePlugin.PngImageFile(BytesIO(png(samples))))
