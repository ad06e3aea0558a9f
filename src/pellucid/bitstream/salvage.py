"""What is whole in a file whose frame is broken: its chunks, found again by their CRC.

`docs/format.md`, appendix B. `Salvage.walk` goes from chunk to chunk as the strict reader does.
Where no whole chunk begins it looks for the next place that has a known type, a length that fits
and a right CRC; what it stepped over is a *hole*. A TILE carries its number and layer, so it is
known again wherever it lies.

Two rules keep another picture out: a tile must have the length that TIDX gives for it, where TIDX
is whole, and what follows a second HEAD, up to its DONE, belongs to another file (one inside
metadata, or behind a truncated one).

A made file can hold a false start at every fourth byte, each with a length up to the file's end. So
every try that fails is paid from a budget of a few times the file's length, and when that is used
up the rest counts as a hole. Only positions are kept.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TypeVar

from pellucid.bitstream.chunk import Chunk, crc_damage, payload_of, read_chunk
from pellucid.bitstream.extras import EXTRAS, extras_problem
from pellucid.bitstream.header import Header
from pellucid.bitstream.limits import Limits
from pellucid.bitstream.scan import check_count, check_known, indexed_length
from pellucid.bitstream.writer import METADATA_TYPES, TILE_START
from pellucid.errors import DamagedFileError

KNOWN_TYPES = ("HEAD", *METADATA_TYPES, *EXTRAS, "TIDX", "TILE", "DONE")

_TYPE = re.compile("|".join(KNOWN_TYPES).encode())
_TRY = 2**10  # bytes that a try costs beside those it checks: its own time, in bytes of CRC
_PASSES = 4  # budget: as many times the file's length …
_SPARE = 2**24  # … and this, so that small files never lack it

Key = TypeVar("Key", int, str)


class Salvage:
    """The whole chunks of a file, and the holes between them.

    `tiles` by place in the file (layer, then number), `single` by type: what may occur once;
    `disputed` has the keys of both that two different chunks claim. `holes` are (start, stop) in
    bytes, `notes` what else is wrong.
    """

    def __init__(self, data: memoryview, head: Chunk, header: Header, limits: Limits) -> None:
        self.data, self.header = data, header
        self.tiles: dict[int, Chunk] = {}
        self.single: dict[str, Chunk] = {"HEAD": head}
        self.disputed: set[int | str] = set()
        self.holes: list[tuple[int, int]] = []
        self.notes: list[str] = []
        self._limits = limits
        self._layers, self._tile_count = header.layer_numbers, header.tile_count
        self._others = 1
        self._foreign = False
        self._budget = _PASSES * len(data) + _SPARE

    def walk(self) -> None:
        """Find all there is, up to DONE or the end of the file.

        Raises UnsupportedError for a whole chunk that this version must know, LimitError for more
        chunks besides tiles than the limit.
        """
        at = self.single["HEAD"].end
        while at < len(self.data) and "DONE" not in self.single:
            chunk = self._whole(at)
            if chunk is None:
                chunk = self._search(at + 1)
                self.holes.append((at, len(self.data) if chunk is None else chunk.offset))
            if chunk is None:
                return
            self._take(chunk)
            at = chunk.end

    def _place(self, chunk: Chunk) -> int | None:
        """Where a TILE belongs among all, by its own number and layer; None if nowhere."""
        if chunk.length < TILE_START.size:
            return None
        number, layer = TILE_START.unpack_from(payload_of(self.data, chunk))
        if number >= self._tile_count or layer not in self._layers:
            return None
        return self._layers.index(layer) * self._tile_count + int(number)

    def _search(self, at: int) -> Chunk | None:
        """The next whole chunk of a known type that begins at `at` or after."""
        while hit := _TYPE.search(self.data, at):
            if self._budget <= 0:
                self.notes.append(
                    f"the search ended at byte {hit.start()}: too many false chunks before it"
                )
                return None
            chunk = self._whole(hit.start())
            if chunk is not None:
                return chunk
            at = hit.start() + 1
        return None

    def _whole(self, at: int) -> Chunk | None:
        """The chunk at `at` if it is one of this file and its CRC is right."""
        cost = _TRY
        with suppress(DamagedFileError):
            chunk = read_chunk(self.data, at)
            if self._fits(chunk):
                if self._budget > 0 and crc_damage(self.data, chunk) is None:
                    return chunk
                cost += chunk.length
        self._budget -= cost
        return None

    def _fits(self, chunk: Chunk) -> bool:
        """False if the chunk's length or place can't be right in this file, whatever its CRC."""
        if chunk.type == "TILE":
            place, index = self._place(chunk), self.single.get("TIDX")
            return place is not None and (
                index is None or indexed_length(self.data, index, place) == chunk.length
            )
        if chunk.type == "TIDX":
            return self.header.tile_chunks > 1 and chunk.length == 4 * self.header.tile_chunks
        if chunk.type in METADATA_TYPES:
            return chunk.length <= self._limits.max_metadata
        if chunk.type in EXTRAS:
            payload = payload_of(self.data, chunk)
            return extras_problem(self.header, chunk.type, payload) is None
        return chunk.type != "DONE" or chunk.length == 0

    def _take(self, chunk: Chunk) -> None:
        """Keep a whole chunk, unless it belongs to another file."""
        if chunk.type != "TILE":
            check_count(chunk, self._others, self._limits)
            self._others += 1
        if chunk.type == "HEAD":
            self._foreign = True
            self.notes.append(
                f"another HEAD stands at byte {chunk.offset}: what follows, up to its DONE, "
                "was taken for another file"
            )
        elif self._foreign:
            self._budget -= _TRY
            self._foreign = chunk.type != "DONE"
        elif chunk.type == "TILE":
            place = self._place(chunk)
            if place is not None:
                self._keep(self.tiles, place, chunk)
        elif chunk.type in KNOWN_TYPES:
            self._keep(self.single, chunk.type, chunk)
        else:
            check_known(chunk)

    def _keep(self, kept: dict[Key, Chunk], key: Key, chunk: Chunk) -> None:
        """The first of its kind stays; a second one that differs puts both in doubt."""
        first = kept.setdefault(key, chunk)
        if first is chunk:
            return
        self._budget -= _TRY + chunk.length
        one, other = (self.data[found.end - 4 : found.end] for found in (first, chunk))  # CRCs
        if one != other:
            self.disputed.add(key)
