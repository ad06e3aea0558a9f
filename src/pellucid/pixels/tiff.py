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
from dataclasses import dataclass
from mmap import mmap
from typing import TypeAlias

SHORT, LONG, UNDEFINED, LONG8 = 3, 4, 7, 16
TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_WORDS = {1: "B", 3: "H", 4: "I", 16: "Q"}  # of whole numbers
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
    reader, first = _reader(data, LAYOUT)
    return reader.order, reader.directory(first if at is None else at, depth=0)


def layout_of(data: bytes | mmap) -> tuple[dict[int, list[int]], bool]:
    """The whole numbers in the first directory, by tag, and whether another directory follows.

    Raises ValueError for what is no TIFF file.
    """
    reader, first = _reader(data, frozenset())
    found = {}
    for tag, value in reader.directory(first, depth=0).items():
        letter = _WORDS.get(value.kind) if isinstance(value, Value) else None
        if isinstance(value, Value) and letter:
            found[tag] = list(struct.unpack(f"{reader.order}{value.count}{letter}", value.raw))
    return found, reader.following != 0


def _reader(data: bytes | mmap, skipped: frozenset[int]) -> tuple[_Reader, int]:
    """A reader that leaves out some tags, and where the first directory is."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        raise ValueError("no TIFF header")
    version, offset = struct.unpack(order + "HI", data[2:8])
    big = version == 43
    if big and len(data) >= 16:
        (offset,) = struct.unpack(order + "Q", data[8:16])
    elif version != 42:
        raise ValueError(f"TIFF version {version} is unknown")
    return _Reader(data, order, big, skipped), offset


class _Reader:
    """Reads directories out of `data`, never more value bytes or rows in all than `data` has."""

    def __init__(self, data: bytes | mmap, order: str, big: bool, skipped: frozenset[int]) -> None:
        self.data, self.order, self.big, self.skipped = data, order, big, skipped
        self.following = 0  # where the directory after the first one is
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
        word, end = ("Q" if self.big else "I"), start + count * item
        if depth == 0 and end + struct.calcsize("=" + word) <= len(self.data):
            (self.following,) = struct.unpack_from(self.order + word, self.data, end)
        tags: Directory = {}
        for at in range(start, end, item):
            tag, value = self._entry(self.data[at : at + item], depth)
            if value is not None:
                tags[tag] = value
        return tags

    def _entry(self, entry: bytes, depth: int) -> tuple[int, Value | Directory | None]:
        """One row of the table; None for layout, unknown types and values outside the file."""
        tag, kind, count = struct.unpack_from(self.order + ("HHQ" if self.big else "HHI"), entry)
        if depth == 0 and tag in self.skipped:
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
