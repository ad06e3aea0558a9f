"""Reading: what comes out for each layout, and one clear error for each thing that can't be."""

from __future__ import annotations

import contextlib
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from opened import read_samples
from pellucid.errors import InputError, LimitError, OptionError, PellucidError
from pellucid.pixels import Role, open_image

RAMP = np.arange(6 * 5 * 3, dtype=np.uint8).reshape(6, 5, 3)
GREY = RAMP[:, :, 0].copy()


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG put together by hand, for what Pillow doesn't write."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", head)
        + png_chunk(b"IDAT", zlib.compress(rows))
        + png_chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "PPM", "WEBP"])
def test_rgb_comes_out_as_stored(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    samples, info = read_samples(encoded(Image.fromarray(RAMP), kind, **options))
    np.testing.assert_array_equal(samples, RAMP)
    assert samples.dtype == np.uint8
    assert samples.flags.c_contiguous
    assert (info.width, info.height, info.channels, info.bit_depth) == (5, 6, 3, 8)
    assert info.source_format == kind
    assert info.exif is info.icc is info.xmp is None


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "PPM", "GIF"])
def test_grey_comes_out_as_stored(kind: str) -> None:
    samples, info = read_samples(encoded(Image.fromarray(GREY), kind))
    np.testing.assert_array_equal(samples[:, :, 0], GREY)
    assert samples.shape == (6, 5, 1)
    assert info.channels == 1


def test_jpeg_is_read() -> None:
    samples, info = read_samples(encoded(Image.fromarray(RAMP), "JPEG", quality=100))
    assert samples.shape == RAMP.shape
    assert info.source_format == "JPEG"


def test_multi_picture_jpeg_is_read_as_its_first() -> None:
    preview = Image.fromarray(255 - RAMP)
    data = encoded(Image.fromarray(RAMP), "MPO", save_all=True, append_images=[preview])
    with Image.open(BytesIO(data)) as image:
        with pytest.warns(UserWarning, match="holds 2 pictures, of which the first is taken"):
            samples, _ = read_samples(data)
        np.testing.assert_array_equal(samples, np.asarray(image))


def test_bits_become_black_and_white() -> None:
    bits = Image.fromarray(GREY).convert("1")
    samples, _ = read_samples(encoded(bits))
    assert set(np.unique(samples)) <= {0, 255}
    assert samples.shape == (6, 5, 1)


def test_palette_becomes_its_colours() -> None:
    palette = Image.fromarray(RAMP).quantize(16)
    samples, info = read_samples(encoded(palette))
    np.testing.assert_array_equal(samples, np.asarray(palette.convert("RGB")))
    assert info.channels == 3


def grey_palette() -> Image.Image:
    image = Image.fromarray(GREY % 4, mode=None)
    image = Image.frombytes("P", image.size, image.tobytes())
    image.putpalette([value for grey in (9, 70, 130, 255) for value in (grey,) * 3])
    return image


def test_grey_palette_becomes_grey() -> None:
    samples, _ = read_samples(encoded(grey_palette()))
    np.testing.assert_array_equal(samples[:, :, 0], np.array([9, 70, 130, 255])[GREY % 4])
    assert samples.shape == (6, 5, 1)


def test_grey_palette_with_rgb_profile_stays_rgb() -> None:
    profile = bytes(16) + b"RGB " + bytes(12)
    _, info = read_samples(encoded(grey_palette(), icc_profile=profile))
    assert info.channels == 3
    assert info.icc == profile


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_opaque_alpha_is_there(mode: str) -> None:
    image = Image.fromarray(RAMP).convert(mode)
    samples, info = read_samples(encoded(image))
    np.testing.assert_array_equal(samples, np.asarray(image))
    assert info.has_alpha


def transparent(mode: str) -> bytes:
    if mode == "P":
        return encoded(grey_palette(), transparency=2)
    if mode == "RGB":
        return encoded(Image.fromarray(RAMP), transparency=(0, 1, 2))
    image = Image.fromarray(RAMP).convert(mode)
    image.putalpha(100)
    return encoded(image)


