"""TIFF directories: metadata out of a TIFF, EXIF into one, and a small TIFF writer.

A directory is a sorted table of tags, each with a type, a count and raw bytes in the file's byte
order; EXIF is such a table in a block of its own. Values are moved as raw bytes and never
interpreted, so nothing is rounded, renamed or dropped, and what is read from a file that was
written here is the same block. Tags that describe how the samples are stored (`LAYOUT`) belong to
the container and stay out of the metadata.

Reading is bounded: every size is checked against the file, and neither all values together nor all
tables may exceed its length, so that overlapping ones can't multiply.

Source: TIFF 6.0 (Adobe, 1992), BigTIFF (2004), Exif 2.32 section 4.6.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from mmap import mmap
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

SHORT, LONG, UNDEFINED, LONG8 = 3, 4, 7, 16
TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
POINTERS = {4, 13, 16, 18}  # LONG, IFD and their 8-byte forms

XMP, ICC, EXIF, GPS, INTEROP = 700, 34675, 34665, 34853, 40965
SUBDIRECTORIES = frozenset({EXIF, GPS, INTEROP})
_SINGLE = (262, 263, 264, 265, 266, 273, 284, 301, 317, 330, 332, 334, 336, 351)
_EDITOR_LAYERS = 37724
LAYOUT = frozenset(_SINGLE).union(
    range(254, 260),  # kind of page, width, height, bits, compression
    range(277, 282),  # samples, strips
    range(288, 294),  # fax
    range(320, 328),  # palette, tiles
    range(338, 348),  # extra samples, sample format, JPEG tables
    range(512, 522),  # old JPEG
    range(529, 533),  # YCbCr
    [_EDITOR_LAYERS],
)
_STRIP_BYTES = 1 << 18  # of samples, before deflate


@dataclass(frozen=True, slots=True)
class Value:
    """One tag's content: TIFF type, number of items, raw bytes in the directory's byte order."""

    kind: int
    count: int
    raw: bytes


Directory: TypeAlias = "dict[int, Value | Directory]"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a TIFF says besides its samples; `exif` is a block of its own, in canonical order."""

    exif: bytes | None = None
    icc: bytes | None = None
    xmp: bytes | None = None


def read_metadata(data: bytes | mmap, at: int | None = None) -> Metadata:
    """Return the metadata of a picture of a TIFF or BigTIFF; nothing for a broken table.

    `at` is where its directory begins; None is the first one.
    """
    try:
        order, tags = parse(data, at)
    except ValueError:
        return Metadata()
    icc, xmp = tags.pop(ICC, None), tags.pop(XMP, None)
    return Metadata(
        exif=header(order, 8) + build(tags, order, 8) if tags else None,
        icc=icc.raw or None if isinstance(icc, Value) else None,
        xmp=xmp.raw or None if isinstance(xmp, Value) else None,
    )


def parse(data: bytes | mmap, at: int | None = None) -> tuple[str, Directory]:
    """Return the byte order ("<" or ">") and a directory, without layout tags.

    `data` is a TIFF file or an EXIF block; the directory begins at byte `at`, or is the first one.
    Raises ValueError if it is neither.
    """
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        raise ValueError("no TIFF header")
    version, offset = struct.unpack(order + "HI", data[2:8])
    big = version == 43
    if big and len(data) >= 16:
        (offset,) = struct.unpack(order + "Q", data[8:16])
    elif version != 42:
        raise ValueError(f"TIFF version {version} is unknown")
    return order, _Reader(data, order, big).directory(offset if at is None else at, depth=0)


