"""Where on Earth a TIFF lies, as far as a codec must know: no data, and the corner of a region.

GeoTIFF (OGC 19-008r4) keeps its place in tags of the directory and GDAL its value for "no data" in
another; all of them are in the metadata of a TIFF (`tiff.py`) and so survive untouched. Only a part
of a picture needs a new place.
"""

from __future__ import annotations

import struct
from dataclasses import replace

from pellucid.pixels.tiff import Directory, Value, build, header, parse

TIEPOINTS, TRANSFORMATION, NODATA = 33922, 34264, 42113
DOUBLE = 12


def nodata_of(exif: bytes | None) -> float | None:
    """The value that GDAL marks as no data; None if a TIFF's metadata name none."""
    value = _tags(exif)[1].get(NODATA)
    return _number(value.raw) if isinstance(value, Value) else None


def nodata_in(image: object) -> float | None:
    """The same of an opened Pillow image of a TIFF; None for all else."""
    text = getattr(image, "tag_v2", {}).get(NODATA)
    return _number(text.encode()) if isinstance(text, str) else None


def _number(text: bytes) -> float | None:
    try:
        return float(text.rstrip(b"\0 ").decode("ascii"))
    except ValueError:
        return None


def moved(exif: bytes | None, x: int, y: int) -> bytes | None:
    """The metadata of the part of a picture whose corner is column `x`, row `y`."""
    order, tags = _tags(exif)
    if exif is None or not (x or y) or not tags.keys() & {TIEPOINTS, TRANSFORMATION}:
        return exif
    points = _doubles(tags, TIEPOINTS, order, 6)
    for at in range(0, len(points), 6):  # column, row, depth in the picture; then on Earth
        points[at] -= x
        points[at + 1] -= y
    matrix = _doubles(tags, TRANSFORMATION, order, 16)[:16]
    for row in range(0, len(matrix), 4):
        matrix[row + 3] += matrix[row] * x + matrix[row + 1] * y
    for tag, numbers in ((TIEPOINTS, points), (TRANSFORMATION, matrix)):
        value = tags.get(tag)
        if numbers and isinstance(value, Value):
            raw = struct.pack(f"{order}{len(numbers)}d", *numbers)
            tags[tag] = replace(value, raw=raw, count=len(numbers))
    return header(order, 8) + build(tags, order, 8)


def _tags(exif: bytes | None) -> tuple[str, Directory]:
    try:
        return parse(exif) if exif else ("<", {})
    except ValueError:
        return "<", {}


def _doubles(tags: Directory, tag: int, order: str, group: int) -> list[float]:
    """The numbers of a tag, in whole groups; none if it isn't there or is no list of doubles."""
    value = tags.get(tag)
    if not isinstance(value, Value) or value.kind != DOUBLE or value.count % group:
        return []
    return list(struct.unpack(f"{order}{value.count}d", value.raw))
