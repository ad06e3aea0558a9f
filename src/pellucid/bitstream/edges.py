"""Chunk EDGE: lines of one colour along the edges of a learned file's picture.

`docs/format.md`, section 16. A transform spreads a dark line at the border over the whole block
that it lies in, which costs many bits and leaves grain; as a colour and a count it costs a few
bytes and comes back exactly.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pellucid.bitstream.header import BASE, KEPT_NOISE, SIGNED, Header

EDGE = "EDGE"
SIDES = ("top", "bottom", "left", "right")
_COUNT, _LINES = struct.Struct("<B"), struct.Struct("<H")

Run = tuple[int, tuple[int, ...]]  # how many lines, and the samples of their colour
Runs = tuple[Run, ...]  # from the edge inwards


@dataclass(frozen=True, slots=True)
class Edges:
    """Runs of lines of one colour on each side; left and right lie between top and bottom."""

    top: Runs = ()
    bottom: Runs = ()
    left: Runs = ()
    right: Runs = ()

    @property
    def sides(self) -> tuple[Runs, Runs, Runs, Runs]:
        """In the order of the file."""
        return self.top, self.bottom, self.left, self.right

    @property
    def widths(self) -> tuple[int, int, int, int]:
        """Lines on each side, in the order of the file."""
        top, bottom, left, right = (sum(lines for lines, _ in side) for side in self.sides)
        return top, bottom, left, right

    def pack(self, header: Header) -> bytes:
        """The payload of EDGE in a file of this header."""
        colour = _colour_of(header)
        parts = []
        for side in self.sides:
            parts.append(_COUNT.pack(len(side)))
            parts += [_LINES.pack(lines) + colour.pack(*samples) for lines, samples in side]
        return b"".join(parts)

    @classmethod
    def unpack(cls, header: Header, payload: bytes | memoryview) -> Edges:
        """The edges in a payload that `edges_problem` finds nothing wrong with."""
        return cls(*_sides(header, memoryview(payload)))


def edges_problem(header: Header, payload: bytes | memoryview) -> str | None:
    """What is wrong with a chunk EDGE in a file of this header; None if it is right."""
    if header.layers & ~KEPT_NOISE != BASE or header.bit_depth > 16:
        return "gives lines at the edges, in a file that is not of layer 0 without alpha"
    try:
        edges = Edges.unpack(header, payload)
    except struct.error:
        return f"holds {len(payload)} bytes, which are cut off"
    if len(edges.pack(header)) != len(payload):
        return f"holds {len(payload)} bytes, {len(edges.pack(header))} of which are used"
    top, bottom, left, right = edges.widths
    if not any(edges.widths) or any(not lines for side in edges.sides for lines, _ in side):
        return "gives a run of no lines"
    if top + bottom >= header.height or left + right >= header.width:
        return (
            f"gives {top} + {bottom} rows and {left} + {right} columns, which leave nothing of "
            f"{header.width} x {header.height} samples"
        )
    return None


def _colour_of(header: Header) -> struct.Struct:
    letter = "bh" if header.sample_type == SIGNED else "BH"
    return struct.Struct(f"<{header.channels}{letter[header.bit_depth == 16]}")


def _sides(header: Header, payload: memoryview) -> Iterator[Runs]:
    """The four sides; struct.error if the payload ends before they do."""
    colour, at = _colour_of(header), 0
    for _ in SIDES:
        (runs,) = _COUNT.unpack_from(payload, at)
        at += _COUNT.size
        side = []
        for _ in range(runs):
            (lines,) = _LINES.unpack_from(payload, at)
            side.append((lines, colour.unpack_from(payload, at + _LINES.size)))
            at += _LINES.size + colour.size
        yield tuple(side)
