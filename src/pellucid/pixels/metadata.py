"""EXIF, ICC and XMP of an opened picture, byte for byte as the file holds them.

PNG keeps EXIF in eXIf, JPEG in APP1 behind ``Exif\\0\\0``, WebP in EXIF; Pillow hands each over
unparsed. A TIFF has no such block: its directory is the metadata (`tiff.py`).
"""

from __future__ import annotations

from dataclasses import replace

from PIL import Image

from pellucid.pixels import tiff
from pellucid.pixels.info import ImageInfo

EXIF_MARKER = b"Exif\0\0"


def with_metadata(info: ImageInfo, image: Image.Image, data: bytes | None = None) -> ImageInfo:
    """Return `info` with the metadata of `image`; `data` is the file it came from, if one did."""
    if image.format == "TIFF" and data is not None:
        found = tiff.read_metadata(data)
        return replace(info, exif=found.exif, icc=found.icc, xmp=found.xmp)
    return replace(
        info,
        exif=_exif(image),
        icc=_bytes(image.info.get("icc_profile")),
        xmp=_bytes(image.info.get("xmp")),
    )


def _exif(image: Image.Image) -> bytes | None:
    """The TIFF structure alone: without JPEG's marker, which some writers doubled."""
    exif = _bytes(image.info.get("exif")) or b""
    while exif.startswith(EXIF_MARKER):
        exif = exif[len(EXIF_MARKER) :]
    return exif or None


def _bytes(value: object) -> bytes | None:
    """Bytes, or None for a missing or empty value; Pillow hands XMP as text in rare formats."""
    if isinstance(value, str):
        value = value.encode()
    return bytes(value) or None if isinstance(value, bytes | bytearray) else None
