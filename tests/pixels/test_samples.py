"""Pictures in their own sample type: what goes in comes out, or is refused; nothing is crushed."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from opened import read_samples, samples_of, write_samples
from pellucid.errors import InputError, LimitError, OptionError, OutputError
from pellucid.pixels import ImageInfo

XMP = "<x:xmpmeta xmlns:x='adobe:ns:meta/'>ä</x:xmpmeta>".encode()
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SHAPE = (13, 17)
random = np.random.default_rng(3)


def picture(dtype: str, channels: int) -> np.ndarray:
    if dtype == "float32":
        values = random.normal(0.5, 0.3, (*SHAPE, channels)).astype(np.float32)
        values[2, 3] = np.nan
        return values
    high = np.iinfo(dtype).max
    return random.integers(0, high, (*SHAPE, channels), dtype=dtype, endpoint=True)


def turned_exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    exif[0x010F] = "Pellucid Works"
    return exif.tobytes()[6:]


KEPT = [
    *((suffix, "uint8", channels) for suffix in ("png", "tif") for channels in (1, 2, 3, 4)),
    *((suffix, "uint16", 1) for suffix in ("png", "tif", "pgm", "ppm")),
    ("ppm", "uint16", 3),
    *(("webp", "uint8", channels) for channels in (3, 4)),
    *(("bmp", "uint8", channels) for channels in (1, 3)),
    ("tiff", "float32", 1),
    ("ppm", "uint8", 3),
    ("pgm", "uint8", 1),
]


@pytest.mark.parametrize(("suffix", "dtype", "channels"), KEPT)
def test_round_trip(tmp_path, suffix, dtype, channels):
    path, samples = tmp_path / f"a.{suffix}", picture(dtype, channels)
    write_samples(path, samples)
    back, info = read_samples(path)
    assert back.dtype == samples.dtype
    np.testing.assert_array_equal(back, samples)
    assert (info.height, info.width, info.channels) == samples.shape
    assert info.bit_depth == 8 * samples.itemsize
    np.testing.assert_array_equal(read_samples(path.read_bytes())[0], samples)


@pytest.mark.parametrize(
    ("suffix", "dtype", "channels"),
    [
        *(("png", "uint8", 4), ("webp", "uint8", 4), ("tif", "uint8", 2), ("jpg", "uint8", 3)),
        *(("png", "uint16", 1), ("tif", "uint16", 1), ("tif", "float32", 1)),
    ],
)
def test_metadata_is_kept(tmp_path, suffix, dtype, channels):
    samples = picture(dtype, channels)
    given = ImageInfo(*SHAPE[::-1], channels, exif=turned_exif(), icc=ICC, xmp=XMP)
    write_samples(tmp_path / f"a.{suffix}", samples, given)
    first, before = read_samples(tmp_path / f"a.{suffix}")
    assert (before.icc, before.xmp) == (ICC, XMP)
    assert before.exif is not None
    with Image.open(tmp_path / f"a.{suffix}") as image:
        assert image.getexif()[0x0112] == 6
    assert first.shape == samples.shape  # the orientation is not applied
    write_samples(tmp_path / f"b.{suffix}", first, before)
    after = read_samples(tmp_path / f"b.{suffix}")[1]
    assert (after.exif, after.icc, after.xmp) == (before.exif, before.icc, before.xmp)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp"])
def test_dots_an_inch(tmp_path, suffix):
    Image.new("L", (9, 9)).save(tmp_path / f"a.{suffix}", dpi=(300, 150))
    samples, info = read_samples(tmp_path / f"a.{suffix}")
    assert info.dpi == pytest.approx((300, 150), rel=1e-3)
    write_samples(tmp_path / f"b.{suffix}", samples, info)
    assert read_samples(tmp_path / f"b.{suffix}")[1].dpi == info.dpi


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_tiff_is_not_turned(tmp_path, orientation):
    for samples in (picture("uint16", 1), picture("float32", 1), picture("uint8", 4)):
        image = Image.fromarray(samples[:, :, 0] if samples.shape[2] == 1 else samples)
        image.save(tmp_path / "a.tif", tiffinfo={274: orientation})
        np.testing.assert_array_equal(read_samples(tmp_path / "a.tif")[0], samples)


@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_byte_orders(tmp_path, order):
    mark = b"II*\0" if order == "<" else b"MM\0*"
    exif = mark + struct.pack(f"{order}IHHHI4sI", 8, 1, 0x010F, 2, 4, b"abc\0", 0)
    for samples in (picture("uint16", 1), picture("float32", 1)):
        write_samples(
            tmp_path / "a.tif", samples, ImageInfo(*SHAPE[::-1], 1, exif=exif), force=True
        )
        assert (tmp_path / "a.tif").read_bytes().startswith(mark)
        back, info = read_samples(tmp_path / "a.tif")
        np.testing.assert_array_equal(back, samples)
        assert info.exif == exif
        assert back.dtype.isnative


def test_sixteen_bits_by_another_writer(tmp_path):
    samples = np.arange(0, 65536, 7, dtype=np.uint16)[:9300].reshape(93, 100)
    for name, options in (
        ("a.png", {}),
        ("a.tif", {}),
        ("b.tif", {"compression": "tiff_lzw"}),
        ("c.tif", {"compression": "tiff_adobe_deflate", "tiffinfo": {317: 2}}),
    ):
        Image.fromarray(samples).save(tmp_path / name, **options)
        back, _ = read_samples(tmp_path / name)
        assert len(np.unique(back)) == 9300
        np.testing.assert_array_equal(back[:, :, 0], samples)


def test_palette_and_transparent_colour(tmp_path):
    image = Image.fromarray(picture("uint8", 3)).quantize(7)
    image.save(tmp_path / "a.png")
    image.save(tmp_path / "a.gif", transparency=2)
    samples, _ = read_samples(tmp_path / "a.png")
    np.testing.assert_array_equal(samples, np.asarray(image.convert("RGB")))
    samples, _ = read_samples(tmp_path / "a.gif")
    assert samples.shape[2] == 4
    np.testing.assert_array_equal(samples[:, :, 3] == 0, np.asarray(image) == 2)
    Image.new("RGB", (5, 4), (1, 2, 3)).save(tmp_path / "b.png", transparency=(1, 2, 3))
    assert (read_samples(tmp_path / "b.png")[0] == (1, 2, 3, 0)).all()
    Image.new("L", (5, 4), 9).save(tmp_path / "b.png", transparency=8)
    assert (read_samples(tmp_path / "b.png")[0] == (9, 255)).all()


def deep_png(kind: int, channels: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    rows = b"".join(b"\0" + bytes(range(8 * channels)) for _ in range(3))
    head = struct.pack(">IIBBBBB", 4, 3, 16, kind, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def deep_tiff(channels: int, bits: int = 16, **tags: int) -> bytes:
    """One strip of uncompressed samples, 4 x 3."""
    values = {256: 4, 257: 3, 259: 1, 262: 2 if channels > 2 else 1, 277: channels, 278: 3}
    values |= {273: 200, 279: 12 * channels * bits // 8}
    values |= {int(tag[1:]): value for tag, value in tags.items()}
    rows = {tag: struct.pack("<HHII", tag, 4, 1, value) for tag, value in values.items()}
    where = 170  # of the bits, if they don't fit their row
    field = struct.pack("<HH", bits, bits) if channels < 3 else struct.pack("<I", where)
    rows[258] = struct.pack("<HHI", 258, 3, channels) + field
    table = struct.pack("<H", len(rows)) + b"".join(rows[tag] for tag in sorted(rows)) + bytes(4)
    body = (b"II*\0" + struct.pack("<I", 8) + table).ljust(where, b"\0")
    body = (body + struct.pack(f"<{channels}H", *[bits] * channels)).ljust(200, b"\0")
    return body + bytes(range(256))[: 12 * channels * bits // 8].ljust(12 * channels * bits // 8)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


REFUSED = {
    "white is zero": (deep_tiff(1, t262=0), "grey with 0 for white"),
    "CMYK": (saved(Image.new("CMYK", (9, 9)), "JPEG"), "CMYK"),
    "10-bit RGB PPM": (b"P6\n4 3\n1023\n" + bytes(72), "samples of 0 to 1023"),
    "16-bit RGB PPM in text": (b"P3\n4 3\n65535\n" + b"7 " * 36, "plain text"),
    "16-bit RGB PPM, cut off": (b"P6\n4 3\n65535\n" + bytes(71), "71 bytes can't hold"),
    "12-bit PGM": (b"P5\n4 3\n4095\n" + bytes(24), "0 to 4095"),
    "animation": (
        saved(
            Image.new("L", (9, 9)), "GIF", save_all=True, append_images=[Image.new("L", (9, 9), 9)]
        ),
        "more than one frame",
    ),
    "cut off": (saved(Image.fromarray(picture("uint16", 1)[:, :, 0]), "PNG")[:200], "cut off"),
    "no picture": (b"Dear reader", "is not a picture"),
    "nothing": (b"", "empty"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(tmp_path, case):
    data, message = REFUSED[case]
    (tmp_path / "bad").write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_samples(tmp_path / "bad")
    assert message in str(caught.value)
    assert "bad" in str(caught.value)


TAKEN = {
    "16-bit RGB TIFF": (deep_tiff(3), "uint16", 3),
    "signed": (deep_tiff(1, t339=2), "int16", 1),
    "a channel without meaning": (deep_tiff(4, 8, t338=0), "uint8", 4),
    "64-bit floats": (deep_tiff(1, 64, t339=3), "float64", 1),
    "32-bit whole numbers": (saved(Image.new("I", (9, 9)), "TIFF"), "int32", 1),
    "1 bit": (saved(Image.new("1", (9, 9)), "PNG"), "uint8", 1),
}


@pytest.mark.parametrize("case", TAKEN)
def test_taken_as_stored(case):
    """From bytes as from a path, though Pillow would change or refuse most of these."""
    data, dtype, channels = TAKEN[case]
    samples, info = read_samples(data)
    assert (samples.dtype.name, samples.shape[2]) == (dtype, channels)
    assert info.bit_depth == 8 * samples.itemsize
    assert not info.has_alpha


def test_the_helpers_make_good_tiffs():
    back, _ = read_samples(deep_tiff(1))
    assert (back.dtype, back.shape, back[0, 1, 0]) == (np.uint16, (3, 4, 1), 0x0302)


def test_limit(tmp_path):
    with pytest.raises(LimitError, match="over the limit"):
        read_samples(deep_tiff(1), max_pixels=11)


def test_pillow_images():
    for mode, shape in (("L", 1), ("LA", 2), ("RGB", 3), ("RGBA", 4), ("I;16", 1), ("F", 1)):
        assert samples_of(Image.new(mode, (5, 4))).shape == (4, 5, shape)
    assert samples_of(Image.new("I;16", (5, 4), 700))[0, 0, 0] == 700
    for mode in ("I", "CMYK"):
        with pytest.raises(InputError):
            samples_of(Image.new(mode, (5, 4)))
    for data in (deep_png(2, 3), deep_tiff(3), b"P6\n4 3\n65535\n" + bytes(72)):
        with Image.open(BytesIO(data)) as image, pytest.raises(InputError, match="without loss"):
            samples_of(image)
        with Image.open(BytesIO(data)) as image, pytest.raises(InputError, match="cut by Pillow"):
            samples_of(image)
    with pytest.raises(InputError, match="no pixels"):
        samples_of(Image.new("L", (0, 4)))
    with pytest.raises(OptionError, match="not list"):
        samples_of([1])


@pytest.mark.parametrize(
    ("name", "dtype", "channels", "able"),
    [
        ("a.jpg", "uint8", 4, ".png .webp .npy .tif .zarr"),
        ("a.bmp", "uint8", 2, ".png"),
        ("a.webp", "uint16", 1, ".png .ppm .pgm .npy .tif .zarr"),
        ("a.png", "float32", 1, ".npy .tif .zarr"),
        ("a.gif", "uint8", 1, "names no known format"),
    ],
)
def test_what_a_format_cannot_hold(tmp_path, name, dtype, channels, able):
    with pytest.raises(OutputError, match=able.replace(".", r"\.")):
        write_samples(tmp_path / name, picture(dtype, channels))
    assert not list(tmp_path.iterdir())


def test_existing_file(tmp_path):
    path, samples = tmp_path / "a.png", picture("uint8", 4)
    path.write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists already"):
        write_samples(path, samples)
    assert path.read_bytes() == b"mine"
    write_samples(path, samples, force=True)
    np.testing.assert_array_equal(read_samples(path)[0], samples)
