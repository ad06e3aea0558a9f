"""docs/images.md, row by row: which pictures go in and what comes out."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pellucid
from opened import tiff_bytes
from pellucid.errors import InputError
from pellucid.pixels import ImageInfo, tiff
from pellucid.pixels.formats import pillow_write
from pictures import unpacked

PAGE = Path(__file__).parent.parent / "docs" / "images.md"
Y, X = np.mgrid[:40, :48]
GREY = (60 + 2 * X + Y).astype(np.uint8)
RGB = np.stack([GREY, 255 - GREY, GREY // 2], axis=-1)
ALPHA = np.where(X < 20, 128, 255).astype(np.uint8)
DEEP = GREY.astype(np.uint16) * 250 + X.astype(np.uint16)


def png(image: Image.Image, **options: object) -> bytes:
    return saved(image, "PNG", **options)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def deep_colour() -> bytes:
    return tiff_bytes(np.stack([DEEP, DEEP, DEEP], axis=-1))


def deep_ppm(white: int = 65535) -> bytes:
    samples = np.dstack([DEEP // 3] * 3)
    return b"P6\n48 40\n%d\n" % white + samples.astype(">u2").tobytes()


def deep_png(channels: int, *, transparent: bool = False) -> bytes:
    """16 bits; transparent is the colour of the first pixel."""
    pytest.importorskip("imagecodecs")
    samples = np.dstack([DEEP, DEEP // 2, DEEP // 3, ALPHA.astype(np.uint16) * 255])
    samples = samples[..., [0, 3]] if channels == 2 else samples[..., :channels]
    info = ImageInfo(48, 40, channels, 16)
    data = pillow_write.png(np.ascontiguousarray(samples), info)
    if not transparent:
        return data
    body = b"tRNS" + samples[0, 0].astype(">u2").tobytes()
    chunk = (6).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    return data[:33] + chunk + data[33:]  # behind IHDR


def animation() -> bytes:
    frames = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:])


def extra_tiff(kind: str | None, **options: object) -> bytes:
    """RGB and a fourth sample of a kind, or grey without."""
    tifffile = pytest.importorskip("tifffile")
    file = BytesIO()
    if kind is not None:
        options |= {"photometric": "rgb", "extrasamples": [kind]}
    tifffile.imwrite(file, GREY if kind is None else np.dstack([RGB, ALPHA]), **options)
    return file.getvalue()


def no_data() -> bytes:
    """A GeoTIFF with a corner that holds nothing."""
    samples = DEEP.copy()
    samples[:9, :9] = 7
    tags: tiff.Directory = {42113: tiff.Value(2, 2, b"7\0")}
    block = tiff.header("<", 8) + tiff.build(tags, "<", 8)
    return tiff_bytes(samples[..., None], exif=block)


def bands() -> bytes:
    """A codestream of 4 components; only a box, which it hasn't, could name one as alpha."""
    return saved(Image.fromarray(np.dstack([RGB, ALPHA])), "JPEG2000", no_jp2=True)


def grey_palette() -> bytes:
    image = Image.fromarray((GREY > 100).astype(np.uint8), "P")
    image.putpalette([9, 9, 9, 200, 200, 200])
    return png(image, transparency=0)


def palette(*, transparent: bool) -> bytes:
    image = Image.fromarray(RGB).quantize(16)
    return png(image, transparency=0) if transparent else png(image)


