"""Samples that lie in a file as in memory, read and written in parts by their place.

Rows are read where they lie instead of mapping the file: what was mapped and touched counts as this
process's memory until the system takes it back, and a file that shrinks under a map ends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.pixels.box import Box
from pellucid.pixels.lazy import box_of

Shape = tuple[int, int, int]


class FlatSource:
    """Samples (H, W, C) of an open file from byte `start` on, row by row; if `planar` by planes.

    Raises InputError when a part is asked for that the file doesn't have.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        start: int,
        shape: Shape,
        dtype: np.dtype[Any],
        *,
        planar: bool = False,
    ) -> None:
        self.shape, self.dtype = shape, dtype.newbyteorder("=")
        self._file, self._name = file, name
        self._start, self._stored, self._planar = start, dtype, planar
        self._lock = Lock()

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[Any]:
        box = box_of(key, self.shape)
        planes, deep = (self.shape[2], 1) if self._planar else (1, self.shape[2])
        part = np.empty((planes, box.height, box.width, deep), self._stored)
        for at, run in _runs(part, self.shape, box):
            with self._lock:
                self._file.seek(self._start + at)
                done = 0
                while done < len(run):
                    count = self._file.readinto(run[done:])  # type: ignore[attr-defined]
                    if not count:
                        raise InputError(f"{self._name} is cut off: its samples aren't all there")
                    done += count
        samples = np.concatenate(part, axis=2) if self._planar else part[0]
        return samples.astype(self.dtype, copy=False)


class FlatSink:
    """Takes samples (h, w, C) for parts of a picture (H, W, C), or (H, W), in an open file."""

    def __init__(
        self, file: BinaryIO, start: int, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> None:
        self._shape, self._dtype = (*shape, 1)[:3], dtype
        self._file, self._start = file, start
        self._lock = Lock()

    def __setitem__(self, key: tuple[slice, slice], samples: NDArray[Any]) -> None:
        box = box_of(key, self._shape)
        shape = (box.height, box.width, self._shape[2])
        part = np.ascontiguousarray(np.broadcast_to(samples, shape), self._dtype)
        for at, run in _runs(part[None], self._shape, box):
            with self._lock:
                self._file.seek(self._start + at)
                self._file.write(run)


def _runs(part: NDArray[Any], shape: tuple[int, ...], box: Box) -> Iterator[tuple[int, memoryview]]:
    """The place and the bytes of all runs of samples that lie together.

    `part` (planes, h, w, samples) has its place `box` in a picture of `shape`.
    """
    height, width = shape[:2]
    for number, plane in enumerate(part):
        whole_rows = part.shape[2] == width
        for row, run in enumerate([plane] if whole_rows else plane):
            first = ((number * height + box.y + row) * width + box.x) * part.shape[3]
            if run.size:
                yield first * part.itemsize, run.data.cast("B")
