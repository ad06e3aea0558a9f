"""What `bench lossless` asks of a codec, and the helpers that adapters share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[Any]  # (H, W, C) of uint8, uint16 or int16
Files = tuple[bytes, ...]  # one, or one for each band

ONE_THREAD = "one thread both ways: the library offers no choice"


@dataclass(frozen=True)
class Kind:
    """Shape (H, W, C) and type of a picture: all that a decoder may be told beside the bytes."""

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]

    @property
    def channels(self) -> int:
        """How many."""
        return self.shape[2]


class ExactCodec(Protocol):
    """A codec at one fixed configuration that gives samples back as they were, or within a bound.

    Nothing is converted: what a codec can't hold it refuses. It may make a file of its own for each
    band, and `how` then says so.
    """

    @property
    def name(self) -> str:
        """Short, stable, as in the TSV and on the command line."""

    @property
    def version(self) -> str:
        """Libraries, their versions and fixed options: rows with another text are stale."""

    @property
    def how(self) -> str:
        """How many threads each side uses, and what becomes of several bands."""

    @property
    def bounded(self) -> bool:
        """Whether it takes bounds above 0."""

    def refuses(self, kind: Kind, bound: int) -> str:
        """Why it can't hold such a picture, or not with this bound; empty if it can."""

    def encode(self, samples: Samples, bound: int) -> Files:
        """(H, W, C) samples to whole files in memory; bound 0 is lossless."""

    def decode(self, files: Files, kind: Kind) -> Samples:
        """Those files to samples (H, W, C)."""


def kind_of(samples: Samples) -> Kind:
    """Shape and type of (H, W, C) samples."""
    height, width, channels = samples.shape
    return Kind((height, width, channels), samples.dtype)


def type_refusal(kind: Kind, *types: str) -> str:
    """Why samples of this type aren't taken by a codec of `types`; empty if they are."""
    if kind.dtype.name in types:
        return ""
    return f"takes {' and '.join(types)}, not {kind.dtype.name}"


def bands_of(samples: Samples) -> list[Samples]:
    """The channels, each as an (H, W) array of its own."""
    return [np.ascontiguousarray(samples[..., band]) for band in range(samples.shape[2])]


def parts_of(samples: Samples, together: Sequence[int]) -> list[Samples]:
    """What goes into one file each: all of it for a number of channels in `together`, else bands.

    One channel is (H, W), more are (H, W, C).
    """
    if samples.shape[2] == 1 or samples.shape[2] not in together:
        return bands_of(samples)
    return [np.ascontiguousarray(samples)]


def joined(files: Files, decode: Callable[[bytes], Samples], kind: Kind) -> Samples:
    """The picture of which `parts_of` made the parts that `decode` gives back."""
    parts = [np.asarray(decode(file)) for file in files]
    return parts[0].reshape(kind.shape) if len(parts) == 1 else np.stack(parts, axis=2)
