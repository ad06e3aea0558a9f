"""Any picture comes back in its shape; what damage costs; what quality buys."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid
from coded import coded
from pellucid.bitstream import PelFile
from pellucid.bitstream.chunk import CHUNK_OVERHEAD
from pellucid.codec import header_of
from pellucid.codec.picture import Picture
from pellucid.codec.targets import psnr_of
from pellucid.errors import DamagedFileError
from pellucid.runtime import CodecModel
from pictures import FILLS, filled, photograph, unpacked
from shipped import CODECS

FRAME = 84  # bytes a file of one tile has beside its words (docs/format.md section 9)


@settings(max_examples=40)
@given(
    st.sampled_from(FILLS),
    st.tuples(st.integers(1, 130), st.integers(1, 130), st.sampled_from([1, 3])),
    st.integers(0, 100),
    st.data(),
)
def test_any_picture_comes_back_in_its_shape(
    tiny_installed: str, fill: str, shape: tuple[int, int, int], quality: int, data: st.DataObject
) -> None:
    pixels = filled(fill, *shape)
    encoded = pellucid.compress(pixels, quality=quality, model=tiny_installed)
    decoded = unpacked(encoded)
    assert decoded.shape == shape
    assert decoded.dtype == np.uint8
    assert pellucid.verify(encoded).sound
    file = PelFile.parse(encoded)
    edges = 0 if file.edges is None else CHUNK_OVERHEAD + len(file.edges.pack(file.header))
    assert len(encoded) - len(file.tile(0)) - edges == FRAME <= 100

    x, y = data.draw(st.integers(0, shape[1] - 1)), data.draw(st.integers(0, shape[0] - 1))
    width = data.draw(st.integers(1, shape[1] - x))
    height = data.draw(st.integers(1, shape[0] - y))
    region = unpacked(encoded, region=(x, y, width, height))
    crop = decoded[y : y + height, x : x + width]
    assert region.shape == crop.shape
    assert np.abs(region.astype(int) - crop).max() <= 1


def test_grey_is_stored_as_grey(tiny_installed: str) -> None:
    pixels = filled("photograph", 50, 70, 1)
    encoded = pellucid.compress(pixels, model=tiny_installed)
    assert encoded == pellucid.compress(pixels[:, :, 0], model=tiny_installed)
    assert pellucid.info(encoded).channels == 1
    as_rgb = unpacked(pellucid.compress(pixels.repeat(3, 2), model=tiny_installed))
    grey = unpacked(encoded).astype(int)
    assert np.abs(grey - (as_rgb.sum(2, keepdims=True, dtype=int) + 1) // 3).max() <= 1


@pytest.fixture
def nine_tiles(tiny_installed: str) -> bytes:
    """A file of 3 x 3 tiles of 64."""
    return pellucid.compress(photograph(190, 190), model=tiny_installed, tile=64)


def tile_chunk(file: PelFile, number: int) -> tuple[int, int]:
    """Where a tile's chunk begins, and the length of its payload."""
    chunks = [chunk for chunk in file.chunks if chunk.type == "TILE"]
    return chunks[number].offset, chunks[number].length


@pytest.mark.parametrize("with_crc", [False, True])
def test_a_damaged_tile_costs_only_its_surroundings(nine_tiles: bytes, with_crc: bool) -> None:
    """A wrong checksum, and a right one around words that no encoder makes."""
    whole = unpacked(nine_tiles).astype(int)
    at, length = tile_chunk(PelFile.parse(nine_tiles), 2)
    broken = bytearray(nine_tiles)
    broken[at + 8 + length - 4 : at + 8 + length] = bytes(4)
    if with_crc:
        crc = zlib.crc32(broken[at : at + 8 + length])
        broken[at + 8 + length : at + 12 + length] = crc.to_bytes(4, "little")
    data = bytes(broken)

    with pytest.raises(DamagedFileError, match="tile 2"):
        unpacked(data)
    assert len(pellucid.verify(data).messages) == 1
    saved = pellucid.salvage(data)
    filled_in = saved.picture.astype(int)
    assert list(saved.damaged) == [2]
    apart = np.ones((190, 190), bool)
    apart[: 64 + 48, 128 - 48 :] = False
    assert np.abs(filled_in - whole)[apart].max() == 0
    hole = filled_in[16:48, 150:180]
    assert hole.std() < 30, "grey, or nearly so"
    far = unpacked(data, region=(0, 100, 60, 60))
    assert np.abs(far.astype(int) - whole[100:160, :60]).max() <= 1


@pytest.mark.parametrize("codec_model", CODECS, indirect=True)
def test_quality_buys_psnr_with_bytes(codec_model: CodecModel) -> None:
    pixels = photograph(128, 128)
    steps = range(0, 101, 20)
    sizes = [sum(map(len, coded(pixels, codec_model, quality).tiles)) for quality in steps]
    picture = Picture(pixels)
    scores = [psnr_of(picture, codec_model, header_of(picture, codec_model, q))[0] for q in steps]
    assert sizes == sorted(set(sizes))
    assert scores == sorted(set(scores))


def test_psnr_is_that_of_the_file(tiny: CodecModel, tiny_installed: str) -> None:
    pixels = photograph(100, 90)
    decoded = unpacked(pellucid.compress(pixels, quality=50, model=tiny_installed))
    error = np.square(decoded.astype(float) - pixels).mean()
    picture = Picture(pixels)
    psnr, _ = psnr_of(picture, tiny, header_of(picture, tiny, 50))
    assert psnr == pytest.approx(10 * np.log10(255**2 / error))


def test_a_target_is_met_with_the_best_quality(tiny_installed: str) -> None:
    pixels = photograph(64, 96)
    limit = len(pellucid.compress(pixels, quality=40, model=tiny_installed)) + 3
    data = pellucid.compress(pixels, size=limit, model=tiny_installed)
    assert len(data) <= limit
    better = pellucid.info(data).quality + 1
    assert len(pellucid.compress(pixels, quality=better, model=tiny_installed)) > limit
