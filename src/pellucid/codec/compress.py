"""Picture to latents to tile payloads, one tile at a time.

    picture -> window of a tile and its surroundings -> analysis -> cut to the tile -> times gain
           -> `latents.encode_latents` -> payload

The window is wide enough that a tile's latents are those of the whole picture, so tiles leave no
seams. Threads analyse the halves of the next tiles while one is being coded; memory is bounded by
these few tiles, as the picture is only asked for its windows (`pixels/lazy.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import BASE, BASE_AND_ALPHA, SIGNED, UNSIGNED, Header
from pellucid.codec.geometry import halves_of, latents_of, read_padded, samples_of, to_blocks
from pellucid.codec.latents import TileLatents, encode_latents
from pellucid.codec.picture import Picture
from pellucid.pixels.box import Box
from pellucid.pixels.lazy import Source
from pellucid.runtime import CodecModel
from pellucid.runtime.ahead import in_order

TILE_LOG2 = 10  # tiles of 1024 samples a side
ALPHA_TILE_LOG2 = 9  # with alpha, whose exact coding takes much memory a sample
GREY, RGB = 0, 1
AHEAD = 3  # halves of tiles analysed before they are wanted


def compress_tiles(
    picture: Picture, model: CodecModel, header: Header
) -> Iterator[tuple[bytes, TileLatents]]:
    """Payload and latents of each tile of colours; memory is bounded by a few tiles."""
    boxes = [header.tile_box(number) for number in range(header.tile_count)]
    for y in analyse_tiles(picture.seen(), model, header.quality, boxes):
        yield encode_latents(model, y, header.quality)


def header_of(picture: Picture, model: CodecModel, quality: int) -> Header:
    """The header of a picture of 8 or 16 bits, grey or RGB, with alpha or without."""
    height, width = picture.samples.shape[:2]
    dtype = picture.samples.dtype
    return Header(
        width=width,
        height=height,
        channels=picture.colours,
        bit_depth=8 * dtype.itemsize,
        sample_type=SIGNED if dtype.kind == "i" else UNSIGNED,
        colour=GREY if picture.colours == 1 else RGB,
        alpha=int(picture.alpha),
        layers=BASE_AND_ALPHA if picture.alpha else BASE,
        features=0,
        quality=quality,
        tile_log2=ALPHA_TILE_LOG2 if picture.alpha else TILE_LOG2,
        model_id=model.id,
    )


def analyse_tiles(
    pixels: Source, model: CodecModel, quality: int, tiles: list[Box]
) -> Iterator[NDArray[np.float32]]:
    """Each tile's y in quantiser steps (M, h, w), in order."""
    halves = [halves_of(tile) for tile in tiles]

    def work(part: Box) -> NDArray[np.float32]:
        return analyse(pixels, model, quality, part)

    with ThreadPoolExecutor(model.threads) as pool:
        parts = (part for tile in halves for part in tile)
        done = in_order(pool, work, parts, ahead=AHEAD)
        for tile in halves:
            yield np.concatenate([next(done) for _ in tile], axis=1)


def analyse(pixels: Source, model: CodecModel, quality: int, part: Box) -> NDArray[np.float32]:
    """y of `part` in quantiser steps, the same as in an analysis of the whole picture."""
    bounds = latents_of(Box.whole(pixels.shape))
    inner = latents_of(part)
    window = inner.grown(model.analysis_halo, bounds)
    blocks = to_blocks(read_padded(pixels, samples_of(window)))
    (y,) = model.analysis(blocks=blocks, scale=model.vector("analysis_scale", quality))
    rows, columns = inner.within(window)
    return np.asarray(y[0, :, rows, columns] * model.vector("gain", quality)[0])
