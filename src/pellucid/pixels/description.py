"""What the description of a TIFF says of its pages: OME-XML, ImageJ's lines, tifffile's JSON.

What came from such a file keeps the description, byte for byte, while its sizes, type and order of
pages are those of the file that is written. A region or a page has others: then OME-XML is made
anew (`ome.py`), and of the others the sizes are taken out or corrected, since readers would look
for pages that aren't there. A name in .ome.tif asks for OME-XML.

Source: ImageJ's TiffEncoder; tifffile, "shaped" series.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.errors import OutputError
from pellucid.pixels.axes import SAMPLES, Axes, unpack_axes
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.ome import TYPES, fits, made, ome_of, only_image, page_xml, stack_of
from pellucid.pixels.tiff import Directory, Value, block, parse, raw_of

SUFFIXES = (".ome.tif", ".ome.tiff")
DESCRIPTION, ASCII = 270, 2
IMAGEJ_TAGS = (50838, 50839)  # labels and overlays of an ImageJ stack's pages
_IMAGEJ = (b"ImageJ=", b"SCIFIO=")
_PLAIN_SHAPE = b"shape="  # as tifffile wrote it once
_IMAGES, _COUNTS = b"images", (b"channels", b"slices", b"frames")
_OF_STACKS = (_IMAGES, *_COUNTS, b"hyperstack", b"mode")


def described(path: Path, info: ImageInfo, dtype: np.dtype[Any]) -> tuple[str, Directory]:
    """Byte order and tags of a TIFF: those of `info`, with a description of what is written.

    Raises OutputError for a type, or for more axes, than OME has, if the name asks for it;
    ValueError for EXIF that is no TIFF structure.
    """
    order, tags = parse(info.exif)
    before = text = raw_of(tags, DESCRIPTION).rstrip(b"\0")
    root, wanted = ome_of(before), path.name.lower().endswith(SUFFIXES)
    if root is None:
        axes = unpack_axes(info.axes, info.channels) or ()
        pages = tuple(axis for axis in axes if axis[0] != SAMPLES)
        text = told(before, pages, (info.height, info.width, info.samples_a_page))
        for tag in IMAGEJ_TAGS if text != before and before.startswith(_IMAGEJ) else ():
            tags.pop(tag, None)
    if root is not None or wanted:
        try:
            stack = stack_of(info, dtype)
            if root is None:
                text = made(stack, None, text)
            elif not fits(root, stack):
                text = made(stack, only_image(root))
        except ValueError as error:
            if wanted:
                raise OutputError(f"cannot write {path}: {error}; name it .tif") from error
            text = b""  # what it said is no longer so
    if text != before:
        _describe(tags, text)
    return order, tags


def _describe(tags: Directory, text: bytes) -> None:
    tags.pop(DESCRIPTION, None)
    if text:
        tags[DESCRIPTION] = Value(ASCII, len(text) + 1, text + b"\0")


def page_exif(info: ImageInfo, first: Directory, number: int, dtype: np.dtype[Any]) -> bytes | None:
    """The EXIF of `info`, of page `number`, with what `first`, the first page's tags, say of it.

    Only the first page has the OME-XML. It is as it was if that has none, or none that names the
    page.
    """
    root = ome_of(raw_of(first, DESCRIPTION).rstrip(b"\0"))
    if root is None or dtype.name not in TYPES:
        return info.exif
    stack = stack_of(info, dtype)
    text = None if number == 0 and fits(root, stack) else page_xml(root, number, stack)
    if text is None:
        return info.exif
    order, tags = parse(info.exif)
    _describe(tags, text)
    return block(tags, order)


def told(text: bytes, pages: Axes, size: tuple[int, int, int]) -> bytes:
    """The description of a TIFF of `pages` of `size` (height, width, samples), from one before.

    Empty if nothing of it can be kept; other descriptions stay as they are.
    """
    lengths = [length for _, length in pages]
    if text.startswith(_IMAGEJ):
        return _imagej(text, math.prod(lengths), size[2])
    shape = [*lengths, *size[: 2 + (size[2] > 1)]]
    if text.startswith(_PLAIN_SHAPE):
        known = [int(n) for n in re.findall(rb"\d{1,19}", text)]
        return text if _squeezed(known) == _squeezed(shape) else b""
    if not text.startswith(b"{") or b'"shape":' not in text:
        return text
    try:
        about = json.loads(text)
        same = _squeezed(about["shape"]) == _squeezed(shape)
    except (ValueError, LookupError, TypeError, RecursionError):
        return b""
    if same and not about.get("truncated"):
        return text
    about.pop("truncated", None)  # pages that aren't there follow: now all are
    about["shape"] = shape
    if "axes" in about:
        about["axes"] = "".join(letter for letter, _ in pages) + f"YX{SAMPLES}"[: 2 + (size[2] > 1)]
    return json.dumps(about).encode("ascii")


def _imagej(text: bytes, pages: int, samples: int) -> bytes:
    lines = text.split(b"\n")
    pairs = [line.partition(b"=") for line in lines]
    given = {key.strip(): int(n) for key, _, n in pairs if n.strip().isdigit() and len(n) < 20}
    count = math.prod(given.get(name, 1) for name in _COUNTS)
    if given.get(_IMAGES, 1) == pages and count in (1, pages, pages * samples):
        return text
    return b"\n".join(line for line in lines if line.partition(b"=")[0].strip() not in _OF_STACKS)


def _squeezed(shape: list[int]) -> list[int]:
    return [length for length in shape if length != 1]
