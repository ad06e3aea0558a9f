"""A transform after which noise that grows with the signal has standard deviation 1 everywhere.

The generalised Anscombe transform for variance = slope * x + offset, and two ways back: the plain
inverse, and one without bias for a value that is an average (Makitalo and Foi 2013, "Optimal
inversion of the generalized Anscombe transformation for Poisson-Gaussian noise", closed form).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
BIAS = 3 / 8


@dataclass(frozen=True)
class Stabiliser:
    """For samples whose noise has variance slope * x + offset, slope above 0.

    No sample's noise is taken to be below `least` (a standard deviation): below the brightness of
    that, where the line goes to 0 and beyond, the transform goes on straight, so that it clips
    nothing, however dark.
    """

    slope: float
    offset: float
    least: float

    def forward(self, x: Array) -> Array:
        """Samples -> a scale on which the noise's standard deviation is 1."""
        inner = self.slope * x + (BIAS * self.slope**2 + self.offset)
        floor = self.least**2
        straight = np.minimum(inner - floor, 0) / (self.slope * self.least)
        stable: Array = 2 / self.slope * np.sqrt(np.maximum(inner, floor)) + straight
        return stable

    def inverse(self, z: Array) -> Array:
        """What `forward` came from."""
        return self._samples((np.maximum(z, self._knee) / 2) ** 2 - BIAS, z)

    def unbiased(self, z: Array) -> Array:
        """The mean of the samples whose transforms have the mean `z`."""
        curved = np.maximum(z, max(self._knee, 2 * math.sqrt(BIAS)))
        poisson = curved**2 / 4 + math.sqrt(1.5) / (4 * curved) - 11 / (8 * curved**2)
        poisson += 5 * math.sqrt(1.5) / (8 * curved**3) - 1 / 8
        return self._samples(poisson, z)

    @property
    def _knee(self) -> float:
        """Where the straight part ends, on the stable scale."""
        return 2 / self.slope * self.least

    def _samples(self, poisson: Array, z: Array) -> Array:
        straight: Array = self.least * np.minimum(z - self._knee, 0)
        return self.slope * poisson - self.offset / self.slope + straight
