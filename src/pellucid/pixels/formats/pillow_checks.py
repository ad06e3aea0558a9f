"""What Pillow would change or couldn't hold is refused by the header; the rest becomes samples.

Pillow makes what a screen shows. On the way it drops the low byte of 16-bit colour and channels
that it doesn't know, divides colours by their alpha, and turns grey over where 0 is white. And a
header may promise more samples than the file can hold. Only conversions that lose nothing are made:
bits to bytes, a palette to its colours, one colour marked as transparent to an alpha channel.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError
from pellucid.pixels.formats.jpeg2000_boxes import opacity_of, siz_of
from pellucid.pixels.lazy import check_size
from pellucid.pixels.tiff import (
    EXTRA,
    FLOAT,
    FORMAT,
    MULTIPLIED,
    PHOTOMETRIC,
    SAMPLES,
    UNSIGNED,
    WHITE_IS_ZERO,
)

DEFLATE = 1032  # the most that deflate can shrink: 258 bytes in 2 bits
_LZW = 4096  # one code stands for less than that
# The most bytes of samples that one byte of a file can hold, by its format and compression.
_RATIOS = {
    ("PNG", None): DEFLATE,
    ("GIF", None): _LZW,
    ("PPM", None): 1,
    ("BMP", 0): 1,
    ("TIFF", "raw"): 1,
    ("TIFF", "packbits"): 64,
    ("TIFF", "tiff_lzw"): _LZW,
    ("TIFF", "tiff_adobe_deflate"): DEFLATE,
    ("TIFF", "tiff_deflate"): DEFLATE,
}
_FEWEST_BITS = {"1": 1, "L": 1, "P": 1, "I": 1}  # a pixel as stored, by mode; 12 for the others
_TYPES = {
    **dict.fromkeys(("1", "L", "LA", "P", "PA", "RGB", "RGBA", "YCbCr", "RGBX"), "uint8"),
    **dict.fromkeys(("I;16", "I;16B", "I;16L", "I;16N"), "uint16"),
    "F": "float32",
}
_CUT = re.compile(";16[BLN]|;64F")  # in raw modes of which not all bits are kept


def check_header(image: Image.Image, data: bytes | None, name: str, max_pixels: int) -> None:
    """Refuse an opened, not yet decoded picture by what the header of its file, `data`, says.

    LimitError for more than `max_pixels`; InputError for no pixels, several frames, or a file too
    short for its size. An MPO is let through: it is a camera's JPEG followed by others, and every
    viewer shows the first.
    """
    width, height = image.size
    check_size(name, (height, width, len(image.getbands())), max_pixels)
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise InputError(
            f"{name} has more than one frame or page, which is not supported; "
            "save the one you want as a picture of its own"
        )
    if data is None:
        return
    if image.format == "PNG" and data[12:16] != b"IHDR":  # where its depth is looked for
        raise InputError(f"{name} is damaged: a PNG must begin with the chunk IHDR")
    if image.mode == "F" and image.format != "TIFF":  # of PFM, whose scale would be lost
        raise _lossy(name, "mode F")
    packing = image.info.get("compression") if image.format in ("TIFF", "BMP") else None
    ratio = _RATIOS.get((str(image.format), packing))
    if ratio and width * height * _FEWEST_BITS.get(image.mode, 12) // 8 > ratio * len(data):
        raise InputError(
            f"{name} is damaged or cut off: {len(data)} bytes can't hold {width} x {height} pixels"
        )


def raw_mode(image: Image.Image) -> str:
    """How samples lie in the file of an opened image, as Pillow calls it; empty once decoded."""
    tile = getattr(image, "tile", None)
    arguments = tile[0][3] if tile else ""
    return str(arguments[0] if isinstance(arguments, tuple) and arguments else arguments)


def stored_type(image: Image.Image, name: str) -> np.dtype[Any]:
    """The type of the stored samples, if Pillow gives them as they are; else InputError."""
    mode = image.mode
    if mode in ("La", "RGBa"):
        raise InputError(
            f"{name} has colours multiplied by its alpha (mode {mode}), which can't be kept; "
            f"divide them first, for example in Pillow: im.convert('{mode.upper()}')"
        )
    if mode == "I":
        raise _lossy(name, f"mode {mode}")
    if mode not in _TYPES:
        raise InputError(
            f"{name} has the colour mode {mode}, which is not supported: only grey and RGB, "
            "with transparency or without, are; convert it to RGB first, with its colour profile"
        )
    dtype = np.dtype(_TYPES[mode])
    if _is_cut(image, dtype):
        raise _given(name, f"mode {mode}, cut by Pillow")
    if dtype != np.uint8 and image.has_transparency_data:
        raise _given(name, f"mode {mode} with a transparent grey")
    if image.format == "TIFF":
        _check_tiff(image, name, dtype)
    return dtype


def _is_cut(image: Image.Image, dtype: np.dtype[Any]) -> bool:
    """Whether Pillow will drop bits when it decodes an opened image; False if it has done so."""
    tile = getattr(image, "tile", None)
    if image.format == "PPM" and tile and len(tile[0][3]) == 2:  # raw mode and value of white
        return dtype == np.uint8 and int(tile[0][3][1]) > 255
    return dtype != np.uint16 and _CUT.search(raw_mode(image)) is not None


def _check_tiff(image: Image.Image, name: str, dtype: np.dtype[Any]) -> None:
    """InputError for a TIFF of which Pillow gives other samples than are stored.

    Black and white alone are taken as they are shown: they have no values to be kept.
    """
    tags: Any = image.tag_v2  # type: ignore[attr-defined]
    if set(tags.get(FORMAT, (UNSIGNED,))) != {FLOAT if dtype.kind == "f" else UNSIGNED}:
        raise _lossy(name, f"mode {image.mode}")
    grey = image.mode == "L" or dtype != np.uint8
    if grey and tags.get(PHOTOMETRIC, WHITE_IS_ZERO) == WHITE_IS_ZERO:
        raise InputError(
            f"{name} is grey with 0 for white, which can't be kept: only grey with 0 for black "
            "can; convert it first, or give the Python API the array"
        )
    way = "give its path (pip install 'pellucid[science]'), or the array"
    if MULTIPLIED in tags.get(EXTRA, ()):
        raise InputError(
            f"{name} has colours multiplied by its alpha, and Pillow would divide them: {way}"
        )
    stored, taken = int(tags.get(SAMPLES, 1)), len(image.getbands())
    if stored > taken:
        raise InputError(
            f"{name} has {stored} channels, of which only {taken} can be read here: {way}"
        )


def check_jpeg2000(image: Image.Image, name: str) -> None:
    """InputError for JPEG 2000 of which a Pillow image would give other samples than are stored."""
    if image.format != "JPEG2000" or not getattr(image, "tile", None):
        return
    file: Any = image.fp  # type: ignore[attr-defined]
    place = file.tell()
    file.seek(0)
    data = file.read()
    file.seek(place)
    siz = siz_of(data)
    if siz is not None and not siz.plain:
        sign = "signed" if siz.signed else "unsigned"
        raise _given(name, f"JPEG 2000 of {siz.bits} bits, {sign}, cut or shifted by Pillow")
    if image.mode in ("LA", "PA", "RGBA") and not opacity_of(data):
        raise _given(name, f"mode {image.mode}, and the file names no channel as transparency")


def samples_of(image: Image.Image, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The samples of a decoded picture of a known mode, C-contiguous, (H, W, C) of `dtype`."""
    if dtype != np.uint8:
        samples = np.array(image, dtype)
    else:
        mode = "L" if image.mode in ("1", "L", "LA") else "RGB"
        mode += "A" if image.has_transparency_data else ""
        samples = np.array(image if image.mode == mode else image.convert(mode))
        if image.mode in ("P", "PA") and _palette_is_grey(image):
            samples = samples[..., :: 3 if mode == "RGBA" else 4]
    return np.ascontiguousarray(samples[..., None] if samples.ndim == 2 else samples)


def _palette_is_grey(image: Image.Image) -> bool:
    """Whether the palette holds greys only and no RGB profile goes with it."""
    palette = np.array(image.getpalette("RGB") or [], dtype=np.uint8).reshape(-1, 3)
    profile = image.info.get("icc_profile") or b""
    return profile[16:20] != b"RGB " and bool((palette == palette[:, :1]).all())


def _lossy(name: str, what: str) -> InputError:
    return InputError(
        f"{name} has samples that can't be read without loss ({what}): read it with another "
        "library and give the Python API the array, or save it as .npy"
    )


def _given(name: str, what: str) -> InputError:
    return InputError(
        f"{name} has samples that a Pillow image can't give without loss ({what}); give the path "
        "of the file, or the array"
    )
