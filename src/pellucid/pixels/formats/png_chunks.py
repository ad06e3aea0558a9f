"""PNG: its chunks, checked one by one, and files put together from them.

What holds more bits than Pillow takes is taken apart here, so that a decoder in C sees sound chunks
alone, and metadata go the same way as those of other PNGs: through Pillow, beside one grey pixel.

Source: PNG (third edition), sections 5, 8 and 11.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from pellucid.errors import InputError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}  # by colour type, 3 (a palette) left out
_MOST_CHUNKS = 2**20
_DEFLATE = 1032  # the most that deflate can shrink: 258 bytes in 2 bits
_PIECE = 2**20  # bytes that are inflated at a time, where they are only counted
_ADAM7 = (  # of each pass: first column, first row, steps from column to column, from row to row
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_METADATA = (b"eXIf", b"iCCP", b"iTXt", b"tEXt", b"zTXt", b"pHYs")


class Chunk(NamedTuple):
    """A chunk's type and what it holds."""

    kind: bytes
    body: bytes


class Header(NamedTuple):
    """IHDR: sizes in pixels, bits a sample, colour type, and 0 or 1 (interlaced, Adam7)."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: int

    @property
    def filtered(self) -> int:
        """Bytes of all rows, each behind its filter; for whole bytes a sample."""
        passes = _ADAM7 if self.interlaced else ((0, 0, 1, 1),)
        pixel = CHANNELS[self.colour] * self.depth // 8
        total = 0
        for left, top, across, down in passes:
            wide, tall = -((left - self.width) // across), -((top - self.height) // down)
            total += tall * (1 + wide * pixel) if wide > 0 else 0
        return total

    def chunk(self) -> Chunk:
        """As it is stored."""
        width, height, depth, colour, interlaced = self
        return Chunk(
            b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
        )


def chunks_of(data: bytes, name: str) -> list[Chunk]:
    """The chunks of a file from IHDR to IEND; InputError for a damaged or missing one.

    What follows IEND is not looked at.
    """
    found: list[Chunk] = []
    at = len(SIGNATURE)
    while not found or found[-1].kind != b"IEND":
        if len(data) < at + 12:
            raise InputError(f"{name} is damaged or cut off: it has no chunk IEND")
        if len(found) == _MOST_CHUNKS:
            raise InputError(f"{name} has more than {_MOST_CHUNKS} chunks; save it with fewer")
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if len(data) < end + 4:
            raise InputError(f"{name} is damaged or cut off: it ends in a chunk at byte {at}")
        if zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise InputError(f"{name} is damaged: the chunk at byte {at} fails its checksum")
        found.append(Chunk(kind, data[at + 8 : end]))
        at = end + 4
    kinds = [chunk.kind for chunk in found]
    if kinds[0] != b"IHDR" or kinds.count(b"IHDR") != 1 or b"IDAT" not in kinds:
        raise InputError(f"{name} is damaged: it must have one IHDR, first, and samples")
    return found


def header_of(chunks: list[Chunk], name: str) -> Header:
    """What IHDR says; InputError for what no PNG of grey or RGB says."""
    body = chunks[0].body
    if len(body) == 13:
        width, height, depth, colour, deflate, filters, interlaced = struct.unpack(">IIBBBBB", body)
        if colour in CHANNELS and (deflate, filters) == (0, 0) and interlaced in (0, 1):
            return Header(width, height, depth, colour, interlaced)
    raise InputError(f"{name} is damaged: its header says what no PNG can, {body.hex(' ')}")


def check_length(chunks: list[Chunk], header: Header, name: str) -> None:
    """InputError if the samples' chunks are too short to hold what the header says."""
    packed = sum(len(chunk.body) for chunk in chunks if chunk.kind == b"IDAT")
    if header.filtered > _DEFLATE * packed:
        raise InputError(
            f"{name} is damaged or cut off: {packed} bytes can't hold {header.width} x "
            f"{header.height} pixels"
        )


def check_inflated(chunks: list[Chunk], header: Header, name: str) -> None:
    """InputError if fewer rows come out of the samples' chunks; Pillow would leave them blank."""
    unpacker, count = zlib.decompressobj(), 0
    try:
        for chunk in chunks:
            rest, more = chunk.body, chunk.kind == b"IDAT"
            while more and not unpacker.eof and count < header.filtered:
                got = len(unpacker.decompress(rest, _PIECE))
                count, rest = count + got, unpacker.unconsumed_tail
                more = bool(rest) or got == _PIECE
    except zlib.error as error:
        raise InputError(f"{name} is damaged: {error}") from error
    if count < header.filtered:
        raise InputError(f"{name} is damaged or cut off: some of its rows are missing")


def file_of(chunks: Iterable[Chunk]) -> bytes:
    """The file of these chunks."""
    parts = [SIGNATURE]
    for kind, body in chunks:
        checksum = zlib.crc32(body, zlib.crc32(kind))
        parts += [struct.pack(">I4s", len(body), kind), body, struct.pack(">I", checksum)]
    return b"".join(parts)


def with_one_pixel(chunks: list[Chunk]) -> bytes:
    """The metadata of a file, wherever in it they stand, as a file of one grey pixel."""
    pixel = Chunk(b"IDAT", zlib.compress(b"\0\0"))
    kept = [chunk for chunk in chunks if chunk.kind in _METADATA]
    return file_of([Header(1, 1, 8, 0, 0).chunk(), *kept, pixel, Chunk(b"IEND", b"")])
