"""What Pillow would change or couldn't hold in an opened picture: found by the header, refused.

Pillow makes what a screen shows. On the way it drops the low byte of 16-bit colour and channels
that it doesn't know, divides colours by their alpha, and turns grey over where 0 is white. And a
header may promise more samples than the file can hold.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from pellucid.errors import InputError
from pellucid.pixels.formats.jpeg2000_boxes import opacity_of, siz_of
from pellucid.pixels.formats.pillow_modes import (
    WITH_ALPHA,
    WITHOUT_ALPHA,
    is_deep,
    multiplied_error,
)
from pellucid.pixels.formats.tiff_facts import (
    BITS,
    BLACK_IS_ZERO,
    EXTRA,
    FLOAT,
    FORMAT,
    MULTIPLIED,
    PHOTOMETRIC,
    SAMPLES,
    UNSIGNED,
    WHITE_IS_ZERO,
)
from pellucid.pixels.lazy import check_size

_DEFLATE = 1032  # the most that deflate can shrink: 258 bytes in 2 bits
_LZW = 4096  # one code stands for less than that
_TIFF_RATIOS = {"raw": 1, "packbits": 64, "tiff_lzw": _LZW}
_TIFF_RATIOS |= {"tiff_adobe_deflate": _DEFLATE, "tiff_deflate": _DEFLATE}
_RATIOS = {"PNG": _DEFLATE, "GIF": _LZW, "PPM": 1}
_FEWEST_BITS = {"1": 1, "L": 1, "P": 1, "I": 1}  # a pixel as stored, by mode; 12 for the others


def check_header(image: Image.Image, data: bytes, name: str, max_pixels: int) -> None:
    """Refuse an opened, not yet decoded picture of a file, `data`, by what its header says.

    LimitError for more than `max_pixels`; InputError for no pixels, several frames, or a file too
    short for its size.
    """
    width, height = image.size
    check_size(name, (height, width, len(image.getbands())), max_pixels)
    check_frames(image, name)
    if image.format == "PNG" and data[12:16] != b"IHDR":  # where its depth is looked for
        raise InputError(f"{name} is damaged: a PNG must begin with the chunk IHDR")
    ratio = _largest_ratio(image)
    if ratio and width * height * _FEWEST_BITS.get(image.mode, 12) // 8 > ratio * len(data):
        raise InputError(
            f"{name} is damaged or cut off: {len(data)} bytes can't hold {width} x {height} pixels"
        )


def _largest_ratio(image: Image.Image) -> int | None:
    """The most bytes of samples that one byte of the file can hold; None if there is no bound."""
    compression = image.info.get("compression")
    if image.format == "TIFF":
        return _TIFF_RATIOS.get(str(compression))
    if (image.format, compression) == ("BMP", 0):
        return 1
    return _RATIOS.get(str(image.format))


def check_frames(image: Image.Image, name: str) -> None:
    """Raise InputError for animations and page collections.

    An MPO is let through: it is a camera's JPEG followed by others, and every viewer shows the
    first.
    """
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise InputError(
            f"{name} has more than one frame or page, which is not supported; "
            "save the one you want as a picture of its own"
        )


def stored_type(image: Image.Image, name: str) -> np.dtype[Any]:
    """The type of the stored samples, if Pillow decodes them as they are; else InputError."""
    found: str | None
    if image.format == "TIFF":
        check_tiff(image, name)
        found = _tiff_type(image)
    elif image.mode.startswith("I;16") and not image.has_transparency_data:
        found = "uint16"
    else:
        found = None if image.mode in ("I", "F") else "uint8"
    if found is None:
        raise lossy(name, f"mode {image.mode}")
    return np.dtype(found)


def _tiff_type(image: Image.Image) -> str | None:
    """The type that a TIFF's tags name; None for one that Pillow doesn't decode as it is."""
    tags: Any = image.tag_v2  # type: ignore[attr-defined]
    formats = set(tags.get(FORMAT, (UNSIGNED,)))
    depth = max(map(int, np.atleast_1d(tags.get(BITS, 8))))
    if depth <= 8:
        return "uint8" if formats == {UNSIGNED} else None
    if tags.get(PHOTOMETRIC) != BLACK_IS_ZERO:
        return None
    if depth == 16 and image.mode.startswith("I;16"):
        return "uint16" if formats == {UNSIGNED} else None
    return "float32" if (depth, image.mode, formats) == (32, "F", {FLOAT}) else None


def check_tiff(image: Image.Image, name: str) -> None:
    """InputError for a TIFF of which Pillow gives other samples than are stored.

    Black and white alone are taken as they are shown: they have no values to be kept.
    """
    if image.format != "TIFF":
        return
    tags: Any = image.tag_v2  # type: ignore[attr-defined]
    grey = image.mode == "L" or is_deep(image)
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


def lossy(name: str, what: str) -> InputError:
    """The error for samples that would lose something."""
    return InputError(
        f"{name} has samples that can't be read without loss ({what}): read it with another "
        "library and give the Python API the array, or save it as .npy"
    )


def check_mode(image: Image.Image, name: str) -> None:
    """Refuse colours of print and those multiplied by alpha."""
    if image.mode in ("La", "RGBa"):
        raise multiplied_error(name, image.mode)
    known = (*WITH_ALPHA, *WITHOUT_ALPHA, "I", "F")
    if image.mode not in known and not image.mode.startswith("I;16"):
        raise InputError(
            f"{name} has the colour mode {image.mode}, which is not supported: only grey and RGB, "
            "with transparency or without, are; convert it to RGB first, with its colour profile"
        )


def check_opened(image: Image.Image, name: str) -> None:
    """InputError for a Pillow image that holds less than its file does, or would once decoded.

    What was decoded before is taken as it is.
    """
    if image.mode == "I":
        raise lossy(name, f"mode {image.mode}")
    if cut_by_pillow(image):
        raise _given(name, f"mode {image.mode}, cut by Pillow")
    if is_deep(image) and image.has_transparency_data:
        raise _given(name, f"mode {image.mode} with a transparent grey")
    if image.format == "JPEG2000" and getattr(image, "tile", None):
        _check_jpeg2000(image, name)
    check_tiff(image, name)


def cut_by_pillow(image: Image.Image) -> bool:
    """Whether Pillow will drop bits when it decodes an opened image; False if it has done so."""
    tile = getattr(image, "tile", None)
    if not tile or is_deep(image):
        return False
    arguments = tile[0][3]  # a raw mode such as RGB;16B, alone or first of several
    if image.format == "PPM" and isinstance(arguments, tuple) and len(arguments) == 2:
        return int(arguments[1]) > 255
    return ";16" in str(arguments)


def _check_jpeg2000(image: Image.Image, name: str) -> None:
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


def _given(name: str, what: str) -> InputError:
    return InputError(
        f"{name} has samples that a Pillow image can't give without loss ({what}); give the path "
        "of the file, or the array"
    )
