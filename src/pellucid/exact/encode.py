"""A picture, lossless or within a bound -> tile payloads, in parallel, each on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import EXACT, FLOAT, SIGNED, UNSIGNED, Header
from pellucid.errors import PellucidError
from pellucid.exact.float_fit import comes_back
from pellucid.exact.floats import MOST_CODES, FloatMap
from pellucid.exact.kind import alpha_kind, tile_kind
from pellucid.exact.pair import PAIR, Pair
from pellucid.exact.tables import exact_model
from pellucid.exact.tile import BOUND, encode_tile
from pellucid.pixels.lazy import Source
from pellucid.runtime.ahead import in_order
from pellucid.runtime.session import thread_count
from pellucid.runtime.threads import workers

TILE = 512  # samples a side
LOSSLESS, BOUNDED = EXACT  # the header's layers
GREY, RGB, OTHER = 0, 1, 2  # and colours


def header_of(
    samples: Source,
    *,
    alpha: bool,
    max_error: int,
    pair: Pair | None = None,
    pages: int = 1,
    tile: int | None = None,
) -> Header:
    """The header of a file of (H, W, C) samples, which may be those of a pair, or of pages."""
    height, width, planes = samples.shape
    colours = planes - alpha
    return Header(
        width=width,
        height=height,
        channels=colours,
        bit_depth=8 * samples.dtype.itemsize,
        sample_type={"i": SIGNED, "f": FLOAT}.get(samples.dtype.kind, UNSIGNED),
        colour=OTHER if pair or pages > 1 else {1: GREY, 3: RGB}.get(colours, OTHER),
        alpha=int(alpha),
        layers=BOUNDED if max_error else LOSSLESS,
        features=PAIR if pair else 0,
        quality=100,
        tile_log2=int(tile or TILE).bit_length() - 1,
        model_id=exact_model()[1],
    )


def exact_tiles(
    samples: Source,
    header: Header,
    *,
    max_error: int,
    nodata: int | None = None,
    floats: FloatMap | None = None,
    pair: Pair | None = None,
    wanted: Sequence[int] | None = None,
) -> Iterator[bytes]:
    """The tile payloads of (H, W, C) uint8, uint16, int16, or floats that have a map.

    Every colour sample comes back within `max_error`, and alpha as it is; so do samples of the
    value `nodata`, and no other gets that value; and so do the planes of a guide, see `pair.py`.
    `header` may be that of a source layer, whose tiles don't say the bound.
    Of floats, `floats` says their bound and what means no data; `max_error` is then one of the
    whole numbers that stand for them. `wanted` are the numbers of the tiles, in this order; all of
    them if it isn't given.
    """
    tables, _ = exact_model()
    hole = MOST_CODES - 1 if floats is not None and floats.marks else None
    start = pair.pack() if pair else b""
    start += BOUND.pack(max_error) if header.layers == BOUNDED else b""

    def encode(number: int, part: NDArray[Any]) -> bytes:
        kind = tile_kind(header, number, floats, pair)
        if floats is not None:
            part = codes_of(part, floats, max_error)
        mark = nodata if floats is None else hole
        return start + encode_tile(part, kind, max_error, tables, mark)

    return each_tile(samples, header, encode, wanted)


def alpha_tiles(
    samples: Source, header: Header, wanted: Sequence[int] | None = None
) -> Iterator[bytes]:
    """The payloads of a learned file's alpha, the last channel of samples (H, W, C).

    `wanted` is as in `exact_tiles`.
    """
    tables, _ = exact_model()

    def encode(number: int, part: NDArray[Any]) -> bytes:
        return encode_tile(part[..., -1:], alpha_kind(header, number), 0, tables)

    return each_tile(samples, header, encode, wanted)


def each_tile(
    samples: Source,
    header: Header,
    encode: Callable[[int, NDArray[Any]], bytes],
    wanted: Sequence[int] | None,
) -> Iterator[bytes]:
    """The payloads, made by `encode` of a tile's number and samples; a few tiles are in memory."""

    def work(number: int) -> bytes:
        return encode(number, np.asarray(samples[header.tile_box(number).slices]))

    numbers = range(header.tile_count) if wanted is None else wanted
    with workers() as pool:
        yield from in_order(pool, work, numbers, ahead=2 * thread_count())


def codes_of(part: NDArray[Any], floats: FloatMap, reach: int) -> NDArray[np.uint16]:
    """The whole numbers that stand for floats; `reach` off, each comes back as it should."""
    if not comes_back(floats, part, reach):
        raise PellucidError(
            "a float came back further off than the bound: this is an error in pellucid, please "
            "report it with the picture"
        )
    return floats.codes(part)
