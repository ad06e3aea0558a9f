"""Tiles of a file that other processes have coded, on their way to the one that puts it together.

    signature   PIEC: plan, number of the piece   TILE: place, payload ...   DONE: tiles

The frame is that of a .pel file's chunks, so each tile has a CRC-32. Which tiles a piece has, and
in what order, its reader knows: `places`. This is no format to keep: both ends are of one version.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from pellucid.bitstream.chunk import CHUNK_OVERHEAD, Chunk, crc_damage, payload_of, write_chunk
from pellucid.errors import DamagedFileError, naming, reading

PIECE_SIGNATURE = b"\x89PELPIECE\r\n\x1a\n"
PLAN_BYTES = 32
_HEAD, _NUMBER = struct.Struct(f"<{PLAN_BYTES}sI"), struct.Struct("<I")
_FRAME = struct.Struct("<4sI")
_WAY_OUT = "code it again"


def write_piece(
    out: BinaryIO, plan: bytes, number: int, tiles: Iterable[tuple[int, bytes]]
) -> None:
    """Write a piece, each tile as it comes: its place among all of the file, and its payload.

    `plan` are the PLAN_BYTES bytes by which its reader knows that it is of the same picture.
    """
    out.write(PIECE_SIGNATURE + write_chunk("PIEC", _HEAD.pack(plan, number)))
    count = 0
    for place, payload in tiles:
        out.write(write_chunk("TILE", _NUMBER.pack(place) + payload))
        count += 1
    out.write(write_chunk("DONE", _NUMBER.pack(count)))


@dataclass(frozen=True)
class Piece:
    """A piece whose beginning has been read.

    Attributes:
        plan, number: as it was written.
    """

    path: Path
    plan: bytes
    number: int


def open_piece(path: Path) -> Piece:
    """The piece in a file; DamagedFileError if it is none, InputError if it can't be read."""
    with reading(path, "piece"), naming(str(path)), path.open("rb") as file:
        if file.read(len(PIECE_SIGNATURE)) != PIECE_SIGNATURE:
            raise DamagedFileError(f"this is no piece of a picture; {_WAY_OUT}")
        head = _read(file, Chunk("PIEC", len(PIECE_SIGNATURE), _HEAD.size))
        return Piece(path, *_HEAD.unpack(head))


def tiles_in_pieces(pieces: Sequence[tuple[Piece, Sequence[int]]], count: int) -> Iterator[bytes]:
    """The payloads of the tiles at places 0 to `count` - 1, each of which is in one piece.

    Each piece comes with the places that its tiles must have, in their order. One tile is in memory
    at a time. Raises DamagedFileError, naming the file, at first for a piece whose tiles aren't
    these, or isn't all there; and when it is read, for a damaged tile.
    """
    where: dict[int, tuple[int, Chunk]] = {}
    for number, (piece, places) in enumerate(pieces):
        with reading(piece.path, "piece"), naming(str(piece.path)):
            for place, chunk in zip(places, _chunks(piece, places), strict=True):
                where[place] = number, chunk
    for number, run in groupby((where[place] for place in range(count)), key=lambda one: one[0]):
        path = pieces[number][0].path
        with reading(path, "piece"), naming(str(path)), path.open("rb") as file:
            for _, chunk in run:
                yield _read(file, chunk)[_NUMBER.size :]


def _chunks(piece: Piece, places: Sequence[int]) -> list[Chunk]:
    """Where the tiles lie; DamagedFileError unless there are as many as places, and these."""
    found: list[Chunk] = []
    with piece.path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        at = len(PIECE_SIGNATURE) + CHUNK_OVERHEAD + _HEAD.size
        for place in places:
            chunk = _frame(file, at, "TILE", size)
            file.seek(at + _FRAME.size)
            if file.read(_NUMBER.size) != _NUMBER.pack(place):
                raise DamagedFileError(f"{chunk} isn't that of place {place}; {_WAY_OUT}")
            found.append(chunk)
            at = chunk.end
        done = _frame(file, at, "DONE", size)
        if done.end != size or _read(file, done) != _NUMBER.pack(len(places)):
            raise DamagedFileError(f"it doesn't end with its {len(places)} tiles; {_WAY_OUT}")
    return found


def _frame(file: BinaryIO, at: int, type_: str, size: int) -> Chunk:
    """The chunk of a type, with a number at least, at a place in a file of this size."""
    file.seek(at)
    frame = file.read(_FRAME.size)
    name, length = _FRAME.unpack(frame.ljust(_FRAME.size, b"\0"))
    chunk = Chunk(type_, at, length)
    if name != type_.encode() or length < _NUMBER.size or chunk.end > size:
        raise DamagedFileError(
            f"no chunk {type_} is at byte {at} of {size}: it is cut off or damaged; {_WAY_OUT}"
        )
    return chunk


def _read(file: BinaryIO, chunk: Chunk) -> bytes:
    """The payload of a chunk, checked."""
    file.seek(chunk.offset)
    data = file.read(CHUNK_OVERHEAD + chunk.length)
    here = chunk._replace(offset=0)
    frame = _FRAME.pack(chunk.type.encode(), chunk.length)
    if len(data) < here.end or data[: _FRAME.size] != frame or crc_damage(memoryview(data), here):
        raise DamagedFileError(f"{chunk} is cut off or damaged; {_WAY_OUT}")
    return bytes(payload_of(memoryview(data), here))
