"""The rules about which chunks a file holds and in what order, as one pass over its frames.

`docs/format.md`, section 2. `Scan.take` gets the chunks in file order and raises at the first that
breaks a rule; `Scan.finish` says what is missing. It keeps positions only, one small tuple a chunk,
and never looks into a payload whose CRC it hasn't checked, with one exception: a tile is known by
its place in the file. If its number disagrees with its place, the CRC decides whether the tile is
damaged (found when it is asked for) or the file misordered (found here).
"""

from __future__ import annotations

import struct

from pellucid.bitstream.chunk import Chunk, check_crc, crc_damage, payload_of
from pellucid.bitstream.extras import EXTRAS, extras_problem, required_extras
from pellucid.bitstream.header import Header
from pellucid.bitstream.limits import Limits
from pellucid.bitstream.writer import METADATA_TYPES, TILE_START
from pellucid.errors import DamagedFileError, LimitError, UnsupportedError


class Scan:
    """What has been seen of a file: `chunks` in file order, `tiles` and `single` among them.

    `single` has the chunks that may occur once, by type.
    """

    def __init__(self, data: memoryview, head: Chunk, header: Header, limits: Limits) -> None:
        self._data = data
        self._header = header
        self._limits = limits
        self.chunks: list[Chunk] = [head]
        self.tiles: list[Chunk] = []
        self.single: dict[str, Chunk] = {"HEAD": head}

    def take(self, chunk: Chunk) -> None:
        """Check one more chunk against all before it.

        Raises DamagedFileError, UnsupportedError (unknown critical chunk) or LimitError.
        """
        if chunk.type == "TILE":
            self._take_tile(chunk)
        else:
            self._take_other(chunk)
        self.chunks.append(chunk)

    def finish(self, end: int) -> None:
        """Check that nothing is missing before DONE and nothing follows it at byte `end`."""
        if len(self.tiles) < self._header.tile_chunks:
            number, layer = self._place(len(self.tiles))
            raise DamagedFileError(
                f"tile {number} (layer {layer}) is missing before {self.chunks[-1]}: "
                f"{len(self.tiles)} TILE chunks where the header asks for "
                f"{self._header.tile_chunks}; get the whole file again"
            )
        for type_, what in required_extras(self._header).items():
            if type_ not in self.single:
                raise DamagedFileError(
                    f"chunk {type_} is missing: {what} must have it; get the file again"
                )
        extra = len(self._data) - end
        if extra:
            raise DamagedFileError(
                f"{extra} bytes follow chunk DONE, from byte {end} on; nothing may: get the file "
                f"again, or cut it to {end} bytes if you know what was appended"
            )

    def _take_other(self, chunk: Chunk) -> None:
        check_crc(self._data, chunk)
        check_count(chunk, len(self.chunks) - len(self.tiles), self._limits)
        if self.chunks[-1].type == "TIDX":
            raise DamagedFileError(
                f"{chunk} stands between TIDX and the tiles, where nothing may; get the file again"
            )
        if chunk.type in METADATA_TYPES:
            self._take_metadata(chunk)
        elif chunk.type in EXTRAS:
            self._once(chunk)
            problem = extras_problem(self._header, chunk.type, payload_of(self._data, chunk))
            if problem is not None:
                raise DamagedFileError(f"{chunk} {problem}; get the file again")
        elif chunk.type == "TIDX":
            self._take_index(chunk)
        elif chunk.type == "DONE" and chunk.length:
            raise DamagedFileError(f"{chunk} holds {chunk.length} bytes and must be empty")
        elif chunk.type == "HEAD":
            self._once(chunk)
        elif chunk.type != "DONE":
            check_known(chunk)

    def _once(self, chunk: Chunk) -> None:
        first = self.single.setdefault(chunk.type, chunk)
        if first is not chunk:
            raise DamagedFileError(
                f"{chunk} is doubled: the first is at byte {first.offset}; get the file again"
            )
        if self.tiles:
            raise DamagedFileError(
                f"{chunk} comes after the tiles and must come before them; get the file again"
            )

    def _take_metadata(self, chunk: Chunk) -> None:
        if chunk.length > self._limits.max_metadata:
            raise LimitError(
                f"{chunk} holds {chunk.length} bytes, over the limit of "
                f"{self._limits.max_metadata}; if you trust the file, raise max_metadata"
            )
        self._once(chunk)

    def _take_index(self, chunk: Chunk) -> None:
        self._once(chunk)
        wanted = self._header.tile_chunks
        if wanted == 1:
            raise DamagedFileError(
                f"{chunk} must not stand in a file of a single tile chunk; get the file again"
            )
        if chunk.length != 4 * wanted:
            raise DamagedFileError(
                f"{chunk} holds {chunk.length} bytes, the header asks for {wanted} tile chunks "
                f"and so {4 * wanted} bytes; get the file again"
            )

    def _take_tile(self, chunk: Chunk) -> None:
        place = len(self.tiles)
        wanted = self._header.tile_chunks
        if place >= wanted:
            raise DamagedFileError(
                f"{chunk} is one TILE more than the {wanted} that the header asks for; get the "
                "file again"
            )
        if wanted > 1:
            self._check_index(chunk, place)
        if chunk.length < TILE_START.size:
            raise DamagedFileError(
                f"{chunk} holds {chunk.length} bytes, a tile has at least {TILE_START.size}; get "
                "the file again"
            )
        self._check_place(chunk, self._place(place))
        self.tiles.append(chunk)

    def _check_index(self, chunk: Chunk, place: int) -> None:
        index = self.single.get("TIDX")
        if index is None:
            raise DamagedFileError(
                f"chunk TIDX is missing before {chunk}: a file of {self._header.tile_chunks} tile "
                "chunks must have it; get the file again"
            )
        length = indexed_length(self._data, index, place)
        if length != chunk.length:
            raise DamagedFileError(
                f"{chunk} holds {chunk.length} bytes, but TIDX at byte {index.offset} says "
                f"{length}; get the file again"
            )

    def _check_place(self, chunk: Chunk, wanted: tuple[int, int]) -> None:
        found = TILE_START.unpack_from(payload_of(self._data, chunk))
        if found != wanted and crc_damage(self._data, chunk) is None:
            raise DamagedFileError(
                f"{chunk} is tile {found[0]} (layer {found[1]}) where tile {wanted[0]} (layer "
                f"{wanted[1]}) must stand: missing, doubled or misordered; get the file again"
            )

    def _place(self, place: int) -> tuple[int, int]:
        """Return the (number, layer) of the TILE chunk at this place in the file."""
        return place % self._header.tile_count, self._header.layer_at(place)


def indexed_length(data: memoryview, index: Chunk, place: int) -> int:
    """The length that a chunk TIDX gives for the TILE chunk at this place in the file."""
    (length,) = struct.unpack_from("<I", payload_of(data, index), 4 * place)
    return int(length)


def check_count(chunk: Chunk, before: int, limits: Limits) -> None:
    """Raise LimitError if `before` chunks that are no tiles leave no room for this one."""
    if before >= limits.max_other_chunks:
        raise LimitError(
            f"{chunk} is one more than the limit of {limits.max_other_chunks} chunks besides "
            "tiles; if you trust the file, raise max_other_chunks"
        )


def check_known(chunk: Chunk) -> None:
    """Raise UnsupportedError for a chunk of an unknown type, unless a reader may skip it."""
    if chunk.is_critical:
        raise UnsupportedError(
            f"{chunk} is needed to decode the file and this pellucid doesn't know it; update "
            "it: pip install -U pellucid"
        )
