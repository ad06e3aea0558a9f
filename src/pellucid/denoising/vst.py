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
    """For samples whose noise has variance slope * x + offset, slope above 0."""

    slope: float
    offset: float

    def forward(self, x: Array) -> Array:
        """Samples -> a scale on which the noise's standard deviation is 1."""
        inner = self.slope * x + (BIAS * self.slope**2 + self.offset)
        stable: Array = 2 / self.slope * np.sqrt(np.maximum(inner, 0))
        return stable

    def inverse(self, z: Array) -> Array:
        """What `forward` came from; samples below its domain come back as its edge."""
        return self._samples((z / 2) ** 2 - BIAS)

    def unbiased(self, z: Array) -> Array:
        """The mean of the samples whose transforms have the mean `z`."""
        z = np.maximum(z, 2 * math.sqrt(BIAS))
        poisson = z**2 / 4 + math.sqrt(1.5) / (4 * z) - 11 / (8 * z**2)
        poisson += 5 * math.sqrt(1.5) / (8 * z**3) - 1 / 8
        return self._samples(poisson)

    def _samples(self, poisson: Array) -> Array:
        return self.slope * poisson - self.offset / self.slope
