"""Tile payloads to latents to picture, for the whole picture or a region of it.

    payload -> `latents.decode_latents` -> latent grid -> window -> synthesis -> cut to the tile

Each thread decodes the latents of a tile, or runs the synthesis of half a block of tiles. Memory is
bounded by two rows of blocks of latents, or columns where these are shorter, and by the output,
unless that is on disk (`pixels/lazy.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import Edges, Header, SampleRange
from pellucid.codec.edges import draw
from pellucid.codec.geometry import WINDOW, from_blocks, halves_of, latents_of, samples_of
from pellucid.codec.latents import TileLatents, decode_latents
from pellucid.codec.picture import from_levels
from pellucid.errors import DamagedFileError
from pellucid.pixels.box import Box, tiles_under
from pellucid.pixels.lazy import Sink
from pellucid.runtime import CodecModel
from pellucid.runtime.ahead import in_order
from pellucid.runtime.session import alone

TileReader = Callable[[int], TileLatents]
AlphaReader = Callable[[int], NDArray[Any]]  # tile number -> its alpha (h, w)
Task = tuple[Box, int, Box, NDArray[np.float32]]


def decompress_into(
    output: Sink,
    header: Header,
    read_tile: TileReader,
    model: CodecModel,
    *,
    region: Box | None = None,
    found: SampleRange | None = None,
    edges: Edges | None = None,
    alpha: AlphaReader | None = None,
) -> None:
    """Decode `region` (default: all) into `output`, part after part, always in order.

    Args:
        read_tile: tile number -> latents, such as `tile_reader` gives.
        found: of 16-bit samples, their range.
        edges: the lines that are drawn along the picture's edges.
        alpha: gives the tiles of alpha, which becomes the last channel; then parts are whole tiles.
    """
    wanted = region or header.box
    if found is not None:
        model.check_deep()

    def synthesise(task: Task) -> tuple[Box, NDArray[Any]]:
        part, number, window, y = task
        samples = synthesise_window(part, window, y, header, model, found)
        if edges is not None:
            draw(samples, edges, (part.y, part.x), (header.height, header.width))
        if alpha is not None:
            rows, columns = part.within(header.tile_box(number))
            samples = np.dstack([samples, alpha(number)[rows, columns]])
        return part, samples

    with (
        ThreadPoolExecutor(model.threads) as pool,
        closing(LatentGrid(header, read_tile, model, pool)) as grid,
    ):
        tasks = windows_of(header, grid, model, wanted, alpha=alpha is not None)
        for part, samples in in_order(pool, synthesise, tasks, ahead=2 * model.threads + 1):
            rows, columns = part.within(wanted)
            output[rows, columns] = samples


def windows_of(
    header: Header, grid: LatentGrid, model: CodecModel, wanted: Box, *, alpha: bool = False
) -> Iterator[Task]:
    """Each half of a block that is wanted, or with alpha each tile, with its number, the window
    around it in latents, and y there. Tiles of the next block are begun before they are needed.
    """
    side = header.tile_size if alpha else WINDOW

    def window_of(part: Box) -> Box:
        return latents_of(part).grown(model.halo, grid.bounds)

    for before, line in pairwise([[], *lines_of((header.height, header.width), side)]):
        for place, (number, block) in enumerate(line):
            for _, near in line[place : place + 2]:
                if (inside := near.overlap(wanted)).size:
                    grid.begin(window_of(inside))
            inside = block.overlap(wanted)
            parts = [inside] if alpha else halves_of(inside)
            for part in parts if inside.size else ():
                window = window_of(part)
                yield part, number, window, grid.window(window)
            grid.forget(before[max(place - 1, 0) : place])
        grid.forget(before[-1:])


def lines_of(shape: tuple[int, int], side: int) -> list[list[tuple[int, Box]]]:
    """Number and place of all blocks, by rows or, in a picture wider than high, by columns.

    A window of one line needs latents of this line and its neighbours only.
    """
    blocks = list(tiles_under(Box.whole(shape), shape, side))
    rows, columns = (-(-length // side) for length in shape)
    if columns > rows:
        return [blocks[column::columns] for column in range(columns)]
    return [blocks[start : start + columns] for start in range(0, len(blocks), columns)]


def synthesise_window(
    part: Box,
    window: Box,
    y: NDArray[np.float32],
    header: Header,
    model: CodecModel,
    found: SampleRange | None = None,
) -> NDArray[Any]:
    """Colours of `part` (height, width, channels) from the y of a window of latents around it."""
    y *= model.vector("inverse_gain", header.quality)
    scale = model.vector("synthesis_scale", header.quality)
    (blocks,) = model.synthesis("blocks" if found is None else "samples", y=y, scale=scale)
    rows, columns = part.within(samples_of(window))
    samples: NDArray[Any] = from_blocks(blocks)[rows, columns]
    if found is not None:
        return from_levels(samples, found, header.channels).astype(header.dtype)
    if header.channels == 1:
        total = samples.astype(np.uint16).sum(axis=2, keepdims=True, dtype=np.uint16)
        samples = ((total + 1) // 3).astype(np.uint8)
    return samples


def tile_reader(
    header: Header, payload: Callable[[int], bytes | memoryview], model: CodecModel
) -> TileReader:
    """Tile number -> latents, from a file's payloads; damage names the tile."""

    def read(number: int) -> TileLatents:
        place = latents_of(header.tile_box(number))
        data = payload(number)
        try:
            return decode_latents(model, data, header.quality, place.height, place.width)
        except DamagedFileError as error:
            raise DamagedFileError(f"{header.tile_name(number)}: {error}") from error

    return read


