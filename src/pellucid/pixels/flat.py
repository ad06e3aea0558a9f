"""Samples that lie in a file as in memory, read and written in parts by their place.

Rows are read where they lie instead of mapping the file: what was mapped and touched counts as this
process's memory until the system takes it back, and a file that shrinks under a map ends it.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.pixels.lazy import bounds_of

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
        top, bottom, left, right = bounds_of(key, self.shape)
        height, width, channels = self.shape
        deep = 1 if self._planar else channels
        shape = (bottom - top, right - left, channels)
        part = np.empty(shape, self._stored)
        for plane in range(channels if self._planar else 1):
            into = np.empty(shape[:2], self._stored) if self._planar else part
            first = plane * height * width + top * width * deep + left * deep
            self._read(into, first, width * deep)
            if self._planar:
                part[..., plane] = into
        return part.astype(self.dtype, copy=False)

    def _read(self, into: NDArray[Any], first: int, step: int) -> None:
        """Rows of `into` from the sample `first` on, `step` samples from row to row."""
        runs: list[NDArray[Any]] = [into] if into[:1].size == step else list(into)
        for row, run in enumerate(runs):
            view = run.data.cast("B") if run.size else memoryview(b"")
            at = self._start + (first + row * step) * self._stored.itemsize
            with self._lock:
                self._file.seek(at)
                done = 0
                while done < len(view):
                    count = self._file.readinto(view[done:])  # type: ignore[attr-defined]
                    if not count:
                        raise InputError(f"{self._name} is cut off: its samples aren't all there")
                    done += count


class FlatSink:
    """Takes samples (h, w, C) for parts of a picture (H, W, C), or (H, W), in an open file."""

    def __init__(self, path: Path, start: int, shape: tuple[int, ...], dtype: np.dtype[Any]):
        self._shape, self._dtype, self._start = (*shape, 1)[:3], dtype, start
        self._lock = Lock()
        self._file = open(path, "r+b", buffering=0)  # noqa: SIM115 (closed by `close`)

    def __setitem__(self, key: tuple[slice, slice], samples: NDArray[Any]) -> None:
        top, bottom, left, right = bounds_of(key, self._shape)
        _, width, channels = self._shape
        shape = (bottom - top, right - left, channels)
        part = np.ascontiguousarray(np.broadcast_to(samples, shape), self._dtype)
        whole_rows = right - left == width
        for row, run in enumerate([part] if whole_rows else list(part)):
            at = self._start + ((top + row) * width + left) * channels * self._dtype.itemsize
            with self._lock:
                self._file.seek(at)
                view = run.data.cast("B") if run.size else memoryview(b"")
                while view:
                    view = view[self._file.write(view) :]

    def close(self) -> None:
        """Flush to the disk and close."""
        os.fsync(self._file.fileno())
        self._file.close()
