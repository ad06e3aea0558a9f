"""OME-TIFF out: OME-XML that tifffile reads as the axes and sizes that were put in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.errors import OutputError
from pellucid.pixels import open_sink
from pellucid.pixels.axes import pack_axes
from pellucid.pixels.description import told
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.ome import Stack, fits, ome_of, page_xml, stack_of

tifffile = pytest.importorskip("tifffile")

RANDOM = np.random.default_rng(3)
ABOUT = {
    "PhysicalSizeX": 0.25,
    "PhysicalSizeXUnit": "\u00b5m",
    "PhysicalSizeY": 0.5,
    "PhysicalSizeZ": 2.0,
    "Name": "cells",
}
STACKS: dict[str, tuple[tuple[int, ...], str, str]] = {
    "depth": ((5, 60, 70), "ZYX", "uint16"),
    "channels": ((2, 60, 70), "CYX", "uint8"),
    "time and channels": ((3, 2, 60, 70), "TCYX", "float32"),
    "all": ((2, 3, 4, 60, 70), "TZCYX", "int16"),
    "another order": ((4, 3, 60, 70), "CZYX", "uint16"),
    "colours": ((60, 70, 3), "YXS", "uint8"),
    "colours in depth": ((4, 60, 70, 3), "ZYXS", "uint8"),
    "grey": ((60, 70), "YX", "uint16"),
    "planes": ((3, 60, 70), "SYX", "uint8"),
}


def source(path: Path, name: str, **about: Any) -> np.ndarray:
    """An OME-TIFF of a stack, made by tifffile."""
    shape, axes, dtype = STACKS[name]
    samples = RANDOM.integers(0, 200, shape).astype(dtype)
    photometric = "rgb" if "S" in axes else "minisblack"
    options = {"planarconfig": "separate"} if axes == "SYX" else {}
    metadata = {"axes": axes, **ABOUT, **about}
    if "C" in axes:
        count = shape[axes.index("C")]
        metadata["Channel"] = {"Name": [f"dye {n}" for n in range(count)]}
    tifffile.imwrite(path, samples, ome=True, photometric=photometric, metadata=metadata, **options)
    return samples


def series_of(path: Path) -> tuple[str, np.ndarray, dict[str, Any]]:
    """Axes, samples and the Image of a file that must be OME."""
    with tifffile.TiffFile(path) as file:
        assert file.is_ome
        (series,) = file.series
        image = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]
        return series.axes, series.asarray(), image


@pytest.mark.parametrize("metadata", [True, False])
@pytest.mark.parametrize("name", STACKS)
def test_a_stack_comes_back_as_the_series_it_was(name: str, metadata: bool, tmp_path: Path) -> None:
    samples = source(tmp_path / "a.ome.tif", name)
    options = {"lossless": True, "metadata": metadata}
    pellucid.compress_file(tmp_path / "a.ome.tif", tmp_path / "a.pel", **options)
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "b.ome.tif")
    axes, back, image = series_of(tmp_path / "b.ome.tif")
    wanted = "YXS" if name == "planes" else STACKS[name][1]
    assert axes == wanted
    assert np.array_equal(back, np.moveaxis(samples, 0, -1) if name == "planes" else samples)
    assert image["Pixels"]["SizeX"] == 70
    if metadata:
        with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
            told = file.ome_metadata
        with tifffile.TiffFile(tmp_path / "b.ome.tif") as file:
            assert file.ome_metadata == told  # byte for byte


def test_a_region_keeps_names_and_sizes_of_pixels(tmp_path: Path) -> None:
    samples = source(tmp_path / "a.ome.tif", "time and channels")
    pellucid.compress_file(tmp_path / "a.ome.tif", tmp_path / "a.pel", lossless=True)
    for name in ("part.ome.tif", "part.tif"):
        pellucid.decompress_file(tmp_path / "a.pel", tmp_path / name, region=(5, 6, 30, 20))
        axes, back, image = series_of(tmp_path / name)
        assert axes == "TCYX"
        assert np.array_equal(back, samples[..., 6:26, 5:35])
        pixels = image["Pixels"]
        assert (image["Name"], pixels["SizeX"], pixels["SizeY"]) == ("cells", 30, 20)
        assert (pixels["PhysicalSizeX"], pixels["PhysicalSizeXUnit"]) == (0.25, "\u00b5m")
        assert [one["Name"] for one in pixels["Channel"]] == ["dye 0", "dye 1"]


def test_a_page_is_a_picture_of_its_own(tmp_path: Path) -> None:
    samples = source(tmp_path / "a.ome.tif", "depth")
    options: dict[str, Any] = {"sigma": 9, "model": "s"}
    pellucid.denoise_file(tmp_path / "a.ome.tif", tmp_path / "b.tif", page=0, **options)
    axes, back, image = series_of(tmp_path / "b.tif")
    assert (axes, back.shape) == ("YX", samples.shape[1:])
    assert image["Pixels"]["SizeZ"] == 1
    assert image["Pixels"]["PhysicalSizeY"] == 0.5
    assert np.array_equal(back, pellucid.denoise(samples[0], **options))


@pytest.mark.parametrize("axes", ["ZCYX", "CZYX"])
@pytest.mark.parametrize("number", range(6))
def test_each_page_keeps_its_pixels_size_and_its_channels_name(
    tmp_path: Path, axes: str, number: int
) -> None:
    shape = {"ZCYX": (3, 2, 40, 50), "CZYX": (2, 3, 40, 50)}[axes]
    samples = RANDOM.integers(0, 200, shape).astype(np.uint16)
    metadata = {"axes": axes, **ABOUT, "Channel": {"Name": ["DAPI", "GFP"]}}
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, samples, ome=True, photometric="minisblack", metadata=metadata)
    pellucid.compress_file(path, tmp_path / "a.pel", lossless=True, page=number)
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "b.ome.tif")
    found, back, image = series_of(tmp_path / "b.ome.tif")
    assert found == "YX"
    assert np.array_equal(back, samples.reshape(6, 40, 50)[number])
    pixels = image["Pixels"]
    assert (image["Name"], pixels["PhysicalSizeX"], pixels["SizeZ"]) == ("cells", 0.25, 1)
    channel = number % 2 if axes == "ZCYX" else number // 3
    assert pixels["Channel"]["Name"] == ["DAPI", "GFP"][channel]


def test_a_page_of_the_second_image(tmp_path: Path) -> None:
    samples = RANDOM.integers(0, 200, (2, 3, 40, 50)).astype(np.uint8)
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as file:
        for name, part in zip(("left", "right"), samples, strict=True):
            about = {"axes": "CYX", "Name": name, "Channel": {"Name": list("abc")}}
            file.write(part, photometric="minisblack", metadata=about)
    options: dict[str, Any] = {"lossless": True, "page": 4}
    pellucid.compress_file(tmp_path / "a.ome.tif", tmp_path / "a.pel", **options)
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "b.tif")
    _, back, image = series_of(tmp_path / "b.tif")
    assert np.array_equal(back, samples[1, 1])
    assert (image["Name"], image["Pixels"]["Channel"]["Name"]) == ("right", "b")


@pytest.mark.parametrize(
    "change", [('PlaneCount="5"', 'PlaneCount="1"'), ('SizeC="1"', 'SizeC="x"')]
)
def test_a_page_that_the_ome_does_not_name(tmp_path: Path, change: tuple[str, str]) -> None:
    """What is said of other pages isn't said of it."""
    source(tmp_path / "a.ome.tif", "depth")
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        told = file.ome_metadata
    assert change[0] in told
    raw = told.replace(*change).encode("utf-8")
    root = ome_of(raw)
    assert root is not None
    assert page_xml(root, 1, Stack(70, 60, "uint16", (), 1)) is None


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64", "uint32"])
def test_what_came_from_elsewhere_is_described(tmp_path: Path, dtype: str) -> None:
    samples = RANDOM.integers(0, 200, (40, 50, 6)).astype(dtype)
    kinds: dict[str, tuple[bytes | None, str, np.ndarray]] = {
        "bands": (None, "YXS", samples),
        "unnamed": (pack_axes([("Q", 6)]), "CYX", samples.transpose(2, 0, 1)),
        "two unnamed": (pack_axes([("I", 3), ("Q", 2)]), "ZCYX",
                        samples.transpose(2, 0, 1).reshape(3, 2, 40, 50)),
        "a known one between": (pack_axes([("I", 3), ("C", 2)]), "ZCYX",
                                samples.transpose(2, 0, 1).reshape(3, 2, 40, 50)),
    }  # fmt: skip
    for name, (axes, letters, wanted) in kinds.items():
        path = tmp_path / f"{name}.ome.tif"
        info = ImageInfo(50, 40, 6, 8 * samples.itemsize, axes=axes)
        with open_sink(path, samples.shape, samples.dtype, info) as out:
            out[0:40, 0:50] = samples
        found, back, _ = series_of(path)
        assert found == letters
        assert np.array_equal(back, wanted)
        assert back.dtype == samples.dtype


