"""Damage anywhere in a tiled file costs the chunks it lies in: the others come back bit for bit."""

from __future__ import annotations

import struct
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.mutate import RawChunk, join, set_head, split
from pellucid.bitstream import Header, Limits, PelFile, write_file
from pellucid.errors import DamagedFileError, FormatError, LimitError, UnsupportedError

HEADER = Header(200, 130, 3, 8, 0, 1, 0, 1, 0, 60, 6, bytes(range(16)))  # 4 x 3 tiles
TILES = [Random(n).randbytes(4 * (n * 7 % 11)) for n in range(12)]  # the first is empty
METADATA = {"exif": b"MM\0*" + bytes(20), "icc": Random(20).randbytes(60), "xmp": b"<exif:x/>"}
KINDS = {"exif": "exif", "iccp": "icc", "xmp0": "xmp"}
DATA = write_file(HEADER, METADATA, TILES)
CHUNKS = PelFile.parse(DATA).chunks
TAIL = CHUNKS[0].end  # the first byte behind HEAD


class Part(NamedTuple):
    """A run of bytes of one class, and what is lost with it: a tile, or a kind of metadata."""

    name: str
    start: int
    stop: int
    tile: int | None
    kind: str | None


def parts_of() -> list[Part]:
    """Every byte of DATA, by class."""
    parts = [Part("signature", 0, 8, None, None)]
    tile = 0
    for chunk in CHUNKS:
        fields = {"type": 4, "length": 4}
        if chunk.type == "TILE":
            fields |= {"number": 4, "layer": 1, "payload": chunk.length - 5}
        else:
            fields |= {"payload": chunk.length}
        fields |= {"crc": 4}
        at = chunk.offset
        mine = tile if chunk.type == "TILE" else None
        tile += chunk.type == "TILE"
        for field, size in fields.items():
            if size:
                name = f"{chunk.type} {field}"
                parts.append(Part(name, at, at + size, mine, KINDS.get(chunk.type)))
            at += size
    assert [part.start for part in parts[1:]] == [part.stop for part in parts[:-1]]
    assert parts[-1].stop == len(DATA)
    return parts


PARTS = parts_of()
CLASSES = sorted({part.name for part in PARTS})
BODY = [name for name in CLASSES if name != "signature" and not name.startswith("HEAD")]


def touched(start: int, stop: int) -> list[Part]:
    return [part for part in PARTS if part.start < stop and start < part.stop]


def lost_of(file: PelFile) -> list[int]:
    """The lost tiles; all the others are what was written, as are the metadata that are there."""
    lost = []
    for number, tile in enumerate(TILES):
        try:
            found = bytes(file.tile(number))
        except DamagedFileError:
            lost.append(number)
        else:
            assert found == tile
    for name, value in file.metadata.items():
        assert value == METADATA[name]
    assert not set(file.lost_metadata) & file.metadata.keys()
    return lost


def check(data: bytes, hit: list[Part]) -> None:
    """Just the tiles and metadata of `hit` are lost, and something is said about the rest of it."""
    file = PelFile.salvage(data)
    assert lost_of(file) == sorted({part.tile for part in hit if part.tile is not None})
    kinds = {part.kind for part in hit if part.kind is not None}
    assert file.metadata.keys() == METADATA.keys() - kinds
    if any(part.tile is None for part in hit):
        assert file.damage


# --- every class of bytes -------------------------------------------------------------------------


