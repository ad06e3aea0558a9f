"""A tiled TIFF of any size, written part by part: in memory are the tiles that aren't whole yet.

Tiles are deflated by threads and written in the order in which they became whole; a TIFF's tables
say where each is, and come last. Above what four bytes can point to it is a BigTIFF. Samples that
came from pages (`axes.py`) become pages again.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import OutputError, refusing
from pellucid.pixels import tiff
from pellucid.pixels.atomic import new_file
from pellucid.pixels.box import tiles_under
from pellucid.pixels.description import described
from pellucid.pixels.formats.format import Output, Writer
from pellucid.pixels.lazy import box_of
from pellucid.pixels.metadata import kept_exif
from pellucid.pixels.tiff import LONG, LONG8, SHORT

TILE = 512  # samples a side
MOST_CLASSIC = 4_000_000_000  # bytes of samples, above which a file is a BigTIFF
FORMATS = {"u": 1, "i": 2, "f": 3}
LEVEL = 6
QUEUE = 4  # tiles a thread may have waiting to be deflated


@contextmanager
def tiff_output(out: Output) -> Iterator[TiffSink]:
    """A TIFF to be filled in, each sample once; OutputError for metadata that it can't hold."""
    with new_file(out.path, force=out.force) as file, ThreadPoolExecutor(out.threads) as pool:
        sink = TiffSink(file, out, pool)
        yield sink
        sink.finish()


class TiffSink:
    """Takes samples (h, w, C) for parts of the picture, each sample once, in any order."""

    def __init__(self, file: BinaryIO, out: Output, pool: ThreadPoolExecutor) -> None:
        height, width, channels = out.shape
        self._file, self._out, self._pool = file, out, pool
        # The resolution of a TIFF is in its EXIF.
        info = replace(out.info, exif=kept_exif(out.info))
        with refusing(f"cannot write {out.path}, but PNG can hold it", OutputError):
            self._order, self._tags = described(out.path, info, out.dtype)
        for tag, kind in ((tiff.ICC, tiff.UNDEFINED), (tiff.XMP, tiff.BYTE)):
            self._tags.pop(tag, None)
            if raw := info.icc if tag == tiff.ICC else info.xmp:
                self._tags[tag] = tiff.Value(kind, len(raw), raw)
        self._page = info.samples_a_page
        # Sides are multiples of 16, no longer than the picture needs.
        self._side = tall, wide = min(TILE, -(-height // 16) * 16), min(TILE, -(-width // 16) * 16)
        tiles = -(-height // tall) * -(-width // wide)
        self._places = np.zeros((2, channels // self._page, tiles), np.uint64)
        self._part: dict[int, tuple[NDArray[Any], int]] = {}
        self._waiting: deque[tuple[int, Future[list[bytes]]]] = deque()
        self._lock = Lock()
        self._big = height * width * channels * out.dtype.itemsize > MOST_CLASSIC
        self._at = file.write(tiff.header(self._order, 0, big=self._big))

    def __setitem__(self, key: tuple[slice, slice], samples: NDArray[Any]) -> None:
        part = box_of(key, self._out.shape)
        with self._lock:
            for number, tile in tiles_under(part, self._out.shape, self._side):
                shared = tile.overlap(part)
                if number not in self._part:
                    empty = np.zeros((*self._side, self._out.shape[2]), self._out.dtype)
                    self._part[number] = empty, tile.size
                kept, missing = self._part.pop(number)
                kept[shared.within(tile)] = samples[shared.within(part)]
                if missing > shared.size:
                    self._part[number] = kept, missing - shared.size
                else:
                    self._waiting.append((number, self._pool.submit(self._deflate, kept)))
                    self._flush(QUEUE * self._out.threads)

    def finish(self) -> None:
        """Write what is left, and the tables; ValueError if samples are missing."""
        self._flush(0)
        if self._part or not self._places[1].all():
            raise ValueError("not all samples of the picture were given")
        self._file.write(bytes(self._at % 2))
        start = at = self._at + self._at % 2
        last = self._places.shape[1] - 1
        for page in range(last + 1):
            tags, more = self._directory(page), page < last
            at += self._file.write(tiff.build(tags, self._order, at, big=self._big, more=more))
        self._file.seek(0)
        self._file.write(tiff.header(self._order, start, big=self._big))

    def _flush(self, leave: int) -> None:
        """Write the tiles that came first, until `leave` are waiting."""
        while len(self._waiting) > leave:
            number, task = self._waiting.popleft()
            for page, data in enumerate(task.result()):
                self._places[:, page, number] = self._at, len(data)
                self._at += self._file.write(data)

    def _deflate(self, tile: NDArray[Any]) -> list[bytes]:
        """A tile's bytes for each page; of whole numbers the differences from left to right."""
        packed = []
        stored = tile.dtype.newbyteorder(">" if self._order == ">" else "<")
        for first in range(0, tile.shape[2], self._page):
            samples = tile[..., first : first + self._page]
            if stored.kind != "f":
                samples = np.diff(samples, axis=1, prepend=np.zeros_like(samples[:, :1]))
            packed.append(zlib.compress(samples.astype(stored, copy=False).tobytes(), LEVEL))
        return packed

    def _directory(self, page: int) -> tiff.Directory:
        """The tags of a page: how its samples are stored; the picture's stand in the first."""
        info, dtype, count = self._out.info, self._out.dtype, self._page
        height, width, channels = self._out.shape
        alpha = info.has_alpha
        rgb = channels - alpha == 3 or (info.axes is not None and channels % 3 == 0)
        colours = 3 if rgb and count >= 3 else 1
        offsets, sizes = (numbers[page].tolist() for numbers in self._places)
        about = [
            (256, LONG, [width]),
            (257, LONG, [height]),
            (258, SHORT, [8 * dtype.itemsize] * count),
            (259, SHORT, [8]),  # deflate
            (262, SHORT, [2 if colours == 3 else 1]),  # RGB, or grey with 0 black
            (277, SHORT, [count]),
            (284, SHORT, [1]),  # interleaved
            (322, LONG, [self._side[1]]),
            (323, LONG, [self._side[0]]),
            (324, LONG8 if self._big else LONG, offsets),
            (325, LONG, sizes),
            (339, SHORT, [FORMATS[dtype.kind]] * count),
        ]
        if dtype.kind != "f":
            about.append((317, SHORT, [2]))  # horizontal differences
        if extra := count - colours:  # without meaning, or transparency
            about.append((338, SHORT, [0] * (extra - 1) + [2 if alpha else 0]))
        made = {tag: tiff.value_of(self._order, kind, *values) for tag, kind, values in about}
        return {**(self._tags if page == 0 else {}), **made}


WRITER = Writer((".tif", ".tiff"), tiff_output, lambda dtype, _: dtype.kind in FORMATS, stacks=True)
