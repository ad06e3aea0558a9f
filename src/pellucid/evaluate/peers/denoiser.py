"""What benches ask of the denoisers they compare with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]  # (H, W, C), C 1 or 3, black 0 and white 255, not clipped

GREY, RGB = 1, 3


@dataclass(frozen=True)
class NoiseGiven:
    """What a denoiser is told about the noise of one picture.

    Attributes:
        sigma: standard deviation of the noise in the samples' unit; None: it must find out itself.
        line: (slope, offset) with variance = slope * sample + offset; for those that take it.
        bits: 8 or 16 where the samples were integers so wide; None for real numbers.
    """

    sigma: float | None = None
    line: tuple[float, float] | None = None
    bits: int | None = None


@dataclass(frozen=True)
class Denoiser:
    """A denoiser at one fixed configuration.

    Attributes:
        name: short, stable, as in the rows and on the command line.
        version: libraries, their versions and fixed options: rows with another text are stale.
        run: samples and what it needs to know (sigma, the line, or all of `NoiseGiven`) to samples
            of the same height and width.
        threading: how many threads it really uses.
        channels: which of 1 and 3 it takes.
        needs: what it must be told; `nothing`: it can measure the noise itself.
        kmac: thousands of multiply-adds a pixel of its network; None where that says nothing.
    """

    name: str
    version: str
    run: Callable[[Samples, Any], NDArray[np.floating]]
    threading: str = "one thread"
    channels: tuple[int, ...] = (GREY, RGB)
    needs: Literal["sigma", "line", "nothing"] = "sigma"
    kmac: float | None = None

    def denoise(self, noisy: Samples, given: NoiseGiven) -> Samples:
        """(H, W, C) to the same shape and type, black 0 and white 255; need not be clipped.

        Raises:
            ValueError: what it needs isn't given, or it gave another number of samples.
        """
        told = {"sigma": given.sigma, "line": given.line, "nothing": given}[self.needs]
        if told is None:
            what = "slope and offset of the variance" if self.needs == "line" else "sigma"
            raise ValueError(f"{self.name} must be told {what}")
        return np.asarray(self.run(noisy, told), np.float32).reshape(noisy.shape)
