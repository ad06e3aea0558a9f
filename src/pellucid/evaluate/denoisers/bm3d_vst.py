"""BM3D between a variance-stabilising transform and its inverse, for noise that grows with light.

The generalised Anscombe transform of Poisson-Gaussian noise, with the closed form of its exact
unbiased inverse (Mäkitalo & Foi, "Optimal inversion of the generalized Anscombe transformation for
Poisson-Gaussian noise", 2013). Slope and offset of the variance are told. Non-commercial licence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from pellucid.evaluate.denoisers import bm3d_filter
from pellucid.evaluate.denoisers.base import GREY, RGB, Denoiser, Samples, Told, as_samples, using

LEAST_SLOPE = 1e-3  # below, the noise doesn't depend on the signal to speak of
SHIFT = 3 / 8
WHITE = 255.0

Filter = Callable[[Samples, float], NDArray[np.floating]]


def forward(samples: NDArray[np.floating], slope: float, offset: float) -> NDArray[np.float64]:
    """Samples to a scale on which the standard deviation of their noise is about 1."""
    x = np.asarray(samples, np.float64)
    inside = x / slope + SHIFT + offset / slope**2
    return 2 * np.sqrt(np.maximum(inside, 0.0))


def inverse(stable: NDArray[np.floating], slope: float, offset: float) -> NDArray[np.float64]:
    """Means on that scale back to means of samples, without bias."""
    d = np.maximum(np.asarray(stable, np.float64), 2 * sqrt(SHIFT))  # below it there is no light
    root = sqrt(1.5)
    light = d**2 / 4 + root / 4 / d - 11 / 8 / d**2 + 5 / 8 * root / d**3 - 1 / 8
    return slope * np.maximum(light, 0.0) - offset / slope


@dataclass(frozen=True)
class StabilisedBm3d:
    """A `Denoiser` that is told the line of the variance."""

    filter: Filter
    version: str
    threading: str
    name: str = "bm3d_vst"
    channels: tuple[int, ...] = (GREY, RGB)
    kmac: float | None = None
    blind: bool = False
    takes_line: bool = True

    def denoise(self, noisy: Samples, told: Told) -> Samples:
        if told.line is None:
            raise ValueError(f"{self.name} must be told slope and offset of the variance")
        slope, offset = told.line
        if slope < LEAST_SLOPE:
            return as_samples(self.filter(noisy, sqrt(max(offset, 0.0))))
        low, high = forward(np.array([0.0, WHITE]), slope, offset)
        stretch = WHITE / (high - low)  # back to 0..255, in which BM3D compares its blocks
        stable = (stretch * (forward(noisy, slope, offset) - low)).astype(np.float32)
        clean = self.filter(stable, stretch) / stretch + low
        return as_samples(inverse(clean, slope, offset))


def make(threads: int) -> Denoiser:
    """The adapter, with `threads` threads."""
    function = bm3d_filter.block_matching(threads)
    version = f"{bm3d_filter.library_version()}, generalised Anscombe transform"
    return StabilisedBm3d(function, version, using(threads))
