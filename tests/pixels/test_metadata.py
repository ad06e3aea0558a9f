"""EXIF, ICC and XMP survive byte for byte, from any format that holds them to any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from opened import write_samples
from pellucid.errors import OutputError
from pellucid.pixels import ImageInfo, read_image
from pellucid.pixels.metadata import resolution_of

PICTURE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
BLOCKS = [".png", ".jpg", ".webp"]  # hold EXIF as a block of any bytes
FORMATS = [*BLOCKS, ".tif"]
XMP = "<x:xmpmeta xmlns:x='adobe:ns:meta/'>ä – \N{SNOWMAN}</x:xmpmeta>".encode()
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
EXACT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)


def exif_block(orientation: int = 6) -> bytes:
    """An EXIF block as a camera writes it: three directories, a thumbnail's worth of maker note."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Pellucid Works"
    exif[0x011A] = 72.5
    exif.get_ifd(0x8769).update({0x829A: 0.008, 0x927C: bytes(range(256)) * 4, 0x9003: "2025"})
    exif.get_ifd(0x8825).update({1: "N", 2: (1.0, 2.0, 3.5)})
    return exif.tobytes().removeprefix(b"Exif\0\0")


def round_trip(path: Path, info: ImageInfo) -> ImageInfo:
    write_samples(path, PICTURE, info, force=True)
    return read_image(path)[1]


def with_blocks(**blocks: bytes | None) -> ImageInfo:
    return ImageInfo(6, 4, 3, **blocks)  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", BLOCKS)
def test_round_trip_of_real_metadata(tmp_path: Path, suffix: str) -> None:
    exif = exif_block()
    back = round_trip(tmp_path / f"a{suffix}", with_blocks(exif=exif, icc=ICC, xmp=XMP))
    assert (back.exif, back.icc, back.xmp) == (exif, ICC, XMP)


@pytest.mark.parametrize("suffix", BLOCKS)
@EXACT
@given(
    exif=st.binary(min_size=1, max_size=300).filter(lambda b: not b.startswith(b"Exif\0\0")),
    icc=st.binary(min_size=1, max_size=300),
    xmp=st.binary(min_size=1, max_size=300),
)
def test_round_trip_of_any_bytes(
    tmp_path: Path, suffix: str, exif: bytes, icc: bytes, xmp: bytes
) -> None:
    exif = b"II*\0\x08\0\0\0\0\0\0\0\0\0" + exif  # JPEG readers look into the block
    back = round_trip(tmp_path / f"a{suffix}", with_blocks(exif=exif, icc=icc, xmp=xmp))
    assert (back.exif, back.icc, back.xmp) == (exif, icc, xmp)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("only", ["exif", "icc", "xmp", None])
def test_nothing_is_invented(tmp_path: Path, suffix: str, only: str | None) -> None:
    blocks = {"exif": exif_block(), "icc": ICC, "xmp": XMP}
    back = round_trip(tmp_path / f"a{suffix}", with_blocks(**{k: blocks[k] for k in [only] if k}))
    assert {k for k in blocks if getattr(back, k) is not None} == {only} - {None}


@pytest.mark.parametrize("suffix", FORMATS)
def test_long_blocks(tmp_path: Path, suffix: str) -> None:
    """Longer than a JPEG segment, which holds 65533 bytes."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x927C] = bytes(range(256)) * 600
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    icc = bytes(range(251)) * 700
    back = round_trip(tmp_path / f"a{suffix}", with_blocks(exif=block, icc=icc))
    assert back.icc == icc
    assert back.exif == block


def test_xmp_too_long_for_jpeg(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="XMP data is too long"):
        write_samples(tmp_path / "a.jpg", PICTURE, with_blocks(xmp=bytes(70_000)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("first", FORMATS)
@pytest.mark.parametrize("second", FORMATS)
def test_between_formats(tmp_path: Path, first: str, second: str) -> None:
    start = round_trip(tmp_path / f"a{first}", with_blocks(exif=exif_block(), icc=ICC, xmp=XMP))
    back = round_trip(tmp_path / f"b{second}", start)
    assert (back.icc, back.xmp) == (ICC, XMP)
    if second != ".tif" or first == ".tif":
        assert back.exif == start.exif
    assert tags(back.exif) == tags(exif_block())


def tags(block: bytes | None) -> dict[int, Any]:
    exif = Image.Exif()
    exif.load(block or b"")
    found = {**exif}
    for directory in (0x8769, 0x8825):
        found[directory] = dict(exif.get_ifd(directory))
    return found


@pytest.mark.parametrize("suffix", [".bmp", ".ppm"])
def test_formats_without_room(tmp_path: Path, suffix: str) -> None:
    back = round_trip(tmp_path / f"a{suffix}", with_blocks(exif=exif_block(), icc=ICC, xmp=XMP))
    assert back.exif is back.icc is back.xmp is None


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_kept_and_not_applied(tmp_path: Path, suffix: str, orientation: int) -> None:
    path = tmp_path / f"a{suffix}"
    write_samples(path, PICTURE, with_blocks(exif=exif_block(orientation)))
    samples, info = read_image(path)
    assert samples.shape == PICTURE.shape
    if suffix != ".jpg":
        np.testing.assert_array_equal(samples, PICTURE)
    assert tags(info.exif)[0x0112] == orientation


def test_marker_in_a_webp_is_not_doubled(tmp_path: Path) -> None:
    """Some writers put JPEG's marker into WebP's chunk."""
    exif = exif_block()
    Image.fromarray(PICTURE).save(tmp_path / "a.webp", lossless=True, exif=b"Exif\0\0" + exif)
    data = (tmp_path / "a.webp").read_bytes()
    at = data.index(b"EXIF")
    (tmp_path / "b.webp").write_bytes(
        data[:4]
        + (len(data) - 8 + 6).to_bytes(4, "little")
        + data[8:at]
        + b"EXIF"
        + (len(exif) + 6).to_bytes(4, "little")
        + b"Exif\0\0"
        + data[at + 8 :]
    )
    assert read_image(tmp_path / "b.webp")[1].exif == exif


@pytest.mark.parametrize(
    ("unit", "dpi"), [(2, (300.0, 150.0)), (3, (762.0, 381.0)), (1, None), (None, (300.0, 150.0))]
)
def test_resolution_in_exif(unit: int | None, dpi: tuple[float, float] | None) -> None:
    exif = Image.Exif()
    exif[282], exif[283] = 300.0, 150.0
    if unit is not None:
        exif[296] = unit
    assert resolution_of(exif.tobytes().removeprefix(b"Exif\0\0")) == dpi


def test_no_resolution_in_exif() -> None:
    assert resolution_of(None) is None
    assert resolution_of(b"no EXIF") is None
    assert resolution_of(exif_block()) is None  # one side alone
