"""What ImageJ and tifffile tell of a stack in the description of a TIFF, kept true.

ImageJ writes lines such as `images=5`, tifffile the shape of all pages as JSON. What came from such
a file keeps the description, byte for byte, while that is what is written. For a page or a region
the sizes are taken out, or corrected: readers would look for pages that aren't there.

Source: ImageJ's TiffEncoder; tifffile, "shaped" series.
"""

from __future__ import annotations

import json
import math

from pellucid.pixels.axes import SAMPLES, Axes

IMAGEJ_TAGS = (50838, 50839)  # labels and overlays of an ImageJ stack's pages
_IMAGEJ = (b"ImageJ=", b"SCIFIO=")
_PLAIN_SHAPE = b"shape="  # as tifffile wrote it once
_IMAGES, _COUNTS = b"images", (b"channels", b"slices", b"frames")
_OF_STACKS = (_IMAGES, *_COUNTS, b"hyperstack", b"mode")


def is_imagej(text: bytes) -> bool:
    """Whether a description is one of ImageJ's."""
    return text.startswith(_IMAGEJ)


def told(text: bytes, pages: Axes, size: tuple[int, int, int]) -> bytes:
    """The description of a TIFF of `pages` of `size` (height, width, samples), from one before.

    Empty if nothing of it can be kept; other descriptions stay as they are.
    """
    if is_imagej(text):
        return _imagej(text, math.prod(length for _, length in pages), size[2])
    if text.startswith(_PLAIN_SHAPE):
        numbers = text.removeprefix(_PLAIN_SHAPE).strip(b"()").split(b",")
        known = [int(n) for n in numbers if n.strip().isdigit() and len(n) < 20]
        return text if _squeezed(known) == _squeezed(_shape(pages, size)) else b""
    if text.startswith(b"{") and b'"shape":' in text:
        return _shaped(text, pages, size)
    return text


def _imagej(text: bytes, pages: int, samples: int) -> bytes:
    lines = text.split(b"\n")
    pairs = [line.partition(b"=") for line in lines]
    given = {key.strip(): int(n) for key, _, n in pairs if n.strip().isdigit() and len(n) < 20}
    count = math.prod(given.get(name, 1) for name in _COUNTS)
    if given.get(_IMAGES, 1) == pages and count in (1, pages, pages * samples):
        return text
    kept = [line for line in lines if line.partition(b"=")[0].strip() not in _OF_STACKS]
    return b"\n".join(kept)


def _shaped(text: bytes, pages: Axes, size: tuple[int, int, int]) -> bytes:
    """tifffile's JSON, with what else stands in it."""
    try:
        about = json.loads(text)
        known = about["shape"]
        whole = all(isinstance(n, int) for n in known)
    except (ValueError, LookupError, TypeError, RecursionError):
        return b""
    shape = _shape(pages, size)
    if whole and _squeezed(known) == _squeezed(shape) and not about.get("truncated"):
        return text
    about.pop("truncated", None)  # pages that aren't there follow: now all are
    about["shape"] = shape
    if "axes" in about:
        letters = "".join(letter for letter, _ in pages)
        about["axes"] = letters + ("YX" if size[2] == 1 else f"YX{SAMPLES}")
    return json.dumps(about).encode("ascii")


def _shape(pages: Axes, size: tuple[int, int, int]) -> list[int]:
    height, width, samples = size
    return [length for _, length in pages] + [height, width] + ([samples] if samples > 1 else [])


def _squeezed(shape: list[int]) -> list[int]:
    return [length for length in shape if length != 1]
