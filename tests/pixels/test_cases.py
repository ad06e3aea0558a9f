"""Files of one kind each that went wrong once: what they hold is kept, or named in a warning."""

from __future__ import annotations

import pickle
import struct
import warnings
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

import pellucid
from opened import read_samples, write_samples
from pellucid import errors
from pellucid.errors import InputError, OptionError, OutputError
from pellucid.pixels import Box, ImageInfo
from pellucid.pixels.geo import cropped
from pellucid.pixels.metadata import kept_exif, with_resolution

RGB = np.random.default_rng(8).integers(0, 256, (24, 32, 3), np.uint8)
GREY = RGB[..., 0].copy()


def saved(samples: np.ndarray, kind: str, **options: object) -> bytes:
    file = BytesIO()
    Image.fromarray(samples).save(file, kind, **options)
    return file.getvalue()


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def thumbnail_exif() -> bytes:
    """EXIF with the picture's sizes, a note of the maker, and IFD1 with a thumbnail."""
    exif = Image.Exif()
    exif[0x010F] = "Pellucid Works"
    inside = exif.get_ifd(0x8769)
    inside[0xA002], inside[0xA003] = 32, 24
    inside[0x927C] = b"a note with a SECRETPREVIEW"
    block = exif.tobytes()[6:]
    order = "<" if block[:2] == b"II" else ">"
    (first,) = struct.unpack_from(order + "I", block, 4)
    (count,) = struct.unpack_from(order + "H", block, first)
    at = first + 2 + 12 * count
    thumbnail = b"\xff\xd8THUMBNAIL\xff\xd9"
    start = len(block)
    table = struct.pack(order + "H", 2)
    table += struct.pack(order + "HHII", 513, 4, 1, start + 30)
    table += struct.pack(order + "HHIII", 514, 4, 1, len(thumbnail), 0)
    return block[:at] + struct.pack(order + "I", start) + block[at + 4 :] + table + thumbnail


def test_a_part_carries_nothing_of_what_was_cut_away(tmp_path: Path) -> None:
    block = thumbnail_exif()
    assert b"THUMBNAIL" in block
    assert b"SECRETPREVIEW" in block
    info = cropped(ImageInfo(32, 24, 3, exif=block), Box(4, 5, 10, 12))
    assert (info.width, info.height) == (12, 10)
    assert info.exif is not None
    assert b"THUMBNAIL" not in info.exif
    assert b"SECRETPREVIEW" not in info.exif
    for suffix in (".jpg", ".png", ".webp"):
        write_samples(tmp_path / f"a{suffix}", RGB[4:14, 5:17], info)
        with Image.open(tmp_path / f"a{suffix}") as image:
            exif = image.getexif()
            inside = exif.get_ifd(0x8769)
            assert exif[0x010F] == "Pellucid Works"
            assert (inside[0xA002], inside[0xA003]) == (12, 10)
            assert not exif.get_ifd(1)


def test_xmp_with_a_thumbnail_is_left_out_of_a_part() -> None:
    info = ImageInfo(32, 24, 3, xmp=b"<xmp:Thumbnails><xmpGImg:image>AA==</xmpGImg:image>")
    with pytest.warns(UserWarning, match="thumbnail"):
        assert cropped(info, Box(0, 0, 8, 8)).xmp is None
    plain = ImageInfo(32, 24, 3, xmp=b"<x/>", exif=b"odd")
    assert (cropped(plain, Box(0, 0, 8, 8)).xmp, cropped(plain, Box(0, 0, 8, 8)).exif) == (
        b"<x/>",
        b"odd",
    )


@pytest.mark.parametrize(
    "data", [b"P5 2 2 7\n\0\1\2\7", b"P6 1 1 31\n\x1f\0\0", b"P2 1 1 7\n7 ", b"P5 1 1 1000\n\1\2"]
)
def test_labels_are_not_spread_over_another_range(data: bytes) -> None:
    with pytest.raises(InputError, match=r"value of white.*pamdepth"):
        read_samples(data)


