"""The latents of a whole picture, of which only the tiles in use are in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import Header
from pellucid.codec.geometry import latents_of, samples_of
from pellucid.codec.latents import MEAN_UNIT, TileLatents
from pellucid.pixels.box import Box
from pellucid.runtime import CodecModel

TileReader = Callable[[int], TileLatents]


class LatentGrid:
    """The picture's y in quantiser steps, tile by tile as asked for."""

    def __init__(self, header: Header, read_tile: TileReader, model: CodecModel) -> None:
        self._header, self._read, self._latents = header, read_tile, model.latents
        self._tiles: dict[int, NDArray[np.float32]] = {}
        self.bounds = latents_of(header.box)

    def window(self, box: Box) -> NDArray[np.float32]:
        """y of a box of latents: (1, M, height, width)."""
        out = np.empty((1, self._latents, box.height, box.width), np.float32)
        size = self._header.tile_size
        samples = samples_of(box)
        last_row = min((samples.bottom - 1) // size, self._header.rows - 1)
        last_column = min((samples.right - 1) // size, self._header.columns - 1)
        for row in range(samples.y // size, last_row + 1):
            for column in range(samples.x // size, last_column + 1):
                number = row * self._header.columns + column
                place = latents_of(self._header.tile_box(number))
                part = place.overlap(box)
                rows, columns = part.within(box)
                from_rows, from_columns = part.within(place)
                out[0, :, rows, columns] = self._tile(number)[:, from_rows, from_columns]
        return out

    def lines(self) -> list[range]:
        """All tile numbers, by rows or, in a picture wider than high, by columns.

        A window of one line needs tiles of this line and its neighbours only.
        """
        count, columns, rows = self._header.tile_count, self._header.columns, self._header.rows
        if columns > rows:
            return [range(column, count, columns) for column in range(columns)]
        return [range(start, start + columns) for start in range(0, count, columns)]

    def forget(self, numbers: Iterable[int]) -> None:
        """Drop tiles that no window will need any more."""
        for number in numbers:
            self._tiles.pop(number, None)

    def _tile(self, number: int) -> NDArray[np.float32]:
        if number not in self._tiles:
            self._tiles[number] = self._read(number).y * np.float32(1 / MEAN_UNIT)
        return self._tiles[number]