@pytest.mark.parametrize(("mode", "channels"), [("RGBA", 4), ("LA", 2), ("P", 2), ("RGB", 4)])
def test_transparency_is_a_channel(mode: str, channels: int) -> None:
    samples, info = read_samples(transparent(mode))
    assert samples.shape == (6, 5, channels)
    assert samples[..., -1].min() < 255
    assert info.roles[-1] is Role.ALPHA


DEEP = {
    "I;16": encoded(Image.fromarray(np.ones((2, 2), np.uint16))),
    "I;16 TIFF": encoded(Image.fromarray(np.ones((2, 2), np.uint16)), "TIFF"),
    "F": encoded(Image.fromarray(np.ones((2, 2), np.float32)), "TIFF"),
    "I": encoded(Image.fromarray(np.ones((2, 2), np.int32)), "TIFF"),
    "RGB PNG": png(1, 1, 16, 2, bytes(7)),
    "grey and alpha PNG": png(1, 1, 16, 4, bytes(5)),
    "RGB PPM": b"P6 1 1 65535\n" + bytes(6),
    "10-bit PPM": b"P6 1 1 1023\n" + bytes(6),
    "grey PGM": b"P5 1 1 65535\n" + bytes(2),
}


@pytest.mark.parametrize("name", DEEP)
def test_more_than_8_bits_stay_or_are_refused(name: str) -> None:
    if name == "10-bit PPM":
        with pytest.raises(InputError, match="0 to 1023"):
            read_samples(DEEP[name])
        return
    samples, info = read_samples(DEEP[name])
    assert samples.dtype == {"F": np.float32, "I": np.int32}.get(name, np.uint16)
    assert info.bit_depth == 8 * samples.itemsize


@pytest.mark.parametrize("data", [b"P5 1 1 15\n\x0f", b"P2 1 1 7\n7 ", b"P6 1 1 31\n\x1f\0\0"])
def test_another_white_than_that_of_8_or_16_bits_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"value of white.*pamdepth 255"):
        read_samples(data)


@pytest.mark.parametrize("space", [b" ", b"\n# a remark\n", b" # one\n# two\n "])
def test_headers_of_netpbm_may_hold_remarks(space: bytes) -> None:
    data = b"P6" + space + b"2" + space + b"1" + space + b"255\n" + bytes(range(6))
    np.testing.assert_array_equal(read_samples(data)[0].ravel(), range(6))


@pytest.mark.parametrize("mode", ["CMYK", "LAB"])
def test_other_colour_modes_are_named(mode: str) -> None:
    with pytest.raises(InputError, match=f"colour mode {mode}"):
        read_samples(encoded(Image.new(mode, (3, 3)), "TIFF"))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_several_frames_are_refused(kind: str) -> None:
    frames = [Image.fromarray(RAMP), Image.fromarray(255 - RAMP)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match="more than one frame or page"):
        read_samples(data)


def test_empty_input() -> None:
    with pytest.raises(InputError, match=r"the input is empty \(0 bytes\)"):
        read_samples(b"")


def test_not_an_image(tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    path.write_text("not a picture at all")
    with pytest.raises(InputError, match=r"notes\.png is not a picture in a format"):
        read_samples(path)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("a.mp4", b"\0\0\0\x20ftypisom"),
        ("a.unknown", b"\0\0\0\x20ftypmp42"),
        ("a.unknown", b"\0\0\0\x14ftypqt  "),
        ("a.unknown", b"\x1aE\xdf\xa3\x01"),
        ("a.unknown", b"YUV4MPEG2 W64 H48 F25:1"),
        ("a.unknown", b"RIFF\0\x10\0\0AVI LIST"),
        ("a.TS", b"G@\x11\x10"),
    ],
)
def test_a_video_is_no_picture(tmp_path: Path, name: str, start: bytes) -> None:
    (tmp_path / name).write_bytes(start + bytes(999))
    with pytest.raises(InputError, match=rf"{name} is a video, .*pellucid stream"):
        read_samples(tmp_path / name)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "PPM", "GIF"])
