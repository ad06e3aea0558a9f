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
_UNITS = {_INCH: 1.0, 3: 2.54}  # an inch in each; 3 are centimetres


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


def resolution_of(exif: bytes | None) -> tuple[float, float] | None:
    """Dots an inch, across and down, by EXIF; None where it doesn't say so, in inches or cm."""
    order, tags = tiff.tags_of(exif)
    raws = [tiff.raw_of(tags, tag) for tag in _RESOLUTION]
    if any(len(raw) != 8 for raw in raws):
        return None
    pairs = [struct.unpack(order + "II", raw) for raw in raws]
    (unit,) = tiff.numbers_in(tags, _UNIT, order, tiff.SHORT)[:1] or [_INCH]
    if unit not in _UNITS or not all(below and above for above, below in pairs):
        return None
    across, down = (above / below * _UNITS[unit] for above, below in pairs)
    return across, down


def with_resolution(info: ImageInfo) -> ImageInfo:
    """`info` of a .pel file: EXIF that `kept_exif` made of a resolution is one again."""
    dpi = resolution_of(info.exif)
    if dpi is None or set(tiff.tags_of(info.exif)[1]) != {*_RESOLUTION, _UNIT}:
        return info
    made = replace(info, exif=None, dpi=dpi)
    return made if kept_exif(made) == info.exif else info
