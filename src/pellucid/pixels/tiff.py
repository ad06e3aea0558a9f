"""TIFF directories: metadata out of a TIFF, and EXIF into one.

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
from contextlib import suppress
from dataclasses import dataclass, replace
from mmap import mmap
from operator import itemgetter
from typing import Any, TypeAlias

from pellucid.pixels.info import ImageInfo

BYTE, SHORT, LONG, UNDEFINED, DOUBLE, LONG8 = 1, 3, 4, 7, 12, 16
_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_LETTERS = {1: "B", 3: "H", 4: "I", 12: "d", 16: "Q"}  # of whole numbers, and of floats
_POINTERS = {4, 13, 16, 18}  # LONG, IFD and their 8-byte forms

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

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES = 256, 257, 258, 259, 262, 277
PLANAR, EXTRA, FORMAT = 284, 338, 339
JPEG = (6, 7, 34892)
# Compressions that libtiff has in every build of Pillow, or none but it.
_BY_PILLOW = {*range(1, 9), 32771, 32773, 32809, 32946, 34676, 34677, 34925, 50000, 50001}
UNSIGNED, FLOAT = 1, 3
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, YCBCR = 0, 1, 2, 6
UNSPECIFIED, MULTIPLIED = 0, 1  # extra samples: without meaning, alpha that is in the colours


@dataclass(frozen=True, slots=True)
class Value:
    """One tag's content: TIFF type, number of items, raw bytes in the directory's byte order."""

    kind: int
    count: int
    raw: bytes


Directory: TypeAlias = "dict[int, Value | Directory]"


def value_of(order: str, kind: int, *numbers: float) -> Value:
    """Numbers of a type as the content of a tag."""
    raw = struct.pack(f"{order}{len(numbers)}{_LETTERS[kind]}", *numbers)
    return Value(kind, len(numbers), raw)


def numbers_in(tags: Directory, tag: int, order: str, *kinds: int) -> list[Any]:
    """The numbers of a tag; none if it isn't there or of another type than those."""
    value = tags.get(tag)
    if not isinstance(value, Value) or value.kind not in kinds:
        return []
    return list(struct.unpack(f"{order}{value.count}{_LETTERS[value.kind]}", value.raw))


def raw_of(tags: Directory, tag: int) -> bytes:
    """The bytes of a tag; none if it isn't there."""
    value = tags.get(tag)
    return value.raw if isinstance(value, Value) else b""


def parse(data: bytes | mmap | None, at: int | None = None) -> tuple[str, Directory]:
    """Return the byte order ("<" or ">") and a directory, without layout tags; empty for no data.

    `data` is a TIFF file or an EXIF block; the directory begins at byte `at`, or is the first one.
    Raises ValueError if it is neither.
    """
    if not data:
        return "<", {}
    reader = _Reader(data, LAYOUT)
    return reader.order, reader.directory(reader.first if at is None else at, depth=0)


def tags_of(data: bytes | mmap | None, at: int | None = None) -> tuple[str, Directory]:
    """The same; empty for what can't be parsed."""
    try:
        return parse(data, at)
    except ValueError:
        return "<", {}


def with_tags(info: ImageInfo, data: bytes | mmap, at: int | None = None) -> ImageInfo:
    """`info` with the metadata of a picture of a TIFF or BigTIFF; EXIF is a block of its own.

    `at` is where its directory begins; None is the first one. A broken table has none.
    """
    order, tags = tags_of(data, at)
    icc, xmp = raw_of(tags, ICC) or None, raw_of(tags, XMP) or None
    others = {tag: value for tag, value in tags.items() if tag not in (ICC, XMP)}
    return replace(info, exif=block(others, order), icc=icc, xmp=xmp)


def facts_of(data: bytes | mmap) -> tuple[bool, int]:
    """Whether Pillow gives a file's samples as they are, or refuses them well; and its pixels.

    The number of pixels is 0 if the samples don't mean what Pillow makes of them, so that they
    can't be read in parts, or if the first directory makes no sense.
    """
    try:
        reader = _Reader(data, frozenset())
        tags = reader.directory(reader.first, depth=0)
    except (ValueError, struct.error):
        return True, 0

    def first(tag: int, otherwise: int) -> int:
        found = numbers_in(tags, tag, reader.order, BYTE, SHORT, LONG, LONG8)
        return int(found[0]) if found else otherwise

    samples, bits = first(SAMPLES, 1), first(BITS, 1)
    compression, photometric = first(COMPRESSION, 1), first(PHOTOMETRIC, BLACK_IS_ZERO)
    kind, whole = first(FORMAT, UNSIGNED), compression in _BY_PILLOW and not reader.following
    if samples > 1 and first(PLANAR, 1) == 2:
        whole = False
    if first(EXTRA, -1) in (UNSPECIFIED, MULTIPLIED):  # it drops the one and divides by the other
        whole = False
    if bits <= 8:
        whole = whole and kind == UNSIGNED and samples <= 4
    else:
        whole = whole and samples == 1 and (kind, bits) in ((UNSIGNED, 16), (FLOAT, 32))
    coloured = photometric == YCBCR and compression in JPEG
    plain = bits in (8, 16, 32) and (photometric in (BLACK_IS_ZERO, RGB) or coloured)
    return whole, plain * first(WIDTH, 0) * first(HEIGHT, 0)


