"""What part of a picture is done, told while it is coded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from pellucid.pixels.lazy import Sink

Progress = Callable[[float], None]  # is told the part that is done, 0 to 1
Item = TypeVar("Item")


def count_off(items: Iterable[Item], total: int, progress: Progress | None) -> Iterator[Item]:
    """The items; `progress` is told after each what part of `total` has gone."""
    for done, item in enumerate(items, start=1):
        yield item
        if progress is not None:
            progress(done / total)


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
