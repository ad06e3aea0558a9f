"""Made files, full of false chunks: the tolerant reader's time and memory follow their length."""

from __future__ import annotations

import tracemalloc
from functools import cache

import pytest

from fuzz.mutate import frame
from pellucid.bitstream import SIGNATURE, Header, PelFile
from work import calls_of

HEADER = Header(2**14, 2**14, 3, 8, 0, 1, 0, 1, 0, 60, 6, bytes(16))  # 2^16 tiles
MIB = 2**20


@cache
def hostile(name: str) -> bytes:
    """About 2 MiB, behind a header of 2^16 tiles."""
    start = SIGNATURE + frame(b"HEAD", HEADER.pack())
    size = 2 * MIB
    far = (size // 2).to_bytes(4, "little")
    bodies = {
        "false starts": b"iccp" + far,
        "endless starts": b"TILE\xff\xff\xff\xff",
        "types only": b"exif",
        "letters": b"T",
        "doubled tiles": frame(b"TILE", bytes(5)),
        "tiles and false starts": frame(b"TILE", bytes(5)) + b"exif" + far,
        "junk and tiles": frame(b"TILE", bytes(5)) + b"\0",
        "another file": frame(b"HEAD", b"") + b"?" + frame(b"TILE", bytes(5)) * 20 * 2**10,
    }
    return start + bodies[name] * (size // len(bodies[name]))


NAMES = ["false starts", "endless starts", "types only", "letters", "doubled tiles"]
NAMES += ["tiles and false starts", "junk and tiles", "another file"]


@pytest.mark.parametrize("name", NAMES)
def test_made_files_cost_little(name: str) -> None:
    data = hostile(name)
    assert calls_of(lambda: PelFile.salvage(data)) < MIB
    file = PelFile.salvage(data)
    assert len(file.damage) <= 101
    tracemalloc.start()
    try:
        PelFile.salvage(data[: MIB // 4])
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    finally:
        tracemalloc.stop()
