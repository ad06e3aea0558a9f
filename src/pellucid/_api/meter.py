"""How far a file is, for who waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from threading import Lock
from typing import Any

from pellucid.pixels.lazy import Sink

Progress = Callable[[float], None]  # is told the part that is done, 0 to 1
Told = Callable[[float], None]  # is told what part of a file has been done since it was told last


class Meter:
    """What part of a file is done, 0 to 1: its tiles that are, and what is done of others.

    Args:
        first: about what part of the work comes before the file, if any does.
    """

    def __init__(self, progress: Progress | None, *, first: float = 0.0) -> None:
        self._progress, self._first, self._lock = progress, first, Lock()
        self._before = self._done = 0.0

    def before(self, part: float) -> None:
        """`part`, 0 to 1, of what comes before the file is done."""
        with self._lock:
            self._before = self._first * part
            self._tell()

    def add(self, part: float) -> None:
        """Count a part of the file that has been done on any thread."""
        with self._lock:
            self._done = min(self._done + part, 1.0)
            self._tell()

    def count_off(self, tiles: Iterable[bytes], total: int) -> Iterator[bytes]:
        """The tiles; each is done when the next is asked for."""
        for number, tile in enumerate(tiles, start=1):
            yield tile
            self.add(max(number / total - self._done, 0.0))

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._before + (1 - self._before) * self._done)


class Watched:
    """A sink that tells what part of a picture it has got."""

    def __init__(self, sink: Sink, shape: tuple[int, ...], progress: Progress | None) -> None:
        self._sink, self._total, self._progress = sink, shape[0] * shape[1], progress
        self._done = 0

    def __setitem__(self, key: tuple[slice, slice], samples: Any) -> None:
        self._sink[key] = samples
        self._done += samples.shape[0] * samples.shape[1]
        if self._progress is not None:
            self._progress(self._done / self._total)
