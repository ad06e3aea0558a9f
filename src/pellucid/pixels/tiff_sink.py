"""A tiled TIFF of any size, written part by part: in memory are the tiles that aren't whole yet.

Tiles are deflated by threads and written in the order in which they became whole; a TIFF's tables
say where each is, and come last. Above what four bytes can point to it is a BigTIFF. Samples that
came from pages (`axes.py`) become pages again.
"""

from __future__ import annotations

import struct
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import OutputError
from pellucid.pixels.atomic import new_file
from pellucid.pixels.axes import samples_a_page, unpack_axes
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import bounds_of
from pellucid.pixels.ome import described
from pellucid.pixels.tiff import (
    ICC,
    LONG,
    LONG8,
    SHORT,
    UNDEFINED,
    XMP,
    Directory,
    Value,
    build,
    header,
    parse,
)

TILE = 512  # samples a side
MOST_CLASSIC = 4_000_000_000  # bytes of samples, above which a file is a BigTIFF
FORMATS = {"u": 1, "i": 2, "f": 3}
LEVEL = 6
QUEUE = 4  # tiles a thread may have waiting to be deflated


@dataclass(frozen=True)
class Layout:
    """What the samples (H, W, C) are: `alpha` the last channel, `rgb` the first three."""

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    alpha: bool
    rgb: bool


@contextmanager
def tiff_output(
    path: Path, layout: Layout, info: ImageInfo, *, force: bool, threads: int = 1
) -> Iterator[TiffSink]:
    """A TIFF to be filled in; it has its name when the block ends, whole, or never.

    Metadata are those of `info`, with OME-XML where that is asked for. Raises OutputError.
    """
    with new_file(path, force=force) as file, ThreadPoolExecutor(threads) as pool:
        with refused(path):
            about = described(path, info, layout.shape, layout.dtype)
            sink = TiffSink(file, layout, about, pool, QUEUE * threads)
        yield sink
        with refused(path):
            sink.finish()


@contextmanager
def refused(path: Path) -> Iterator[None]:
    """Metadata that a TIFF can't hold are an OutputError."""
    try:
        yield
    except ValueError as error:
        raise OutputError(f"cannot write {path}: {error}; PNG can hold it") from error