def test_small_pictures_that_are_written_whole(tmp_path: Path) -> None:
    colours = RANDOM.integers(0, 256, (40, 50, 3), np.uint8)
    pellucid.compress_file(colours, tmp_path / "a.pel", lossless=True)
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "a.OME.TIFF")
    axes, back, _ = series_of(tmp_path / "a.OME.TIFF")
    assert axes == "YXS"
    assert np.array_equal(back, colours)
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert not file.is_ome


def test_another_description_is_kept_within(tmp_path: Path) -> None:
    words = "a < b & c \x0c of old"
    picture = RANDOM.integers(0, 256, (40, 50), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", picture, description=words, metadata=None)
    pellucid.compress_file(tmp_path / "a.tif", tmp_path / "a.pel", lossless=True)
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "a.ome.tif")
    assert series_of(tmp_path / "a.ome.tif")[2]["Description"] == "a < b & c  of old"
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "b.tif")
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert file.pages[0].description == words


def test_what_ome_can_not_hold(tmp_path: Path) -> None:
    half = np.zeros((20, 30), np.float16)
    pellucid.compress_file(half, tmp_path / "a.pel", lossless=True)
    with pytest.raises(OutputError, match="no samples of type float16; name it"):
        pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "a.ome.tif")
    many = ImageInfo(30, 20, 16, 8, axes=pack_axes([("T", 2), ("Z", 2), ("C", 2), ("A", 2)]))
    with (
        pytest.raises(OutputError, match="T 2, Z 2, C 2, A 2"),
        open_sink(tmp_path / "a.ome.tif", (20, 30, 16), np.dtype("uint8"), many),
    ):
        pass
    assert not (tmp_path / "a.ome.tif").exists()
    with open_sink(tmp_path / "a.tif", (20, 30, 16), np.dtype("uint8"), many) as out:
        out[0:20, 0:30] = np.zeros((20, 30, 16), np.uint8)