class _Reader:
    """Reads directories out of `data`, never more value bytes or rows in all than `data` has."""

    def __init__(self, data: bytes | mmap, order: str, big: bool) -> None:
        self.data, self.order, self.big = data, order, big
        self.budget = len(data)
        self.rows = len(data) // 12

    def directory(self, offset: int, depth: int) -> Directory:
        count_format, item = ("Q", 20) if self.big else ("H", 12)
        start = offset + struct.calcsize("=" + count_format)
        if start > len(self.data):
            raise ValueError("the directory lies outside the file")
        (count,) = struct.unpack(self.order + count_format, self.data[offset:start])
        count = min(count, (len(self.data) - start) // item)
        if count > self.rows:
            raise ValueError("directories overlap")
        self.rows -= count
        tags: Directory = {}
        for at in range(start, start + count * item, item):
            tag, value = self._entry(self.data[at : at + item], depth)
            if value is not None:
                tags[tag] = value
        return tags

    def _entry(self, entry: bytes, depth: int) -> tuple[int, Value | Directory | None]:
        """One row of the table; None for layout, unknown types and values outside the file."""
        tag, kind, count = struct.unpack_from(self.order + ("HHQ" if self.big else "HHI"), entry)
        if depth == 0 and tag in LAYOUT:
            return tag, None
        word = "Q" if self.big else "I"
        field = entry[-struct.calcsize("=" + word) :]
        if tag in SUBDIRECTORIES and kind in POINTERS and count == 1:
            narrow = "I" if kind in (LONG, 13) else word
            (offset,) = struct.unpack_from(self.order + narrow, field)
            return tag, self._subdirectory(offset, depth)
        size = TYPE_BYTES.get(kind, 0) * count
        if size == 0 or size > self.budget:
            return tag, None
        if size <= len(field):
            raw = field[:size]
        else:
            (offset,) = struct.unpack(self.order + word, field)
            raw = self.data[offset : offset + size]
        self.budget -= size
        return tag, Value(kind, count, bytes(raw)) if len(raw) == size else None

    def _subdirectory(self, offset: int, depth: int) -> Directory | None:
        if depth >= 2:  # picture -> EXIF -> interoperability is the deepest there is
            return None
        try:
            return self.directory(offset, depth + 1) or None
        except ValueError:
            return None


def header(order: str, offset: int, *, big: bool = False) -> bytes:
    """Return what stands before everything: byte order, version, where the first directory lies."""
    kind = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    return kind + (struct.pack(order + "HHQ", 8, 0, offset) if big else pack_word(order, offset))


def pack_word(order: str, number: int) -> bytes:
    """Four bytes; ValueError for a number that needs more."""
    if number >= 2**32:
        raise ValueError(f"byte {number} lies beyond what a TIFF can point to")
    return struct.pack(order + "I", number)


def build(
    tags: Directory, order: str, start: int, *, big: bool = False, following: int = 0
) -> bytes:
    """Return the table of `tags` in ascending order and its values, to lie at byte `start`.

    `following` is where the next directory begins, 0 if there is none; `big` makes a BigTIFF's.
    """
    count, row, room = ("Q", "HHQ", 8) if big else ("H", "HHI", 4)
    table = bytearray(struct.pack(order + count, len(tags)))
    heap = bytearray()
    heap_start = start + len(table) + (4 + 2 * room) * len(tags) + room

    def word(number: int) -> bytes:
        return struct.pack(order + "Q", number) if big else pack_word(order, number)

    for tag in sorted(tags):
        value = tags[tag]
        at = heap_start + len(heap)
        if isinstance(value, dict):
            table += struct.pack(order + row, tag, LONG8 if big else LONG, 1) + word(at)
            heap += build(value, order, at, big=big)
        else:
            table += struct.pack(order + row, tag, value.kind, value.count)
            inline = len(value.raw) <= room
            table += value.raw.ljust(room, b"\0") if inline else word(at)
            heap += b"" if inline else value.raw
        heap += b"\0" * (len(heap) % 2)
    return bytes(table + word(following) + heap)


def encode(samples: NDArray[Any], metadata: Metadata) -> bytes:
    """Return a TIFF of `samples`: strips, deflate, horizontal differences of whole numbers.

    `samples` are HxWxC of uint8, uint16 or float32; C is 1 or 3, or 2 or 4 with transparency.
    Raises ValueError if the EXIF block is not a TIFF structure and so can't be kept here.
    """
    order, tags = parse(metadata.exif) if metadata.exif else ("<", {})
    height, width, channels = samples.shape
    stored = samples.dtype.newbyteorder(">" if order == ">" else "<")
    differs = stored.kind == "u"
    rows = max(1, _STRIP_BYTES // (width * channels * stored.itemsize))
    pieces = (samples[y : y + rows] for y in range(0, height, rows))
    strips = [_deflate(_differences(piece) if differs else piece, stored) for piece in pieces]
    sizes = [len(strip) for strip in strips]
    ends: list[int] = np.cumsum([8, *sizes]).tolist()

    def put(tag: int, kind: int, *values: int) -> None:
        letter = "H" if kind == SHORT else "I"
        tags[tag] = Value(kind, len(values), struct.pack(f"{order}{len(values)}{letter}", *values))

    put(256, LONG, width)
    put(257, LONG, height)
    put(258, SHORT, *[8 * stored.itemsize] * channels)
    put(259, SHORT, 8)  # deflate
    put(262, SHORT, 2 if channels >= 3 else 1)  # RGB, or grey with 0 black
    put(273, LONG, *ends[:-1])
    put(277, SHORT, channels)
    put(278, LONG, rows)
    put(279, LONG, *sizes)
    put(284, SHORT, 1)  # interleaved
    if differs:
        put(317, SHORT, 2)  # horizontal differences
    else:
        put(339, SHORT, *[3] * channels)  # IEEE floating point
    if channels in (2, 4):
        put(338, SHORT, 2)  # transparency, not multiplied into the colours
    for tag, raw in ((ICC, metadata.icc), (XMP, metadata.xmp)):
        tags.pop(tag, None)
        if raw:
            tags[tag] = Value(UNDEFINED if tag == ICC else 1, len(raw), raw)
    start = ends[-1] + ends[-1] % 2
    body = b"".join(strips) + b"\0" * (ends[-1] % 2)
    return header(order, start) + body + build(tags, order, start)


def _differences(strip: NDArray[Any]) -> NDArray[Any]:
    """Each sample less its left neighbour's, modulo 2^bits as the predictor says."""
    differences = strip.copy()
    differences[:, 1:] -= strip[:, :-1]
    return differences


def _deflate(strip: NDArray[Any], stored: np.dtype[Any]) -> bytes:
    packed: bytes = zlib.compress(strip.astype(stored, copy=False).tobytes(), 6)
    return packed
