"""What the holes of a salvaged file cost: which tiles, which metadata, what else, and why.

A tile is lost if no whole chunk holds it; its neighbours in the file tell which bytes it must have
been in. What other holes held is told by the frames that can still be read in them, a type with one
wrong letter included. A chunk that has gone with all its bytes leaves no trace, unless the file
must have it.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from pellucid.bitstream.chunk import CHUNK_OVERHEAD, Chunk
from pellucid.bitstream.extras import ALPHA, FLOAT_MAP, KEPT, RANGE, required_extras
from pellucid.bitstream.header import FLOAT
from pellucid.bitstream.salvage import KNOWN_TYPES, Salvage
from pellucid.bitstream.writer import METADATA_CHUNKS

# A made file could have millions of holes, and a hole millions of frames.
MAX_REMARKS = 100
MAX_NAMED_HOLES = 1000
MAX_NAMES = 50

NamedHole = tuple[tuple[int, int], list[str]]  # where it is, the types of frames in it

GIVES = {FLOAT_MAP: "the floats", RANGE: "the samples' range", ALPHA: "alpha's tables"}
GIVES |= {KEPT: "the source's tables"}
_LETTERS = 3  # of a type's four that must be right to know it again
_DOUBT = "two whole chunks hold it, and they differ"


class Losses(NamedTuple):
    """`tiles`: the chunk of each place in the file, or why it is lost; `metadata`: lost kinds;
    `remarks`: what else is wrong, one message a hole or chunk.
    """

    tiles: tuple[Chunk | str, ...]
    metadata: tuple[str, ...]
    remarks: tuple[str, ...]


def losses_of(found: Salvage) -> Losses:
    """Name what a salvaged file has lost."""
    for key in found.disputed:
        if isinstance(key, int):
            del found.tiles[key]
        else:
            del found.single[key]
    tiles: list[Chunk | str] = []
    gaps = []
    for run in _runs_of_lost(found):
        tiles += (found.tiles[place] for place in range(len(tiles), run.start))
        gap = _gap(found, run)
        gaps.append(gap)
        tiles += [_why(gap)] * len(run)
    tiles += (found.tiles[place] for place in range(len(tiles), found.header.tile_chunks))
    for key in found.disputed:
        if isinstance(key, int):
            tiles[key] = _DOUBT
    named: list[NamedHole] = []
    for hole in found.holes:
        limit = MAX_NAMES if len(named) < MAX_NAMED_HOLES else 0
        named.append((hole, list(dict.fromkeys(islice(_names_in(found, *hole), limit)))))
    return Losses(tuple(tiles), _lost_metadata(found, named), _remarks(found, named, gaps))


def _runs_of_lost(found: Salvage) -> Iterator[range]:
    """Places without a tile, neighbours together."""
    start = 0
    for place in [*sorted(found.tiles), found.header.tile_chunks]:
        if place > start:
            yield range(start, place)
        start = place + 1


def _gap(found: Salvage, run: range) -> tuple[int, int]:
    """The bytes between the neighbours of a run of lost tiles: (start, stop)."""
    if run.start > 0:
        start = found.tiles[run.start - 1].end
    else:
        start = max(chunk.end for type_, chunk in found.single.items() if type_ != "DONE")
    if run.stop < found.header.tile_chunks:
        return start, found.tiles[run.stop].offset
    done = found.single.get("DONE")
    return start, len(found.data) if done is None else done.offset


def _why(gap: tuple[int, int]) -> str:
    start, stop = gap
    if stop <= start:
        return f"no bytes are left of it at byte {start}"
    return f"bytes {start} .. {stop - 1} hold no whole chunk of it"


def _names_in(found: Salvage, start: int, stop: int) -> Iterator[str]:
    """The types of the chunks whose frames lead through a hole, as far as they do."""
    while start + CHUNK_OVERHEAD <= stop:
        name = _likely_type(bytes(found.data[start : start + 4]))
        if name is None:
            return
        yield name
        (length,) = struct.unpack_from("<I", found.data, start + 4)
        start += CHUNK_OVERHEAD + length


def _likely_type(name: bytes) -> str | None:
    for known in KNOWN_TYPES:
        pairs = zip(name, known.encode(), strict=True)
        if sum(a == b for a, b in pairs) >= _LETTERS:
            return known
    return None


def _lost_metadata(found: Salvage, named: list[NamedHole]) -> tuple[str, ...]:
    damaged = {name for _, names in named for name in names} | found.disputed
    return tuple(
        kind
        for kind, type_ in METADATA_CHUNKS.items()
        if type_ in damaged and type_ not in found.single
    )


def _remarks(
    found: Salvage,
    named: list[NamedHole],
    gaps: list[tuple[int, int]],
) -> tuple[str, ...]:
    """What is wrong beside the tiles: holes that no lost tile explains, chunks that must be."""
    remarks = list(found.notes)
    for (start, stop), names in named:
        others = [name for name in names if name != "TILE"]
        if others or not _inside(gaps, start, stop):
            what = f"once {', '.join(others)}" if others else "foreign or damaged"
            remarks.append(f"bytes {start} .. {stop - 1} hold no whole chunk ({what})")
    doubtful = sorted(key for key in found.disputed if isinstance(key, str))
    remarks += (f"{type_}: {_DOUBT}" for type_ in doubtful)
    needed = [FLOAT_MAP] if found.header.sample_type == FLOAT else []
    for type_ in (*needed, *required_extras(found.header)):
        if type_ not in found.single:
            remarks.append(f"chunk {type_}, which gives {GIVES[type_]}, is lost")
    if found.header.tile_chunks > 1 and "TIDX" not in found.single:
        remarks.append("chunk TIDX, the index of the tiles, is lost")
    done = found.single.get("DONE")
    if done is None:
        remarks.append(
            f"no whole chunk DONE ends the {len(found.data)} bytes of the file: it is truncated, "
            "or its end is damaged"
        )
    elif done.end < len(found.data):
        remarks.append(f"{len(found.data) - done.end} bytes follow chunk DONE")
    if len(remarks) > MAX_REMARKS:
        more = len(remarks) - MAX_REMARKS
        remarks[MAX_REMARKS:] = [f"and {more} more of the kind"]
    return tuple(remarks)


def _inside(gaps: list[tuple[int, int]], start: int, stop: int) -> bool:
    """True if a gap, of those in ascending order, covers the hole."""
    at = bisect_right(gaps, (start, stop))
    around = gaps[max(at - 1, 0) : at + 1]
    return any(first <= start and stop <= last for first, last in around)
