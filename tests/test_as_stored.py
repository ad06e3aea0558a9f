"""What a decoder would change on the way in comes as it is stored, or is refused."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import pellucid
from opened import tiff_bytes
from pellucid.errors import InputError, OptionError
from pellucid.pixels import Role, open_image, tiff
from pellucid.pixels.formats.jpeg2000_boxes import opacity_of
from pictures import unpacked

SIDE = 16
LEFT = np.arange(SIDE) < SIDE // 2
GREY = np.where(LEFT, 0, 85).astype(np.uint8)[None].repeat(SIDE, 0)
RAMP = np.arange(SIDE * SIDE, dtype=np.uint8).reshape(SIDE, SIDE)
BANDS = np.dstack([RAMP, RAMP // 2, RAMP // 3, np.where(LEFT, 0, RAMP)]).astype(np.uint8)
RUNS: dict[str, Callable[[Any], np.ndarray]] = {
    "with loss": lambda image: unpacked(pellucid.compress(image, model="s")),
    "lossless": lambda image: unpacked(pellucid.compress(image, lossless=True)),
    "denoise": lambda image: np.atleast_3d(pellucid.denoise(image, sigma=2, model="s")),
}


def png(samples: np.ndarray, depth: int, kind: int, **chunks: bytes) -> bytes:
    """Samples (H, W) or (H, W, C) of up to `depth` bits; `kind` is the colour type."""

    def chunk(name: bytes, body: bytes) -> bytes:
        rest = name + body
        return struct.pack(">I", len(body)) + rest + struct.pack(">I", zlib.crc32(rest))

    if depth == 16:
        rows = samples.astype(">u2").view(np.uint8).reshape(SIDE, -1)
    else:
        bits = np.unpackbits(samples.astype(np.uint8).reshape(SIDE, -1, 1), axis=2)
        rows = np.packbits(bits[..., 8 - depth :].reshape(SIDE, -1), axis=1)
    body = b"".join(b"\0" + row.tobytes() for row in rows)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, depth, kind, 0, 0, 0))]
    parts += [(name.encode(), value) for name, value in chunks.items()]
    parts += [(b"IDAT", zlib.compress(body)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def marked(depth: int) -> bytes:
    """GREY in so many bits, of which what isn't 0 is transparent."""
    levels = GREY.astype(int) * (2**depth - 1) // (255 if depth > 1 else 85)
    return png(levels, depth, 0, tRNS=struct.pack(">H", int(levels.max())))


def ways(data: bytes, folder: Path, suffix: str) -> dict[str, Any]:
    """A file as a path, its bytes, and an opened Pillow image."""
    path = folder / f"a{suffix}"
    path.write_bytes(data)
    return {"path": path, "bytes": data, "Pillow": Image.open(BytesIO(data))}


# --- PNG ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_a_transparent_grey_of_any_depth(depth: int, run: str, tmp_path: Path) -> None:
    if depth == 16:
        pytest.importorskip("imagecodecs")
    for way, image in ways(marked(depth), tmp_path, ".png").items():
        refused = "transparent grey.*give the path" if (depth, way) == (16, "Pillow") else None
        if refused:
            with pytest.raises(InputError, match=refused):
                RUNS[run](image)
            continue
        back = RUNS[run](image)
        full = 65535 if depth == 16 else 255
        assert (back[..., -1] == np.where(LEFT, full, 0)).all(), way
        assert back.shape[2] == 2
        if run == "lossless":
            scale = 3 if depth == 1 else full // 255
            assert (back[..., 0] == GREY.astype(int) * scale).all()


