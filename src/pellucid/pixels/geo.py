"""What the metadata of a TIFF or an EXIF block say of a place: no data, and the part of a picture.

GeoTIFF (OGC 19-008r4) keeps its place in tags of the directory and GDAL its value for "no data" in
another; all of them are in the metadata (`tiff.py`) and so survive untouched. A part of a picture
gets a new place on Earth and new sizes, and nothing that shows what was cut away.
"""

from __future__ import annotations

import warnings
from dataclasses import replace

from pellucid.errors import PellucidWarning
from pellucid.pixels import tiff
from pellucid.pixels.box import Box
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.tiff import DOUBLE, LONG, SHORT, Directory, numbers_in, tags_of

PIXEL_SCALE, TIEPOINTS, TRANSFORMATION, NODATA = 33550, 33922, 34264, 42113
ORIENTATION, PIXEL_WIDTH, PIXEL_HEIGHT, MAKER_NOTE = 274, 40962, 40963, 37500
GROUPS = {TIEPOINTS: 6, PIXEL_SCALE: 3, TRANSFORMATION: 16}  # numbers that belong together
_THUMBNAILS = (b"xmpGImg:image", b"xmp:Thumbnails")


def nodata_of(exif: bytes | None) -> float | None:
    """The value that GDAL marks as no data; None if a TIFF's metadata name none."""
    return _number(tiff.raw_of(tags_of(exif)[1], NODATA))


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
    order, tags = tags_of(info.exif)
    if not tags:
        return info
    _move(tags, order, box, scale)
    inner = tags.get(tiff.EXIF)
    if isinstance(inner, dict):
        inner.pop(MAKER_NOTE, None)
        for tag, side in ((PIXEL_WIDTH, width), (PIXEL_HEIGHT, height)):
            if tag in inner:
                inner[tag] = tiff.value_of(order, SHORT if side < 2**16 else LONG, side)
    return replace(info, exif=tiff.block(tags, order))  # IFD 0 and below alone


def _move(tags: Directory, order: str, box: Box, scale: int) -> None:
    """Make the corner of `box` the corner of a GeoTIFF, whose samples are `scale` times as wide."""
    points, sides, matrix = (
        numbers_in(tags, tag, order, DOUBLE) for tag in (TIEPOINTS, PIXEL_SCALE, TRANSFORMATION)
    )
    for at in range(0, len(points) - 5, 6):  # column, row, depth in the picture; then on Earth
        points[at] = (points[at] - box.x) / scale
        points[at + 1] = (points[at + 1] - box.y) / scale
    sides[:2] = [side * scale for side in sides[:2]]
    for row in range(0, len(matrix) - 3, 4):
        matrix[row + 3] += matrix[row] * box.x + matrix[row + 1] * box.y
        matrix[row : row + 2] = [step * scale for step in matrix[row : row + 2]]
    for tag, numbers in ((TIEPOINTS, points), (PIXEL_SCALE, sides), (TRANSFORMATION, matrix)):
        if numbers and len(numbers) % GROUPS[tag] == 0:
            tags[tag] = tiff.value_of(order, DOUBLE, *numbers)


def upright(exif: bytes | None) -> bytes | None:
    """EXIF of a picture whose decoder has turned it already, so that viewers don't once more."""
    if orientation_of(exif) == 1:
        return exif
    order, tags = tags_of(exif)
    return tiff.block({**tags, ORIENTATION: tiff.value_of(order, SHORT, 1)}, order)


def orientation_of(exif: bytes | None) -> int:
    """How viewers turn a picture, 1 (not at all) to 8, by its EXIF."""
    order, tags = tags_of(exif)
    found = numbers_in(tags, ORIENTATION, order, SHORT)
    return found[0] if found and 1 <= found[0] <= 8 else 1
