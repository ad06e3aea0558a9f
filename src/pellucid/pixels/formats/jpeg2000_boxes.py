"""JPEG 2000: what a file says of its samples before they are decoded.

Size, depth and sign stand in the codestream's SIZ segment; which component is transparency, only
the box `cdef` of a .jp2 file says.

Source: ITU-T T.800, annexes A.5.1 (SIZ), I.4 (boxes) and I.5.3.6 (cdef).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

STREAM = b"\xff\x4f\xff\x51"  # SOC, SIZ
FILE = b"\0\0\0\x0cjP  \r\n\x87\n"
_MOST_BOXES = 1000
_COLOUR, _OPACITY, _WHOLE = 0, 1, 0  # types of a channel, and what it goes with


class Siz(NamedTuple):
    """Of a codestream: samples, their bits and sign; `equal` if all components are alike."""

    width: int
    height: int
    components: int
    bits: int
    signed: bool
    equal: bool

    @property
    def plain(self) -> bool:
        """Whether Pillow gives the samples as they are."""
        return self.bits == 8 and self.equal and not self.signed


def siz_of(data: bytes) -> Siz | None:
    """What a .jp2 file or a bare codestream says; None if none is found."""
    place = (0, 0) if data.startswith(STREAM) else _contents(data, b"jp2c")
    if place is None or not data.startswith(STREAM, place[0]) or len(data) < place[0] + 42:
        return None
    start = place[0]
    right, down, left, top = struct.unpack_from(">4I", data, start + 8)
    (count,) = struct.unpack_from(">H", data, start + 40)
    kinds = [data[at : at + 3] for at in range(start + 42, start + 42 + 3 * count, 3)]
    if count == 0 or len(kinds[-1]) < 3:
        return None
    depth = max((kind[0] & 0x7F) + 1 for kind in kinds)
    signed = any(kind[0] & 0x80 for kind in kinds)
    return Siz(right - left, down - top, count, depth, signed, len(set(kinds)) == 1)


def opacity_of(data: bytes) -> bool:
    """Whether a .jp2 file says that its last channel is the transparency of all the others.

    False for a bare codestream, a file without the box `cdef`, transparency of one colour alone,
    and transparency that is multiplied into the colours.
    """
    place = _contents(data, b"jp2h", b"cdef")
    body = data[slice(*place)] if place else b""  # of each channel number, type, what it goes with
    count = int.from_bytes(body[:2], "big")
    if count == 0 or len(body) < 2 + 6 * count:
        return False
    *colours, last = sorted(struct.iter_unpack(">3H", body[2 : 2 + 6 * count]))
    return last[1:] == (_OPACITY, _WHOLE) and all(kind == _COLOUR for _, kind, _ in colours)


def _contents(data: bytes, *kinds: bytes) -> tuple[int, int] | None:
    """Where the contents of a box lie, the first of its kind, in the first of those around it."""
    at, end = 0, len(data)
    for wanted in kinds:
        found = next((box for box in boxes(data, at, end) if box[0] == wanted), None)
        if found is None:
            return None
        _, at, end = found
    return at, end


def boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, and first and last byte + 1 of the contents, of the boxes between two places."""
    for _ in range(_MOST_BOXES):
        if end < at + 8:
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1 and end >= at + 16:
            (length,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        stop = at + length if length else end  # 0: up to the end
        if stop < at + head:
            return
        yield kind, at + head, min(stop, end)
        at = stop