def test_a_grey_image_decoded_elsewhere_is_refused_where_it_is_in_doubt() -> None:
    for depth in (2, 4):
        image = Image.open(BytesIO(marked(depth)))
        image.load()
        for run in RUNS.values():
            with pytest.raises(InputError, match=r"decoded before.*give the path"):
                run(image)
    image = Image.open(BytesIO(marked(8)))
    image.load()
    assert (RUNS["lossless"](image)[..., 1] == np.where(LEFT, 255, 0)).all()
    image = Image.open(BytesIO(marked(4)))
    for _ in range(2):  # decoded here, it is known
        assert (RUNS["lossless"](image)[..., 1] == np.where(LEFT, 255, 0)).all()


@pytest.mark.parametrize("run", RUNS)
def test_a_grey_palette_is_grey_with_and_without_transparency(run: str) -> None:
    levels, grey = GREY // 85, bytes([9, 9, 9, 200, 200, 200])
    for alpha in ({"tRNS": bytes([10, 200])}, {}):
        back = RUNS[run](png(levels, 8, 3, PLTE=grey, **alpha))
        assert back.shape[2] == 1 + len(alpha)
        if alpha:
            assert (back[..., 1] == np.where(LEFT, 10, 200)).all()
    colour = bytes([9, 9, 8, 200, 200, 200])
    assert RUNS[run](png(levels, 8, 3, PLTE=colour, tRNS=bytes([10, 200]))).shape[2] == 4


# --- Pillow images --------------------------------------------------------------------------------


def deep(kind: str) -> bytes:
    """A file of 16 bits, or 12, of which Pillow's image would have fewer or others."""
    wide = BANDS.astype(np.uint16) * 16
    if kind == "TIFF":
        return tiff_bytes(wide[..., :3] + 1)
    if kind.startswith("PNG"):
        return png(wide[..., :3] if kind == "PNG" else wide[..., :2], 16, 2 if kind == "PNG" else 4)
    imagecodecs = pytest.importorskip("imagecodecs")
    samples = wide[..., 0] if kind == "12 bits" else wide[..., : int(kind[0])]
    bits = 12 if kind == "12 bits" else 16
    return bytes(imagecodecs.jpeg2k_encode(samples.copy(), level=0, bitspersample=bits))


@pytest.mark.parametrize("kind", ["PNG", "PNG LA", "TIFF", "12 bits", "2 of 16", "4 of 16"])
def test_an_opened_image_of_a_deep_file_is_never_cut(kind: str) -> None:
    for run in RUNS.values():
        with pytest.raises(InputError, match=r"cut.*give the path"):
            run(Image.open(BytesIO(deep(kind))))


@pytest.mark.parametrize("mode", ["RGBa", "La"])
def test_colours_multiplied_by_alpha_are_refused(mode: str) -> None:
    image = Image.fromarray(BANDS).convert(mode.upper()).convert(mode)
    for run in RUNS.values():
        with pytest.raises(InputError, match=rf"multiplied.*convert\('{mode.upper()}'\)"):
            run(image)


