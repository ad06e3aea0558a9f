"""Sizes that a file only claims cost nothing: the reader makes views, not copies."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from fuzz.mutate import RawChunk, frame, join, set_head, split
from pellucid.bitstream import Header, PelFile, write_file
from pellucid.bitstream.chunk import crc_damage
from pellucid.errors import DamagedFileError, LimitError, PellucidError
from work import calls_of

HEADER = Header(64, 64, 3, 8, 0, 1, 0, 1, 0, 60, 6, bytes(16))
ONE = write_file(HEADER, {}, [b"word"])
MIB = 2**20


def peak(work: Callable[[], object]) -> int:
    """Bytes that `work` had allocated at its highest."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def absurd() -> dict[str, tuple[bytes, type[PellucidError]]]:
    head, tile, done = split(ONE)
    start = join([head])
    cases: dict[str, tuple[bytes, type[PellucidError]]] = {
        "tile of 4 GiB": (start + frame(*tile, length=2**32 - 1), DamagedFileError),
        "exif of 4 GiB": (start + frame(b"exif", b"", length=2**32 - 1), DamagedFileError),
        "head of 2 GiB": (ONE[:12] + b"\0\0\0\x80" + ONE[16:], DamagedFileError),
        "most pixels": (set_head(ONE, width=2**14, height=2**14, tile_log2=12), DamagedFileError),
        "most tiles": (set_head(ONE, width=2**14, height=2**14), DamagedFileError),
        "too many pixels": (set_head(ONE, width=2**24, height=2**24), LimitError),
        "too many tiles": (set_head(ONE, width=2**24), LimitError),
        "all layers": (set_head(ONE, width=2**14, height=2**14, layers=31), DamagedFileError),
    }
    index = RawChunk(b"TIDX", b"\xff" * 4 * 2**10)
    wide = set_head(join([head, index, tile, done]), width=2**11, height=2**11)
    cases["index of 1024 tiles of 4 GiB"] = (wide, DamagedFileError)
    return cases


@pytest.mark.parametrize("name", absurd())
def test_absurd_sizes_allocate_nothing(name: str) -> None:
    data, error = absurd()[name]

    def work() -> None:
        with pytest.raises(error):
            PelFile.parse(data)

    work()  # what pytest allocates once
    assert peak(work) < MIB


def test_big_payloads_are_not_copied() -> None:
    data = write_file(HEADER, {"exif": bytes(8 * MIB)}, [bytes(16 * MIB)])

    def work() -> None:
        file = PelFile.parse(data)
        assert len(file.tile(0)) == 16 * MIB
        assert not any(crc_damage(memoryview(data), chunk) for chunk in file.chunks)

    assert peak(work) < MIB


def test_most_tiles_of_a_default_reader() -> None:
    header = Header(2**14, 2**14, 3, 8, 0, 1, 0, 1, 0, 60, 6, bytes(16))
    data = write_file(header, {}, [b""] * 2**16)
    assert peak(lambda: PelFile.parse(data)) < 32 * MIB
    assert calls_of(lambda: PelFile.parse(data)) < 60 * 2**16  # far from quadratic