PIXELS = (
    '<OME UUID="urn:uuid:1"><Image><Pixels DimensionOrder="XYZCT" Type="uint8" SizeX="30" '
    'SizeY="20" SizeZ="2" SizeC="3" SizeT="1">{}</Pixels></Image></OME>'
)


@pytest.mark.parametrize(
    ("inner", "same"),
    [
        ("", True),
        ("<TiffData/>", True),
        ('<TiffData IFD="0" FirstZ="0"/><TiffData IFD="3" FirstZ="1" FirstC="1"/>', True),
        ('<TiffData IFD="1" FirstZ="0"/>', False),
        ('<TiffData IFD="0"><UUID FileName="b.tif">urn:uuid:2</UUID></TiffData>', False),
        ('<TiffData IFD="0"><UUID FileName="a.tif">urn:uuid:1</UUID></TiffData>', True),
        ('<TiffData IFD="x"/>', False),
        ('<Channel SamplesPerPixel="3"/>', False),
        ('<Channel SamplesPerPixel="0"/>', False),
    ],
)
def test_a_description_is_kept_only_where_it_is_true(inner: str, same: bool) -> None:
    info = ImageInfo(30, 20, 6, 8, axes=pack_axes([("C", 3), ("Z", 2)]))
    stack = stack_of(info, np.dtype("uint8"))
    root = ome_of(PIXELS.format(inner).encode())
    assert root is not None
    assert fits(root, stack) is same
    for other in ("uint16", "int8"):
        assert not fits(root, stack_of(info, np.dtype(other)))
    turned = ImageInfo(30, 20, 6, 8, axes=pack_axes([("Z", 2), ("C", 3)]))
    assert not fits(root, stack_of(turned, np.dtype("uint8")))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<OME>",
        b"ImageJ=1.5",
        b"<a><b/></a>",
        b"<x></OME>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><OME>&b;</OME>',
        b"<?xml version='1.0' encoding='no'?><OME></OME>",
    ],
)
def test_what_is_no_ome(text: bytes) -> None:
    assert ome_of(text) is None