# --- TIFF -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("extra", ["unspecified", "assocalpha"])
def test_extra_samples_that_are_no_straight_alpha(extra: str, dtype: str, tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    for channels in (2, 4):
        path, samples = tmp_path / f"{channels}.tif", BANDS[..., :channels].astype(dtype)
        kind = "rgb" if channels == 4 else "minisblack"
        about = {"photometric": kind, "planarconfig": "contig", "extrasamples": [extra]}
        tifffile.imwrite(path, samples, **about)
        assert np.array_equal(RUNS["lossless"](path), samples)
        assert not pellucid.info(pellucid.compress(path, lossless=True)).alpha
        with pytest.raises(InputError, match="none of them transparency"):
            RUNS["with loss"](path)
        with pytest.raises(InputError, match="without transparency"):
            pellucid.denoise_file(path, tmp_path / "b.tif", sigma=2, model="s")
        data = path.read_bytes()
        assert np.array_equal(RUNS["lossless"](data), samples)
        with pytest.raises(InputError, match="none of them transparency"):
            RUNS["with loss"](data)
        for run in RUNS.values():
            if (channels, dtype) != (2, "uint16"):  # which Pillow doesn't know
                with pytest.raises(InputError, match=r"its path|multiplied|cut by Pillow"):
                    run(Image.open(BytesIO(data)))


def test_grey_with_0_for_white_is_refused(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    for dtype in ("uint8", "uint16"):
        tifffile.imwrite(tmp_path / "a.tif", RAMP.astype(dtype), photometric="miniswhite")
        for image in ways((tmp_path / "a.tif").read_bytes(), tmp_path, ".tif").values():
            for run in RUNS.values():
                with pytest.raises(InputError, match=r"0 for white.*convert it"):
                    run(image)


def geotiff(samples: np.ndarray, mark: str) -> bytes:
    raw = mark.encode() + b"\0"
    tags: tiff.Directory = {42113: tiff.Value(2, len(raw), raw)}
    block = tiff.header("<", 8) + tiff.build(tags, "<", 8)
    return tiff_bytes(np.atleast_3d(samples), exif=block)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_no_data_is_not_lost(dtype: str, tmp_path: Path) -> None:
    samples = RAMP.astype(dtype)
    samples[:4, :5] = 200
    for way, image in ways(geotiff(samples, "200"), tmp_path, ".tif").items():
        with pytest.raises(InputError, match=r"200 mean no data.*max_error or lossless"):
            RUNS["with loss"](image)
        near = unpacked(pellucid.compress(image, max_error=3))[..., 0]
        assert np.array_equal(near == 200, samples == 200), way
    path = tmp_path / "a.tif"
    assert pellucid.compress(path, model="s", metadata=False)
    samples[samples == 200] = 201
    for mark in ("200", "-32768", "nan", "199.5", "?"):  # which none of these samples has
        path.write_bytes(geotiff(samples, mark))
        assert pellucid.compress(path, model="s")


def test_signed_no_data_of_an_elevation_model(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    heights = RAMP.astype(np.int16) * 3
    heights[:5, :7] = -32768
    path = tmp_path / "dem.tif"
    tifffile.imwrite(path, heights, extratags=[(42113, "s", 0, "-32768", True)])
    with pytest.raises(InputError, match=r"dem.tif is a GeoTIFF whose samples of -32768"):
        pellucid.compress(path, model="s")
    back = unpacked(pellucid.compress(path, max_error=5))[..., 0]
    assert np.array_equal(back == -32768, heights == -32768)


def test_what_no_codec_takes_names_a_way_that_helps(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(tmp_path / "a.tif", RAMP.astype(np.int8))
    for image in (tmp_path / "a.tif", RAMP.astype(np.int8)):
        for options in ({}, {"lossless": True}):
            with pytest.raises(InputError, match=r"int8.*image\.astype\('int16'\)") as caught:
                pellucid.compress(image, **options)
            assert "lossless or max_error take" not in str(caught.value)
    assert RUNS["lossless"](RAMP.astype(np.int8).astype("int16")).dtype == np.int16


@pytest.mark.parametrize("page", [True, False, 1.0, "1"])
def test_a_page_is_a_whole_number(page: object, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(tiff_bytes(RAMP[..., None]))
    (tmp_path / "a.dcm").write_bytes(bytes(128) + b"DICM")
    for name in ("a.tif", "a.dcm"):
        with pytest.raises(OptionError, match=f"page is {page!r}; it must be a whole number"):
            pellucid.compress(tmp_path / name, lossless=True, page=page)


# --- JPEG 2000 ------------------------------------------------------------------------------------

COLOURS = [(0, 0, 1), (1, 0, 2), (2, 0, 3)]  # channel, type, what it goes with
DEFINED: dict[str, tuple[list[tuple[int, int, int]], bool]] = {
    "opacity": ([*COLOURS, (3, 1, 0)], True),
    "opacity, named first": ([(3, 1, 0), *COLOURS], True),
    "multiplied": ([*COLOURS, (3, 2, 0)], False),
    "unspecified": ([*COLOURS, (3, 65535, 65535)], False),
    "a fourth colour": ([*COLOURS, (3, 0, 4)], False),
    "opacity of red": ([*COLOURS, (3, 1, 1)], False),
    "opacity is the first": ([(0, 1, 0), (1, 0, 1), (2, 0, 2), (3, 0, 3)], False),
    "two of opacity": ([*COLOURS[:2], (2, 1, 0), (3, 1, 0)], False),
    "none": ([], False),
}


def jp2(samples: np.ndarray, entries: list[tuple[int, int, int]]) -> bytes:
    """A file with a box `cdef` of these, or without one."""
    imagecodecs = pytest.importorskip("imagecodecs")
    data = bytes(imagecodecs.jpeg2k_encode(samples, level=0, reversible=True, codecformat="jp2"))
    assert b"cdef" not in data
    if not entries:
        return data
    body = struct.pack(">H", len(entries)) + b"".join(struct.pack(">3H", *one) for one in entries)
    box = struct.pack(">I4s", 8 + len(body), b"cdef") + body
    at = data.index(b"jp2h") - 4
    (length,) = struct.unpack_from(">I", data, at)
    head = struct.pack(">I", length + len(box))
    return data[:at] + head + data[at + 4 : at + length] + box + data[at + length :]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("kind", DEFINED)
def test_jpeg_2000_has_alpha_where_the_file_says_so(kind: str, dtype: str) -> None:
    entries, alpha = DEFINED[kind]
    data = jp2(BANDS.astype(dtype), entries)
    assert opacity_of(data) == alpha
    assert pellucid.info(pellucid.compress(data, lossless=True)).alpha == alpha
    if alpha:
        with open_image(data) as samples:
            assert np.array_equal(samples.read(), BANDS)
        assert np.array_equal(pellucid.denoise(data, strength=0), BANDS)
        return
    with pytest.raises(InputError, match="4 channels, none of them transparency"):
        pellucid.compress(data)
    with pytest.raises(InputError, match="4 channels without transparency"):
        pellucid.denoise(data)
    with pytest.raises(InputError, match="give the path"):
        pellucid.compress(Image.open(BytesIO(data)))


@pytest.mark.parametrize("kind", ["j2k", "jp2"])
def test_bands_of_jpeg_2000_come_back_whole(kind: str) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    for channels in (2, 4):
        bands = BANDS[..., :channels].copy()
        data = imagecodecs.jpeg2k_encode(bands, level=0, reversible=True, codecformat=kind)
        assert np.array_equal(RUNS["lossless"](bytes(data)), bands)
        with pytest.raises(InputError, match="none of them transparency"):
            pellucid.compress(bytes(data))


def test_what_pillow_saves_with_alpha_has_it() -> None:
    for mode in ("LA", "RGBA"):
        file = BytesIO()
        Image.fromarray(BANDS).convert(mode).save(file, "JPEG2000", irreversible=False)
        for image in (file.getvalue(), Image.open(file)):
            back = RUNS["with loss"](image)
            assert np.array_equal(back[..., -1], BANDS[..., 3])


def test_a_broken_definition_is_no_alpha() -> None:
    data = jp2(BANDS, DEFINED["opacity"][0])
    at = data.index(b"cdef")
    for place, byte in ((at - 1, 5), (at + 4, 255), (at + 5, 0), (at, 0)):
        broken = bytearray(data)
        broken[place] = byte
        assert not opacity_of(bytes(broken))
    for length in range(len(data)):
        opacity_of(data[:length])


def test_opaque_pictures_are_held_to_the_same() -> None:
    tifffile = pytest.importorskip("tifffile")
    file = BytesIO()
    tifffile.imwrite(file, BANDS, photometric="rgb", extrasamples=["unspecified"])
    with open_image(file.getvalue()) as image:
        assert image.info.roles == (Role.BAND,) * 4
        assert np.array_equal(image.read(), BANDS)
