"""Damaged, foreign and future files: each its own error, and never anything but pellucid's."""

from __future__ import annotations

import dataclasses
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.mutate import RawChunk, frame, join, mutate, set_head, split
from pellucid.bitstream import Header, Limits, PelFile, write_file
from pellucid.bitstream.chunk import crc_damage
from pellucid.errors import (
    DamagedFileError,
    FormatError,
    LimitError,
    NotPelFileError,
    OptionError,
    PellucidError,
    UnsupportedError,
    VersionError,
)

TILED = Header(100, 80, 3, 8, 0, 1, 0, 1, 0, 60, 6, bytes(range(16)))  # 2 x 2 tiles
SINGLE = dataclasses.replace(TILED, width=64, height=64)
METADATA = {"exif": b"MM\0*....", "icc": bytes(60), "xmp": b"<x/>"}
DATA = write_file(TILED, METADATA, [bytes([n]) * 4 * n for n in range(4)])
ONE = write_file(SINGLE, {}, [b"word"])
NAMES = ["HEAD", "exif", "iccp", "xmp0", "TIDX", "TILE", "TILE", "TILE", "TILE", "DONE"]


def open_all(data: bytes) -> PelFile:
    """Read everything there is in a file."""
    file = PelFile.parse(data)
    for layer in file.header.layer_numbers:
        for number in range(file.header.tile_count):
            file.tile(number, layer=layer)
    return file


def damages(file: PelFile, data: bytes) -> list[str]:
    """What is wrong with the checksums of its chunks."""
    found = (crc_damage(memoryview(data), chunk) for chunk in file.chunks)
    return [damage for damage in found if damage]


def refused(data: bytes, error: type[PellucidError], message: str) -> None:
    with pytest.raises(PellucidError, match=message) as caught:
        open_all(data)
    assert type(caught.value) is error


def rebuilt(edit: list[int]) -> bytes:
    """The tiled file with these of its chunks, in this order."""
    chunks = split(DATA)
    return join([chunks[n] for n in edit])


def with_chunk(at: int, type_: bytes, payload: bytes = b"", data: bytes = DATA) -> bytes:
    chunks = split(data)
    return join([*chunks[:at], RawChunk(type_, payload), *chunks[at:]])


def test_helpers() -> None:
    assert [chunk.type.decode() for chunk in split(DATA)] == NAMES
    assert join(split(DATA)) == DATA
    assert open_all(DATA).metadata == METADATA


# --- any change -----------------------------------------------------------------------------------


@pytest.mark.parametrize("at", range(len(DATA)))
def test_any_byte_changed_is_found(at: int) -> None:
    error = NotPelFileError if at < 8 else DamagedFileError
    for change in (1, 0x20, 0x80, 0xFF):
        data = bytearray(DATA)
        data[at] ^= change
        with pytest.raises(FormatError) as caught:
            open_all(bytes(data))
        assert type(caught.value) is error


@pytest.mark.parametrize("length", range(len(DATA)))
def test_any_truncation_is_found(length: int) -> None:
    error = NotPelFileError if length < 4 else DamagedFileError
    refused(DATA[:length], error, "truncated|empty|begins with")


@given(st.integers(0, len(DATA)), st.binary(min_size=1, max_size=40))
def test_any_insertion_is_found(at: int, new: bytes) -> None:
    data = DATA[:at] + new + DATA[at:]
    if data.startswith(DATA[:8]):
        refused(data, DamagedFileError, "byte|HEAD|file ends|begins")
    else:
        refused(data, NotPelFileError, "begins with")


@given(st.integers(0, len(DATA) - 1), st.integers(1, 40))
def test_any_deletion_is_found(at: int, count: int) -> None:
    with pytest.raises((DamagedFileError, NotPelFileError)):
        open_all(DATA[:at] + DATA[at + count :])


@given(st.integers(0, 2**64))
def test_any_mutation_gives_a_format_error_or_a_file(seed: int) -> None:
    for data in (DATA, ONE):
        try:
            mutated = mutate(data, seed)
            file = open_all(mutated)
        except (FormatError, LimitError):
            continue
        assert damages(file, mutated) == []


@given(st.binary(max_size=200))
def test_any_bytes_after_the_signature(rest: bytes) -> None:
    with pytest.raises(FormatError):
        open_all(DATA[:8] + rest)


# --- not a .pel file ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + DATA[8:], "begins with 89 50 4e 47"),
        (b"GIF89a" + bytes(100), "begins with 47 49 46"),
        (DATA.replace(b"\r\n", b"\n"), "as text may have changed it"),
        (bytes(byte & 0x7F for byte in DATA), "as text may have changed it"),
        (b"\x89", "begins with 89"),
        (b"\n" + DATA, "begins with 0a"),
    ],
)
def test_foreign_bytes(data: bytes, message: str) -> None:
    refused(data, NotPelFileError, message)


# --- chunks missing, doubled, misordered ----------------------------------------------------------


