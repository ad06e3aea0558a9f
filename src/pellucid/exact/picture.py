"""A whole picture, lossless or within a bound: tiles in parallel, each on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from pellucid.bitstream import EXACT, FLOAT, SIGNED, UNSIGNED, Header
from pellucid.errors import DamagedFileError, PellucidError, UnknownModelError
from pellucid.exact.float_fit import comes_back
from pellucid.exact.floats import MOST_CODES, FloatMap
from pellucid.exact.tables import ExactTables
from pellucid.exact.tile import TileKind, decode_tile, encode_tile
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


def header_of(samples: Source, *, alpha: bool, max_error: int) -> Header:
    """The header of a file that holds (H, W, C) samples."""
    height, width, planes = samples.shape
    colours = planes - alpha
    return Header(
        width=width,
        height=height,
        channels=colours,
        bit_depth=8 * samples.dtype.itemsize,
        sample_type={"i": SIGNED, "f": FLOAT}.get(samples.dtype.kind, UNSIGNED),
        colour={1: GREY, 3: RGB}.get(colours, OTHER),
        alpha=int(alpha),
        layers=BOUNDED if max_error else LOSSLESS,
        features=0,
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
) -> tuple[Header, list[bytes]]:
    """Header and tile payloads of (H, W, C) uint8, uint16 or int16; with `alpha`, C has one more.

    Floats have a map, `floats`, which says their bound and what means no data; `max_error` is then
    one of the whole numbers that stand for them.

    Every colour sample comes back within `max_error`, and alpha as it is; so do samples of the
    value `nodata`, and no other gets that value.
    """
    header = header_of(samples, alpha=alpha, max_error=max_error)
    options: dict[str, Any] = {"max_error": max_error, "nodata": nodata, "floats": floats}
    return header, list(exact_tiles(samples, header, **options))


def exact_tiles(
    samples: Source,
    header: Header,
    *,
    max_error: int,
    nodata: int | None = None,
    floats: FloatMap | None = None,
) -> Iterator[bytes]:
    """The tile payloads in order; memory is bounded by a few tiles."""
    tables, _ = exact_model()
    hole = MOST_CODES - 1 if floats is not None and floats.marks else None

    def encode(number: int) -> bytes:
        x, y, w, h = header.tile_box(number)
        part = np.asarray(samples[y : y + h, x : x + w])
        if floats is not None:
            codes = codes_of(part, floats, max_error)
            return encode_tile(codes, kind_of(header, number, floats), max_error, tables, hole)
        return encode_tile(part, kind_of(header, number), max_error, tables, nodata)

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
) -> NDArray[Any]:
    """Samples (H, W, C) of `region` (x, y, width, height; default all), alpha the last channel.

    Args:
        payload: tile number -> its bytes.
        damaged: if given, numbers of damaged tiles go there, and grey or NaN in their place.
        out: where to put the samples, tile by tile in order, such as an array on disk; then an
            empty array comes back.
        floats: the map of the file's samples, if they are floats.

    Raises:
        UnknownModelError: the file was made with other tables.
        DamagedFileError: a tile is damaged.
    """
    check_tables(header)
    shape, dtype = layout_of(header, region)
    samples = np.empty(shape if out is None else (0, 0, shape[2]), dtype)
    sink: Sink = samples if out is None else out
    wanted = region or (0, 0, header.width, header.height)

    def decode(number: int) -> Part:
        return decode_part(header, number, payload, wanted, damaged, floats)

    with workers() as pool:
        numbers = tiles_under(header, wanted)
        for rows, columns, part in in_order(pool, decode, numbers, ahead=2 * thread_count()):
            sink[rows, columns] = part
    if damaged is not None:
        damaged.sort()
    return samples


def decode_part(
    header: Header,
    number: int,
    payload: Payload,
    wanted: Box,
    damaged: list[int] | None,
    floats: FloatMap | None,
) -> Part:
    """What of a tile lies in the box `wanted`, and where there: rows, columns, samples."""
    left, top, width, height = wanted
    x, y, w, h = header.tile_box(number)
    rows = slice(max(y, top), min(y + h, top + height))
    columns = slice(max(x, left), min(x + w, left + width))
    try:
        part = check_tile(header, number, payload, floats)[moved(rows, y), moved(columns, x)]
    except DamagedFileError:
        if damaged is None:
            raise
        damaged.append(number)
        part = filling(header, rows.stop - rows.start, columns.stop - columns.start)
    return moved(rows, top), moved(columns, left), part


def filling(header: Header, height: int, width: int) -> NDArray[Any]:
    """What stands for samples that are lost: half of what the type holds, to be seen, or NaN."""
    (_, _, planes), dtype = layout_of(header, None)
    lost = {UNSIGNED: 1 << header.bit_depth - 1, SIGNED: 0}.get(header.sample_type, np.nan)
    part = np.full((height, width, planes), lost, dtype)
    if header.alpha:
        part[..., -1] = np.iinfo(dtype).max
    return part


def tiles_under(header: Header, box: Box) -> Iterator[int]:
    """Numbers of the tiles that share samples with a box, ascending."""
    x, y, width, height = box
    size = header.tile_size
    for row in range(y // size, (y + height - 1) // size + 1):
        start = row * header.columns
        yield from range(start + x // size, start + (x + width - 1) // size + 1)


def layout_of(header: Header, region: Box | None) -> tuple[tuple[int, int, int], np.dtype[Any]]:
    """Shape and type of the samples of a region."""
    _, _, width, height = region or (0, 0, header.width, header.height)
    letter = "uif"[header.sample_type]
    dtype = np.dtype(f"{letter}{header.bit_depth // 8}")
    return (height, width, header.channels + header.alpha), dtype


def codes_of(part: NDArray[Any], floats: FloatMap, reach: int) -> NDArray[np.uint16]:
    """The whole numbers that stand for floats; `reach` off, each comes back as it should."""
    if not comes_back(floats, part, reach):
        raise PellucidError(
            "a float came back further off than the bound: this is an error in pellucid, please "
            "report it with the picture"
        )
    return floats.codes(part)


@contextmanager
def workers() -> Iterator[ThreadPoolExecutor]:
    """Threads for tiles, one for each core; matrix products keep to the thread that asks for them.

    Otherwise the threads of the tiles and those of the matrix library wait for each other.
    """
    with OneThread(), ThreadPoolExecutor(thread_count()) as pool:
        yield pool


class OneThread:
    """Limits the matrix library to one thread while any caller is inside.

    The limit is the process's, so the first to come sets it and the last to go takes it back.
    """

    _lock = Lock()
    _inside = 0
    _limit: Any = None

    def __enter__(self) -> None:
        kind = type(self)
        with self._lock:
            if kind._inside == 0:
                kind._limit = matrix_library().limit(limits=1, user_api="blas")
            kind._inside += 1

    def __exit__(self, *_: object) -> None:
        kind = type(self)
        with self._lock:
            kind._inside -= 1
            if kind._inside == 0:
                kind._limit.restore_original_limits()


@cache
def matrix_library() -> ThreadpoolController:
    """What NumPy multiplies matrices with, looked up once."""
    return ThreadpoolController()


def check_tile(
    header: Header, number: int, payload: Payload, floats: FloatMap | None = None
) -> NDArray[Any]:
    """The samples (h, w, C) of one tile; damage names it."""
    check_tables(header)
    data = payload(number)
    try:
        samples = decode_tile(
            data,
            kind_of(header, number, floats),
            bounded=header.layers == BOUNDED,
            tables=exact_model()[0],
        )
    except DamagedFileError as error:
        raise DamagedFileError(f"{header.tile_name(number)}: {error}") from error
    return samples if floats is None else floats.floats(samples)


def check_tables(header: Header) -> None:
    """Raise UnknownModelError if the file was made with other tables."""
    identity = exact_model()[1]
    if header.model_id != identity:
        raise UnknownModelError(
            f"this file needs the tables {header.model_id.hex()}, and this pellucid has "
            f"{identity.hex()}; update it: pip install -U pellucid"
        )


def moved(part: slice, start: int) -> slice:
    """`part` counted from `start`."""
    return slice(part.start - start, part.stop - start)


def kind_of(header: Header, number: int, floats: FloatMap | None = None) -> TileKind:
    """What is known of a tile from the header, and the map of floats."""
    _, _, width, height = header.tile_box(number)
    if floats is not None:
        return TileKind(height, width, floats.planes, False, np.dtype("<u2"))
    letter = "i" if header.sample_type == SIGNED else "u"
    dtype = np.dtype(f"<{letter}{header.bit_depth // 8}")
    return TileKind(height, width, header.channels + header.alpha, bool(header.alpha), dtype)