@pytest.mark.parametrize("name", BODY)
def test_flipped_bits_cost_the_chunk_they_lie_in(name: str) -> None:
    for part in (part for part in PARTS if part.name == name):
        for at in sorted(
            {part.start, part.start + 1, (part.start + part.stop) // 2, part.stop - 1}
        ):
            for bits in (0x01, 0x02, 0x20, 0x80, 0xFF):
                data = bytearray(DATA)
                data[at] ^= bits
                check(bytes(data), touched(at, at + 1))
                if part.kind:
                    assert PelFile.salvage(data).lost_metadata == (part.kind,)


@pytest.mark.parametrize("size", [1, 3, 12, 40, 150])
@pytest.mark.parametrize("name", BODY)
def test_a_lost_range_costs_the_chunks_it_lies_in(name: str, size: int) -> None:
    for part in (part for part in PARTS if part.name == name):
        for start in sorted({part.start, (part.start + part.stop) // 2, part.stop - 1}):
            stop = min(start + size, len(DATA))
            hit = touched(start, stop)
            check(DATA[:start] + bytes(stop - start) + DATA[stop:], changed(hit, start, stop))
            check_cut(DATA[:start] + DATA[stop:], hit)


def changed(hit: list[Part], start: int, stop: int) -> list[Part]:
    """Those parts of which zeros change something."""
    return [part for part in hit if any(DATA[max(start, part.start) : min(stop, part.stop)])]


def check_cut(data: bytes, hit: list[Part]) -> None:
    """As `check`, but metadata that went with all their bytes left no trace."""
    file = PelFile.salvage(data)
    assert lost_of(file) == sorted({part.tile for part in hit if part.tile is not None})
    assert file.metadata.keys() == METADATA.keys() - {part.kind for part in hit}


@pytest.mark.parametrize("new", [b"\0", b"T", b"TILE\6\0\0\0", b"exif" + b"\xff" * 40, bytes(300)])
@pytest.mark.parametrize("name", BODY)
def test_inserted_bytes_cost_at_most_the_chunk_they_lie_in(name: str, new: bytes) -> None:
    for part in (part for part in PARTS if part.name == name):
        for at in sorted({part.start, (part.start + part.stop) // 2, part.stop - 1}):
            hit = [p for p in touched(at, at + 1) if at not in (chunk.offset for chunk in CHUNKS)]
            data = DATA[:at] + new + DATA[at:]
            check(data, hit)
            assert PelFile.salvage(data).damage or hit


@pytest.mark.parametrize("length", range(TAIL, len(DATA), 3))
def test_a_truncated_file_keeps_what_comes_before(length: int) -> None:
    check_cut(DATA[:length], touched(length, len(DATA)))
    assert "truncated" in PelFile.salvage(DATA[:length]).damage[-1]


@pytest.mark.parametrize("at", range(TAIL))
def test_damage_of_signature_or_header_is_a_clear_error(at: int) -> None:
    for data in (DATA[:at], DATA[:at] + DATA[at + 1 :], flipped(DATA, at)):
        with pytest.raises(FormatError) as strict:
            PelFile.parse(data)
        with pytest.raises(type(strict.value)) as tolerant:
            PelFile.salvage(data)
        assert str(tolerant.value) == str(strict.value)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


edits = st.tuples(
    st.sampled_from(["flip", "zero", "cut", "insert"]), st.integers(TAIL, len(DATA)), st.binary()
)


@given(st.lists(edits, max_size=6))
def test_any_damage_gives_right_tiles_or_none(changes: list[tuple[str, int, bytes]]) -> None:
    data = DATA
    for what, at, new in changes:
        at = min(at, len(data) - 1)
        after = data[at + len(new) :]
        middle = {"zero": bytes(len(data) - at - len(after)), "cut": b"", "insert": new}
        if what == "flip":
            data = flipped(data, at)
        else:
            data = data[:at] + middle[what] + (data[at:] if what == "insert" else after)
    file = PelFile.salvage(data)
    try:
        PelFile.parse(data)
    except DamagedFileError:
        assert lost_of(file) or file.damage


# --- what is said ---------------------------------------------------------------------------------


def test_a_sound_file_is_read_as_ever() -> None:
    assert PelFile.salvage(DATA) == PelFile.parse(DATA)


def test_messages_name_bytes_and_place() -> None:
    tile, index = CHUNKS[5 + 6], CHUNKS[4]
    data = DATA[: tile.offset + 5] + DATA[tile.offset + 9 :]
    file = PelFile.salvage(flipped(data, index.offset + 9))
    assert file.damage == (
        f"bytes {index.offset} .. {index.end - 1} hold no whole chunk (once TIDX)",
        "chunk TIDX, the index of the tiles, is lost",
    )
    wanted = (
        rf"tile 6 \(64 x 64 pixels at 128,64\) is lost: bytes {tile.offset} .. {tile.end - 5} h"
    )
    with pytest.raises(DamagedFileError, match=wanted):
        file.tile(6)


def test_a_tile_that_left_no_byte() -> None:
    tile = CHUNKS[5 + 3]
    file = PelFile.salvage(DATA[: tile.offset] + DATA[tile.end :])
    assert lost_of(file) == [3]
    with pytest.raises(DamagedFileError, match=f"no bytes are left of it at byte {tile.offset}"):
        file.tile(3)


def test_chunks_where_they_must_not_stand_lose_nothing() -> None:
    order = [*split(DATA)]
    order[6], order[9] = order[9], order[6]
    order.insert(12, order.pop(2))
    file = PelFile.salvage(join(order))
    assert lost_of(file) == []
    assert file.metadata == METADATA
    (message,) = file.damage
    with pytest.raises(DamagedFileError) as caught:
        PelFile.parse(join(order))
    assert message == str(caught.value)


def test_layers_are_told_apart() -> None:
    own = split(DATA)
    tiles = [chunk.payload for chunk in own[5:-1]]
    alpha = [payload[:4] + b"\4" + payload[5:] + b"alfa" for payload in tiles]
    index = RawChunk(b"TIDX", struct.pack("<24I", *map(len, tiles + alpha)))
    both = [*own[:4], index, *(RawChunk(b"TILE", tile) for tile in tiles + alpha), own[-1]]
    data = set_head(join(both), layers=0b10001, alpha=1)
    file = PelFile.salvage(flipped(data, len(data) - 12 - 4 - 17) + b"?")
    assert lost_of(file) == []
    assert bytes(file.tile(10, layer=4)) == TILES[10] + b"alfa"
    with pytest.raises(
        DamagedFileError, match=r"tile 11 \(8 x 2 pixels at 192,128\), layer 4 is lo"
    ):
        file.tile(11, layer=4)


# --- what could be mistaken for the file's own ----------------------------------------------------

OTHER = write_file(HEADER, {}, [tile[::-1] + b"more" for tile in TILES])


def test_a_file_inside_damaged_metadata_is_not_taken_for_this_one() -> None:
    data = write_file(HEADER, {"xmp": OTHER}, TILES)
    file = PelFile.salvage(flipped(data, TAIL + 9))
    assert file.metadata == {}
    assert file.lost_metadata == ("xmp",)
    assert lost_of(file) == []


@pytest.mark.parametrize("length", range(TAIL, len(DATA), 29))
def test_a_file_behind_a_truncated_one_is_not_taken_for_it(length: int) -> None:
    file = PelFile.salvage(DATA[:length] + OTHER)
    assert lost_of(file) == sorted(
        {part.tile for part in touched(length, len(DATA)) if part.tile is not None}
    )
    assert any("another HEAD" in message for message in file.damage)


def test_foreign_tiles_are_refused_by_the_index_or_dispute_the_place() -> None:
    own, foreign = split(DATA), split(OTHER)
    assert lost_of(PelFile.salvage(join([*own[:7], foreign[5], *own[7:]]))) == []
    both = PelFile.salvage(join([*own[:8], RawChunk(b"TILE", own[7].payload[:-4] + b"less")]))
    with pytest.raises(DamagedFileError, match="two whole chunks hold it, and they differ"):
        both.tile(2)


def test_nothing_behind_done_is_used() -> None:
    own = split(DATA)
    foreign = join([RawChunk(b"TILE", own[10].payload[:-4] + b"less")])[8:]
    file = PelFile.salvage(flipped(DATA, CHUNKS[10].offset + 2) + foreign)
    assert lost_of(file) == [5]
    assert file.damage == (f"{len(foreign)} bytes follow chunk DONE",)


def test_a_doubled_range_costs_nothing() -> None:
    start, stop = CHUNKS[7].offset - 3, CHUNKS[9].offset + 4
    assert lost_of(PelFile.salvage(DATA[:stop] + DATA[start:])) == []


def test_unknown_chunks_and_limits_hold_in_damaged_files_too() -> None:
    own = split(flipped(DATA, CHUNKS[6].offset + 9))
    index = bytes(len(own[4].payload))
    broken = [*own[:4], RawChunk(b"TIDX", index), *own[5:]]
    assert lost_of(PelFile.salvage(join([*broken[:2], RawChunk(b"zap0", b""), *broken[2:]])))
    with pytest.raises(UnsupportedError, match="Zap0"):
        PelFile.salvage(join([*broken[:2], RawChunk(b"Zap0", b""), *broken[2:]])[:-3])
    with pytest.raises(LimitError, match="besides tiles"):
        PelFile.salvage(DATA[:-1], limits=Limits(max_other_chunks=3))
    with pytest.raises(LimitError, match="pixels"):
        PelFile.salvage(DATA[:-1], limits=Limits(max_pixels=3))