@pytest.mark.parametrize("at", range(len(NAMES)))
def test_any_chunk_missing(at: int) -> None:
    data = rebuilt([n for n in range(len(NAMES)) if n != at])
    if NAMES[at] in ("exif", "iccp", "xmp0"):
        assert len(open_all(data).metadata) == 2
        return
    message = {
        "HEAD": "first chunk is exif",
        "TIDX": "TIDX is missing",
        "TILE": "TIDX at byte .* says|is missing",
        "DONE": "truncated: it ends",
    }
    refused(data, DamagedFileError, message[NAMES[at]])


@pytest.mark.parametrize("at", range(len(NAMES)))
@pytest.mark.parametrize("to", range(1, len(NAMES) + 1))
def test_any_chunk_doubled_anywhere(at: int, to: int) -> None:
    order = list(range(len(NAMES)))
    order.insert(to, at)
    refused(rebuilt(order), DamagedFileError, "doubled|stands|follow|says|one TILE more|missing")


@pytest.mark.parametrize("a", range(len(NAMES)))
@pytest.mark.parametrize("b", range(len(NAMES)))
def test_any_two_chunks_swapped(a: int, b: int) -> None:
    order = list(range(len(NAMES)))
    order[a], order[b] = order[b], order[a]
    if a == b or {a, b} <= {1, 2, 3}:  # metadata may stand in any order
        assert open_all(rebuilt(order)).metadata == METADATA
    else:
        refused(rebuilt(order), DamagedFileError, "byte|HEAD|file ends|begins")


def test_equal_tiles_swapped() -> None:
    chunks = split(write_file(TILED, {}, [b"same"] * 4))
    chunks[3], chunks[4] = chunks[4], chunks[3]
    refused(join(chunks), DamagedFileError, r"is tile 2 \(layer 0\) where tile 1 .*misordered")


def test_metadata_after_the_tiles() -> None:
    refused(with_chunk(2, b"xmp0", b"", ONE), DamagedFileError, "comes after the tiles")
    refused(with_chunk(9, b"nois"), DamagedFileError, "nois at byte .* after the tiles")


def test_index_of_a_single_tile() -> None:
    refused(with_chunk(1, b"TIDX", b"\5\0\0\0", ONE), DamagedFileError, "of a single tile chunk")


def test_one_tile_too_many() -> None:
    data = with_chunk(2, b"TILE", b"\1\0\0\0\0", ONE)
    refused(data, DamagedFileError, "one TILE more than the 1")


@pytest.mark.parametrize("size", range(5))
def test_tile_too_short(size: int) -> None:
    chunks = split(ONE)
    chunks[1] = RawChunk(b"TILE", bytes(size))
    refused(join(chunks), DamagedFileError, f"holds {size} bytes, a tile has at least 5")


def test_wrong_layer() -> None:
    chunks = split(ONE)
    chunks[1] = RawChunk(b"TILE", b"\0\0\0\0\1word")
    refused(join(chunks), DamagedFileError, r"tile 0 \(layer 1\) where tile 0 \(layer 0\)")


@pytest.mark.parametrize("place", range(4))
def test_index_disagrees(place: int) -> None:
    chunks = split(DATA)
    index = bytearray(chunks[4].payload)
    index[4 * place] += 1
    chunks[4] = RawChunk(b"TIDX", bytes(index))
    refused(join(chunks), DamagedFileError, rf"holds {4 * place + 5} bytes, but TIDX .* says")


@pytest.mark.parametrize("size", [0, 4, 12, 15, 17, 20])
def test_index_of_a_wrong_size(size: int) -> None:
    chunks = split(DATA)
    chunks[4] = RawChunk(b"TIDX", bytes(size))
    refused(join(chunks), DamagedFileError, f"TIDX .* holds {size} bytes.* 16 bytes")


def test_done_must_be_empty_and_last() -> None:
    refused(DATA[:-12] + frame(b"DONE", b"x"), DamagedFileError, "must be empty")
    refused(DATA + b"x", DamagedFileError, rf"1 bytes follow chunk DONE, from byte {len(DATA)} on")
    refused(DATA + DATA, DamagedFileError, f"{len(DATA)} bytes follow chunk DONE")
    refused(DATA[:-12] + bytes(12), DamagedFileError, "no chunk begins at byte")


# --- from the future ------------------------------------------------------------------------------


def test_newer_version() -> None:
    refused(set_head(DATA, version=2), VersionError, "version 2, this pellucid reads up to 1")
    longer = join([RawChunk(b"HEAD", b"\2" + bytes(90)), RawChunk(b"WHAT", b"")])
    refused(longer, VersionError, "pip install -U pellucid")


def test_version_is_believed_only_if_the_checksum_is_right() -> None:
    data = bytearray(DATA)
    data[16] = 2
    refused(bytes(data), DamagedFileError, "chunk HEAD at byte 8 .* is damaged: its CRC-32")


