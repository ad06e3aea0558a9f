"""Typed chunks: type, length, payload, CRC-32. The frame of everything in a .pel file.

`docs/format.md`, section 2. The layout is PNG's with a little-endian length that the CRC covers
too, so that a damaged length can't pass for another chunk. Framing and checking are apart: a
`Chunk` says only where its bytes lie, and the CRC is checked when the payload is about to be used.
So one damaged tile costs that tile, not the file.
"""

from __future__ import annotations

import struct
import sys
import zlib
from typing import NamedTuple

from pellucid.bitstream.limits import MAX_PAYLOAD
from pellucid.errors import DamagedFileError, LimitError, OptionError

_BEFORE = 8  # bytes of type and length
_AFTER = 4  # bytes of the CRC
CHUNK_OVERHEAD = _BEFORE + _AFTER


class Chunk(NamedTuple):
    """Where a chunk lies: `offset` of its first byte in the file, `length` of its payload."""

    type: str
    offset: int
    length: int

    @property
    def end(self) -> int:
        """Offset of the first byte after the chunk."""
        return self.offset + CHUNK_OVERHEAD + self.length

    @property
    def is_critical(self) -> bool:
        """True unless the type's first letter is lower case: a reader must know it."""
        return not self.type[0].islower()

    def __str__(self) -> str:
        return f"chunk {self.type} at byte {self.offset}"


def write_chunk(type_: str, payload: bytes | memoryview) -> bytes:
    """Return the bytes of one chunk.

    Raises OptionError for a type that isn't an ASCII letter and three letters or digits,
    LimitError for a payload of 2^32 bytes or more.

    >>> write_chunk("DONE", b"").hex(" ")
    '44 4f 4e 45 00 00 00 00 cb aa f7 df'
    """
    if not _is_type(type_.encode("utf-8", "replace")):
        raise OptionError(
            f"a chunk's type must be an ASCII letter and 3 letters or digits, not {type_!r}"
        )
    if len(payload) > MAX_PAYLOAD:
        raise LimitError(
            f"the payload of chunk {type_} has {len(payload)} bytes; a chunk holds at most "
            f"{MAX_PAYLOAD}, so make it smaller"
        )
    start = type_.encode("ascii") + struct.pack("<I", len(payload))
    crc = zlib.crc32(payload, zlib.crc32(start))
    return b"".join((start, payload, struct.pack("<I", crc)))


def read_chunk(data: memoryview, offset: int) -> Chunk:
    """Return the chunk that begins at `offset`: its frame only, the CRC is not checked.

    Raises DamagedFileError if the file ends before the chunk does, or if the type is not one.
    """
    left = len(data) - offset
    if left <= 0:
        raise DamagedFileError(
            f"the file is truncated: it ends after {len(data)} bytes, before its chunk DONE; "
            "get the whole file again"
        )
    if left < CHUNK_OVERHEAD:
        raise DamagedFileError(
            f"the file is truncated, or garbage follows a chunk: {left} bytes are left at byte "
            f"{offset}, and a chunk has at least {CHUNK_OVERHEAD}; get the whole file again"
        )
    name = bytes(data[offset : offset + 4])
    if not _is_type(name):
        raise DamagedFileError(
            f"no chunk begins at byte {offset}: its type would be {name!r}, not a letter and "
            "3 letters or digits; damage before it or foreign bytes: get the file again"
        )
    (length,) = struct.unpack_from("<I", data, offset + 4)
    chunk = Chunk(sys.intern(name.decode("ascii")), offset, length)
    if length > left - CHUNK_OVERHEAD:
        raise DamagedFileError(
            f"{chunk} says that it holds {length} bytes, but the file has only "
            f"{left - CHUNK_OVERHEAD} for it: truncated, or the length is damaged; get the whole "
            "file again"
        )
    return chunk


def payload_of(data: memoryview, chunk: Chunk) -> memoryview:
    """Return a view of the chunk's payload, unchecked."""
    start = chunk.offset + _BEFORE
    return data[start : start + chunk.length]


def crc_damage(data: memoryview, chunk: Chunk) -> str | None:
    """Return what is wrong with the chunk's checksum, None if it is right."""
    end = chunk.end - _AFTER
    (stored,) = struct.unpack_from("<I", data, end)
    computed = zlib.crc32(data[chunk.offset : end])
    if stored == computed:
        return None
    return (
        f"{chunk} ({chunk.length} bytes) is damaged: its CRC-32 is {computed:08x}, the file says "
        f"{stored:08x}; get the file again"
    )


def check_crc(data: memoryview, chunk: Chunk) -> None:
    """Raise DamagedFileError, naming the chunk and its offset, if its checksum is wrong."""
    damage = crc_damage(data, chunk)
    if damage is not None:
        raise DamagedFileError(damage)


def _is_type(name: bytes) -> bool:
    return len(name) == 4 and name.isalnum() and name[:1].isalpha()  # of bytes: ASCII only
