"""The formats that pictures are read from and written in.

`FORMATS` asks in order which one claims an input; `WRITERS` are found by the suffix. A new format
is a module with a `Format`, a `Writer` or both here, and a line in `tests/pixels/test_formats.py`.
"""

from __future__ import annotations

from pellucid.pixels.formats import (
    dicom,
    heif,
    jpeg2000,
    jpegxl,
    npy,
    pillow,
    pillow_write,
    png16,
    pnm,
    tiff,
    tiff_write,
    zarr,
)
from pellucid.pixels.formats.format import Format, Output, Writer
from pellucid.pixels.formats.input import Input

__all__ = ["FORMATS", "PICTURES", "WRITERS", "Format", "Input", "Output", "Writer", "format_of"]

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


PICTURES: tuple[Writer, ...] = (
    pillow_write.PNG,
    pillow_write.JPEG,
    pillow_write.WEBP,
    tiff_write.WRITER,
    pillow_write.BMP,
    pnm.PPM,
    pnm.PGM,
)
WRITERS = {
    suffix: writer
    for writer in (*PICTURES, npy.WRITER, zarr.WRITER, dicom.WRITER)
    for suffix in writer.suffixes
}


def format_of(source: Input) -> Format:
    """The first format that claims an input."""
    return next(one for one in FORMATS if one.claims(source))
