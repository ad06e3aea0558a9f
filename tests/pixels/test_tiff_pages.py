"""TIFF read in parts: every layout gives the samples it was written from; stacks keep axes."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from opened import read_samples
from pellucid.errors import InputError, LimitError, MissingExtraError, OptionError
from pellucid.pixels import open_image
from pellucid.pixels.axes import Axes, unpack_axes
from pellucid.pixels.formats.input import Input
from pellucid.pixels.formats.tiff import open_pages as open_tiff_pages
from pellucid.pixels.formats.tiff_segments import Pages
from pellucid.pixels.tiff import facts_of

tifffile = pytest.importorskip("tifffile")

RANDOM = np.random.default_rng(0)
RGB = RANDOM.integers(0, 256, (120, 150, 3), np.uint8)
RGBA = RANDOM.integers(0, 256, (120, 150, 4), np.uint8)
BANDS = RANDOM.integers(-30000, 30000, (120, 150, 13)).astype(np.int16)
DEPTH = RANDOM.integers(0, 65536, (5, 120, 150)).astype(np.uint16)
COLOURS = RANDOM.integers(0, 256, (2, 120, 150, 3), np.uint8)
PLANES = np.ascontiguousarray(RGB.transpose(2, 0, 1))
PIXELS = DEPTH.transpose(1, 2, 0)
INTERLEAVED = COLOURS.transpose(1, 2, 0, 3).reshape(120, 150, 6)
TILES: dict[str, Any] = {"tile": (32, 48), "compression": "zlib", "predictor": True}

LAYOUTS: dict[str, tuple[np.ndarray, np.ndarray, Axes | None, dict[str, Any]]] = {
    "in one piece": (RGB, RGB, None, {"photometric": "rgb"}),
    "tiles": (RGB, RGB, None, {"photometric": "rgb", **TILES}),
    "strips": (RGB, RGB, None, {"photometric": "rgb", "rowsperstrip": 7, "compression": "zlib"}),
    "big": (RGB, RGB, None, {"photometric": "rgb", "bigtiff": True, "byteorder": ">"}),
    "planes": (PLANES, RGB, None, {"photometric": "rgb", "planarconfig": "separate"}),
    "planes in tiles": (PLANES, RGB, None, {"photometric": "rgb", "planarconfig": 2, **TILES}),
    "alpha": (RGBA, RGBA, None, {"photometric": "rgb", "extrasamples": ["unassalpha"]}),
    "no alpha": (RGBA, RGBA, None, {"photometric": "rgb", "extrasamples": ["unspecified"]}),
    "bands": (BANDS, BANDS, None, {"photometric": 1, "planarconfig": 1, **TILES}),
    "pages": (DEPTH, PIXELS, (("Q", 5),), {"photometric": "minisblack"}),
    "packed pages": (DEPTH, PIXELS, (("Q", 5),), {"photometric": "minisblack", **TILES}),
    "OME": (
        DEPTH[None],
        PIXELS,
        (("Z", 5),),
        {"photometric": "minisblack", "ome": True, "metadata": {"axes": "CZYX"}, **TILES},
    ),
    "colour pages": (COLOURS, INTERLEAVED, (("Q", 2), ("S", 3)), {"photometric": "rgb"}),
    "colour pages in tiles": (
        COLOURS,
        INTERLEAVED,
        (("Q", 2), ("S", 3)),
        {"photometric": "rgb", **TILES},
    ),
    "another letter": (RGB, RGB, None, {"photometric": "rgb", "metadata": {"axes": "YXC"}}),
    "another letter in pages": (
        COLOURS,
        INTERLEAVED,
        (("Z", 2), ("S", 3)),
        {"photometric": "rgb", "metadata": {"axes": "ZYXC"}},
    ),
    "another letter in planes": (
        PLANES,
        RGB,
        None,
        {"photometric": "rgb", "planarconfig": 2, "metadata": {"axes": "CYX"}},
    ),
}


def open_pages(path, max_pixels, page=None):
    return open_tiff_pages(Input(path), max_pixels, page)


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout(name: str, tmp_path: Path) -> None:
    stored, wanted, axes, options = LAYOUTS[name]
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stored, **options)
    with open_pages(path, 10**6) as (source, info):
        assert (source.shape, source.dtype) == (wanted.shape, wanted.dtype)
        assert (info.width, info.height, info.channels) == (150, 120, wanted.shape[2])
        assert np.array_equal(source[0:120, 0:150], wanted)
        assert np.array_equal(source[13:55, 7:90], wanted[13:55, 7:90])
        assert unpack_axes(info.axes, wanted.shape[2]) == axes
        assert info.alpha is (name == "alpha")
    whole = wanted.shape[2] in (3, 4) and "planes" not in name and name != "no alpha"
    assert facts_of(path.read_bytes()) == (whole, 150 * 120)


def test_axes_that_the_pages_do_not_have(tmp_path: Path) -> None:
    for stored in (BANDS, RANDOM.integers(0, 256, (16, 16, 16), np.uint8)):
        tifffile.imwrite(tmp_path / "a.tif", stored, photometric=1, metadata={"axes": "YXC"})
        with (
            pytest.raises(InputError, match="axes are YXC"),
            open_pages(tmp_path / "a.tif", 10**6),
        ):
            pass


def test_a_page_of_a_stack_with_such_axes(tmp_path: Path) -> None:
    """The rows of what the file calls a picture lie in each of its pages."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, BANDS, photometric=1, metadata={"axes": "YXC"})
    with tifffile.TiffFile(path) as file:
        count = len(file.pages)
    assert count == 120
    for page in (0, count - 1):
        with (
            pytest.raises(InputError, match="axes are YXC"),
            open_pages(path, 10**6, page=page),
        ):
            pass
    with tifffile.TiffWriter(path) as writer:  # beside a sound picture, in a file of two
        writer.write(RGB, photometric="rgb", metadata={"axes": "YXS"})
        writer.write(BANDS, photometric=1, metadata={"axes": "YXC"})
    with open_pages(path, 10**6, page=0) as (source, _):
        assert np.array_equal(source[0:120, 0:150], RGB)
    with pytest.raises(InputError, match="axes are YXC"), open_pages(path, 10**6, page=1):
        pass


