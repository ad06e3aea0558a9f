"""A whole picture, lossless or within a bound: tiles in parallel, each on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import EXACT, FLOAT, SIGNED, UNSIGNED, Header
from pellucid.errors import DamagedFileError, PellucidError, UnknownModelError
from pellucid.exact.float_fit import comes_back
from pellucid.exact.floats import MOST_CODES, FloatMap
from pellucid.exact.pair import PAIR, PICTURE, Pair, take_pair
from pellucid.exact.raw import TileKind
from pellucid.exact.tables import ExactTables
from pellucid.exact.threads import workers
from pellucid.exact.tile import decode_tile, encode_tile
from pellucid.pixels.lazy import Sink, Source
from pellucid.runtime.ahead import in_order
from pellucid.runtime.identity import model_id
from pellucid.runtime.session import thread_count

FOLDER = Path(__file__).parent.parent / "models" / "exact"
TILE_LOG2 = 9
LOSSLESS, BOUNDED = EXACT  # the header's layers
GREY, RGB, OTHER = 0, 1, 2  # and colours

Box = tuple[int, int, int, int]  # x, y, width, height
Payload = Callable[[int], bytes | memoryview]
Part = tuple[slice, slice, NDArray[Any]]


@cache
def exact_model() -> tuple[ExactTables, bytes]:
    """The tables that ship, and their id."""
    tables = ExactTables(FOLDER)
    return tables, model_id(tables.arrays)


def header_of(
    samples: Source, *, alpha: bool, max_error: int, pair: Pair | None = None, pages: int = 1
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
        tile_log2=TILE_LOG2,
        model_id=exact_model()[1],
    )


def compress_exact(
    samples: Source,
    *,
    alpha: bool,
    max_error: int = 0,
    nodata: int | None = None,
    floats: FloatMap | None = None,
    pair: Pair | None = None,
) -> tuple[Header, list[bytes]]:
    """Header and tile payloads of (H, W, C) uint8, uint16 or int16; with `alpha`, C has one more.

    Floats have a map, `floats`, which says their bound and what means no data; `max_error` is then
    one of the whole numbers that stand for them.

    Every colour sample comes back within `max_error`, and alpha as it is; so do samples of the
    value `nodata`, and no other gets that value; and so do the planes of a guide, see `pair.py`.
    """
    header = header_of(samples, alpha=alpha, max_error=max_error, pair=pair)
    options: dict[str, Any] = {"max_error": max_error, "nodata": nodata}
    return header, list(exact_tiles(samples, header, floats=floats, pair=pair, **options))


def exact_tiles(
    samples: Source,
    header: Header,
    *,
    max_error: int,
    nodata: int | None = None,
    floats: FloatMap | None = None,
    pair: Pair | None = None,
) -> Iterator[bytes]:
    """The tile payloads in order; memory is bounded by a few tiles."""
    tables, _ = exact_model()
    hole = MOST_CODES - 1 if floats is not None and floats.marks else None

    def encode(number: int) -> bytes:
        x, y, w, h = header.tile_box(number)
        part = np.asarray(samples[y : y + h, x : x + w])
        kind = kind_of(header, number, floats, pair)
        if floats is not None:
            return encode_tile(codes_of(part, floats, max_error), kind, max_error, tables, hole)
        start = pair.pack() if pair else b""
        return start + encode_tile(part, kind, max_error, tables, nodata)

    with workers() as pool:
        yield from in_order(pool, encode, range(header.tile_count), ahead=2 * thread_count())


def decompress_exact(
    header: Header,
    payload: Payload,
    *,
    region: Box | None = None,
    damaged: list[int] | None = None,
    out: Sink | None = None,
    floats: FloatMap | None = None,
    pair: Pair | None = None,
    which: str = PICTURE,
) -> NDArray[Any]:
    """Samples (H, W, C) of `region` (x, y, width, height; default all), alpha the last channel.

    Args:
        payload: tile number -> its bytes.
        damaged: if given, numbers of damaged tiles go there, and grey or NaN in their place.
        out: where to put the samples, tile by tile in order, such as an array on disk; then an
            empty array comes back.
        floats: the map of the file's samples, if they are floats.
        pair: of a file that is one; then `which` says what of it is wanted.

    Raises:
        UnknownModelError: the file was made with other tables.
        DamagedFileError: a tile is damaged.
    """
    check_tables(header.model_id)
    shape, dtype = layout_of(header, region, pair, which)
    samples = np.empty(shape if out is None else (0, 0, shape[2]), dtype)
    sink: Sink = samples if out is None else out
    box = region or (0, 0, header.width, header.height)
    planes = slice(None) if pair is None else pair.part(which)[0]
    alpha = bool(header.alpha) and not (pair and which != PICTURE)

    def decode(number: int) -> Part:
        rows, columns = shared(header, number, box)
        x, y, _, _ = header.tile_box(number)
        into = moved(rows, box[1]), moved(columns, box[0])
        try:
            tile = check_tile(header, number, payload, floats)
            return *into, tile[moved(rows, y), moved(columns, x), planes].astype(dtype, copy=False)
        except DamagedFileError:
            if damaged is None:
                raise
            damaged.append(number)
            size = rows.stop - rows.start, columns.stop - columns.start, shape[2]
            return *into, filling(size, dtype, alpha=alpha)

    with workers() as pool:
        numbers = tiles_under(header, box)
        for rows, columns, part in in_order(pool, decode, numbers, ahead=2 * thread_count()):
            sink[rows, columns] = part
    if damaged is not None:
        damaged.sort()
    return samples


def shared(header: Header, number: int, box: Box) -> tuple[slice, slice]:
    """Rows and columns of the picture that lie in a tile and in a box."""
    left, top, width, height = box
    x, y, w, h = header.tile_box(number)
    rows = slice(max(y, top), min(y + h, top + height))
    return rows, slice(max(x, left), min(x + w, left + width))


def filling(shape: tuple[int, int, int], dtype: np.dtype[Any], *, alpha: bool) -> NDArray[Any]:
    """What stands for samples that are lost, and full alpha."""
    part = np.full(shape, lost_sample(dtype), dtype)
    if alpha:
        part[..., -1] = np.iinfo(dtype).max
    return part


def lost_sample(dtype: np.dtype[Any]) -> float:
    """What stands for a sample that is lost: half of what the type holds, to be seen, or NaN."""
    return {"i": 0, "f": np.nan}.get(dtype.kind, 1 << 8 * dtype.itemsize - 1)


def tiles_under(header: Header, box: Box) -> Iterator[int]:
    """Numbers of the tiles that share samples with a box, ascending."""
    x, y, width, height = box
    size = header.tile_size
    for row in range(y // size, (y + height - 1) // size + 1):
        start = row * header.columns
        yield from range(start + x // size, start + (x + width - 1) // size + 1)


def layout_of(
    header: Header, region: Box | None, pair: Pair | None = None, which: str = PICTURE
) -> tuple[tuple[int, int, int], np.dtype[Any]]:
    """Shape and type of the samples of a region."""
    _, _, width, height = region or (0, 0, header.width, header.height)
    planes = header.channels + header.alpha
    if pair is None:
        return (height, width, planes), header.dtype
    part, dtype = pair.part(which)
    return (height, width, len(range(planes)[part])), dtype


def codes_of(part: NDArray[Any], floats: FloatMap, reach: int) -> NDArray[np.uint16]:
    """The whole numbers that stand for floats; `reach` off, each comes back as it should."""
    if not comes_back(floats, part, reach):
        raise PellucidError(
            "a float came back further off than the bound: this is an error in pellucid, please "
            "report it with the picture"
        )
    return floats.codes(part)


def check_tile(
    header: Header, number: int, payload: Payload, floats: FloatMap | None = None
) -> NDArray[Any]:
    """The samples (h, w, C) of one tile; damage names it."""
    check_tables(header.model_id)
    data = payload(number)
    try:
        kind, data, pair = opened(header, number, data, floats)
        bounded = header.layers == BOUNDED
        samples = decode_tile(data, kind, bounded=bounded, tables=exact_model()[0])
        if pair is not None:
            pair.check(samples)
    except DamagedFileError as error:
        raise DamagedFileError(f"{header.tile_name(number)}: {error}") from error
    return samples if floats is None else floats.floats(samples)


def check_tables(wanted: bytes) -> None:
    """Raise UnknownModelError if the file was made with other tables."""
    identity = exact_model()[1]
    if wanted != identity:
        raise UnknownModelError(
            f"this file needs the tables {wanted.hex()}, and this pellucid has "
            f"{identity.hex()}; update it: pip install -U pellucid"
        )


def moved(part: slice, start: int) -> slice:
    """`part` counted from `start`."""
    return slice(part.start - start, part.stop - start)


def opened(
    header: Header, number: int, payload: Any, floats: FloatMap | None
) -> tuple[TileKind, Any, Pair | None]:
    """What is known of a tile, its payload without a pair's start, and the pair if it is one's.

    Raises DamagedFileError for a start that can't be.
    """
    kind = kind_of(header, number, floats)
    if not header.features & PAIR:
        return kind, payload, None
    pair, rest = take_pair(payload, kind.planes - kind.alpha, kind.dtype)
    return kind_of(header, number, pair=pair), rest, pair


def kind_of(
    header: Header, number: int, floats: FloatMap | None = None, pair: Pair | None = None
) -> TileKind:
    """What is known of a tile from the header, the map of floats, and the start of a pair's."""
    _, _, width, height = header.tile_box(number)
    if floats is not None:
        return TileKind(height, width, floats.planes, False, np.dtype("<u2"))
    dtype = header.dtype.newbyteorder("<")
    planes, alpha = header.channels + header.alpha, bool(header.alpha)
    if pair is None:
        return TileKind(height, width, planes, alpha, dtype)
    narrow = pair.guide.newbyteorder("<"), pair.picture.newbyteorder("<")
    return TileKind(height, width, planes, alpha, dtype, pair.planes, narrow)
