"""What is written is read back: chunks, whole files, and the bytes that the specification says."""

from __future__ import annotations

import dataclasses
import mmap
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.bitstream import Header, Limits, PelFile, write_chunk, write_file
from pellucid.bitstream.chunk import crc_damage
from pellucid.errors import LimitError, OptionError

PLAIN = Header(100, 80, 3, 8, 0, 1, 0, 1, 0, 60, 6, bytes(range(16)))  # 2 x 2 tiles
SMALL = dataclasses.replace(PLAIN, width=64, height=64)  # one tile
METADATA = st.dictionaries(st.sampled_from(["exif", "icc", "xmp"]), st.binary(max_size=200))


@st.composite
def files(draw: st.DrawFn) -> tuple[Header, dict[str, bytes], list[bytes]]:
    header = dataclasses.replace(
        PLAIN,
        width=draw(st.integers(1, 300)),
        height=draw(st.integers(1, 300)),
        quality=draw(st.integers(0, 100)),
        tile_log2=draw(st.integers(6, 12)),
        model_id=draw(st.binary(min_size=16, max_size=16)),
    )
    count = header.tile_count
    tiles = draw(st.lists(st.binary(max_size=50), min_size=count, max_size=count))
    return header, draw(METADATA), tiles


@given(files())
def test_round_trip(case: tuple[Header, dict[str, bytes], list[bytes]]) -> None:
    header, metadata, tiles = case
    data = write_file(header, metadata, tiles)
    file = PelFile.parse(data)
    assert file.header == header
    assert file.metadata == metadata
    assert [bytes(file.tile(number)) for number in range(len(tiles))] == tiles
    assert not any(crc_damage(memoryview(data), chunk) for chunk in file.chunks)
    assert write_file(header, metadata, tiles) == data
    end = 8
    for _, offset, length in file.chunks:  # the chunks tile the file
        assert offset == end
        end = offset + 12 + length
    assert end == len(data)


def test_order_of_metadata_given_does_not_matter() -> None:
    one = write_file(SMALL, {"exif": b"a", "xmp": b"b"}, [b""])
    assert one == write_file(SMALL, {"xmp": b"b", "exif": b"a"}, [b""])


def test_overhead_of_one_tile_is_84_bytes() -> None:
    assert len(write_file(SMALL, {}, [b""])) == 84
    assert len(write_file(SMALL, {}, [b"abcd"])) == 88


def test_bytes_are_those_of_the_specification() -> None:
    def chunk(name: bytes, payload: bytes) -> bytes:
        body = name + len(payload).to_bytes(4, "little") + payload
        return body + zlib.crc32(body).to_bytes(4, "little")

    expected = b"\x89PEL\r\n\x1a\n" + chunk(b"HEAD", PLAIN.pack())
    expected += chunk(b"exif", b"MM") + chunk(b"iccp", b"") + chunk(b"xmp0", b"<x/>")
    expected += chunk(b"TIDX", bytes.fromhex("05000000 09000000 05000000 05000000"))
    for number, words in enumerate([b"", b"word", b"", b""]):
        expected += chunk(b"TILE", number.to_bytes(4, "little") + b"\0" + words)
    expected += chunk(b"DONE", b"")
    metadata = {"xmp": b"<x/>", "icc": b"", "exif": b"MM"}
    assert write_file(PLAIN, metadata, [b"", b"word", b"", b""]) == expected


def test_reads_from_a_map_and_a_view(tmp_path: Path) -> None:
    data = write_file(PLAIN, {"exif": b"II"}, [b"a", b"b", b"c", b"d"])
    assert PelFile.parse(memoryview(bytearray(data))).metadata == {"exif": b"II"}
    path = tmp_path / "a.pel"
    path.write_bytes(data)
    with path.open("rb") as source:
        mapped = mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ)
    file = PelFile.parse(mapped)
    tile = file.tile(3)
    assert bytes(tile) == b"d"
    assert tile.readonly


def test_chunk_types() -> None:
    assert write_chunk("abc1", b"xy")[:8] == b"abc1\x02\0\0\0"
    for bad in ("", "abc", "abcde", "1abc", "ab c", "äbcd", "ab\n1", "äb"):
        with pytest.raises(OptionError, match="and 3 letters or digits"):
            write_chunk(bad, b"")


def test_writer_refuses_what_does_not_fit() -> None:
    with pytest.raises(OptionError, match="3 tiles were given for a picture of 4"):
        write_file(PLAIN, {}, [b""] * 3)
    with pytest.raises(OptionError, match=r"'gps' is unknown; the kinds are exif, icc, xmp"):
        write_file(SMALL, {"gps": b""}, [b""])
    with pytest.raises(OptionError, match="layers is 0b11"):
        write_file(dataclasses.replace(SMALL, layers=3), {}, [b""])


def test_writer_keeps_to_the_limits_of_a_default_reader() -> None:
    with pytest.raises(LimitError, match="exif metadata has 5 bytes, over the limit of 4"):
        write_file(SMALL, {"exif": bytes(5)}, [b""], limits=Limits(max_metadata=4))
    big = dataclasses.replace(PLAIN, width=2**24, height=17, tile_log2=12)
    with pytest.raises(LimitError, match="raise max_pixels"):
        write_file(big, {}, [b""] * 4096)
    data = write_file(big, {}, [b""] * 4096, limits=Limits(max_pixels=2**30))
    with pytest.raises(LimitError, match="raise max_pixels"):
        PelFile.parse(data)
    assert PelFile.parse(data, limits=Limits(max_pixels=2**30)).header == big
