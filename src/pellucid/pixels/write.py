"""HxWxC uint8 array and ImageInfo -> picture file, metadata included.

Lossless wherever the format allows: PNG, WebP, TIFF, BMP and PPM/PGM come back sample for sample;
JPEG is written at quality 95 without chroma subsampling. BMP and PPM/PGM hold no metadata.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from pellucid.errors import OptionError, OutputError
from pellucid.pixels import tiff
from pellucid.pixels.atomic import check_target, write_atomic
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.metadata import EXIF_MARKER
from pellucid.pixels.ome import described
from pellucid.pixels.png_deep import encode_png
from pellucid.pixels.read import from_array

JPEG_QUALITY = 95
TIFF = (".tif", ".tiff")
_SEGMENT = 65533  # bytes that a JPEG marker segment holds after its length


def write_image(
    path: str | os.PathLike[str],
    array: NDArray[np.uint8],
    info: ImageInfo | None = None,
    *,
    force: bool = False,
    quality: int | None = None,
) -> None:
    """Write `array` (HxW, HxWx1 or HxWx3 uint8) to `path`, in the format its suffix names.

    Metadata are taken from `info` and written where the format can hold them; geometry is the
    array's. `quality` (1..100) is JPEG's alone. The file appears whole or not at all and replaces
    another one only with `force`.

    Raises OutputError for an unknown suffix, a file that exists, an unwritable folder, or metadata
    or a size that the format can't hold; OptionError for a bad `quality`.
    """
    target = check_target(path, force=force)
    _check_quality(quality, check_suffix(target))
    samples, own = from_array(array)
    write_atomic(target, encode_picture(target, samples, info or own, quality), force=force)


def check_suffix(target: Path) -> str:
    """Return the suffix of `target` in small letters; OutputError if it names no known format."""
    suffix = target.suffix.lower()
    if suffix not in _ENCODERS:
        raise OutputError(
            f"cannot write {target}: the suffix {suffix or '(none)'} names no known format; "
            f"use one of {' '.join(WRITE_SUFFIXES)}"
        )
    return suffix


def encode_picture(
    target: Path, samples: NDArray[Any], info: ImageInfo, quality: int | None = None
) -> bytes:
    """Return the bytes of a file in the format that the suffix of `target` names.

    `samples` are (height, width, channels) of a type that the format holds. Raises OutputError for
    metadata or a size that it can't hold.
    """
    try:
        suffix = check_suffix(target)
        if suffix in TIFF:
            info = described(target, info, samples.shape, samples.dtype)
        return _ENCODERS[suffix](samples, info, quality)
    except (ValueError, OSError, OverflowError) as error:
        raise OutputError(f"cannot write {target}: {error}; PNG can hold it") from error


def _check_quality(quality: int | None, suffix: str) -> None:
    if quality is None:
        return
    if suffix not in (".jpg", ".jpeg"):
        raise OptionError(f"quality {quality} applies to JPEG only; {suffix} is written lossless")
    if not 1 <= quality <= 100:
        raise OptionError(f"quality must be 1..100, not {quality}")


def _pillow(samples: NDArray[Any]) -> Image.Image:
    return Image.fromarray(samples[:, :, 0] if samples.shape[2] == 1 else samples)


def _png(samples: NDArray[Any], info: ImageInfo, _: int | None) -> bytes:
    if samples.dtype == np.uint16 and samples.shape[2] > 1:
        return encode_png(samples, _png(np.zeros((1, 1, 1), np.uint8), info, None))
    chunks = PngImagePlugin.PngInfo()
    if info.xmp:  # keyword, not compressed, no language, no translation
        chunks.add(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + info.xmp)
    buffer = BytesIO()
    _pillow(samples).save(
        buffer, "PNG", pnginfo=chunks, exif=info.exif or b"", icc_profile=info.icc, dpi=info.dpi
    )
    return buffer.getvalue()


def _jpeg(samples: NDArray[Any], info: ImageInfo, quality: int | None) -> bytes:
    buffer = BytesIO()
    _pillow(samples).save(
        buffer,
        "JPEG",
        quality=JPEG_QUALITY if quality is None else quality,
        subsampling=0,
        extra=_exif_segments(info.exif or b""),
        icc_profile=info.icc,
        xmp=info.xmp or b"",
        dpi=info.dpi or (0, 0),
    )
    return buffer.getvalue()


def _exif_segments(exif: bytes) -> bytes:
    """EXIF as APP1 segments; a long one is cut into several, as readers join them."""
    room = _SEGMENT - len(EXIF_MARKER)
    parts = [EXIF_MARKER + exif[at : at + room] for at in range(0, len(exif), room)]
    return b"".join(b"\xff\xe1" + (len(part) + 2).to_bytes(2, "big") + part for part in parts)


def _webp(samples: NDArray[Any], info: ImageInfo, _: int | None) -> bytes:
    buffer = BytesIO()
    transparent = samples.shape[2] in (2, 4)
    _pillow(samples).convert("RGBA" if transparent else "RGB").save(
        buffer,
        "WEBP",
        lossless=True,
        exact=transparent,  # the colour of what can't be seen stays, too
        exif=info.exif or b"",
        icc_profile=info.icc,
        xmp=info.xmp or b"",
    )
    return buffer.getvalue()


def _tiff(samples: NDArray[Any], info: ImageInfo, _: int | None) -> bytes:
    return tiff.encode(samples, tiff.Metadata(exif=info.exif, icc=info.icc, xmp=info.xmp))


def _bmp(samples: NDArray[Any], info: ImageInfo, _: int | None) -> bytes:
    buffer = BytesIO()
    _pillow(samples).save(buffer, "BMP", dpi=info.dpi or (96, 96))
    return buffer.getvalue()


def _ppm(samples: NDArray[Any], _info: ImageInfo, _: int | None) -> bytes:
    height, width, channels = samples.shape
    largest = np.iinfo(samples.dtype).max
    head = b"P%d\n%d %d\n%d\n" % (6 if channels == 3 else 5, width, height, largest)
    return head + bytes(samples.astype(samples.dtype.newbyteorder(">")).tobytes())


def _pgm(samples: NDArray[Any], info: ImageInfo, _: int | None) -> bytes:
    if samples.shape[2] != 1:
        raise ValueError("a .pgm holds grey pictures only, and this one is RGB")
    return _ppm(samples, info, None)


_Encoder = Callable[[NDArray[Any], ImageInfo, int | None], bytes]
_ENCODERS: dict[str, _Encoder] = {
    ".png": _png,
    ".jpg": _jpeg,
    ".jpeg": _jpeg,
    ".webp": _webp,
    ".tif": _tiff,
    ".tiff": _tiff,
    ".bmp": _bmp,
    ".ppm": _ppm,
    ".pgm": _pgm,
}
WRITE_SUFFIXES = tuple(_ENCODERS)
