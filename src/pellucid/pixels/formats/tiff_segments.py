"""The tiles or strips of TIFF pages, decoded when a part of the picture asks for them.

Those that were used last are kept, up to a number of bytes: neighbouring parts share tiles at their
borders, and strips all along a row.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, MissingExtraError
from pellucid.pixels.lazy import Source, bounds_of

LARGEST = 1 << 29  # bytes of samples that one tile or strip may have
LEAST_CACHE, MOST_CACHE = 1 << 26, 1 << 29
ROWS = 1700  # that are kept: about as many as a row of parts needs, with what networks see around

_LOCK = Lock()  # tifffile's files have one place to read from


def cache_for(row: int) -> int:
    """Bytes to keep of a picture whose rows have `row` bytes."""
    return min(max(LEAST_CACHE, ROWS * row), MOST_CACHE)


class SegmentCache:
    """Decoded segments by page and number, those used last, `budget` bytes at most."""

    def __init__(self, budget: int) -> None:
        self._budget, self._size = budget, 0
        self._kept: OrderedDict[tuple[int, int], NDArray[Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[int, int]) -> NDArray[Any] | None:
        """A segment that is still there."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: tuple[int, int], segment: NDArray[Any]) -> None:
        """Keep a segment; those not used for longest make room."""
        with self._lock:
            if key in self._kept or segment.nbytes > self._budget:
                return
            self._kept[key] = segment
            self._size += segment.nbytes
            while self._size > self._budget:
                _, old = self._kept.popitem(last=False)
                self._size -= old.nbytes


class PageSource:
    """Samples (H, W, C) of one page of a file that tifffile has open."""

    def __init__(
        self, page: Any, path: str | os.PathLike[str], number: int, cache: SegmentCache
    ) -> None:
        self._page, self._frame = page.keyframe, page
        self._path, self._number, self._cache = path, number, cache
        key = self._page
        self.shape = (int(key.imagelength), int(key.imagewidth), int(key.samplesperpixel))
        self.dtype = np.dtype(key.dtype).newbyteorder("=")
        self._planes = self.shape[2] if int(key.planarconfig) == 2 else 1
        if key.is_tiled:
            self._side = int(key.tilelength), int(key.tilewidth)
        else:
            self._side = min(int(key.rowsperstrip), self.shape[0]), self.shape[1]
        if int(key.imagedepth) != 1 or min(self._side) < 1:
            raise InputError(f"{path} has a page of volumes, which is not supported; save slices")
        size = self._side[0] * self._side[1] * self.shape[2] // self._planes * self.dtype.itemsize
        if size > LARGEST:
            raise InputError(
                f"{path} has tiles or strips of {size} bytes each, {LARGEST} is the most; save it "
                "again with smaller ones, for example as tiles of 512 x 512"
            )

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[Any]:
        top, bottom, left, right = bounds_of(key, self.shape)
        height, width, channels = self.shape
        tall, wide = self._side
        across, down = -(-width // wide), -(-height // tall)
        deep = channels // self._planes
        out = np.empty((bottom - top, right - left, channels), self.dtype)
        for plane in range(self._planes):
            into = out[..., plane * deep : (plane + 1) * deep]
            for row in range(top // tall, -(-bottom // tall)):
                for column in range(left // wide, -(-right // wide)):
                    segment = self._segment((plane * down + row) * across + column)
                    y, x = row * tall, column * wide
                    y0, y1 = max(top, y), min(bottom, y + tall)
                    x0, x1 = max(left, x), min(right, x + wide)
                    part = segment[y0 - y : y1 - y, x0 - x : x1 - x]
                    into[y0 - top : y1 - top, x0 - left : x1 - left] = part
        return out

    def _segment(self, index: int) -> NDArray[Any]:
        """A tile or strip, decoded: (h, w, samples that lie together)."""
        found = self._cache.get((self._number, index))
        if found is None:
            try:
                found = self._decode(index)
            except Exception as error:  # decoders raise anything on damaged files
                if "requires the 'imagecodecs' package" in str(error):
                    needed = "imagecodecs, which decodes this TIFF's compression,"
                    raise MissingExtraError(needed, "science") from error
                raise InputError(
                    f"{self._path} is damaged or can't be decoded, tile or strip {index} of page "
                    f"{self._number}: {error}"
                ) from error
            self._cache.put((self._number, index), found)
        return found

    def _decode(self, index: int) -> NDArray[Any]:
        shape = (*self._side, self.shape[2] // self._planes)
        count = int(self._frame.databytecounts[index])
        if not count:  # left out of a sparse file
            return np.full(shape, self._page.nodata, self.dtype)
        handle = self._frame.parent.filehandle
        if count > handle.size:
            raise ValueError(f"it has {count} bytes, more than the file")
        with _LOCK:
            handle.seek(int(self._frame.dataoffsets[index]))
            data = handle.read(count)
        tables, header = self._frame.jpegtables, self._page.jpegheader
        decoded = self._page.decode(data, index, jpegtables=tables, jpegheader=header)[0]
        if decoded is None:
            return np.full(shape, self._page.nodata, self.dtype)
        segment: NDArray[Any] = np.asarray(decoded).reshape(*decoded.shape[-3:])
        if segment.shape[1:] != shape[1:] and segment.shape[2] != shape[2]:
            raise ValueError(f"it decodes to {segment.shape}, not {shape}")
        return segment.astype(self.dtype, copy=False)


class Stack:
    """Pictures of one size, their channels one after the other."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        height, width, _ = sources[0].shape
        self.shape = (height, width, sum(source.shape[2] for source in sources))
        self.dtype = sources[0].dtype

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[Any]:
        return np.concatenate([source[key] for source in self._sources], axis=2)
