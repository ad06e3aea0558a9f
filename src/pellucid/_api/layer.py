"""What a layer of a .pel file does: samples -> tiles, and tiles -> samples.

A file holds one of two: the learned one (`learned.py`) or the exact one (`exact.py`); or both
(`kept.py`). Its header says which, and `layers.py` asks it once; whatever else depends on the kind
is asked here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from pellucid._api.codings import Coding
from pellucid._api.options import AUTO, GUIDE, SOURCE
from pellucid.bitstream import Header, PelFile
from pellucid.denoising import NoiseEstimate
from pellucid.errors import OptionError
from pellucid.pixels import Box
from pellucid.pixels.lazy import Sink

Damaged = dict[int, str]  # number of a tile -> what is wrong with it
ABSENT = {
    GUIDE: "the file holds one picture and no guide; leave which out",
    SOURCE: "the file holds no source beside its picture: that is in files made with keep_noise "
    "(--keep-noise) only; leave which out",
}


class Encoded(NamedTuple):
    """A file but for its metadata: header, payloads of extra chunks by type, tiles in order; and
    what noise was left out, if any was.

    Tiles are made as they are taken, while the pictures are open. `codings` are those that make
    them, layer by layer; there are none where tiles aren't made of the source alone.
    """

    header: Header
    extras: Mapping[str, bytes]
    tiles: Iterable[bytes]
    noise: NoiseEstimate | None = None
    codings: tuple[Coding, ...] = ()


class Layout(NamedTuple):
    """Shape (H, W, C) and type of decoded samples, and what their channels are."""

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    alpha: bool
    pages: int


class Layer(ABC):
    """A file of one kind that is open; with `damaged`, tiles that are so are noted there and filled
    with grey.
    """

    def __init__(self, file: PelFile, damaged: Damaged | None = None, device: str = AUTO) -> None:
        self._file, self._header, self._damaged = file, file.header, damaged
        self._device = device  # of a synthesis

    @property
    def max_error(self) -> float | None:
        """The largest error of a sample, in its own unit; None for the learned codec."""
        return None

    @property
    def source_error(self) -> float | None:
        """The same of the source beside the picture; None for a file without one."""
        return None

    @property
    def likely_error(self) -> float | None:
        """How far nine of ten samples are off at most, for photographs at the file's quality; None
        where this isn't known.
        """
        return None

    @property
    def guide(self) -> tuple[int, np.dtype[Any]] | None:
        """Of a pair's guide, how many planes of which type."""
        return None

    @abstractmethod
    def layout(self, which: str, box: Box | None = None) -> Layout:
        """Of a part of the picture, its guide or its source; OptionError if the file has none."""

    @abstractmethod
    def decode_into(self, sink: Sink, box: Box, which: str) -> None:
        """The samples of a part, tile by tile."""

    @abstractmethod
    def readers(self) -> Iterator[Callable[[], Any]]:
        """What reads each tile, those of alpha last; it fails where `decode_into` would fill."""

    @abstractmethod
    def sha256(self) -> str:
        """Of the decoded integers: latents and alpha, or samples."""


def require_held(which: str, *, guide: bool) -> None:
    """OptionError if what is wanted beside the picture isn't in a file that may have a guide."""
    if which in ABSENT and not (which == GUIDE and guide):
        raise OptionError(ABSENT[which])


def held(value: float | None, dtype: np.dtype[Any]) -> float | int | None:
    """`value` as samples of a type hold it; None if they can't."""
    if value is None:
        return None
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            number = float(np.array(value, dtype))
        return number if np.isfinite(number) else None
    limits = np.iinfo(dtype)
    return int(value) if limits.min <= value <= limits.max and value == int(value) else None


def way_out(dtype: np.dtype[Any]) -> str:
    """What can be done with samples of a type that can't be compressed."""
    if dtype.name in ("float16", "float32"):
        return "lossless or max_error take them"
    if dtype.name in ("float64", "longdouble", "float128"):
        return "give image.astype('float32'), which has 7 digits, with lossless or max_error"
    if dtype.name in ("bool", "int8"):
        return "convert them to 16 bits, in Python image.astype('int16')"
    return "scale them to whole numbers of 16 bits and keep the scale elsewhere"
