"""Tile payloads to latents to picture, for the whole picture or a region of it.

    payload -> `latents.decode_latents` -> latent grid -> window -> synthesis -> cut to the tile

Tiles are decoded when a window needs them and forgotten when no later window will: memory is
bounded by the output and a few rows of tiles.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import Header
from pellucid.codec.geometry import Box, from_blocks
from pellucid.codec.latents import MEAN_UNIT, TileLatents, decode_latents
from pellucid.errors import DamagedFileError
from pellucid.runtime import CodecModel

TileReader = Callable[[int], TileLatents]


def decompress_pixels(
    header: Header, read_tile: TileReader, model: CodecModel, *, region: Box | None = None
) -> NDArray[np.uint8]:
    """Decode `region` (default: all) to (height, width, channels) 8-bit samples.

    Args:
        read_tile: tile number -> latents, such as `tile_reader` gives.
    """
    picture = Box(0, 0, header.width, header.height)
    wanted = region or picture
    grid = LatentGrid(header, read_tile, model)
    output = np.empty((wanted.height, wanted.width, header.channels), np.uint8)
    for row in range(header.rows):
        for column in range(header.columns):
            tile = Box(*header.tile_box(row * header.columns + column))
            part = tile.overlap(wanted)
            if part.width and part.height:
                rows, columns = part.within(wanted)
                output[rows, columns] = synthesise(part, header, grid, model)
        grid.forget_above(row)
    return output


def synthesise(part: Box, header: Header, grid: LatentGrid, model: CodecModel) -> NDArray[np.uint8]:
    """Samples of `part`, which lies in one tile: (height, width, channels)."""
    window = part.latents().grown(model.halo, grid.bounds)
    y = grid.window(window) * model.vector("inverse_gain", header.quality)
    (blocks,) = model.synthesis(y=y, scale=model.vector("synthesis_scale", header.quality))
    rows, columns = part.within(window.samples())
    samples: NDArray[np.uint8] = from_blocks(blocks)[rows, columns]
    if header.channels == 1:
        total = samples.astype(np.uint16).sum(axis=2, keepdims=True, dtype=np.uint16)
        samples = ((total + 1) // 3).astype(np.uint8)
    return samples


class LatentGrid:
    """The picture's y in quantiser steps, tile by tile as asked for."""

    def __init__(self, header: Header, read_tile: TileReader, model: CodecModel) -> None:
        self._header, self._read, self._latents = header, read_tile, model.latents
        self._tiles: dict[int, NDArray[np.float32]] = {}
        self.bounds = Box(0, 0, header.width, header.height).latents()

    def window(self, box: Box) -> NDArray[np.float32]:
        """y of a box of latents: (1, M, height, width)."""
        out = np.empty((1, self._latents, box.height, box.width), np.float32)
        size = self._header.tile_size
        samples = box.samples()
        last_row = min((samples.bottom - 1) // size, self._header.rows - 1)
        last_column = min((samples.right - 1) // size, self._header.columns - 1)
        for row in range(samples.y // size, last_row + 1):
            for column in range(samples.x // size, last_column + 1):
                number = row * self._header.columns + column
                place = Box(*self._header.tile_box(number)).latents()
                part = place.overlap(box)
                rows, columns = part.within(box)
                from_rows, from_columns = part.within(place)
                out[0, :, rows, columns] = self._tile(number)[:, from_rows, from_columns]
        return out

    def forget_above(self, row: int) -> None:
        """Drop tiles that windows below tile row `row` can't need."""
        for number in [n for n in self._tiles if n // self._header.columns < row]:
            del self._tiles[number]

    def _tile(self, number: int) -> NDArray[np.float32]:
        if number not in self._tiles:
            self._tiles[number] = self._read(number).y * np.float32(1 / MEAN_UNIT)
        return self._tiles[number]


def tile_reader(
    header: Header, payload: Callable[[int], bytes | memoryview], model: CodecModel
) -> TileReader:
    """Tile number -> latents, from a file's payloads; damage names the tile."""

    def read(number: int) -> TileLatents:
        place = Box(*header.tile_box(number)).latents()
        data = payload(number)
        try:
            return decode_latents(model, data, header.quality, place.height, place.width)
        except DamagedFileError as error:
            raise DamagedFileError(f"tile {number}: {error}") from error

    return read


def filling_reader(
    header: Header, read_tile: TileReader, model: CodecModel, damaged: list[int]
) -> TileReader:
    """Like `read_tile`, but a damaged tile becomes grey and its number goes into `damaged`."""

    def read(number: int) -> TileLatents:
        try:
            return read_tile(number)
        except DamagedFileError:
            damaged.append(number)
            place = Box(*header.tile_box(number)).latents()
            z = np.zeros((model.hyper_latents, place.height // 4, place.width // 4), np.int32)
            return TileLatents(z, np.zeros((model.latents, place.height, place.width), np.float32))

    return read