def test_denoised_ome_is_ome(tmp_path: Path) -> None:
    samples = source(tmp_path / "a.ome.tif", "grey")
    pellucid.denoise_file(tmp_path / "a.ome.tif", tmp_path / "b.ome.tif", sigma=0)
    axes, back, image = series_of(tmp_path / "b.ome.tif")
    assert (axes, image["Name"]) == ("YX", "cells")
    assert np.array_equal(back, samples)


def stack_file(path: Path, kind: str, shape: tuple[int, ...], axes: str) -> np.ndarray:
    """A stack as ImageJ or tifffile describe it."""
    samples = RANDOM.integers(0, 200, shape).astype(np.uint8)
    options = {"imagej": True} if kind == "imagej" else {}
    photometric = "rgb" if "S" in axes else "minisblack"
    metadata = {"axes": axes, "spacing": 0.5}
    tifffile.imwrite(path, samples, photometric=photometric, metadata=metadata, **options)
    return samples


def read_kind(path: Path) -> tuple[str, np.ndarray, str]:
    """Which kind of series tifffile sees in a file, its samples and description."""
    with tifffile.TiffFile(path) as file:
        (series,) = file.series
        return series.kind, series.asarray(), file.pages[0].description


@pytest.mark.parametrize("region", [None, (2, 3, 30, 20)])
@pytest.mark.parametrize("kind", ["imagej", "shaped"])
def test_one_page_of_a_stack_is_one_page_to_others(
    kind: str, region: tuple[int, int, int, int] | None, tmp_path: Path
) -> None:
    cut = np.s_[:, :] if region is None else np.s_[3:23, 2:32]
    samples = stack_file(tmp_path / "a.tif", kind, (5, 40, 50), "ZYX")
    pellucid.compress_file(tmp_path / "a.tif", tmp_path / "a.pel", lossless=True, page=0)
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "b.tif", region=region)
    seen, back, description = read_kind(tmp_path / "b.tif")
    assert seen == kind
    assert np.array_equal(back, samples[0][cut])
    assert "spacing" in description  # what is still true stays
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "b.ome.tif", region=region)
    axes, back, _ = series_of(tmp_path / "b.ome.tif")
    assert (axes, back.shape) == ("YX", samples[0][cut].shape)


@pytest.mark.parametrize(
    ("kind", "shape", "axes"),
    [
        ("imagej", (5, 40, 50), "ZYX"),
        ("imagej", (2, 3, 2, 40, 50), "TZCYX"),
        ("imagej", (4, 40, 50, 3), "ZYXS"),
        ("shaped", (5, 40, 50), "ZYX"),
        ("shaped", (2, 3, 40, 50), "TCYX"),
        ("shaped", (4, 40, 50, 3), "ZYXS"),
    ],
)
def test_a_stack_keeps_its_description_and_a_region_says_its_own_size(
    kind: str, shape: tuple[int, ...], axes: str, tmp_path: Path
) -> None:
    samples = stack_file(tmp_path / "a.tif", kind, shape, axes)
    _, _, before = read_kind(tmp_path / "a.tif")
    pellucid.compress_file(tmp_path / "a.tif", tmp_path / "a.pel", lossless=True)
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "b.tif")
    seen, back, description = read_kind(tmp_path / "b.tif")
    assert seen == kind
    assert np.array_equal(back, samples)
    assert description == before
    pellucid.decompress_file(tmp_path / "a.pel", tmp_path / "c.tif", region=(2, 3, 30, 20))
    seen, back, _ = read_kind(tmp_path / "c.tif")
    inner = samples[..., 3:23, 2:32, :] if axes.endswith("S") else samples[..., 3:23, 2:32]
    assert seen == kind
    assert np.array_equal(back, inner)


def test_descriptions_that_make_no_sense_go_and_others_stay() -> None:
    one = (40, 50, 1)
    assert told(b'{"shape": ' + b"[" * 9999, (), one) == b""
    assert told(b'{"shape": 7}', (), one) == b""
    assert told(b'{"shape": [1, 40, 50]}', (), one) == b'{"shape": [1, 40, 50]}'
    assert json.loads(told(b'{"shape": [5, 40, 50], "truncated": true}', (), one)) == {
        "shape": [40, 50]
    }
    assert told(b"shape=(5, 40, 50)", (), one) == b""
    assert told(b"shape=(5, 40, 50)", (("Z", 5),), one) == b"shape=(5, 40, 50)"
    assert told(b"ImageJ=1.53\nimages=5\nslices=5\nunit=um", (), one) == b"ImageJ=1.53\nunit=um"
    assert told(b"a view of images=5", (), one) == b"a view of images=5"
