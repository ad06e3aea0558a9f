"""Picture to latents to tile payloads, one tile at a time.

    pixels -> window of a tile and its surroundings -> analysis -> cut to the tile -> times gain
           -> `latents.encode_latents` -> payload

The window is wide enough that a tile's latents are those of the whole picture, so tiles leave no
seams; memory is bounded by a tile.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import Header
from pellucid.codec.geometry import Box, read_padded, to_blocks
from pellucid.codec.latents import TileLatents, encode_latents
from pellucid.runtime import CodecModel

TILE_LOG2 = 10  # tiles of 1024 samples a side
GREY, RGB = 0, 1


@dataclass(frozen=True)
class Compressed:
    """A compressed picture before it is a file: header, one payload and one set of latents a tile.

    `latents` is empty unless asked for.
    """

    header: Header
    tiles: list[bytes]
    latents: list[TileLatents]

    @property
    def payload_bytes(self) -> int:
        """Bytes of all tiles, without the container."""
        return sum(map(len, self.tiles))


def compress_pixels(
    pixels: NDArray[np.uint8], model: CodecModel, quality: int, *, keep_latents: bool = False
) -> Compressed:
    """Compress (H, W, 1) or (H, W, 3) 8-bit samples at `quality` 0..100."""
    header = make_header(pixels, model, quality)
    tiles, latents = [], []
    for number in range(header.tile_count):
        y = analyse_tile(pixels, model, quality, Box(*header.tile_box(number)))
        payload, tile_latents = encode_latents(model, y, quality)
        tiles.append(payload)
        if keep_latents:
            latents.append(tile_latents)
    return Compressed(header, tiles, latents)


def make_header(pixels: NDArray[np.uint8], model: CodecModel, quality: int) -> Header:
    """The header of an 8-bit grey or RGB picture."""
    height, width, channels = pixels.shape
    return Header(
        width=width,
        height=height,
        channels=channels,
        bit_depth=8,
        sample_type=0,
        colour=GREY if channels == 1 else RGB,
        alpha=0,
        layers=1,
        features=0,
        quality=quality,
        tile_log2=TILE_LOG2,
        model_id=model.id,
    )


def analyse_tile(
    pixels: NDArray[np.uint8], model: CodecModel, quality: int, tile: Box
) -> NDArray[np.float32]:
    """A tile's y in quantiser steps (M, h, w), the same as in an analysis of the whole picture."""
    bounds = Box(0, 0, pixels.shape[1], pixels.shape[0]).latents()
    inner = tile.latents()
    window = inner.grown(model.analysis_halo, bounds)
    blocks = to_blocks(read_padded(pixels, window.samples()))
    (y,) = model.analysis(blocks=blocks, scale=model.vector("analysis_scale", quality))
    rows, columns = inner.within(window)
    cut: NDArray[np.float32] = y[0, :, rows, columns] * model.vector("gain", quality)[0]
    return cut
