"""What the first directory of a TIFF says of its samples, which are not read.

Enough to tell a picture that Pillow reads whole from one that is large, has pages, or has samples
that Pillow would change.
"""

from __future__ import annotations

import struct
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


def tiff_facts(data: bytes | mmap) -> tuple[bool, int]:
    """Whether Pillow gives a file's samples as they are, or refuses them well; and its pixels.

    The number of pixels is 0 if the samples don't mean what Pillow makes of them, so that they
    can't be read in parts, or if the first directory makes no sense.
    """
    try:
        tags, pages = layout_of(data)
    except (ValueError, struct.error):
        return True, 0

    def first(tag: int, otherwise: int) -> int:
        return (tags.get(tag) or [otherwise])[0]

    samples, bits = first(SAMPLES, 1), first(BITS, 1)
    compression, photometric = first(COMPRESSION, 1), first(PHOTOMETRIC, BLACK_IS_ZERO)
    kind, whole = first(FORMAT, UNSIGNED), compression in _BY_PILLOW and not pages
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
