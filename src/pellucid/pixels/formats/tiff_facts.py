"""What the first directory of a TIFF says of its samples, which are not read.

Enough to tell a picture that Pillow reads whole from one that is large, has pages, or has samples
that Pillow would change.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
MOST_TAGS = 4096
WORDS = {1: "B", 3: "H", 4: "I", 16: "Q"}
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES = 256, 257, 258, 259, 262, 277
PLANAR, EXTRA, FORMAT = 284, 338, 339
TAGS = (WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES, PLANAR, EXTRA, FORMAT)
JPEG = (6, 7, 34892)
# Compressions that libtiff has in every build of Pillow, or none but it.
_BY_PILLOW = {*range(1, 9), 32771, 32773, 32809, 32946, 34676, 34677, 34925, 50000, 50001}
UNSIGNED, FLOAT = 1, 3
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, YCBCR = 0, 1, 2, 3, 6
UNSPECIFIED, MULTIPLIED = 0, 1  # extra samples: without meaning, alpha that is in the colours


@dataclass(frozen=True)
class TiffFacts:
    """Size in pixels, samples a pixel, their bits and format, and whether more pages come.

    `extra` is the kind of the first sample beside the colours, None if it isn't said.
    """

    width: int
    height: int
    samples: int
    bits: int
    kind: int
    photometric: int
    compression: int
    planar: bool
    pages: bool
    extra: int | None = None

    @property
    def for_pillow(self) -> bool:
        """Whether Pillow gives these samples as they are, or refuses them well."""
        if self.compression not in _BY_PILLOW:
            return False
        if self.pages or (self.planar and self.samples > 1):
            return False
        if self.extra in (UNSPECIFIED, MULTIPLIED):  # it drops the one and divides by the other
            return False
        if self.bits <= 8:
            return self.kind == UNSIGNED and self.samples <= 4
        whole = self.kind == UNSIGNED and self.bits == 16
        return self.samples == 1 and (whole or (self.kind, self.bits) == (FLOAT, 32))

    @property
    def plain(self) -> bool:
        """Whether the samples mean what Pillow makes of them, so that they can be read in parts."""
        if self.photometric == YCBCR and self.compression not in JPEG:
            return False
        return self.bits in (8, 16, 32) and self.photometric in (BLACK_IS_ZERO, RGB, YCBCR)


def tiff_facts(file: BinaryIO) -> TiffFacts | None:
    """The facts of an open file; None if its first directory makes no sense."""
    try:
        return _facts(file, file.read(16))
    except (OSError, struct.error, ValueError):
        return None


def _facts(file: BinaryIO, start: bytes) -> TiffFacts:
    order = "<" if start[:2] == b"II" else ">"
    big = start[2:4] in (b"+\0", b"\0+")
    (offset,) = struct.unpack_from(order + ("Q" if big else "I"), start, 8 if big else 4)
    file.seek(offset)
    size, count_word, field = (20, "Q", 12) if big else (12, "H", 8)
    (count,) = struct.unpack(order + count_word, file.read(struct.calcsize("=" + count_word)))
    if count > MOST_TAGS:
        raise ValueError("too many tags")
    table = file.read(size * count)
    (following,) = struct.unpack(order + ("Q" if big else "I"), file.read(8 if big else 4))
    found: dict[int, int] = {}
    for at in range(0, size * count, size):
        tag, kind = struct.unpack_from(order + "HH", table, at)
        (number,) = struct.unpack_from(order + ("Q" if big else "I"), table, at + 4)
        if tag in TAGS and kind in WORDS:
            word = order + WORDS[kind]
            if number * struct.calcsize(word) <= size - field:
                (found[tag],) = struct.unpack_from(word, table, at + field)
            else:  # of several numbers the first, which lies elsewhere
                (place,) = struct.unpack_from(order + ("Q" if big else "I"), table, at + field)
                file.seek(place)
                (found[tag],) = struct.unpack(word, file.read(struct.calcsize(word)))
    return TiffFacts(
        width=found.get(WIDTH, 0),
        height=found.get(HEIGHT, 0),
        samples=found.get(SAMPLES, 1),
        bits=found.get(BITS, 1),
        kind=found.get(FORMAT, UNSIGNED),
        photometric=found.get(PHOTOMETRIC, BLACK_IS_ZERO),
        compression=found.get(COMPRESSION, 1),
        planar=found.get(PLANAR, 1) == 2,
        pages=following != 0,
        extra=found.get(EXTRA),
    )