Maker = Callable[[], object]
# kind: maker, then what compress, compress --lossless and denoise give: shape and type, or an error
KINDS: dict[str, tuple[Maker, str, str, str]] = {
    "grey, 8 bits": (lambda: png(Image.fromarray(GREY)), "1 uint8", "1 uint8", "1 uint8"),
    "RGB, 8 bits": (lambda: png(Image.fromarray(RGB)), "3 uint8", "3 uint8", "3 uint8"),
    "grey with alpha": (
        lambda: png(Image.fromarray(np.dstack([GREY, ALPHA]), "LA")),
        "2 uint8", "2 uint8", "2 uint8",
    ),
    "RGB with alpha": (
        lambda: png(Image.fromarray(np.dstack([RGB, ALPHA]))),
        "4 uint8", "4 uint8", "4 uint8",
    ),
    "RGB, alpha opaque everywhere": (
        lambda: png(Image.fromarray(np.dstack([RGB, np.full_like(GREY, 255)]))),
        "3 uint8", "4 uint8", "4 uint8",
    ),
    "palette": (lambda: palette(transparent=False), "3 uint8", "3 uint8", "3 uint8"),
    "palette with a transparent colour": (
        lambda: palette(transparent=True),
        "4 uint8", "4 uint8", "4 uint8",
    ),
    "grey palette with a transparent colour": (grey_palette, "2 uint8", "2 uint8", "2 uint8"),
    "1 bit": (
        lambda: png(Image.fromarray(GREY > 100)), "1 uint8", "1 uint8", "1 uint8",
    ),
    "CMYK": (
        lambda: saved(Image.fromarray(RGB).convert("CMYK"), "JPEG"),
        "CMYK.*convert it to RGB", "CMYK.*convert it to RGB", "CMYK.*convert it to RGB",
    ),
    "grey, 16 bits": (
        lambda: png(Image.fromarray(DEEP)), "1 uint16", "1 uint16", "1 uint16",
    ),
    "RGB, 16 bits, in a TIFF file": (
        deep_colour, "3 uint16", "3 uint16", "3 uint16",
    ),
    "RGB, 16 bits, in a PNG file": (
        lambda: deep_png(3), "3 uint16", "3 uint16", "3 uint16",
    ),
    "grey with alpha, 16 bits, PNG": (
        lambda: deep_png(2), "2 uint16", "2 uint16", "2 uint16",
    ),
    "RGB with alpha, 16 bits, PNG": (
        lambda: deep_png(4), "4 uint16", "4 uint16", "4 uint16",
    ),
    "16-bit PNG with a transparent colour": (
        lambda: deep_png(3, transparent=True), "4 uint16", "4 uint16", "4 uint16",
    ),
    "RGB, 16 bits, in a PPM file": (deep_ppm, "3 uint16", "3 uint16", "3 uint16"),
    "RGB, 10 bits, in a PPM file": (
        lambda: deep_ppm(1023), "0 to 1023.*pamdepth", "0 to 1023", "0 to 1023",
    ),
    "opened Pillow image of 16-bit RGB": (
        lambda: Image.open(BytesIO(deep_png(3))),
        "cut by Pillow", "without loss", "without loss",
    ),
    "TIFF with a channel of no meaning": (
        lambda: extra_tiff("unspecified"),
        "4 channels, none of them transparency.*lossless or max_error",
        "4 uint8",
        "4 channels without transparency",
    ),
    "TIFF with colours multiplied by alpha": (
        lambda: extra_tiff("assocalpha"),
        "4 channels, none of them transparency.*lossless or max_error",
        "4 uint8",
        "4 channels without transparency",
    ),
    "opened Pillow image of mode RGBa or La": (
        lambda: Image.fromarray(np.dstack([RGB, ALPHA])).convert("RGBa"),
        "multiplied by its alpha.*convert", "multiplied by its alpha", "multiplied by its alpha",
    ),
    "grey TIFF with 0 for white": (
        lambda: extra_tiff(None, photometric="miniswhite"),
        "0 for white.*convert it", "0 for white", "0 for white",
    ),
    "GeoTIFF with no data": (
        no_data, "samples of 7 mean no data.*max_error or lossless", "1 uint16", "1 uint16",
    ),
    "JPEG 2000 with alpha": (
        lambda: saved(Image.fromarray(np.dstack([RGB, ALPHA])), "JPEG2000"),
        "4 uint8", "4 uint8", "4 uint8",
    ),
    "JPEG 2000 of 2 or 4 components without alpha": (
        bands,
        "4 channels, none of them transparency.*lossless or max_error",
        "4 uint8",
        "4 channels without transparency",
    ),
    "float32 grey TIFF": (
        lambda: tiff_bytes((DEEP / np.float32(3))[..., None].astype(np.float32)),
        "samples of type float32.*lossless or max_error", "1 float32", "1 float32",
    ),
    "animation": (animation, "more than one frame", "more than one frame", "more than one frame"),
    "array of uint16 or int16": (
        lambda: np.dstack([DEEP] * 3), "3 uint16", "3 uint16", "3 uint16",
    ),
    "array of 16 bits with alpha": (
        lambda: np.dstack([DEEP, ALPHA.astype(np.uint16) * 257]),
        "2 uint16", "2 uint16", "2 uint16",
    ),
    "array whose alpha is full": (
        lambda: np.dstack([RGB, np.full_like(GREY, 255)]), "4 uint8", "4 uint8", "4 uint8",
    ),
    "array of float32": (
        lambda: np.dstack([DEEP] * 3).astype(np.float32) / 7,
        "only uint8, uint16, int16 can be compressed: lossless", "3 float32", "3 float32",
    ),
    "array of float64": (
        lambda: DEEP / 7, "only uint8, uint16, int16 can", "float64.*float32", "1 float64",
    ),
    "array of 5 channels or more": (
        lambda: np.dstack([DEEP] * 6), "lossless or max_error", "6 uint16", "6 uint16",
    ),
}  # fmt: skip
FILES = {  # read in parts, from disk alone, with the extra
    "RGB, 16 bits, in a TIFF file",
    "TIFF with a channel of no meaning",
    "TIFF with colours multiplied by alpha",
}


def comes_out(wanted: str) -> bool:
    """Whether samples are wanted, and no error."""
    return bool(re.fullmatch(r"\d+ [a-z]+\d+", wanted))


def check(call: Callable[[], np.ndarray], wanted: str) -> None:
    """That a call gives samples of as many channels and of the type, or the error."""
    if not comes_out(wanted):
        with pytest.raises(InputError, match=wanted):
            call()
        return
    samples = call()
    samples = samples[..., None] if samples.ndim == 2 else samples
    assert f"{samples.shape[2]} {samples.dtype.name}" == wanted
    assert samples.shape[:2] == GREY.shape


def denoised(source: object, folder: Path) -> np.ndarray:
    """A picture without noise, of a file by a file."""
    if not isinstance(source, Path):
        return pellucid.denoise(source, sigma=2, model="s")
    pellucid.denoise_file(source, folder / "clean.npy", sigma=2, model="s")
    return np.load(folder / "clean.npy")


@pytest.mark.parametrize("kind", KINDS)
def test_row(kind: str, tmp_path: Path) -> None:
    make, lossy, lossless, clean = KINDS[kind]
    source = make()
    if kind in FILES:
        pytest.importorskip("tifffile")
        (tmp_path / "a.tif").write_bytes(source)
        source = tmp_path / "a.tif"
    check(lambda: unpacked(pellucid.compress(source, model="s")), lossy)
    check(lambda: unpacked(pellucid.compress(source, lossless=True)), lossless)
    check(lambda: denoised(source, tmp_path), clean)


def test_the_page_says_the_same() -> None:
    rows = {}
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and cells[0] in KINDS:
            rows[cells[0]] = cells[1:4]
    assert list(rows) == list(KINDS)
    for kind, cells in rows.items():
        for cell, wanted in zip(cells, KINDS[kind][1:], strict=True):
            assert cell.startswith("yes" if comes_out(wanted) else "no"), (kind, cell)
