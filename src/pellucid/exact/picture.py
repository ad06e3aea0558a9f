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

from pellucid.bitstream import EXACT, Header
from pellucid.errors import DamagedFileError, UnknownModelError
from pellucid.exact.pair import PAIR, PICTURE, Pair, take_pair
from pellucid.exact.tables import ExactTables
from pellucid.exact.tile import TileKind, decode_tile, encode_tile
from pellucid.runtime.identity import model_id
from pellucid.runtime.session import thread_count

FOLDER = Path(__file__).parent.parent / "models" / "exact"
TILE_LOG2 = 9
LOSSLESS, BOUNDED = EXACT  # the header's layers
UNSIGNED, SIGNED = 0, 1  # and sample types
GREY, RGB, OTHER = 0, 1, 2  # and colours

Box = tuple[int, int, int, int]  # x, y, width, height
Payload = Callable[[int], bytes | memoryview]


@cache
def exact_model() -> tuple[ExactTables, bytes]:
    """The tables that ship, and their id."""
    tables = ExactTables(FOLDER)
    return tables, model_id(tables.arrays)


def header_of(
    samples: NDArray[Any], *, alpha: bool, max_error: int, pair: Pair | None = None
) -> Header:
    """The header of a file that holds (H, W, C) samples, which may be those of a pair."""
    height, width, planes = samples.shape
    colours = planes - alpha
    return Header(
        width=width,
        height=height,
        channels=colours,
        bit_depth=8 * samples.dtype.itemsize,
        sample_type=SIGNED if samples.dtype.kind == "i" else UNSIGNED,
        colour=OTHER if pair else {1: GREY, 3: RGB}.get(colours, OTHER),
        alpha=int(alpha),
        layers=BOUNDED if max_error else LOSSLESS,
        features=PAIR if pair else 0,
        quality=100,
        tile_log2=TILE_LOG2,
        model_id=exact_model()[1],
    )


def compress_exact(
    samples: NDArray[Any],
    *,
    alpha: bool,
    max_error: int = 0,
    nodata: int | None = None,
    pair: Pair | None = None,
) -> tuple[Header, list[bytes]]:
    """Header and tile payloads of (H, W, C) uint8, uint16 or int16; with `alpha`, C has one more.

    Every colour sample comes back within `max_error`, and alpha as it is; so do samples of the
    value `nodata`, and no other gets that value; and so do the planes of a guide, see `pair.py`.
    """
    header = header_of(samples, alpha=alpha, max_error=max_error, pair=pair)
    tables, _ = exact_model()

    def encode(number: int) -> bytes:
        x, y, w, h = header.tile_box(number)
        part = np.asarray(samples[y : y + h, x : x + w])
        kind = kind_of(header, number, pair)
        start = pair.pack() if pair else b""
        return start + encode_tile(part, kind, max_error, tables, nodata)

    with workers() as pool:
        return header, list(pool.map(encode, range(header.tile_count)))


def decompress_exact(
    header: Header,
    payload: Payload,
    *,
    region: Box | None = None,
    damaged: list[int] | None = None,
    out: NDArray[Any] | None = None,
    pair: Pair | None = None,
    which: str = PICTURE,
) -> NDArray[Any]:
    """Samples (H, W, C) of `region` (x, y, width, height; default all), alpha the last channel.

    Args:
        payload: tile number -> its bytes.
        pair: of a file that is one; then `which` says what of it is wanted.
        damaged: if given, numbers of damaged tiles go there, and grey in their place.
        out: where to put the samples, such as an array on disk.

    Raises:
        UnknownModelError: the file was made with other tables.
        DamagedFileError: a tile is damaged.
    """
    check_tables(header)
    left, top, width, height = region or (0, 0, header.width, header.height)
    samples = np.empty(*layout_of(header, region, pair, which)) if out is None else out
    planes = slice(None) if pair is None else pair.part(which)[0]
    alpha = header.alpha and not (pair and which != PICTURE)

    def decode(number: int) -> None:
        x, y, w, h = header.tile_box(number)
        rows = slice(max(y, top), min(y + h, top + height))
        columns = slice(max(x, left), min(x + w, left + width))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        into = samples[moved(rows, top), moved(columns, left)]
        try:
            tile = check_tile(header, number, payload)
            into[...] = tile[moved(rows, y), moved(columns, x), planes]
        except DamagedFileError:
            if damaged is None:
                raise
            damaged.append(number)
            into[...] = 0 if into.dtype.kind == "i" else 1 << 8 * into.itemsize - 1
            if alpha:  # to be seen
                into[..., -1] = np.iinfo(into.dtype).max

    with workers() as pool:
        list(pool.map(decode, range(header.tile_count)))
    if damaged is not None:
        damaged.sort()
    return samples


def layout_of(
    header: Header, region: Box | None, pair: Pair | None = None, which: str = PICTURE
) -> tuple[tuple[int, int, int], np.dtype[Any]]:
    """Shape and type of the samples of a region."""
    _, _, width, height = region or (0, 0, header.width, header.height)
    kind = kind_of(header, 0)
    if pair is None:
        return (height, width, kind.planes), kind.dtype.newbyteorder("=")
    planes, dtype = pair.part(which)
    return (height, width, len(range(kind.planes)[planes])), dtype


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


def check_tile(header: Header, number: int, payload: Payload) -> NDArray[Any]:
    """The samples (h, w, C) of one tile; damage names it."""
    check_tables(header)
    data = payload(number)
    kind, pair = kind_of(header, number), None
    try:
        if header.features & PAIR:
            pair, data = take_pair(data, kind.planes - kind.alpha, kind.dtype)
            kind = kind_of(header, number, pair)
        bounded = header.layers == BOUNDED
        samples = decode_tile(data, kind, bounded=bounded, tables=exact_model()[0])
        if pair is not None:
            pair.check(samples)
        return samples
    except DamagedFileError as error:
        raise DamagedFileError(f"{header.tile_name(number)}: {error}") from error


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


def kind_of(header: Header, number: int, pair: Pair | None = None) -> TileKind:
    """What is known of a tile from the header, and from the start of its payload."""
    _, _, width, height = header.tile_box(number)
    letter = "i" if header.sample_type == SIGNED else "u"
    dtype = np.dtype(f"<{letter}{header.bit_depth // 8}")
    planes, guide = header.channels + header.alpha, pair.planes if pair else 0
    return TileKind(height, width, planes, bool(header.alpha), dtype, guide)