def test_every_error_comes_back_from_another_process() -> None:
    def tree(kind: type) -> list[type]:
        return [kind, *(one for child in kind.__subclasses__() for one in tree(child))]

    for kind in tree(errors.PellucidError):
        error = kind("thing", "science") if kind is errors.MissingExtraError else kind("what")
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is kind
        assert str(again) == str(error)
    line = errors.MissingExtraError("a thing", "x", command="pip install thing")
    assert (
        str(pickle.loads(pickle.dumps(line)))
        == "a thing is not installed; get it with: pip install thing"
    )


def test_xmp_beyond_the_first_segment_is_named() -> None:
    data = saved(RGB, "JPEG", xmp=b"<x:xmpmeta/>")
    body = (
        b"http://ns.adobe.com/xmp/extension/\0"
        + b"0" * 32
        + struct.pack(">II", 500, 0)
        + b"x" * 500
    )
    data = data[:2] + segment(0xE1, body) * 2 + data[2:]
    with pytest.warns(UserWarning, match="1000 bytes of XMP beyond the first segment"):
        _, info = read_samples(data)
    assert info.xmp == b"<x:xmpmeta/>"


def test_a_second_picture_is_named() -> None:
    file = BytesIO()
    Image.fromarray(RGB).save(
        file, "MPO", save_all=True, append_images=[Image.fromarray(255 - RGB)]
    )
    with pytest.warns(UserWarning, match="holds 2 pictures, of which the first is taken"):
        read_samples(file.getvalue())


def with_chunk(data: bytes, kind: bytes, body: bytes) -> bytes:
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return data[:33] + chunk + data[33:]  # behind IHDR


def test_a_gamma_that_is_not_kept_is_named() -> None:
    data = saved(RGB, "PNG")
    with pytest.warns(UserWarning, match="a gamma of 1, which isn't kept"):
        read_samples(with_chunk(data, b"gAMA", struct.pack(">I", 100_000)))
    for quiet in (
        with_chunk(data, b"gAMA", struct.pack(">I", 45_455)),
        with_chunk(with_chunk(data, b"gAMA", struct.pack(">I", 100_000)), b"sRGB", b"\0"),
    ):
        read_samples(quiet)


def test_twelve_bits_of_jpeg_are_not_supported() -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    data = bytes(imagecodecs.jpeg_encode(RGB.astype(np.uint16) * 16, bitspersample=12))
    with pytest.raises(InputError, match="12 bits, which is not supported; convert it"):
        read_samples(data)


@pytest.mark.parametrize("dpi", [(300, 300), (72, 96), (300.5, 150.25)])
def test_a_resolution_goes_through_a_pel_file(dpi: tuple[float, float]) -> None:
    _, info = read_samples(saved(RGB, "PNG", dpi=dpi))
    assert info.dpi is not None
    assert info.dpi == pytest.approx(dpi, abs=0.02)
    block = kept_exif(info)
    assert block is not None
    assert len(block) < 80
    back = with_resolution(ImageInfo(32, 24, 3, exif=block))
    assert back.exif is None
    assert back.dpi == pytest.approx(info.dpi)


@pytest.mark.parametrize("dpi", [("72 dpi", "72 dpi"), (300,), 300, (None, None), (0, 72)])
def test_a_resolution_that_is_none_is_left_out(dpi: object) -> None:
    image = Image.fromarray(RGB)
    image.info["dpi"] = dpi
    _, info = read_samples(image)
    assert info.dpi is None


def test_exif_of_a_picture_is_never_taken_for_its_resolution() -> None:
    block = thumbnail_exif()
    info = ImageInfo(32, 24, 3, exif=block, dpi=(300, 300))
    assert kept_exif(info) == block
    for exif in (block, b"odd", None, b"II*\0\x08\0\0\0\0\0"):
        assert with_resolution(ImageInfo(32, 24, 3, exif=exif)).exif == exif


