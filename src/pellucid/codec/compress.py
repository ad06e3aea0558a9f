"""Picture to latents to tile payloads, one block of tiles at a time.

    picture -> window of a block and its surroundings -> analysis -> cut to the block -> times gain
           -> cut to tiles -> `latents.encode_latents` -> payload

The window is wide enough that a block's latents are those of the whole picture, so neither blocks
nor tiles leave seams. Threads analyse the next blocks, or halves of them, while others code tiles;
memory is bounded by these few and a row of coded tiles, as the picture is only asked for its
windows (`pixels/lazy.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from threading import Event

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import BASE, BASE_AND_ALPHA, SIGNED, UNSIGNED, Header
from pellucid.codec.distortion import Distortion, surroundings_of
from pellucid.codec.geometry import (
    WINDOW,
    halves_of,
    latents_of,
    read_padded,
    samples_of,
    to_blocks,
)
from pellucid.codec.latents import TileLatents, encode_latents
from pellucid.codec.noise import NoiseLevel
from pellucid.codec.picture import Picture
from pellucid.codec.refine import STEPS, Refinement
from pellucid.pixels.box import Box, tiles_of, tiles_under
from pellucid.pixels.lazy import Source
from pellucid.runtime import CodecModel
from pellucid.runtime.ahead import in_order

TILE = 512  # samples a side, unless the picture fits in one tile of `WINDOW`
GREY, RGB = 0, 1
AHEAD = 3  # halves of blocks, or blocks, analysed before they are wanted


def compress_tiles(
    picture: Picture,
    model: CodecModel,
    header: Header,
    effort: int = 0,
    told: Callable[[float], None] = lambda _: None,
) -> Iterator[tuple[bytes, TileLatents]]:
    """Payload and latents of each tile of colours, in order.

    Memory is bounded by a few blocks and, of tiles smaller than these, by a row of blocks.

    Args:
        effort: how far latents are refined, 0 to 9 (`refine.py`).
        told: is told by it, from any thread, that a part of a tile is done; those of a tile sum
            to 1. What it raises ends the work.
    """
    if effort:
        yield from refine_tiles(picture, model, header, STEPS[effort], told)
        return
    coded: dict[int, tuple[bytes, TileLatents]] = {}  # tiles that wait for those before them
    due = 0

    def work(tile: tuple[int, NDArray[np.float32]]) -> tuple[int, tuple[bytes, TileLatents]]:
        number, own = tile
        return number, encode_latents(model, own, header.quality)

    with ThreadPoolExecutor(model.threads) as pool:
        tiles = analyse_tiles(picture, model, header)
        for number, found in in_order(pool, work, tiles, ahead=model.threads):
            coded[number] = found
            while due in coded:
                yield coded.pop(due)
                due += 1


def analyse_tiles(
    picture: Picture, model: CodecModel, header: Header
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Number and y in quantiser steps of each tile, block after block."""
    shape = (header.height, header.width)
    blocks = list(tiles_of(shape, WINDOW))
    analysed = analyse_blocks(picture, model, header.quality, blocks)
    for block, y in zip(blocks, analysed, strict=True):
        for number, tile in tiles_under(block, shape, header.tile_size):
            yield number, np.ascontiguousarray(y[:, *latents_of(tile).within(latents_of(block))])


def refine_tiles(
    picture: Picture,
    model: CodecModel,
    header: Header,
    steps: int,
    told: Callable[[float], None],
) -> Iterator[tuple[bytes, TileLatents]]:
    """The same with latents refined in `steps`, of several tiles at a time.

    The result doesn't depend on how many threads there are.
    """
    tiles = [header.tile_box(number) for number in range(header.tile_count)]
    around, stop = [surroundings_of(tile, header, model) for tile in tiles], Event()

    def done() -> None:
        if stop.is_set():
            raise CancelledError
        told(1 / steps)

    with ThreadPoolExecutor(model.threads) as windows, ThreadPoolExecutor(model.threads) as pool:
        refine = Refinement(model, header.quality, steps, windows)

        def work(task: tuple[Box, Box, NDArray[np.float32]]) -> tuple[bytes, TileLatents]:
            tile, outer, y = task
            own = y[:, *latents_of(tile).within(latents_of(outer))]
            _, all_of_it = encode_latents(model, y, header.quality)
            first = encode_latents(model, own, header.quality)
            distortion = Distortion(picture, model, header, tile, all_of_it.in_steps)
            return refine(own, first, distortion, done)

        analysed = analyse_blocks(picture, model, header.quality, around)
        try:
            tasks = zip(tiles, around, analysed, strict=True)
            yield from in_order(pool, work, tasks, ahead=model.threads)
        finally:
            stop.set()


def header_of(
    picture: Picture, model: CodecModel, quality: int, *, tile: int | None = None
) -> Header:
    """The header of a picture of 8 or 16 bits, grey or RGB, with alpha or without.

    Unless `tile` says how many samples a side tiles have, a picture that fits in one of 1024 is
    one tile; but alpha, whose exact coding takes much memory a sample, always has tiles of 512.
    """
    height, width = picture.samples.shape[:2]
    small = max(height, width) <= WINDOW and not picture.alpha
    side = int(tile or (WINDOW if small else TILE))
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
        tile_log2=side.bit_length() - 1,
        model_id=model.id,
    )


def analyse_blocks(
    picture: Picture, model: CodecModel, quality: int, blocks: list[Box]
) -> Iterator[NDArray[np.float32]]:
    """Each block's y in quantiser steps (M, h, w), in order.

    The analysis that leaves noise out sees so far around what it analyses that halves would cost
    a fifth more: it takes blocks whole, one at a time with all threads.
    """
    clean, pixels = picture.noise is None, picture.seen()
    split = [halves_of(block) if clean else [block] for block in blocks]

    def work(part: Box) -> NDArray[np.float32]:
        return analyse(pixels, model, quality, part, picture.noise)

    with ThreadPoolExecutor(model.threads if clean else 1) as pool:
        done = in_order(pool, work, (part for block in split for part in block), ahead=AHEAD)
        for block in split:
            yield np.concatenate([next(done) for _ in block], axis=1)


def analyse(
    pixels: Source, model: CodecModel, quality: int, part: Box, noise: NoiseLevel | None = None
) -> NDArray[np.float32]:
    """y of `part` in quantiser steps, the same as in an analysis of the whole picture.

    With `noise`, in levels, it is that of the picture without it.
    """
    bounds = latents_of(Box.whole(pixels.shape))
    inner = latents_of(part)
    halo = model.analysis_halo if noise is None else model.denoising_halo
    window = inner.grown(halo, bounds)
    blocks = to_blocks(read_padded(pixels, samples_of(window)))
    scale = model.vector("analysis_scale", quality)
    if noise is None:
        (y,) = model.analysis(blocks=blocks, scale=scale)
    else:
        (y,) = model.denoising_analysis(blocks=blocks, scale=scale, maps=noise.maps(blocks))
    rows, columns = inner.within(window)
    return np.asarray(y[0, :, rows, columns] * model.vector("gain", quality)[0])
