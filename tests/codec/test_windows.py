"""Tiles and regions: windows give what the whole picture gives, and leave no seams."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest

from coded import coded, decoded
from pellucid.bitstream import Header
from pellucid.codec.compress import analyse, analyse_tiles, header_of, parts_of
from pellucid.codec.decompress import LatentGrid, tile_reader
from pellucid.codec.geometry import latents_of, read_padded, samples_of, to_blocks
from pellucid.codec.latents import MEAN_UNIT, TileLatents
from pellucid.codec.noise import NoiseLevel
from pellucid.codec.picture import Picture
from pellucid.errors import DamagedFileError
from pellucid.pixels import Box
from pellucid.runtime import CodecModel, load_model
from pictures import photograph

HEIGHT, WIDTH, QUALITY = 200, 270, 70


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 64 samples a side, so that small pictures have many windows."""
    for module in ("compress", "decompress"):
        monkeypatch.setattr(f"pellucid.codec.{module}.WINDOW", 64)
    monkeypatch.setattr("pellucid.codec.compress.PART", 64)


@pytest.fixture(scope="module")
def header(codec_model: CodecModel) -> Header:
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    return replace(header_of(Picture(pixels), codec_model, QUALITY), tile_log2=6)


@pytest.fixture(scope="module")
def y(codec_model: CodecModel) -> np.ndarray:
    """Latents of the whole photograph in quantiser steps, from one window."""
    pixels = photograph(HEIGHT, WIDTH)
    bounds = latents_of(Box(0, 0, HEIGHT, WIDTH))
    blocks = to_blocks(read_padded(pixels, samples_of(bounds)))
    scale = codec_model.vector("analysis_scale", QUALITY)
    (whole,) = codec_model.analysis(blocks=blocks, scale=scale)
    return whole[0] * codec_model.vector("gain", QUALITY)[0]


