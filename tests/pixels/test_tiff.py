"""TIFF directories: what other writers make is read, what is written others read."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from opened import write_samples
from pellucid.errors import OutputError
from pellucid.pixels import ImageInfo, read_image, tiff
from work import calls_of

PICTURE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)

values = st.builds(
    lambda kind, raw: tiff.Value(kind, len(raw), raw),
    st.sampled_from([1, 2, 6, 7]),
    st.binary(min_size=1, max_size=20),
)
plain_tags = st.integers(1, 65535).filter(lambda tag: tag not in tiff.SUBDIRECTORIES | tiff.LAYOUT)
flat = st.dictionaries(plain_tags, values, min_size=1, max_size=5)
orders = st.sampled_from("<>")


def block(tags: tiff.Directory, order: str) -> bytes:
    return tiff.header(order, 8) + tiff.build(tags, order, 8)


@given(flat, flat, flat, orders)
def test_directories_round_trip(
    tags: tiff.Directory, camera: tiff.Directory, place: tiff.Directory, order: str
) -> None:
    full = {**tags, tiff.EXIF: camera, tiff.GPS: place}
    data = block(full, order)
    assert tiff.parse(data) == (order, full)
    assert block(tiff.parse(data)[1], order) == data


@given(st.binary(max_size=300), orders)
def test_any_bytes_are_parsed_or_refused(data: bytes, order: str) -> None:
    for source in (data, tiff.header(order, 8) + data):
        tiff.tags_of(source)  # does not raise


def test_directory_that_contains_itself_ends() -> None:
    row = struct.pack("<HHII", tiff.EXIF, tiff.LONG, 1, 8)
    found = tiff.tags_of(tiff.header("<", 8) + struct.pack("<H", 1) + row + bytes(4))
    assert found == ("<", {})


@pytest.mark.parametrize("tag", [tiff.EXIF, tiff.GPS])
def test_overlapping_directories_do_not_multiply(tag: int) -> None:
    """Every row of a table is a pointer to that table: 5000^3 rows, were they all followed."""
    rows = struct.pack("<HHII", tag, tiff.LONG, 1, 8) * 5000
    data = tiff.header("<", 8) + struct.pack("<H", 5000) + rows + bytes(4)
    assert calls_of(lambda: tiff.tags_of(data)) < 20 * 5000


def test_overlapping_values_do_not_multiply() -> None:
    rows = b"".join(struct.pack("<HHII", tag, 1, 60_000, 8) for tag in range(1000, 6000))
    data = tiff.header("<", 8) + struct.pack("<H", 5000) + rows + bytes(4)
    exif = tiff.with_tags(ImageInfo(1, 1, 1), data).exif
    assert exif is not None
    assert len(exif) < 2 * len(data)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "jpeg"])
def test_other_writers_tags_are_kept(big: bool, compression: str) -> None:
    directory = ImageFileDirectory_v2()
    directory[0x010F] = "Maker"
    directory[0x0112] = 6
    directory[0x011A] = 300.0
    buffer = BytesIO()
    Image.fromarray(PICTURE).save(
        buffer, "TIFF", tiffinfo=directory, compression=compression, big_tiff=big
    )
    samples, info = read_image(buffer.getvalue())
    assert samples.shape == PICTURE.shape
    if compression != "jpeg":
        np.testing.assert_array_equal(samples, PICTURE)
    exif = Image.Exif()
    assert info.exif is not None
    exif.load(info.exif)
    wanted = {0x010F: "Maker", 0x0112: 6, 0x011A: 300.0}
    assert {tag: exif[tag] for tag in wanted} == wanted
    assert not exif.keys() & tiff.LAYOUT


def test_written_file_is_what_others_expect(tmp_path: Path) -> None:
    big = np.random.default_rng(3).integers(0, 256, (700, 300, 3), dtype=np.uint8)
    write_samples(tmp_path / "a.tif", big)
    with Image.open(tmp_path / "a.tif") as image:
        np.testing.assert_array_equal(np.asarray(image), big)
        assert image.info["compression"] == "tiff_adobe_deflate"


def test_big_endian_exif_makes_a_big_endian_file(tmp_path: Path) -> None:
    exif = block({0x010F: tiff.Value(2, 6, b"Maker\0")}, ">")
    write_samples(tmp_path / "a.tif", PICTURE, ImageInfo(6, 4, 3, exif=exif))
    assert (tmp_path / "a.tif").read_bytes()[:2] == b"MM"
    samples, info = read_image(tmp_path / "a.tif")
    np.testing.assert_array_equal(samples, PICTURE)
    assert info.exif == exif


def test_exif_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="PNG can hold it: no TIFF header"):
        write_samples(tmp_path / "a.tif", PICTURE, ImageInfo(6, 4, 3, exif=b"not a directory"))
