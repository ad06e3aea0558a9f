"""The tiles or strips of TIFF pages, decoded by tifffile when a part of the picture asks for them.

Those that were used last are kept, up to a number of bytes: neighbouring parts share tiles at their
borders, and strips all along a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, MissingExtraError
from pellucid.pixels.box import tiles_under
from pellucid.pixels.lazy import box_of

LARGEST = 1 << 29  # bytes of samples that one tile or strip may have
LEAST_CACHE, MOST_CACHE = 1 << 26, 1 << 29
ROWS = 1700  # that are kept: about as many as a row of parts needs, with what networks see around

_LOCK = Lock()  # tifffile's files have one place to read from


class Pages:
    """Samples (H, W, C) of pages of one size in an open file, their channels one after the other.

    Raises InputError for what is no picture, or would need too much memory.
    """

    def __init__(self, pages: Sequence[Any], path: str) -> None:
        key = pages[0].keyframe
        if key.dtype is None:
            raise ValueError("it has samples of an unknown type")
        samples = int(key.samplesperpixel)
        self._planes = samples if int(key.planarconfig) == 2 else 1
        self._deep = samples // self._planes
        self.shape = (int(key.imagelength), int(key.imagewidth), len(pages) * samples)
        self.dtype = np.dtype(key.dtype).newbyteorder("=")
        self._side = min(int(key.rowsperstrip), self.shape[0]), self.shape[1]
        if key.is_tiled:
            self._side = int(key.tilelength), int(key.tilewidth)
        if int(key.imagedepth) != 1 or min(self._side) < 1:
            raise InputError(f"{path} has a page of volumes, which is not supported; save slices")
        size = self._side[0] * self._side[1] * self._deep * self.dtype.itemsize
        if size > LARGEST:
            raise InputError(
                f"{path} has tiles or strips of {size} bytes each, {LARGEST} is the most; save it "
                "again with smaller ones, for example as tiles of 512 x 512"
            )
        row = self.shape[1] * self.shape[2] * self.dtype.itemsize
        most = min(max(LEAST_CACHE, ROWS * row), MOST_CACHE)
        decode = partial(_decoded, pages, path, (*self._side, self._deep), self.dtype)
        self._segment = lru_cache(most // size)(decode)

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[Any]:
        part = box_of(key, self.shape)
        tiles = -(-self.shape[0] // self._side[0]) * -(-self.shape[1] // self._side[1])
        out = np.empty((part.height, part.width, self.shape[2]), self.dtype)
        for first in range(0, self.shape[2], self._deep):
            page, plane = divmod(first // self._deep, self._planes)
            into = out[..., first : first + self._deep]
            for number, tile in tiles_under(part, self.shape, self._side):
                shared = tile.overlap(part)
                segment = self._segment(page, plane * tiles + number)
                into[shared.within(part)] = segment[shared.within(tile)]
        return out


def _decoded(
    pages: Sequence[Any],
    path: str,
    shape: tuple[int, int, int],
    dtype: np.dtype[Any],
    number: int,
    index: int,
) -> NDArray[Any]:
    """A tile or strip of a page, of a shape (h, w, samples that lie together) less at the end."""
    try:
        page, key = pages[number], pages[number].keyframe
        count, handle, data = int(page.databytecounts[index]), page.parent.filehandle, b""
        if count > handle.size:
            raise ValueError(f"it has {count} bytes, more than the file")
        with _LOCK:
            handle.seek(int(page.dataoffsets[index]))
            data = handle.read(count)
        decoded = None
        if count:  # else it is left out of a sparse file
            tables = {"jpegtables": page.jpegtables, "jpegheader": key.jpegheader}
            decoded = key.decode(data, index, **tables)[0]
        if decoded is None:
            return np.full(shape, key.nodata, dtype)
        segment: NDArray[Any] = np.asarray(decoded).reshape(*decoded.shape[-3:])
        if segment.shape[2] != shape[2]:
            raise ValueError(f"it decodes to {segment.shape}, not {shape}")
        return segment.astype(dtype, copy=False)
    except Exception as error:  # decoders raise anything on damaged files
        if "requires the 'imagecodecs' package" in str(error):
            needed = "imagecodecs, which decodes this TIFF's compression,"
            raise MissingExtraError(needed, "science") from error
        raise InputError(
            f"{path} is damaged or can't be decoded, tile or strip {index} of page {number}: "
            f"{error}"
        ) from error
