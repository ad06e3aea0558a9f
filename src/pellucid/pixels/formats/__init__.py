"""The formats that pictures are read from, one module each; `FORMATS` asks them in order.

A new format is a module with a `Format` here, and a line in `tests/pixels/test_formats.py`.
"""

from __future__ import annotations

from pellucid.pixels.formats import (
    dicom,
    heif,
    jpeg2000,
    jpegxl,
    npy,
    pillow,
    png16,
    pnm,
    tiff,
    zarr,
)
from pellucid.pixels.formats.format import Format
from pellucid.pixels.formats.input import Input

__all__ = ["FORMATS", "Format", "Input", "format_of"]

FORMATS: tuple[Format, ...] = (
    zarr.FORMAT,
    npy.FORMAT,
    dicom.FORMAT,
    tiff.FORMAT,
    png16.FORMAT,
    jpeg2000.FORMAT,
    pnm.FORMAT,
    heif.FORMAT,
    heif.AVIF,
    jpegxl.FORMAT,
    pillow.FORMAT,  # takes what is left, and says what it isn't
)


def format_of(source: Input) -> Format:
    """The first format that claims an input."""
    return next(one for one in FORMATS if one.claims(source))
