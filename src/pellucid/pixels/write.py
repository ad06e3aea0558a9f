"""Samples and ImageInfo -> the bytes of a picture file, metadata included.

Lossless wherever the format allows: PNG, WebP, BMP and PPM/PGM come back sample for sample; JPEG is
written at quality 95 without chroma subsampling. BMP and PPM/PGM hold no metadata. What is written
in parts (TIFF, .npy, Zarr) and DICOM: `sink.py`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from pellucid.errors import OptionError, OutputError, PellucidWarning
from pellucid.pixels.formats.png16 import encode_png
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.metadata import EXIF_MARKER

JPEG_QUALITY = 95
JPEG = (".jpg", ".jpeg")
TIFF = (".tif", ".tiff")
_SEGMENT = 65533  # bytes that a JPEG marker segment holds after its length
_SPACE = slice(16, 20)  # where an ICC profile names its colour space


def check_suffix(target: Path) -> str:
    """Return the suffix of `target` in small letters; OutputError if it names no known format."""
    suffix = target.suffix.lower()
    if suffix not in WRITE_SUFFIXES:
        raise OutputError(
            f"cannot write {target}: the suffix {suffix or '(none)'} names no known format; "
            f"use one of {' '.join(WRITE_SUFFIXES)}"
        )
    return suffix


def check_quality(quality: int | None, target: Path) -> None:
    """OptionError for a quality of another format than JPEG, or outside 1 to 100."""
    if quality is None:
        return
    if target.suffix.lower() not in JPEG:
        raise OptionError(
            f"quality {quality} applies to JPEG only; {target.suffix.lower()} is written lossless"
        )
    if isinstance(quality, bool) or quality not in range(1, 101):
        raise OptionError(f"quality must be 1..100, not {quality}")


def encode_picture(
    target: Path, samples: NDArray[Any], info: ImageInfo, quality: int | None = None
) -> bytes:
    """Return the bytes of a file in the format that the suffix of `target` names, but TIFF.

    `samples` are (height, width, channels) of a type that the format holds. Raises OutputError for
    metadata or a size that it can't hold.
    """
    encoder = _ENCODERS[check_suffix(target)]
    icc = info.icc or b""
    if icc[_SPACE] == b"GRAY" and (samples.shape[2] >= 3 or encoder.always_rgb):
        warnings.warn(
            f"{target}: the colour profile is one of grey, and the samples are written as RGB; it "
            "is left out",
            PellucidWarning,
            stacklevel=2,
        )
        info = replace(info, icc=None)
    try:
        return encoder.encode(samples, info, quality)
    except (ValueError, OSError, OverflowError) as error:
        raise OutputError(
            f"cannot write {target}: {error}; PNG can hold it, or leave out the metadata "
            "(metadata=False, --no-metadata)"
        ) from error


def can_hold(path: Path, dtype: np.dtype[Any], channels: int) -> bool:
    """Whether a file written whole, in the format of the suffix of `path`, holds such samples."""
    encoder = _ENCODERS.get(path.suffix.lower())
    return encoder is not None and channels in encoder.holds.get(dtype.name, ())


def check_holds(target: Path, dtype: np.dtype[Any], channels: int) -> None:
    """OutputError unless the format of a suffix is known and holds such samples, as `can_hold`."""
    suffix = check_suffix(target)
    if (suffix in TIFF and dtype.kind in "uif") or can_hold(target, dtype, channels):
        return
    if suffix == ".pgm" and channels == 3:
        raise OutputError(
            f"cannot write {target}: a .pgm holds grey pictures only, and this one is RGB; "
            f"{able(dtype, channels)} can"
        )
    raise OutputError(
        f"cannot write {target}: {suffix} can't hold {_describe(dtype, channels)}; "
        f"these can: {able(dtype, channels)}"
    )


def able(dtype: np.dtype[Any], channels: int) -> str:
    """The suffixes of all formats that hold such samples; the last three hold any."""
    held = [key for key, one in _ENCODERS.items() if channels in one.holds.get(dtype.name, ())]
    return " ".join([*held, ".npy", ".tif", ".zarr"])


def _describe(dtype: np.dtype[Any], channels: int) -> str:
    kind = {1: "grey", 2: "grey with transparency", 3: "RGB", 4: "RGB with transparency"}
    return f"{dtype.name} {kind.get(channels, f'of {channels} channels')}"


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


def _bmp(samples: NDArray[Any], info: ImageInfo, _: int | None) -> bytes:
    buffer = BytesIO()
    _pillow(samples).save(buffer, "BMP", dpi=info.dpi or (96, 96))
    return buffer.getvalue()


def _pnm(samples: NDArray[Any], _info: ImageInfo, _: int | None) -> bytes:
    height, width, channels = samples.shape
    largest = np.iinfo(samples.dtype).max
    head = b"P%d\n%d %d\n%d\n" % (6 if channels == 3 else 5, width, height, largest)
    return head + bytes(samples.astype(samples.dtype.newbyteorder(">")).tobytes())


@dataclass(frozen=True)
class _Encoder:
    """How a format is written, and the channels that it holds without loss of each sample type."""

    encode: Callable[[NDArray[Any], ImageInfo, int | None], bytes]
    holds: dict[str, tuple[int, ...]]
    always_rgb: bool = False


_JPEG = _Encoder(_jpeg, {"uint8": (1, 3)})
_ENCODERS: dict[str, _Encoder] = {
    ".png": _Encoder(_png, {"uint8": (1, 2, 3, 4), "uint16": (1, 2, 3, 4)}),
    ".webp": _Encoder(_webp, {"uint8": (1, 2, 3, 4)}, always_rgb=True),
    **dict.fromkeys(JPEG, _JPEG),
    ".bmp": _Encoder(_bmp, {"uint8": (1, 3)}),
    ".ppm": _Encoder(_pnm, {"uint8": (1, 3), "uint16": (1, 3)}),
    ".pgm": _Encoder(_pnm, {"uint8": (1,), "uint16": (1,)}),
}
WRITE_SUFFIXES = (".png", *JPEG, ".webp", *TIFF, ".bmp", ".ppm", ".pgm")
