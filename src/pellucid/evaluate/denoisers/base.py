"""What the bench asks of a denoiser. An adapter fulfils it in one small file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]  # (H, W, C), C 1 or 3, black 0 and white 255, not clipped

GREY, RGB = 1, 3


@dataclass(frozen=True)
class Told:
    """What a denoiser is told about one picture.

    Attributes:
        sigma: standard deviation of the noise in the samples' unit; None: it must find out itself.
        line: (slope, offset) with variance = slope * sample + offset; for those that take it.
        bits: 8 or 16 where the samples were integers so wide; None for real numbers.
    """

    sigma: float | None = None
    line: tuple[float, float] | None = None
    bits: int | None = None

    @property
    def label(self) -> str:
        """As in the rows: `line`, `auto` or the number."""
        if self.line is not None:
            return "line"
        return "auto" if self.sigma is None else f"{self.sigma:g}"


class Denoiser(Protocol):
    """A denoiser at one fixed configuration.

    `blind` ones can be told nothing; those with `takes_line` need `Told.line`, the others
    `Told.sigma`.
    """

    @property
    def name(self) -> str:
        """Short, stable, as in the TSV and on the command line."""

    @property
    def version(self) -> str:
        """Libraries, their versions and fixed options: rows with another text are stale."""

    @property
    def threading(self) -> str:
        """How many threads it really uses."""

    @property
    def channels(self) -> tuple[int, ...]:
        """Which of 1 and 3 it takes."""

    @property
    def blind(self) -> bool:
        """Whether it can measure the noise itself."""

    @property
    def takes_line(self) -> bool:
        """Whether it must be told how the variance grows with the signal."""

    @property
    def kmac(self) -> float | None:
        """Thousands of multiply-adds a pixel of its network; None where that says nothing."""

    def denoise(self, noisy: Samples, told: Told) -> Samples:
        """(H, W, C) to the same shape and type, black 0 and white 255; need not be clipped."""


@dataclass(frozen=True)
class SigmaDenoiser:
    """A `Denoiser` around a function of samples and sigma."""

    name: str
    version: str
    function: Callable[[Samples, float], NDArray[np.floating]]
    threading: str = "one thread"
    channels: tuple[int, ...] = (GREY, RGB)
    kmac: float | None = None
    blind: bool = False
    takes_line: bool = False

    def denoise(self, noisy: Samples, told: Told) -> Samples:
        return as_samples(self.function(noisy, sigma_of(self, told)))


def as_samples(result: NDArray[np.floating]) -> Samples:
    """float32, with an axis for the channels."""
    samples = np.asarray(result, np.float32)
    return samples[..., None] if samples.ndim == 2 else samples


def sigma_of(denoiser: Denoiser, told: Told) -> float:
    """What it was told, which must be a sigma."""
    if told.sigma is None:
        raise ValueError(f"{denoiser.name} must be told sigma")
    return told.sigma


def using(threads: int) -> str:
    """What `Denoiser.threading` says of a library that takes a number of threads."""
    return "one thread" if threads == 1 else f"{threads} threads"
