"""What the first directory of a TIFF says of its samples, which are not read.

Enough to tell a picture that Pillow reads whole from one that is large, has pages, or has samples
that Pillow would change.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from mmap import mmap

from pellucid.pixels.tiff import layout_of

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES = 256, 257, 258, 259, 262, 277
PLANAR, EXTRA, FORMAT = 284, 338, 339
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


def tiff_facts(data: bytes | mmap) -> TiffFacts | None:
    """The facts of a file; None if its first directory makes no sense."""
    try:
        tags, pages = layout_of(data)
    except (ValueError, struct.error):
        return None

    def first(tag: int, otherwise: int) -> int:
        return tags.get(tag, [otherwise])[0]

    return TiffFacts(
        width=first(WIDTH, 0),
        height=first(HEIGHT, 0),
        samples=first(SAMPLES, 1),
        bits=first(BITS, 1),
        kind=first(FORMAT, UNSIGNED),
        photometric=first(PHOTOMETRIC, BLACK_IS_ZERO),
        compression=first(COMPRESSION, 1),
        planar=first(PLANAR, 1) == 2,
        pages=pages,
        extra=tags.get(EXTRA, [None])[0],
    )
