"""EXIF, ICC, XMP and resolution of an opened picture, byte for byte as the file holds them.

PNG keeps EXIF in eXIf, JPEG in APP1 behind ``Exif\\0\\0``, WebP in EXIF; Pillow hands each over
unparsed. A TIFF has no such block: its directory is the metadata (`tiff.py`).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from pellucid.pixels import tiff
from pellucid.pixels.info import ImageInfo

EXIF_MARKER = b"Exif\0\0"
_DEFAULT = (72.0, 72.0)  # which many programs write, and no one chose
_RESOLUTION, _UNIT, _INCH, _RATIONAL = (282, 283), 296, 2, 5  # across and down; TIFF 6.0


def with_metadata(info: ImageInfo, about: Mapping[Any, Any]) -> ImageInfo:
    """`info` with what a Pillow image, or one like it, says in its own `info`."""
    return replace(
        info,
        dpi=_dpi(about.get("dpi")),
        exif=exif_of(about.get("exif")),
        icc=whole_bytes(about.get("icc_profile")),
        xmp=whole_bytes(about.get("xmp")),
    )


def exif_of(value: object) -> bytes | None:
    """The TIFF structure alone: without JPEG's marker, which some writers doubled."""
    exif = whole_bytes(value) or b""
    while exif.startswith(EXIF_MARKER):
        exif = exif[len(EXIF_MARKER) :]
    return exif or None


def whole_bytes(value: object) -> bytes | None:
    """Bytes, or None for a missing or empty value; Pillow hands XMP as text in rare formats."""
    if isinstance(value, str):
        value = value.encode()
    return bytes(value) or None if isinstance(value, bytes | bytearray) else None


def _dpi(dpi: object) -> tuple[float, float] | None:
    """Dots an inch, across and down, where the file says so."""
    try:
        across, down = map(float, dpi)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        return None
    return (across, down) if min(across, down) > 0 and max(across, down) < math.inf else None


def kept_exif(info: ImageInfo) -> bytes | None:
    """The EXIF that a .pel file keeps: the picture's, or its resolution alone if it has none."""
    if info.exif is not None or info.dpi is None or info.dpi == _DEFAULT:
        return info.exif
    fractions = [Fraction(side).limit_denominator(10_000) for side in info.dpi]
    tags: tiff.Directory = {
        tag: tiff.Value(_RATIONAL, 1, struct.pack("<II", *fraction.as_integer_ratio()))
        for tag, fraction in zip(_RESOLUTION, fractions, strict=True)
        if max(fraction.as_integer_ratio()) < 2**32
    }
    return tiff.block({**tags, _UNIT: tiff.value_of("<", tiff.SHORT, _INCH)}, "<")


def with_resolution(info: ImageInfo) -> ImageInfo:
    """`info` of a .pel file: EXIF that `kept_exif` made of a resolution is one again."""
    order, tags = tiff.tags_of(info.exif)
    raws = [tiff.raw_of(tags, tag) for tag in _RESOLUTION]
    if set(tags) != {*_RESOLUTION, _UNIT} or any(len(raw) != 8 for raw in raws):
        return info
    pairs = [struct.unpack(order + "II", raw) for raw in raws]
    if not all(below and above for above, below in pairs):
        return info
    across, down = (above / below for above, below in pairs)
    made = replace(info, exif=None, dpi=(across, down))
    return made if kept_exif(made) == info.exif else info