@pytest.mark.parametrize("at", [1, 2, 4, 6, 9])
def test_unknown_critical_chunk(at: int) -> None:
    refused(with_chunk(at, b"Zap0"), UnsupportedError, "Zap0 at byte .* doesn't know it; update")


@pytest.mark.parametrize("at", [1, 2, 4, 6, 9])
def test_unknown_ancillary_chunk_is_skipped(at: int) -> None:
    data = with_chunk(at, b"zAP0", b"anything")
    file = open_all(data)
    assert file.metadata == METADATA
    assert damages(file, data) == []
    assert "zAP0" in [chunk.type for chunk in file.chunks]


def test_nothing_between_index_and_tiles() -> None:
    refused(with_chunk(5, b"zap0"), DamagedFileError, "between TIDX and the tiles")


def test_unknown_chunk_is_checked_too() -> None:
    data = bytearray(with_chunk(1, b"zap0", b"payload"))
    data[data.index(b"payload")] ^= 1
    refused(bytes(data), DamagedFileError, "zap0 at byte 55 .* is damaged")


@pytest.mark.parametrize("name", [b"0abc", b"a bc", b"TIL\0", b"\xe4bcd"])
def test_no_chunk_type(name: bytes) -> None:
    refused(with_chunk(1, name), DamagedFileError, "no chunk begins at byte 55")


def test_features() -> None:
    refused(set_head(DATA, features=4), UnsupportedError, "features 0x04")


# --- tiles of damage ------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [8, 10, 12, 13, 20])  # number, layer, payload, CRC
def test_damaged_tile_costs_that_tile(at: int) -> None:
    chunk = PelFile.parse(DATA).chunks[7]  # tile 2, 8 bytes of words
    data = bytearray(DATA)
    data[chunk.offset + at] ^= 0x40
    file = PelFile.parse(bytes(data))
    for number in (0, 1, 3):
        assert bytes(file.tile(number)) == bytes([number]) * 4 * number
    message = rf"tile 2 \(64 x 16 pixels at 0,64\): chunk TILE at byte {chunk.offset} .*CRC-32 is"
    with pytest.raises(DamagedFileError, match=message):
        file.tile(2)
    (damage,) = damages(file, data)
    assert f"chunk TILE at byte {chunk.offset}" in damage


def test_no_such_tile_or_layer() -> None:
    file = PelFile.parse(DATA)
    with pytest.raises(OptionError, match="no tile 4"):
        file.tile(4)
    with pytest.raises(OptionError, match="no layer 1"):
        file.tile(0, layer=1)


def test_layers_come_one_after_another() -> None:
    base = split(DATA)
    tiles = [chunk.payload for chunk in base[5:9]]
    alpha = [payload[:4] + b"\4a" for payload in tiles]
    index = struct.pack("<8I", *map(len, tiles + alpha))
    chunks = [*base[:4], RawChunk(b"TIDX", index)]
    chunks += [RawChunk(b"TILE", payload) for payload in tiles + alpha]
    data = set_head(join([*chunks, base[9]]), layers=0b10001, alpha=1)
    refused(data, DamagedFileError, "ALPH is missing")
    chunks.insert(4, RawChunk(b"ALPH", bytes(16)))
    data = set_head(join([*chunks, base[9]]), layers=0b10001, alpha=1)
    file = open_all(data)
    assert file.alpha_model == bytes(16)
    assert bytes(file.tile(3)) == b"\3" * 12
    assert bytes(file.tile(3, layer=4)) == b"a"
    chunks[9], chunks[10] = chunks[10], chunks[9]
    refused(set_head(join([*chunks, base[9]]), layers=0b10001), DamagedFileError, "TIDX|where tile")


# --- limits ---------------------------------------------------------------------------------------


def test_metadata_limit() -> None:
    limits = Limits(max_metadata=59)
    with pytest.raises(LimitError, match=r"iccp at byte .* holds 60 bytes, over the limit of 59"):
        PelFile.parse(DATA, limits=limits)
    noise = with_chunk(1, b"nois", bytes(60), ONE)
    with pytest.raises(LimitError, match="nois"):
        PelFile.parse(noise, limits=limits)


def test_limit_on_other_chunks() -> None:
    chunks = split(ONE)
    many = join([chunks[0], *[RawChunk(b"zap0", b"")] * 1022, *chunks[1:]])
    assert len(PelFile.parse(many).chunks) == 1025
    more = join([chunks[0], *[RawChunk(b"zap0", b"")] * 1023, *chunks[1:]])
    refused(more, LimitError, "over|more than the limit of 1024 chunks")


@pytest.mark.parametrize("value", [0, 2**24 + 1, 2**32 - 1])
@pytest.mark.parametrize("name", ["width", "height"])
def test_impossible_size(name: str, value: int) -> None:
    refused(set_head(DATA, **{name: value}), DamagedFileError, f"{name} is {value}, outside")