def test_a_page_of_a_smaller_copy(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(RGB, photometric="rgb", subifds=1, metadata={"axes": "YXS"})
        file.write(RGB[::2, ::2], photometric="rgb", subfiletype=1)
        file.write(RGB[::-1], photometric="rgb")
    for number, wanted in ((0, RGB), (1, RGB[::-1])):
        with open_pages(tmp_path / "a.tif", 10**6, page=number) as (source, _):
            assert np.array_equal(source[0 : wanted.shape[0], 0 : wanted.shape[1]], wanted)


def test_a_page(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", DEPTH, photometric="minisblack")
    with open_pages(tmp_path / "a.tif", 10**6, page=3) as (source, info):
        assert np.array_equal(source[0:120, 0:150][..., 0], DEPTH[3])
        assert info.axes is None
    with (
        pytest.raises(OptionError, match="pages 0 to 4, and no 5"),
        open_pages(tmp_path / "a.tif", 10**6, page=5),
    ):
        pass


def test_pages_of_other_sizes_must_be_chosen_but_smaller_copies_not(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(RGB, photometric="rgb")
        file.write(RGB[::2, ::2], photometric="rgb", subfiletype=1)
    with open_pages(tmp_path / "a.tif", 10**6) as (source, _):
        assert source.shape == RGB.shape
    with tifffile.TiffWriter(tmp_path / "b.tif") as file:
        file.write(RGB, photometric="rgb")
        file.write(RGB[::2, ::2], photometric="rgb")
    with (
        pytest.raises(InputError, match="--page N"),
        open_pages(tmp_path / "b.tif", 10**6),
    ):
        pass


def test_sparse_tiles_hold_no_data(tmp_path: Path) -> None:
    def tiles():
        for number in range(4):
            yield np.full((64, 64), number, np.uint8) if number != 2 else None

    extra = [(42113, "s", 0, "7", True)]
    tifffile.imwrite(
        tmp_path / "a.tif",
        tiles(),
        shape=(128, 128),
        dtype=np.uint8,
        tile=(64, 64),
        photometric="minisblack",
        compression="zlib",
        extratags=extra,
    )
    with open_pages(tmp_path / "a.tif", 10**6) as (source, _):
        found = source[0:128, 0:128][..., 0]
    assert [found[0, 0], found[0, 64], found[64, 0], found[64, 64]] == [0, 1, 7, 3]


@pytest.mark.parametrize("kind", ["miniswhite", "cielab", "cfa"])
def test_samples_that_mean_something_else_are_refused(kind: str, tmp_path: Path) -> None:
    samples = RGB if kind == "cielab" else RGB[..., 0]
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric=kind)
    with (
        pytest.raises(InputError, match="can't be kept"),
        open_pages(tmp_path / "a.tif", 10**6),
    ):
        pass


def test_limit(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", DEPTH, photometric="minisblack")
    with (
        pytest.raises(LimitError, match="max_pixels"),
        open_pages(tmp_path / "a.tif", 1000),
    ):
        pass


def test_damage_is_an_input_error(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, RGB, photometric="rgb", **TILES)
    whole = bytearray(path.read_bytes())
    random = np.random.default_rng(1)
    refused = 0
    for _ in range(60):
        broken = whole.copy()
        for place in random.integers(0, len(whole), 8):
            broken[place] = random.integers(256)
        path.write_bytes(broken[: random.integers(len(whole) // 2, len(whole) + 1)])
        try:
            with open_pages(path, 10**6) as (source, _):
                height, width, _ = source.shape
                source[0 : min(height, 200), 0 : min(width, 200)]
        except (InputError, LimitError):
            refused += 1
    assert refused > 10


def test_a_tile_that_only_claims_to_be_large(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, RGB[..., 0], photometric="minisblack", rowsperstrip=120, compression=8)
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        tags = file.pages[0].tags
        for name, value in (("ImageLength", 2**17), ("ImageWidth", 2**14), ("RowsPerStrip", 2**17)):
            struct.pack_into(
                "<I" if tags[name].dtype == 4 else "<H",
                data,
                tags[name].valueoffset,
                value if tags[name].dtype == 4 else value & 0xFFFF,
            )
    path.write_bytes(data)
    with (
        pytest.raises((InputError, LimitError)),
        open_pages(path, 2**40) as (source, _),
    ):
        source[0:10, 0:10]


def test_the_cache_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 16 tiles of 1536 bytes the last ten are kept."""
    monkeypatch.setattr("pellucid.pixels.formats.tiff_segments.LEAST_CACHE", 0)
    monkeypatch.setattr("pellucid.pixels.formats.tiff_segments.MOST_CACHE", 10 * 32 * 48)
    tifffile.imwrite(tmp_path / "a.tif", RGB[..., 0], photometric="minisblack", **TILES)
    with open_pages(tmp_path / "a.tif", 10**6) as (source, _):
        assert isinstance(source, Pages)
        source[0:120, 0:150]
        decoded = source._segment.cache_info()
        assert (decoded.misses, decoded.currsize) == (16, 10)
        source[100:120, 0:150]
        assert source._segment.cache_info().misses == 16
        source[0:10, 0:10]
        assert source._segment.cache_info().misses == 17


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tifffile", None)
    tifffile.imwrite(tmp_path / "a.tif", DEPTH, photometric="minisblack")
    line = r"pip install 'pellucid\[science\]'"
    with pytest.raises(MissingExtraError, match=line), open_image(tmp_path / "a.tif"):
        pass
    tifffile.imwrite(tmp_path / "b.tif", RGB, photometric="rgb")
    monkeypatch.setattr("pellucid.pixels.formats.tiff.LARGE", 100)
    with open_image(tmp_path / "b.tif") as image:
        assert image.in_memory  # large, but Pillow can


def four_bits(path: Path) -> None:
    """A grey TIFF of 4 bits a sample, one strip, rows of whole bytes."""
    values = [(256, 150), (257, 120), (258, 4), (259, 1), (262, 1), (273, 134), (277, 1)]
    values += [(278, 120), (279, 120 * 75)]
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in values)
    head = struct.pack("<4sIH", b"II*\0", 8, len(values)) + table
    path.write_bytes(head.ljust(134, b"\0") + RANDOM.bytes(120 * 75))


@pytest.mark.parametrize("kind", ["4 bits", "palette", "YCbCr", "grey", "RGB"])
def test_a_large_picture_means_what_a_small_one_means(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.tif"
    picture = Image.fromarray(RGB)
    if kind == "4 bits":
        four_bits(path)
    elif kind == "palette":
        picture.quantize(16).save(path)
    else:
        picture.convert({"grey": "L"}.get(kind, kind)).save(path)

    def samples() -> np.ndarray:
        return read_samples(path)[0].reshape(120, 150, -1)

    small = samples()
    assert small.max() > 200
    monkeypatch.setattr("pellucid.pixels.formats.tiff.LARGE", 100)
    assert np.array_equal(samples(), small)
    with open_image(path) as image:
        assert image.in_memory is (kind not in ("grey", "RGB"))


def test_compression_that_needs_imagecodecs(tmp_path: Path) -> None:
    """Without that package the way to get it is named, not damage."""
    path = tmp_path / "lerc.tif"
    tifffile.imwrite(path, np.zeros((16, 16), np.float32), compression="lerc")
    code = (
        "import sys\n"
        "sys.modules['imagecodecs'] = None\n"
        "import pellucid\n"
        "try: pellucid.compress(sys.argv[1], lossless=True)\n"
        "except pellucid.errors.MissingExtraError as error: print(error)\n"
    )
    words = [sys.executable, "-c", code, str(path)]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert "pip install 'pellucid[science]'" in said
