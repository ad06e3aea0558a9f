"""Tile payloads -> samples, all of a picture or a part, tiles in parallel, each on its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import EXACT, KEPT_NOISE, Header, PelFile
from pellucid.errors import DamagedFileError
from pellucid.exact.floats import FloatMap, map_of
from pellucid.exact.kind import alpha_kind, opened
from pellucid.exact.pair import PAIR, START, Pair, take_pair
from pellucid.exact.tables import check_tables, exact_model
from pellucid.exact.tile import decode_tile, take_bound
from pellucid.pixels.box import Box, tiles_under
from pellucid.pixels.lazy import Sink
from pellucid.runtime.ahead import in_order
from pellucid.runtime.session import thread_count
from pellucid.runtime.threads import workers

LOSSLESS, BOUNDED = EXACT  # the header's layers
Told = TypeVar("Told")
TileReader = Callable[[int], NDArray[Any]]  # tile number -> samples (h, w, planes)


def decode_into(
    sink: Sink,
    header: Header,
    read: TileReader,
    box: Box,
    *,
    planes: slice,
    dtype: np.dtype[Any],
    alpha: bool,
    damaged: dict[int, str] | None = None,
) -> None:
    """Decode some planes of `box` into `sink`, tile by tile in order.

    Args:
        read: gives the samples of a tile.
        dtype: of the planes that are wanted.
        alpha: whether the last of them is alpha.
        damaged: if given, damaged tiles are noted there, number -> reason, and filled.

    Raises:
        DamagedFileError: a tile is damaged.
    """
    count = len(range(header.channels + header.alpha)[planes])

    def decode(tile: tuple[int, Box]) -> tuple[Box, NDArray[Any]]:
        number, place = tile
        part = place.overlap(box)
        try:
            samples = read(number)[part.within(place)]
            return part, samples[..., planes].astype(dtype, copy=False)
        except DamagedFileError as error:
            if damaged is None:
                raise
            damaged[number] = str(error)
            return part, filling((part.height, part.width, count), dtype, alpha=alpha)

    with workers() as pool:
        tiles = tiles_under(box, (header.height, header.width), header.tile_size)
        for part, samples in in_order(pool, decode, tiles, ahead=2 * thread_count()):
            sink[part.within(box)] = samples


def filling(shape: tuple[int, int, int], dtype: np.dtype[Any], *, alpha: bool) -> NDArray[Any]:
    """What stands for samples that are lost, and full alpha."""
    part = np.full(shape, lost_sample(dtype), dtype)
    if alpha:
        part[..., -1] = np.iinfo(dtype).max
    return part


def lost_sample(dtype: np.dtype[Any]) -> float:
    """What stands for a sample that is lost: half of what the type holds, to be seen, or NaN."""
    return {"i": 0, "f": np.nan}.get(dtype.kind, 1 << 8 * dtype.itemsize - 1)


def tile_reader(file: PelFile, *, tolerant: bool = False) -> TileReader:
    """Tile number -> all its samples (h, w, C); damage names the tile.

    Where the map of floats is lost no tile can be read; only a tolerant caller is told so tile by
    tile. Of a source this is told where the chunk of its tables is lost.

    Raises:
        UnknownModelError: the file was made with other tables. DamagedFileError: the map is lost.
    """
    header, kept = file.header, file.kept
    if header.layers == KEPT_NOISE and kept is None:
        return lost_tiles(header, "chunk KEPT, which gives its tables, is lost")
    check_tables(header.model_id)
    bound = 0 if kept is None else kept.bound
    try:
        floats = map_of(file)
    except DamagedFileError as error:
        if not tolerant:
            raise
        return lost_tiles(header, str(error))
    (layer,) = header.layer_numbers
    return lambda number: decoded(header, number, file.tile(number, layer=layer), floats, bound)


def lost_tiles(header: Header, reason: str) -> Callable[[int], Any]:
    """In place of a reader for a file of which no tile can be used."""

    def read(number: int) -> Any:
        raise DamagedFileError(f"{header.chunk_name(number)} can't be used: {reason}")

    return read


def decoded(
    header: Header,
    number: int,
    payload: bytes | memoryview,
    floats: FloatMap | None,
    bound: int = 0,
) -> NDArray[Any]:
    """The samples (h, w, C) of one tile, `bound` being that of a source; damage names the tile."""
    try:
        kind, body, pair = opened(header, number, payload, floats)
        bounded = header.layers == BOUNDED
        samples = decode_tile(body, kind, bounded=bounded, tables=exact_model()[0], bound=bound)
        if pair is not None:
            pair.check(samples)
    except DamagedFileError as error:
        raise DamagedFileError(f"{header.chunk_name(number)}: {error}") from error
    return samples if floats is None else floats.floats(samples)


def decoded_alpha(header: Header, number: int, payload: bytes | memoryview) -> NDArray[Any]:
    """One tile (h, w) of a learned file's alpha; DamagedFileError if it isn't an encoder's."""
    tables, _ = exact_model()
    return decode_tile(payload, alpha_kind(header, number), bounded=False, tables=tables)[..., 0]


def file_pair(file: PelFile) -> Pair | None:
    """How the two pictures of a pair lie in it, None for a single one; all tiles say the same."""
    header = file.header
    if not header.features & PAIR:
        return None
    return _told(file, lambda payload: take_pair(payload, header)[0], "the pair's types")


def file_bound(file: PelFile) -> float:
    """The largest error of a colour sample; all tiles have the same."""
    floats = map_of(file)
    if floats is not None:
        return floats.bound
    if file.kept is not None:
        return file.kept.bound
    if file.header.layers == LOSSLESS:
        return 0
    start = START.size if file.header.features & PAIR else 0
    return _told(file, lambda payload: take_bound(payload[start:]), "the file's bound")


def _told(file: PelFile, take: Callable[[memoryview], Told], what: str) -> Told:
    """What `take` finds in the payload of a tile, the first that is whole."""
    (layer,) = file.header.layer_numbers
    for number in range(file.header.tile_count):
        with suppress(DamagedFileError):
            return take(file.tile(number, layer=layer))
    raise DamagedFileError(f"no tile is whole that would tell {what}; get the file again")
