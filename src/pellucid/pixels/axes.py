"""What the channels of a stack are: the axes that were laid out in them, slowest first.

A picture has height, width and channels. A stack has more axes: depth, time, channels, the samples
of a pixel. All but rows and columns become channels in C order, and the chunk `axes` keeps their
letters and lengths (`docs/format.md`, section 3), so that pages can be made of them again.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

SAMPLES = "S"
UNNAMED = "Q"
ENTRY = struct.Struct("<cI")
MOST = 32  # axes that a chunk may name, so that a hostile one costs nothing

Axes = tuple[tuple[str, int], ...]  # letter and length


def pack_axes(axes: Sequence[tuple[str, int]]) -> bytes:
    """The chunk's payload."""
    return b"".join(ENTRY.pack(letter.encode("ascii"), length) for letter, length in axes)


def unpack_axes(data: bytes | None, channels: int) -> Axes | None:
    """The axes in a chunk's payload; None if they are more than MOST, or not of `channels`."""
    if not data or len(data) % ENTRY.size or len(data) > MOST * ENTRY.size:
        return None
    entries = [(name, length) for name, length in ENTRY.iter_unpack(data)]
    whole = all(name.isalpha() and name.isupper() and length for name, length in entries)
    if not whole or math.prod(length for _, length in entries) != channels:
        return None
    axes = tuple((name.decode("ascii"), length) for name, length in entries)
    return None if any(letter == SAMPLES for letter, _ in axes[:-1]) else axes


def pages_in(data: bytes | None, channels: int) -> int:
    """How many pages `channels` are by a chunk's payload; 1 for the channels of one picture."""
    axes = unpack_axes(data, channels) or ()
    return math.prod(length for letter, length in axes if letter != SAMPLES)