@pytest.mark.parametrize("tile_log2", [6, 7, 9])
def test_analysis_by_tiles_is_that_of_the_whole(
    codec_model: CodecModel, header: Header, y: np.ndarray, tile_log2: int
) -> None:
    pixels = photograph(HEIGHT, WIDTH)
    tiled = replace(header, tile_log2=tile_log2)
    for number in range(tiled.tile_count):
        tile = tiled.tile_box(number)
        found = analyse(Picture(pixels).seen(), codec_model, QUALITY, tile)
        np.testing.assert_allclose(found, y[:, *latents_of(tile).slices], rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("tile_log2", [6, 7, 9])
def test_tiles_are_put_together_from_the_parts_that_are_analysed(
    codec_model: CodecModel, header: Header, y: np.ndarray, tile_log2: int
) -> None:
    pixels, tiled = Picture(photograph(HEIGHT, WIDTH)), replace(header, tile_log2=tile_log2)
    assert len(parts_of((HEIGHT, WIDTH), clean=True)) > 4
    with ThreadPoolExecutor(2) as pool:
        found = dict(analyse_tiles(pool, pixels, codec_model, tiled))
    assert set(found) == set(range(tiled.tile_count))
    for number, own in found.items():
        part = y[:, *latents_of(tiled.tile_box(number)).slices]
        np.testing.assert_allclose(own, part, rtol=1e-3, atol=2e-3)


def test_bytes_do_not_depend_on_the_number_of_threads(codec_model: CodecModel) -> None:
    pixels = photograph(HEIGHT, WIDTH)
    made = [
        coded(pixels, CodecModel(codec_model.folder, threads=threads), QUALITY, tile_log2=6).tiles
        for threads in (1, 2, 5)
    ]
    assert made[0] == made[1] == made[2]


def pixels_of(
    header: Header, y: np.ndarray, model: CodecModel, region: Box | None = None
) -> np.ndarray:
    """Synthesis from rounded `y`, cut into the tiles of `header`."""
    grid = np.rint(y * MEAN_UNIT).astype(np.float32)
    bounds = latents_of(header.box)

    def read(number: int) -> TileLatents:
        rows, columns = latents_of(header.tile_box(number)).within(bounds)
        return TileLatents(np.zeros((1, 1, 1), np.int32), grid[:, rows, columns])

    return decoded(header, read, model, region=region)


@pytest.mark.parametrize("channels", [1, 3])
def test_synthesis_by_tiles_is_that_of_the_whole(
    codec_model: CodecModel, header: Header, y: np.ndarray, channels: int
) -> None:
    tiled = replace(header, channels=channels, colour=int(channels == 3))
    whole = pixels_of(replace(tiled, tile_log2=10), y, codec_model).astype(int)
    assert whole.shape == (HEIGHT, WIDTH, channels)
    for tile_log2 in (6, 7):
        parts = pixels_of(replace(tiled, tile_log2=tile_log2), y, codec_model)
        assert np.abs(parts - whole).max() <= 1
        assert np.mean(parts != whole) < 1e-3


def test_the_halo_is_needed(codec_model: CodecModel, header: Header, y: np.ndarray) -> None:
    """Were the windows too small, the test above would notice."""
    with mock.patch.object(codec_model, "halo", 0):
        narrow = pixels_of(header, y, codec_model).astype(int)
    assert np.abs(narrow - pixels_of(header, y, codec_model)).max() > 1


REGIONS = [
    Box(0, 0, 1, 1),
    Box(HEIGHT - 1, WIDTH - 1, 1, 1),
    Box(63, 63, 2, 2),
    Box(128, 64, 64, 64),
    Box(60, 5, 9, 200),
    Box(0, 0, HEIGHT, WIDTH),
]


def test_regions_are_cut_from_the_whole_in_any_order(
    codec_model: CodecModel, header: Header, y: np.ndarray
) -> None:
    whole = pixels_of(header, y, codec_model).astype(int)
    for region in [*REGIONS, *reversed(REGIONS)]:
        part = pixels_of(header, y, codec_model, region)
        rows, columns = slice(region.y, region.bottom), slice(region.x, region.right)
        assert np.abs(part - whole[rows, columns]).max() <= 1, region


def test_a_region_reads_only_the_tiles_around_it(
    codec_model: CodecModel, header: Header, y: np.ndarray
) -> None:
    seen: list[int] = []
    shape = (codec_model.latents, 4, 4)

    def read(number: int) -> TileLatents:
        seen.append(number)
        tile = header.tile_box(number)
        rows, columns = -(-tile.height // 64) * 4, -(-tile.width // 64) * 4
        return TileLatents(np.zeros((1, 1, 1)), np.zeros((shape[0], rows, columns), np.float32))

    decoded(header, read, codec_model, region=Box(64 + 20, 64 + 20, 8, 8))
    around = {row * header.columns + column for row in (0, 1, 2) for column in (0, 1, 2)}
    assert set(seen) == around
    assert len(seen) == len(around), "each once"


@pytest.mark.parametrize("size", [(64 * 20, 1), (1, 64 * 20), (150, 64 * 9), (64 * 9, 150)])
def test_tiles_are_held_along_the_shorter_side(
    codec_model: CodecModel, header: Header, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture of 2^24 x 1 is a row of 2^14 tiles: they must not be in memory at once."""
    shape = replace(header, width=size[0], height=size[1])
    held: list[int] = []
    drop = LatentGrid.forget

    def forget(grid: LatentGrid, blocks: list[tuple[int, Box]]) -> None:
        held.append(len(grid._tiles))
        drop(grid, blocks)

    def read(number: int) -> TileLatents:
        place = latents_of(shape.tile_box(number))
        grey = np.zeros((codec_model.latents, place.height, place.width), np.float32)
        return TileLatents(np.zeros((1, 1, 1), np.int32), grey)

    monkeypatch.setattr(LatentGrid, "forget", forget)
    assert decoded(shape, read, codec_model).shape == (size[1], size[0], 3)
    assert max(held) <= 3 * min(shape.rows, shape.columns)


def test_errors_at_tile_borders_are_like_those_elsewhere(
    codec_model: CodecModel,
) -> None:
    pixels = photograph(256, 256)
    made = coded(pixels, codec_model, 60, tile_log2=6)
    back = decoded(made.header, made.latents.__getitem__, codec_model)
    error = np.square(back.astype(float) - pixels).mean(axis=2)
    at_16 = np.arange(256) % 16  # compare places that differ in nothing but the tile
    steps = np.arange(256) // 16
    borders = (np.isin(at_16, (0, 15))) & (np.isin((np.arange(256) + 1) % 64, (0, 1)))
    inner = np.isin(at_16, (0, 15)) & ~borders & (steps > 0) & (steps < 15)
    assert error[borders[1:-1].nonzero()[0] + 1].mean() < 1.5 * error[inner].mean()
    assert error[:, borders[1:-1].nonzero()[0] + 1].mean() < 1.5 * error[:, inner].mean()


@pytest.mark.parametrize("tile_log2", [6, 7, 8])
def test_tiles_that_share_a_block_give_the_same_picture(
    codec_model: CodecModel, monkeypatch: pytest.MonkeyPatch, tile_log2: int
) -> None:
    """Payloads are made and read one by one, whatever the networks see at once."""
    for module in ("compress", "decompress"):
        monkeypatch.setattr(f"pellucid.codec.{module}.WINDOW", 256)
    monkeypatch.setattr("pellucid.codec.compress.PART", 256)
    pixels = photograph(300, 600)  # 2 x 3 blocks
    whole = coded(pixels, codec_model, 60, tile_log2=8)
    made = coded(pixels, codec_model, 60, tile_log2=tile_log2)
    assert len(made.tiles) == made.header.tile_count
    for number, tile in enumerate(made.latents):
        place = latents_of(made.header.tile_box(number))
        assert tile.y.shape[1:] == (place.height, place.width)
    read = tile_reader(made.header, made.tiles.__getitem__, codec_model)
    back = decoded(made.header, read, codec_model).astype(int)
    assert np.array_equal(back, decoded(made.header, made.latents.__getitem__, codec_model))
    # Only the means, from which steps count, differ at the borders of tiles.
    other = decoded(whole.header, whole.latents.__getitem__, codec_model)
    assert np.square(back - other).mean() < np.square(other - pixels.astype(int)).mean()


def test_damage_ends_the_reading(
    codec_model: CodecModel, header: Header, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tiles that wait to be read are left when one is damaged."""
    monkeypatch.setattr("pellucid.codec.decompress.WINDOW", 1024)
    model, seen = CodecModel(codec_model.folder, threads=1), list[int]()

    def read(number: int) -> TileLatents:
        seen.append(number)
        raise DamagedFileError("broken")

    with pytest.raises(DamagedFileError, match="broken"):
        decoded(header, read, model)
    assert header.tile_count == 20
    assert len(seen) < 20


def test_a_noisy_picture_of_many_parts_loads_one_network() -> None:
    model = CodecModel(load_model("m").folder, threads=2)
    pixels = Picture(photograph(HEIGHT, WIDTH), noise=NoiseLevel(5.0))
    with ThreadPoolExecutor(2) as pool:
        found = dict(analyse_tiles(pool, pixels, model, header_of(pixels, model, 50, tile=64)))
    assert len(found) == 20
    assert list(model._networks) == [("denoising_analysis", 1)]