def filling_reader(
    header: Header, read_tile: TileReader, model: CodecModel, damaged: dict[int, str]
) -> TileReader:
    """Like `read_tile`, but a damaged tile becomes grey, and `damaged` says of its number why."""

    def read(number: int) -> TileLatents:
        try:
            return read_tile(number)
        except DamagedFileError as error:
            damaged[number] = str(error)
            place = latents_of(header.tile_box(number))
            z = np.zeros((model.hyper_latents, place.height // 4, place.width // 4), np.int32)
            return TileLatents(z, np.zeros((model.latents, place.height, place.width), np.float32))

    return read


class LatentGrid:
    """The picture's y in quantiser steps, of which only the tiles in use are in memory.

    Threads of `pool` read them.
    """

    def __init__(
        self, header: Header, read_tile: TileReader, model: CodecModel, pool: Executor
    ) -> None:
        self._header, self._read, self._latents = header, read_tile, model.latents
        self._pool = pool
        self._tiles: dict[int, Future[NDArray[np.float32]]] = {}
        self.bounds = latents_of(header.box)

    def begin(self, box: Box) -> None:
        """Have the tiles under a box of latents read."""
        for number, _ in self._tiles_under(samples_of(box)):
            if number not in self._tiles:
                self._tiles[number] = self._pool.submit(self._in_steps, number)

    def window(self, box: Box) -> NDArray[np.float32]:
        """y of a box of latents: (1, M, height, width)."""
        self.begin(box)
        out = np.empty((1, self._latents, box.height, box.width), np.float32)
        for number, tile in self._tiles_under(samples_of(box)):
            place = latents_of(tile)
            part = place.overlap(box)
            rows, columns = part.within(box)
            from_rows, from_columns = part.within(place)
            out[0, :, rows, columns] = self._tiles[number].result()[:, from_rows, from_columns]
        return out

    def forget(self, blocks: Iterable[tuple[int, Box]]) -> None:
        """Drop the tiles of blocks that no window will need any more."""
        for _, block in blocks:
            for number, _ in self._tiles_under(block):
                self._tiles.pop(number, None)

    def close(self) -> None:
        """Have nothing more read."""
        for reading in self._tiles.values():
            reading.cancel()

    def _tiles_under(self, box: Box) -> Iterator[tuple[int, Box]]:
        header = self._header
        return tiles_under(box, (header.height, header.width), header.tile_size)

    def _in_steps(self, number: int) -> NDArray[np.float32]:
        with alone(when=self._header.tile_count > 1):
            return self._read(number).in_steps