class TiffSink:
    """Takes samples (h, w, C) for parts of the picture, each sample once, in any order."""

    def __init__(
        self,
        file: BinaryIO,
        layout: Layout,
        info: ImageInfo,
        pool: ThreadPoolExecutor,
        queue: int,
    ) -> None:
        height, width, channels = layout.shape
        self._file, self._layout, self._info = file, layout, info
        self._pool, self._queue = pool, queue
        self._order, self._tags = parse(info.exif) if info.exif else ("<", {})
        self._page = samples_a_page(unpack_axes(info.axes, channels), channels)
        self._side = tuple(min(TILE, -(-side // 16) * 16) for side in (height, width))
        self._grid = (-(-height // self._side[0]), -(-width // self._side[1]))
        self._places = np.zeros((2, channels // self._page, *self._grid), np.uint64)
        self._part: dict[tuple[int, int], tuple[NDArray[Any], int]] = {}
        self._waiting: deque[tuple[int, int, Future[list[bytes]]]] = deque()
        self._lock = Lock()
        size = height * width * channels * layout.dtype.itemsize
        self._big = size > MOST_CLASSIC
        self._at = file.write(header(self._order, 0, big=self._big))

    def __setitem__(self, key: tuple[slice, slice], samples: NDArray[Any]) -> None:
        top, bottom, left, right = bounds_of(key, self._layout.shape)
        (down, across), (tall, wide) = self._grid, self._side
        with self._lock:
            for row in range(top // tall, min(-(-bottom // tall), down)):
                for column in range(left // wide, min(-(-right // wide), across)):
                    y, x = row * tall, column * wide
                    rows = slice(max(top, y), min(bottom, y + tall))
                    columns = slice(max(left, x), min(right, x + wide))
                    part = samples[rows.start - top : rows.stop - top]
                    part = part[:, columns.start - left : columns.stop - left]
                    self._take(row, column, rows.start - y, columns.start - x, part)

    def finish(self) -> None:
        """Write what is left, and the tables; ValueError if samples are missing."""
        self._flush(0)
        if self._part or not self._places[1].all():
            raise ValueError("not all samples of the picture were given")
        self._file.write(bytes(self._at % 2))
        at = self._at + self._at % 2
        start = at
        for page in range(len(self._places[0])):
            tags = self._directory(page)
            length = len(build(tags, self._order, at, big=self._big))
            length += length % 2
            last = page == len(self._places[0]) - 1
            following = 0 if last else at + length
            table = build(tags, self._order, at, big=self._big, following=following)
            self._file.write(table.ljust(length, b"\0"))
            at += length
        self._file.seek(0)
        self._file.write(header(self._order, start, big=self._big))

    def _take(self, row: int, column: int, y: int, x: int, part: NDArray[Any]) -> None:
        """Put a part of a tile in its place, and send the tile off when it is whole."""
        height, width, channels = self._layout.shape
        tall, wide = self._side
        if (row, column) not in self._part:
            inside = min(tall, height - row * tall) * min(wide, width - column * wide)
            self._part[row, column] = np.zeros((tall, wide, channels), self._layout.dtype), inside
        tile, left = self._part[row, column]
        tile[y : y + part.shape[0], x : x + part.shape[1]] = part
        left -= part.shape[0] * part.shape[1]
        if left > 0:
            self._part[row, column] = tile, left
            return
        del self._part[row, column]
        self._waiting.append((row, column, self._pool.submit(self._deflate, tile)))
        self._flush(self._queue)

    def _flush(self, leave: int) -> None:
        """Write the tiles that came first, until `leave` are waiting."""
        while len(self._waiting) > leave:
            row, column, task = self._waiting.popleft()
            for page, data in enumerate(task.result()):
                self._places[:, page, row, column] = self._at, len(data)
                self._at += self._file.write(data)

    def _deflate(self, tile: NDArray[Any]) -> list[bytes]:
        """A tile's bytes for each page; of whole numbers the differences from left to right."""
        packed = []
        stored = self._layout.dtype.newbyteorder(">" if self._order == ">" else "<")
        for first in range(0, tile.shape[2], self._page):
            samples = tile[..., first : first + self._page]
            if stored.kind != "f":
                differences = samples.copy()
                differences[:, 1:] -= samples[:, :-1]
                samples = differences
            packed.append(zlib.compress(samples.astype(stored, copy=False).tobytes(), LEVEL))
        return packed

    def _directory(self, page: int) -> Directory:
        """The tags of a page; the picture's metadata stand in the first."""
        tags: Directory = dict(self._tags) if page == 0 else {}
        for tag, raw in ((ICC, self._info.icc), (XMP, self._info.xmp)):
            tags.pop(tag, None)
            if raw and page == 0:
                tags[tag] = Value(UNDEFINED if tag == ICC else 1, len(raw), raw)
        for tag, (kind, values) in self._about(page).items():
            letter = {SHORT: "H", LONG: "I", LONG8: "Q"}[kind]
            raw = struct.pack(f"{self._order}{len(values)}{letter}", *values)
            tags[tag] = Value(kind, len(values), raw)
        return tags

    def _about(self, page: int) -> dict[int, tuple[int, list[int]]]:
        """How the samples of a page are stored: tag -> type and values."""
        layout, count = self._layout, self._page
        height, width, _ = layout.shape
        rgb = layout.rgb and count >= 3
        wide = LONG8 if self._big else LONG
        offsets, sizes = (numbers[page].ravel().tolist() for numbers in self._places)
        about = {
            256: (LONG, [width]),
            257: (LONG, [height]),
            258: (SHORT, [8 * layout.dtype.itemsize] * count),
            259: (SHORT, [8]),  # deflate
            262: (SHORT, [2 if rgb else 1]),  # RGB, or grey with 0 black
            277: (SHORT, [count]),
            284: (SHORT, [1]),  # interleaved
            322: (LONG, [self._side[1]]),
            323: (LONG, [self._side[0]]),
            324: (wide, offsets),
            325: (LONG, sizes),
            339: (SHORT, [FORMATS[layout.dtype.kind]] * count),
        }
        if layout.dtype.kind != "f":
            about[317] = (SHORT, [2])  # horizontal differences
        if extra := count - (3 if rgb else 1):  # without meaning, or transparency
            about[338] = (SHORT, [0] * (extra - 1) + [2 if layout.alpha else 0])
        return about
