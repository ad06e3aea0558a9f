"""PNG of 16 bits a sample, of which Pillow would keep the high bytes alone, and takes cut files.

Each chunk, the size and the number of rows are checked first. Pillow then undoes the filters:
for grey as of two samples of 8 bits each, for RGB once for the high bytes and once for the low
ones. Metadata go through Pillow as those of other PNGs do, beside one grey pixel.

In writing rows are filtered here, each with the filter whose bytes are the smallest, as libpng
chooses, and deflated.

Source: PNG (third edition), sections 5, 8, 9 (filters), 11 and 12.7 (choice of a filter).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError
from pellucid.pixels.formats import pillow
from pellucid.pixels.formats.format import Format, damage, whole
from pellucid.pixels.formats.input import Input
from pellucid.pixels.formats.pillow_checks import DEFLATE, check_header
from pellucid.pixels.info import ImageInfo

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 2**20
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}  # by colour type, 3 (a palette) left out
# By channels, modes of 8 bits and how they lie in the file: all bytes, or high ones and low ones.
_BYTES = {
    1: [("LA", "LA")],
    2: [("RGBA", "RGBA")],
    3: [("RGB", "RGB;16B"), ("RGB", "RGB;16L")],
    4: [("RGBA", "RGBA;16B"), ("RGBA", "RGBA;16L")],
}
_ADAM7 = (  # of each pass: first column, first row, steps from column to column, from row to row
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_METADATA = (b"eXIf", b"iCCP", b"iTXt", b"tEXt", b"zTXt", b"pHYs", b"gAMA", b"sRGB")
_STRIP = 2**20  # bytes of rows that are filtered at a time
_LEVEL = 6


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
        """Bytes of all rows, each behind its filter."""
        total = 0
        for left, top, across, down in _ADAM7 if self.interlaced else ((0, 0, 1, 1),):
            wide, tall = -((left - self.width) // across), -((top - self.height) // down)
            total += tall * (1 + wide * _CHANNELS[self.colour] * 2) if wide > 0 else 0
        return total

    def chunk(self) -> Chunk:
        """As it is stored."""
        return Chunk(b"IHDR", struct.pack(">IIBBBBB", *self[:4], 0, 0, self.interlaced))


def is_png16(source: Input) -> bool:
    """Whether an input is a PNG of 16 bits a sample."""
    head = source.head
    return head.startswith(SIGNATURE) and head[12:16] == b"IHDR" and head[24:25] == b"\x10"


def read_png16(source: Input, max_pixels: int) -> tuple[NDArray[np.uint16], ImageInfo]:
    """Samples (H, W, C) as stored; one colour marked as transparent is alpha of 0 and 65535.

    Raises InputError for damage or a cut file, LimitError.
    """
    name = source.name
    with pillow.opened(source.data, name) as image:
        check_header(image, source.data, name, max_pixels)
    chunks = chunks_of(source.data, name)
    header = _header_of(chunks, name)
    with damage(name):  # by a filter that there isn't
        samples = _decode(_rows_of(chunks, header, name), header)
    mark = next((body for kind, body in chunks if kind == b"tRNS"), b"")
    if mark and header.colour in (0, 2):
        if len(mark) != 2 * samples.shape[2]:
            raise InputError(f"{name} is damaged: its transparent colour has {len(mark)} bytes")
        clear = (samples == np.frombuffer(mark, ">u2")).all(axis=2)
        samples = np.dstack([samples, np.where(clear, 0, 65535).astype(np.uint16)])
    kept = [chunk for chunk in chunks if chunk.kind in _METADATA]
    pixel = Chunk(b"IDAT", zlib.compress(b"\0\0"))
    husk = file_of([Header(1, 1, 8, 0, 0).chunk(), *kept, pixel, Chunk(b"IEND", b"")])
    with pillow.opened(husk, name) as image:
        image.load()  # metadata behind the samples, too
        return samples, pillow.info_of(image, husk, samples, name)


def encode_png(samples: NDArray[np.uint16], husk: bytes) -> bytes:
    """The file of samples (height, width, 1 to 4 channels), with the metadata of the PNG `husk`."""
    height, width, channels = samples.shape
    colour = next(colour for colour, count in _CHANNELS.items() if count == channels)
    chunks = [Header(width, height, 16, colour, 0).chunk()]
    for chunk in chunks_of(husk, "the metadata")[1:]:
        chunks += _packed(samples) if chunk.kind == b"IDAT" else [chunk]
    return file_of(chunks)


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


def file_of(chunks: Iterable[Chunk]) -> bytes:
    """The file of these chunks."""
    parts = [SIGNATURE]
    for kind, body in chunks:
        checksum = zlib.crc32(body, zlib.crc32(kind))
        parts += [struct.pack(">I4s", len(body), kind), body, struct.pack(">I", checksum)]
    return b"".join(parts)


def _header_of(chunks: list[Chunk], name: str) -> Header:
    """What IHDR says; InputError for what no PNG of grey or RGB says."""
    body = chunks[0].body
    if len(body) == 13:
        width, height, depth, colour, deflate, filters, interlaced = struct.unpack(">IIBBBBB", body)
        if colour in _CHANNELS and (deflate, filters) == (0, 0) and interlaced in (0, 1):
            return Header(width, height, depth, colour, interlaced)
    raise InputError(f"{name} is damaged: its header says what no PNG can, {body.hex(' ')}")


def _rows_of(chunks: list[Chunk], header: Header, name: str) -> bytes:
    """All rows, each behind its filter; InputError if they aren't all there."""
    packed = b"".join(body for kind, body in chunks if kind == b"IDAT")
    if header.filtered > DEFLATE * len(packed):
        raise InputError(
            f"{name} is damaged or cut off: {len(packed)} bytes can't hold {header.width} x "
            f"{header.height} pixels"
        )
    with damage(name):
        rows = zlib.decompressobj().decompress(packed, header.filtered)
    if len(rows) < header.filtered:
        raise InputError(f"{name} is damaged or cut off: some of its rows are missing")
    return rows


