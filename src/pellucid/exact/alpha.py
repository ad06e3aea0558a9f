"""Tiles of one plane that comes back as it is: alpha beside the colours of a learned file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import Header
from pellucid.exact.picture import exact_model
from pellucid.exact.raw import TileKind
from pellucid.exact.threads import workers
from pellucid.exact.tile import decode_tile, encode_tile
from pellucid.pixels.lazy import Source
from pellucid.runtime.ahead import in_order
from pellucid.runtime.session import thread_count


def plane_tiles(plane: Source, header: Header) -> Iterator[bytes]:
    """The payloads of a plane (H, W, 1) in order; memory is bounded by a few tiles."""
    tables, _ = exact_model()

    def encode(number: int) -> bytes:
        x, y, w, h = header.tile_box(number)
        part = np.asarray(plane[y : y + h, x : x + w])
        return encode_tile(part, kind_of(header, number), 0, tables)

    with workers() as pool:
        yield from in_order(pool, encode, range(header.tile_count), ahead=2 * thread_count())


def plane_of(header: Header, number: int, payload: bytes | memoryview) -> NDArray[Any]:
    """One tile's plane (h, w); DamagedFileError if the payload isn't one that an encoder makes."""
    tables, _ = exact_model()
    return decode_tile(payload, kind_of(header, number), bounded=False, tables=tables)[..., 0]


def kind_of(header: Header, number: int) -> TileKind:
    """A tile of one plane of the header's type."""
    _, _, width, height = header.tile_box(number)
    return TileKind(height, width, 1, True, header.dtype.newbyteorder("<"))
