"""What the metadata of a TIFF or an EXIF block say of a place: no data, and the part of a picture.

GeoTIFF (OGC 19-008r4) keeps its place in tags of the directory and GDAL its value for "no data" in
another; all of them are in the metadata (`tiff.py`) and so survive untouched. A part of a picture
gets a new place on Earth and new sizes, and nothing that shows what was cut away.
"""

from __future__ import annotations

import struct
import warnings
from dataclasses import replace

from pellucid.errors import PellucidWarning
from pellucid.pixels.box import Box
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.tiff import EXIF, LONG, SHORT, Directory, Value, build, header, parse

PIXEL_SCALE, TIEPOINTS, TRANSFORMATION, NODATA = 33550, 33922, 34264, 42113
ORIENTATION, PIXEL_WIDTH, PIXEL_HEIGHT, MAKER_NOTE = 274, 40962, 40963, 37500
DOUBLE = 12
_THUMBNAILS = (b"xmpGImg:image", b"xmp:Thumbnails")


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


def cropped(info: ImageInfo, box: Box, scale: int = 1) -> ImageInfo:
    """`info` of the part of a picture in `box`, of which `scale` samples a side become one.

    Sizes and the place on Earth are those of the part. Thumbnails and notes of the maker, which may
    hold one, are left out; so is XMP with a thumbnail, with a warning.
    """
    width, height = -(-box.width // scale), -(-box.height // scale)
    info = replace(info, width=width, height=height)
    if info.xmp and any(mark in info.xmp for mark in _THUMBNAILS):
        warnings.warn(
            "the XMP holds a thumbnail of the whole picture, so the part is written without XMP",
            PellucidWarning,
            stacklevel=2,
        )
        info = replace(info, xmp=None)
    order, tags = _tags(info.exif)
    if not tags:
        return info
    _move(tags, order, box, scale)
    inner = tags.get(EXIF)
    if isinstance(inner, dict):
        inner.pop(MAKER_NOTE, None)
        for tag, side in ((PIXEL_WIDTH, width), (PIXEL_HEIGHT, height)):
            if tag in inner:
                kind, letter = (SHORT, "H") if side < 2**16 else (LONG, "I")
                inner[tag] = Value(kind, 1, struct.pack(order + letter, side))
    return replace(info, exif=header(order, 8) + build(tags, order, 8))  # IFD 0 and below alone


def _move(tags: Directory, order: str, box: Box, scale: int) -> None:
    """Make the corner of `box` the corner of a GeoTIFF, whose samples are `scale` times as wide."""
    points = _doubles(tags, TIEPOINTS, order, 6)
    for at in range(0, len(points), 6):  # column, row, depth in the picture; then on Earth
        points[at] = (points[at] - box.x) / scale
        points[at + 1] = (points[at + 1] - box.y) / scale
    sides = _doubles(tags, PIXEL_SCALE, order, 3)
    sides[:2] = [side * scale for side in sides[:2]]
    matrix = _doubles(tags, TRANSFORMATION, order, 16)[:16]
    for row in range(0, len(matrix), 4):
        matrix[row + 3] += matrix[row] * box.x + matrix[row + 1] * box.y
        matrix[row : row + 2] = [step * scale for step in matrix[row : row + 2]]
    for tag, numbers in ((TIEPOINTS, points), (PIXEL_SCALE, sides), (TRANSFORMATION, matrix)):
        value = tags.get(tag)
        if numbers and isinstance(value, Value):
            raw = struct.pack(f"{order}{len(numbers)}d", *numbers)
            tags[tag] = replace(value, raw=raw, count=len(numbers))


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


def upright(exif: bytes | None) -> bytes | None:
    """EXIF of a picture whose decoder has turned it already, so that viewers don't once more."""
    if orientation_of(exif) == 1:
        return exif
    order, tags = _tags(exif)
    tags[ORIENTATION] = Value(SHORT, 1, struct.pack(f"{order}H", 1))
    return header(order, 8) + build(tags, order, 8)


def orientation_of(exif: bytes | None) -> int:
    """How viewers turn a picture, 1 (not at all) to 8, by its EXIF."""
    order, tags = _tags(exif)
    value = tags.get(ORIENTATION)
    if not isinstance(value, Value) or value.kind != SHORT or len(value.raw) < 2:
        return 1
    found: int = struct.unpack(f"{order}H", value.raw[:2])[0]
    return found if 1 <= found <= 8 else 1