def _decode(rows: bytes, header: Header) -> NDArray[np.uint16]:
    """(height, width, channels) of filtered rows."""
    packed = zlib.compress(rows, 0)
    del rows  # of large pictures much memory
    size, channels = (header.width, header.height), _CHANNELS[header.colour]
    out = np.empty((header.height, header.width, channels, 2), np.uint8)
    planes = _BYTES[channels]
    for place, (mode, raw) in enumerate(planes):
        part = out if len(planes) == 1 else out[..., place]
        found = Image.frombytes(mode, size, packed, "zip", raw, header.interlaced)
        part[...] = np.asarray(found).reshape(part.shape)
    return out.view(">u2")[..., 0].astype(np.uint16)


def _packed(samples: NDArray[np.uint16]) -> Iterator[Chunk]:
    """Filtered rows, deflated."""
    height, width, channels = samples.shape
    tall = max(1, _STRIP // (width * channels * 2))
    packer = zlib.compressobj(_LEVEL, strategy=zlib.Z_FILTERED)
    above = np.zeros((1, width * channels * 2), np.uint8)
    for top in range(0, height, tall):
        strip = np.ascontiguousarray(samples[top : top + tall], ">u2")
        rows = strip.reshape(len(strip), -1).view(np.uint8)  # h x w x c -> h x bytes
        body = packer.compress(_filtered(rows, above, 2 * channels).tobytes())
        above = rows[-1:]
        if body:
            yield Chunk(b"IDAT", body)
    yield Chunk(b"IDAT", packer.flush())


def _filtered(rows: NDArray[np.uint8], above: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """(h, n) bytes -> (h, 1 + n): of each row the filter, and what it leaves.

    `above` is the row before the first; `step` is the bytes of a pixel.
    """
    up = np.concatenate([above, rows[:-1]])
    left, corner = np.zeros_like(rows), np.zeros_like(rows)
    left[:, step:], corner[:, step:] = rows[:, :-step], up[:, :-step]
    middle = ((left.astype(np.uint16) + up) // 2).astype(np.uint8)
    best = np.zeros((len(rows), 1 + rows.shape[1]), np.uint8)
    least = np.full(len(rows), np.iinfo(np.int64).max)
    for kind, guess in enumerate((None, left, up, middle, _paeth(left, up, corner))):
        rest = rows if guess is None else rows - guess  # modulo 256
        cost = np.minimum(rest, 0 - rest).sum(axis=1, dtype=np.int64)
        better = cost < least
        best[better, 0], least[better] = kind, cost[better]
        best[better, 1:] = rest[better]
    return best


def _paeth(
    left: NDArray[np.uint8], up: NDArray[np.uint8], corner: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Of the three neighbours the nearest to left + up - corner."""
    across, down = up.astype(np.int16) - corner, left.astype(np.int16) - corner
    to_left, to_up, to_corner = abs(across), abs(down), abs(across + down)
    other = np.where(to_up <= to_corner, up, corner)
    return np.where((to_left <= to_up) & (to_left <= to_corner), left, other)


FORMAT = Format("PNG of 16 bits", is_png16, whole(read_png16))