def test_a_grey_profile_goes_with_grey_only(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    grey = profile[:16] + b"GRAY" + profile[20:]
    info = ImageInfo(32, 24, 1, icc=grey)
    write_samples(tmp_path / "a.png", GREY, info)
    assert read_samples(tmp_path / "a.png")[1].icc == grey
    with pytest.warns(UserWarning, match="colour profile is one of grey"):
        write_samples(tmp_path / "a.webp", GREY, info)
    assert read_samples(tmp_path / "a.webp")[1].icc is None


def test_metadata_can_be_left_out(tmp_path: Path) -> None:
    info = ImageInfo(32, 24, 3, xmp=b"x" * 100_000, exif=thumbnail_exif(), dpi=(300, 300))
    with pytest.raises(OutputError, match="--no-metadata"):
        write_samples(tmp_path / "a.jpg", RGB, info)
    pel, options = tmp_path / "a.pel", {"metadata": False, "jpeg_quality": 50}
    write_samples(tmp_path / "a.png", RGB, info)
    pellucid.compress_file(tmp_path / "a.png", pel, lossless=True)
    pellucid.decompress_file(pel, tmp_path / "a.jpg", **options)
    _, back = read_samples(tmp_path / "a.jpg")
    assert (back.xmp, back.exif, back.dpi) == (None, None, None)
    for quality in (True, 0, 101, 50.5):
        with pytest.raises(OptionError, match="quality"):
            write_samples(tmp_path / "b.jpg", RGB, quality=quality)


def test_odd_exif_is_no_one_elses_warning() -> None:
    odd = b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0x0112, 3, 10**6, 10**6) + bytes(4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kind in ("JPEG", "PNG", "WEBP"):
            read_samples(saved(RGB, kind, exif=odd))
        data = saved(RGB, "TIFF")
        read_samples(data[:-40] + b"\xff" * 40)


def test_tensors_are_no_arrays() -> None:
    class Tensor:
        shape, dtype = (4, 5, 3), object

        def __init__(self) -> None:
            self.dtype = type("float", (), {"__repr__": lambda _: "torch.float32"})()

        def __getitem__(self, key: object) -> object:
            raise NotImplementedError

    with pytest.raises(OptionError, match="Tensor is no NumPy array"):
        read_samples(Tensor())


def test_through_a_pel_file(tmp_path: Path) -> None:
    """The resolution comes back; a part carries no thumbnail, and its own sizes."""
    (tmp_path / "a.png").write_bytes(saved(RGB, "PNG", dpi=(300, 300)))
    pellucid.compress_file(tmp_path / "a.png", tmp_path / "a.pel", lossless=True)
    for name in ("b.png", "b.jpg", "b.tif"):
        pellucid.decompress_file(tmp_path / "a.pel", tmp_path / name)
        with Image.open(tmp_path / name) as image:
            assert image.info["dpi"] == pytest.approx((300, 300), abs=0.5)
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "b.webp")
    with Image.open(tmp_path / "b.webp") as image:  # whose only place for it is EXIF
        assert [image.getexif()[tag] for tag in (282, 283)] == pytest.approx([300, 300], abs=0.5)
    write_samples(tmp_path / "t.png", RGB, ImageInfo(32, 24, 3, exif=thumbnail_exif()))
    pellucid.compress_file(tmp_path / "t.png", tmp_path / "t.pel", model="s")
    pellucid.decompress_file(tmp_path / "t.pel", tmp_path / "t.jpg", region=(1, 2, 9, 8))
    assert b"THUMBNAIL" not in (tmp_path / "t.jpg").read_bytes()
    with Image.open(tmp_path / "t.jpg") as image:
        inside = image.getexif().get_ifd(0x8769)
        assert (inside[0xA002], inside[0xA003]) == (9, 8)
    pellucid.decompress_file(tmp_path / "t.pel", tmp_path / "whole.jpg")
    assert read_samples(tmp_path / "whole.jpg")[1].exif == thumbnail_exif()