class _Reader:
    """Reads directories out of `data`, never more value bytes or rows in all than `data` has."""

    def __init__(self, data: bytes | mmap, skipped: frozenset[int]) -> None:
        self.order = order = {b"II": "<", b"MM": ">"}.get(data[:2], "")
        if not order or len(data) < 8:
            raise ValueError("no TIFF header")
        version, self.first = struct.unpack(order + "HI", data[2:8])
        big = version == 43
        if big and len(data) >= 16:
            (self.first,) = struct.unpack(order + "Q", data[8:16])
        elif version != 42:
            raise ValueError(f"TIFF version {version} is unknown")
        self.data, self.skipped = data, skipped
        self.word = struct.Struct(order + ("Q" if big else "I"))
        self.row = struct.Struct(order + ("HHQ" if big else "HHI"))
        self.count = struct.Struct(order + ("Q" if big else "H"))
        self.following = 0  # where the directory after the first one is
        self.budget, self.rows = len(data), len(data) // 12

    def directory(self, offset: int, depth: int) -> Directory:
        start, step = offset + self.count.size, self.row.size + self.word.size
        if start > len(self.data):
            raise ValueError("the directory lies outside the file")
        (count,) = self.count.unpack_from(self.data, offset)
        count = min(count, (len(self.data) - start) // step)
        if count > self.rows:
            raise ValueError("directories overlap")
        self.rows -= count
        end = start + count * step
        if depth == 0 and end + self.word.size <= len(self.data):
            (self.following,) = self.word.unpack_from(self.data, end)
        found = (self._entry(self.data[at : at + step], depth) for at in range(start, end, step))
        return {tag: value for tag, value in found if value is not None}

    def _entry(self, entry: bytes, depth: int) -> tuple[int, Value | Directory | None]:
        """One row of the table; None for layout, unknown types and values outside the file."""
        tag, kind, count = self.row.unpack_from(entry)
        if depth == 0 and tag in self.skipped:
            return tag, None
        field = entry[self.row.size :]
        if tag in SUBDIRECTORIES and kind in _POINTERS and count == 1:
            letter = "I" if kind in (LONG, 13) else self.word.format[1:]
            (offset,) = struct.unpack_from(self.order + letter, field)
            with suppress(ValueError):
                if depth < 2:  # picture -> EXIF -> interoperability is the deepest there is
                    return tag, self.directory(offset, depth + 1) or None
            return tag, None
        size = _BYTES.get(kind, 0) * count
        if size == 0 or size > self.budget:
            return tag, None
        raw = field[:size]
        if size > len(field):
            (offset,) = self.word.unpack(field)
            raw = self.data[offset : offset + size]
        self.budget -= size
        return tag, Value(kind, count, bytes(raw)) if len(raw) == size else None


def header(order: str, offset: int, *, big: bool = False) -> bytes:
    """Return what stands before everything: byte order, version, where the first directory lies."""
    kind = b"II" if order == "<" else b"MM"
    numbers = (43, 8, 0, offset) if big else (42, offset)
    return kind + struct.pack(order + ("HHHQ" if big else "HI"), *numbers)


def block(tags: Directory, order: str) -> bytes | None:
    """An EXIF block of `tags`; None without any."""
    return header(order, 8) + build(tags, order, 8) if tags else None


def build(
    tags: Directory, order: str, start: int, *, big: bool = False, more: bool = False
) -> bytes:
    """Return the table of `tags` in ascending order and its values, to lie at byte `start`.

    `more`: another directory follows, right behind it; `big` makes a BigTIFF's. It fills an even
    number of bytes.
    """
    count, entry, room = ("Q", "HHQ", 8) if big else ("H", "HHI", 4)
    word = struct.Struct(order + ("Q" if big else "I"))
    table, heap = bytearray(struct.pack(order + count, len(tags))), bytearray()
    heap_start = start + len(table) + (4 + 2 * room) * len(tags) + room
    for tag, value in sorted(tags.items(), key=itemgetter(0)):
        at = heap_start + len(heap)
        if isinstance(value, dict):
            table += struct.pack(order + entry, tag, LONG8 if big else LONG, 1) + word.pack(at)
            heap += build(value, order, at, big=big)
        else:
            table += struct.pack(order + entry, tag, value.kind, value.count)
            inline = len(value.raw) <= room
            table += value.raw.ljust(room, b"\0") if inline else word.pack(at)
            heap += b"" if inline else value.raw
        heap += b"\0" * (len(heap) % 2)
    return bytes(table + word.pack(heap_start + len(heap) if more else 0) + heap)
