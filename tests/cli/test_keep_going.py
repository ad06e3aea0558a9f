"""`decompress --keep-going` and `verify` on damaged files of four tiles."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pellucid
from opened import write_samples
from pellucid.bitstream import PelFile
from pellucid.pixels import ImageInfo, read_image
from pictures import photograph, unpacked

SIDE = 250
HALO = 64  # more than what a tile's latents reach beyond it
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
TILE_3 = "tile 3 (122 x 122 pixels at 128,128)"
SAVED = "pellucid decompress --keep-going can save them"


@pytest.fixture(scope="module")
def good(tiny_installed: str, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Four tiles of 128, EXIF and XMP."""
    exif = Image.Exif()
    exif[0x010F] = "Pellucid Works"
    source = tmp_path_factory.mktemp("source") / "photo.png"
    info = ImageInfo(SIDE, SIDE, 3, exif=exif.tobytes()[6:], xmp=XMP)
    write_samples(source, photograph(SIDE, SIDE), info)
    return pellucid.compress(source, model=tiny_installed, tile=128)


def damaged(good: bytes, type_: str, at: int, which: int = -1) -> bytes:
    """The file with one byte changed, `at` bytes into the last chunk of a type, or another."""
    chunks = [chunk for chunk in PelFile.parse(good).chunks if chunk.type == type_]
    data = bytearray(good)
    data[chunks[which].offset + at] ^= 0x11
    Path("bad.pel").write_bytes(data)
    return bytes(data)


def apart_from_tile_3() -> np.ndarray:
    """True where the fourth tile can't be seen."""
    mask = np.ones((SIDE, SIDE), bool)
    mask[128 - HALO :, 128 - HALO :] = False
    return mask


@pytest.mark.parametrize("at", [0, 4, 8, 12, 13, 40], ids=str)  # type, length, number, layer, words
def test_a_damaged_tile_is_filled_and_named(run, good, at):
    data = damaged(good, "TILE", at)
    assert run("decompress", "bad.pel", code=1).stdout == ""
    assert not Path("bad.png").exists()
    result = run("decompress", "bad.pel", "--keep-going", "--json", code=1)
    (line,) = result.stderr.splitlines()
    assert line == f"pellucid: bad.pel: damaged and filled with grey: {TILE_3}"
    fields = json.loads(result.stdout)
    assert (fields["damaged_tiles"], fields["lost_metadata"]) == ([3], [])
    pixels, info = read_image("bad.png")
    assert (info.xmp, info.exif is not None) == (XMP, True)
    same = (pixels == unpacked(good)).all(axis=2)
    assert same[apart_from_tile_3()].all()
    assert not same[160:, 160:].all()
    saved = pellucid.salvage(data)
    assert (saved.picture == pixels).all()
    assert list(saved.damaged) == [3]
    stderr = run("verify", "bad.pel", code=1).stderr
    assert f"bad.pel: {TILE_3}" in stderr
    assert f"3 of 4 tiles are whole, and {SAVED}" in stderr
    assert "tile 2" not in stderr


@pytest.mark.parametrize("at", [0, 4, 10])
@pytest.mark.parametrize(("type_", "lost"), [("exif", ["exif"]), ("xmp0", ["xmp"]), ("TIDX", [])])
def test_damage_beside_the_tiles_costs_no_pixel(run, good, type_, lost, at):
    damaged(good, type_, at)
    result = run("decompress", "bad.pel", "--keep-going", "--json", code=1)
    fields = json.loads(result.stdout)
    assert (fields["damaged_tiles"], fields["lost_metadata"]) == ([], lost)
    assert f"hold no whole chunk (once {type_})" in result.stderr
    for kind in lost:
        assert f"pellucid: bad.pel: damaged and left out: {kind.upper()}" in result.stderr
    pixels, info = read_image("bad.png")
    assert (pixels == unpacked(good)).all()
    assert [info.exif is None, info.xmp is None] == ["exif" in lost, "xmp" in lost]
    stderr = run("verify", "bad.pel", code=1).stderr
    assert f"(once {type_})" in stderr
    assert f"all tiles are whole, and {SAVED}" in stderr


def test_a_truncated_file(run, good):
    chunks = PelFile.parse(good).chunks
    Path("bad.pel").write_bytes(good[: chunks[-3].offset + 20])
    result = run("decompress", "bad.pel", "--keep-going", code=1)
    assert "filled with grey: tile 2 (128 x 122 pixels at 0,128), tile 3 (122 x" in result.stderr
    assert "it is truncated" in result.stderr
    assert "bad.png  250 x 250, RGB" in result.stdout
    stderr = run("verify", "bad.pel", code=1).stderr
    assert "tile 2 (128 x 122 pixels at 0,128) is lost: bytes" in stderr
    assert f"2 of 4 tiles are whole, and {SAVED}" in stderr
    result = run("decompress", "bad.pel", "--keep-going", "--region", "0,0,9,9", "--force", code=1)
    assert "tile" not in result.stderr, "no tile that the region needs"


def test_nothing_to_save(run, good):
    chunks = PelFile.parse(good).chunks
    Path("bad.pel").write_bytes(good[: chunks[-5].offset])
    assert "no tile is whole: get the file again" in run("verify", "bad.pel", code=1).stderr
    Path("bad.pel").write_bytes(good[:20] + b"?" + good[21:])
    result = run("decompress", "bad.pel", "--keep-going", "--force", code=1)
    assert "chunk HEAD at byte 8 (35 bytes) is damaged" in result.stderr
    assert not Path("bad.png").exists()
    assert "HEAD" in run("verify", "bad.pel", code=1).stderr


def test_a_sound_file_and_a_batch(run, good):
    Path("good.pel").write_bytes(good)
    assert run("decompress", "good.pel", "--keep-going").stderr == ""
    damaged(good, "TILE", 40, which=0)
    Path("worse.pel").write_bytes(good[:20])
    words = ("decompress", "good.pel", "bad.pel", "worse.pel", "-o", "out", "--keep-going")
    stderr = run(*words, code=1).stderr
    assert "2 of 3 done, 1 of them with damage, 1 failed" in stderr
    assert sorted(path.name for path in Path("out").iterdir()) == ["bad.png", "good.png"]
