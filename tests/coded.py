"""A picture's colours coded and decoded in memory, without a file."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pellucid.bitstream import Header
from pellucid.codec import Picture, TileReader, compress_tiles, decompress_into, header_of
from pellucid.codec.latents import TileLatents
from pellucid.pixels import Box
from pellucid.runtime import CodecModel


class Coded(NamedTuple):
    """Header, payloads, and the latents that the encoder meant."""

    header: Header
    tiles: list[bytes]
    latents: list[TileLatents]


def coded(
    pixels: np.ndarray, model: CodecModel, quality: int, *, tile_log2: int | None = None
) -> Coded:
    """(H, W, 1) or (H, W, 3) 8-bit samples in tiles of 2^`tile_log2` samples a side."""
    picture = Picture(pixels)
    header = header_of(picture, model, quality)
    if tile_log2 is not None:
        header = replace(header, tile_log2=tile_log2)
    tiles, latents = zip(*compress_tiles(picture, model, header), strict=True)
    return Coded(header, list(tiles), list(latents))


def decoded(
    header: Header, read_tile: TileReader, model: CodecModel, *, region: Box | None = None
) -> np.ndarray:
    """`region` (default: all) as (height, width, channels) 8-bit samples."""
    wanted = region or header.box
    output = np.empty((wanted.height, wanted.width, header.channels), np.uint8)
    decompress_into(output, header, read_tile, model, region=region)
    return output