@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_truncated(kind: str, keep: float) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    with pytest.raises(InputError, match="damaged or cut off"):
        read_samples(data[: int(len(data) * keep)])


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.png: no such file"):
        read_samples(tmp_path / "gone.png")
    with pytest.raises(InputError, match="is a folder"):
        read_samples(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read_samples("a\0b.png")


def test_wrong_type_of_source() -> None:
    with pytest.raises(OptionError, match="not int"):
        read_samples(3)  # type: ignore[arg-type]


def test_decompression_bomb_is_refused_before_decoding() -> None:
    bomb = png(50_000, 50_000, 1, 0, b"")  # its rows are never looked at
    with pytest.raises(LimitError, match="50000 x 50000 = 2500000000 pixels"):
        read_samples(bomb)


HOLLOW = {
    "PNG": png(16_000, 16_000, 8, 2, b""),
    "PPM": b"P6 16000 16000 255\n" + bytes(1000),
    "BMP": encoded(Image.new("RGB", (4, 4)), "BMP").replace(
        struct.pack("<II", 4, 4), struct.pack("<II", 16_000, 16_000)
    ),
    "TIFF": encoded(Image.new("RGB", (5000, 1)), "TIFF").replace(
        struct.pack("<HHII", 257, 4, 1, 1), struct.pack("<HHII", 257, 4, 1, 50_000)
    ),
}


@pytest.mark.parametrize("kind", HOLLOW)
def test_size_that_the_file_cannot_hold_is_refused_before_decoding(kind: str) -> None:
    said = r"damaged or cut off: \d+ bytes can't hold \d+ x|its samples aren't all there"
    with pytest.raises(InputError, match=said), open_image(HOLLOW[kind]) as image:
        image[0:9, 0:9]  # a large TIFF is read in parts


def test_max_pixels_is_the_only_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(Image.fromarray(RAMP))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert read_samples(data, max_pixels=30)[0].shape == RAMP.shape
    assert Image.MAX_IMAGE_PIXELS == 10  # put back
    with pytest.raises(LimitError, match="limit of 29"):
        read_samples(data, max_pixels=29)
    assert Image.MAX_IMAGE_PIXELS == 10


@given(data=st.binary(max_size=200), start=st.sampled_from(list(DEEP.values())))
def test_any_bytes_raise_pellucid_errors_only(data: bytes, start: bytes) -> None:
    for source in (data or b"x", start[:20] + data):
        with contextlib.suppress(PellucidError):
            read_samples(source, max_pixels=10_000)


SEEDS = [encoded(Image.fromarray(RAMP), kind) for kind in ("PNG", "JPEG", "WEBP", "TIFF", "GIF")]


@given(st.sampled_from(SEEDS), st.data())
def test_mutated_files_raise_pellucid_errors_only(seed: bytes, draw: st.DataObject) -> None:
    data = bytearray(seed)
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        samples, info = read_samples(bytes(data), max_pixels=1_000_000)
    except PellucidError:
        return
    assert samples.shape == (info.height, info.width, info.channels)


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3])))
)
def test_an_array_keeps_its_samples(array: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    samples, info = read_samples(array)
    np.testing.assert_array_equal(samples, array)
    assert (info.height, info.width, info.channels) == array.shape


def test_pillow_image() -> None:
    opened = Image.open(BytesIO(encoded(Image.fromarray(RAMP), exif=b"II*\0xx")))
    samples, info = read_samples(opened)
    np.testing.assert_array_equal(samples, RAMP)
    assert info.exif == b"II*\0xx"
    assert info.source_format == "PNG"
    with pytest.raises(InputError, match="no pixels"):
        read_samples(Image.new("L", (0, 2)))
    cut = Image.open(BytesIO(encoded(Image.fromarray(RAMP))[:-30]))
    with pytest.raises(InputError, match="damaged"):
        read_samples(cut)
