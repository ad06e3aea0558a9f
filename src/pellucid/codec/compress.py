"""Picture to latents to tile payloads, one part of the picture after another.

    picture -> window of a part and its surroundings -> analysis -> cut to the part -> times gain
           -> put together to tiles -> `latents.encode_latents` -> payload

The window is wide enough that a part's latents are those of the whole picture, so neither parts
nor tiles leave seams. Each thread analyses a part or codes a tile; memory is bounded by a few parts
and a row of coded tiles, as the picture is only asked for its windows (`pixels/lazy.py`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, ThreadPoolExecutor
from contextlib import closing
from threading import Event

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import BASE, BASE_AND_ALPHA, SIGNED, UNSIGNED, Header
from pellucid.codec.distortion import Distortion, surroundings_of
from pellucid.codec.geometry import (
    PADDED,
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
from pellucid.pixels.box import Box, tiles_under
from pellucid.pixels.lazy import Source
from pellucid.pixels.windows import is_large, windows
from pellucid.runtime import CodecModel
from pellucid.runtime.ahead import in_order
from pellucid.runtime.session import alone

TILE = 512  # samples a side, unless the picture fits in one tile of `WINDOW`
GREY, RGB = 0, 1
PART = 768  # samples a side of a square of as much as is analysed at once
AROUND = 64  # samples around a part that an analysis sees, about
AHEAD = 2  # parts analysed before they are wanted


def compress_tiles(
    picture: Picture,
    model: CodecModel,
    header: Header,
    effort: int = 0,
    told: Callable[[float], None] = lambda _: None,
    wanted: Sequence[int] | None = None,
) -> Iterator[tuple[bytes, TileLatents]]:
    """Payload and latents of each tile of colours, in order.

    Memory is bounded by a few parts and, of tiles smaller than these, by a row of parts.

    Args:
        effort: how far latents are refined, 0 to 9 (`refine.py`).
        told: is told by it, from any thread, that a part of a tile is done; those of a tile sum
            to 1. What it raises ends the work.
        wanted: the numbers of the tiles, each once, and their order; all of them if it isn't given.
            What a tile becomes doesn't depend on the others.
    """
    numbers = range(header.tile_count) if wanted is None else wanted
    if effort:
        yield from refine_tiles(picture, model, header, STEPS[effort], told, numbers)
        return
    coded: dict[int, tuple[bytes, TileLatents]] = {}  # tiles that wait for those before them
    due = deque(numbers)

    def work(tile: tuple[int, NDArray[np.float32]]) -> tuple[int, tuple[bytes, TileLatents]]:
        number, own = tile
        with alone(when=header.tile_count > 1):
            return number, encode_latents(model, own, header.quality)

    with (
        ThreadPoolExecutor(model.threads) as pool,
        closing(analyse_tiles(pool, picture, model, header, numbers)) as tiles,
    ):
        for number, found in in_order(pool, work, tiles, ahead=model.threads):
            coded[number] = found
            while due and due[0] in coded:
                yield coded.pop(due.popleft())


def analyse_tiles(
    pool: Executor,
    picture: Picture,
    model: CodecModel,
    header: Header,
    wanted: Sequence[int] | None = None,
) -> Generator[tuple[int, NDArray[np.float32]], None, None]:
    """Number and y in quantiser steps of each tile, once all parts that it lies in are analysed.

    `wanted` is as in `compress_tiles`, but tiles come as the parts let them.
    """
    chosen = range(header.tile_count) if wanted is None else frozenset(wanted)
    shape = (header.height, header.width)

    def under(part: Box) -> Iterator[tuple[int, Box]]:
        tiles = tiles_under(samples_of(latents_of(part)), shape, header.tile_size)
        return (tile for tile in tiles if tile[0] in chosen)

    all_parts = parts_of(shape, clean=picture.noise is None)
    parts = [part for part in all_parts if any(under(part))]
    begun: dict[int, tuple[NDArray[np.float32], int]] = {}  # tiles, and how many latents they lack
    with closing(analyse_parts(pool, picture, model, header.quality, parts)) as analysed:
        for samples, y in zip(parts, analysed, strict=True):
            part = latents_of(samples)
            for number, tile in under(samples):
                place = latents_of(tile)
                new = np.empty((len(y), place.height, place.width), np.float32), place.size
                own, missing = begun.pop(number, new)
                common = place.overlap(part)
                own[:, *common.within(place)] = y[:, *common.within(part)]
                if missing > common.size:
                    begun[number] = own, missing - common.size
                else:
                    yield number, own


def parts_of(shape: tuple[int, int], *, clean: bool) -> list[Box]:
    """What is analysed at once: windows of which little is shown twice, or halves of a single one.

    Of a large picture they are blocks, which hold whole tiles, or halves of these. The analysis
    that leaves noise out sees so far around what it analyses that halves would cost a fifth more:
    a single window takes all threads.
    """
    large = is_large(shape)
    side = WINDOW if large else PART
    boxes = [box for box, _ in windows(shape, multiple=PADDED, reach=AROUND, window=side)]
    if clean and (large or len(boxes) == 1):
        return [half for box in boxes for half in halves_of(box)]
    return boxes


def refine_tiles(
    picture: Picture,
    model: CodecModel,
    header: Header,
    steps: int,
    told: Callable[[float], None],
    wanted: Sequence[int],
) -> Iterator[tuple[bytes, TileLatents]]:
    """The same with latents refined in `steps`, of several tiles at a time.

    The result doesn't depend on how many threads there are.
    """
    tiles = [header.tile_box(number) for number in wanted]
    around, stop = [surroundings_of(tile, header, model) for tile in tiles], Event()

    def done() -> None:
        if stop.is_set():
            raise CancelledError
        told(1 / steps)

    with ThreadPoolExecutor(model.threads) as parts, ThreadPoolExecutor(model.threads) as pool:
        refine = Refinement(model, header.quality, steps, parts)

        def work(task: tuple[Box, Box, NDArray[np.float32]]) -> tuple[bytes, TileLatents]:
            tile, outer, y = task
            own = y[:, *latents_of(tile).within(latents_of(outer))]
            with alone(when=header.tile_count > 1):
                _, all_of_it = encode_latents(model, y, header.quality)
                first = encode_latents(model, own, header.quality)
                distortion = Distortion(picture, model, header, tile, all_of_it.in_steps)
                return refine(own, first, distortion, done)

        analysed = analyse_parts(parts, picture, model, header.quality, around)
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


def analyse_parts(
    pool: Executor, picture: Picture, model: CodecModel, quality: int, parts: list[Box]
) -> Generator[NDArray[np.float32], None, None]:
    """Each part's y in quantiser steps (M, h, w), in order."""
    pixels = picture.seen()

    def work(part: Box) -> NDArray[np.float32]:
        with alone(when=len(parts) > 1):
            return analyse(pixels, model, quality, part, picture.noise)

    return in_order(pool, work, parts, ahead=AHEAD)


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
