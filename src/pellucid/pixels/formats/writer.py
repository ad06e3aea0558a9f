"""What each format that is written gives the registry: what it holds, and how it is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.pixels.atomic import check_target, write_atomic
from pellucid.pixels.dicom import Change
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import Sink


@dataclass(frozen=True)
class Output:
    """A picture to be written: `info` has its geometry and metadata; the rest as in `open_sink`.

    `others` are the suffixes of the formats that hold its samples.
    """

    path: Path
    dtype: np.dtype[Any]
    info: ImageInfo
    flat: bool
    force: bool
    threads: int
    change: Callable[[], Change | None]
    quality: int | None
    others: str

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        return self.info.height, self.info.width, self.info.channels


@dataclass(frozen=True)
class Writer:
    """How files with some suffixes are written.

    Attributes:
        open: gives what takes the samples; when the block ends the file has its name, or never.
        holds: whether it keeps samples of a type, and so many channels.
        stacks: whether it keeps pages, bands, and whether the last channel is alpha.
    """

    suffixes: tuple[str, ...]
    open: Callable[[Output], AbstractContextManager[Sink]]
    holds: Callable[[np.dtype[Any], int], bool] = lambda *_: True
    stacks: bool = False


def only(**channels: tuple[int, ...]) -> Callable[[np.dtype[Any], int], bool]:
    """What a format holds: numbers of channels for each type of samples."""
    return lambda dtype, count: count in channels.get(dtype.name, ())


def at_once(
    encode: Callable[[NDArray[Any], Output], bytes],
) -> Callable[[Output], AbstractContextManager[Sink]]:
    """The `open` of a format whose files are encoded from all samples, in memory, at the end."""

    @contextmanager
    def opened(out: Output) -> Iterator[Sink]:
        check_target(out.path, force=out.force)  # before the work
        samples = np.empty(out.shape, out.dtype)
        yield samples
        write_atomic(out.path, encode(samples, out), force=out.force)

    return opened
