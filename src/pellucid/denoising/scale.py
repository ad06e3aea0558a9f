"""The scale in which the network sees samples: stabilised if noise grows with them, and below 1.

After the generalised Anscombe transform for variance = slope * x + offset, noise has standard
deviation 1 everywhere. There are two ways back: the plain inverse, and one without bias for a value
that is an average (Makitalo and Foi 2013, "Optimal inversion of the generalized Anscombe
transformation for Poisson-Gaussian noise", closed form).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.samples import Floats, Precise, precise

BIAS = 3 / 8
MOST = 4.0  # standard deviations taken off a sample at most, so that a little strength does little
LOUDEST = 1e4  # noise over the largest sample, at most; far beyond use, and floats hold it


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

    def forward(self, x: Precise) -> Precise:
        """Samples -> a scale on which the noise's standard deviation is 1."""
        inner = self.slope * x + (BIAS * self.slope**2 + self.offset)
        floor = self.least**2
        straight = np.minimum(inner - floor, 0) / (self.slope * self.least)
        return np.asarray(2 / self.slope * np.sqrt(np.maximum(inner, floor)) + straight)

    def inverse(self, z: Precise) -> Precise:
        """What `forward` came from."""
        return self._samples((np.maximum(z, self._knee) / 2) ** 2 - BIAS, z)

    def unbiased(self, z: Precise) -> Precise:
        """The mean of the samples whose transforms have the mean `z`."""
        curved = np.maximum(z, max(self._knee, 2 * math.sqrt(BIAS)))
        poisson = curved**2 / 4 + math.sqrt(1.5) / (4 * curved) - 11 / (8 * curved**2)
        poisson += 5 * math.sqrt(1.5) / (8 * curved**3) - 1 / 8
        return self._samples(poisson, z)

    @property
    def _knee(self) -> float:
        """Where the straight part ends, on the stable scale."""
        return 2 / self.slope * self.least

    def _samples(self, poisson: Precise, z: Precise) -> Precise:
        straight: Precise = self.least * np.minimum(z - self._knee, 0)
        return self.slope * poisson - self.offset / self.slope + straight


class NetworkScale:
    """From samples (h, w, 1 or 3) without invalid ones to the network and back.

    `ends` are the lowest and highest sample of the whole picture.
    """

    def __init__(self, ends: Precise, stabiliser: Stabiliser | None) -> None:
        self._stabiliser = stabiliser
        ends = self._stable(ends)
        self._unit = max(float(ends[1]), -float(ends[0])) or 1.0  # for floats; nets need none

    def planes(self, filled: NDArray[Any]) -> Floats:
        """What the network sees, (3, h, w)."""
        planes = self._stable(precise(filled)).transpose(2, 0, 1)
        scaled = np.empty(planes.shape, np.float32)
        np.divide(planes, self._unit, out=scaled, casting="same_kind")
        return np.broadcast_to(scaled, (3, *scaled.shape[1:]))

    def maps(self, maps: Floats) -> Floats:
        """Noise level maps (2, h, w) in the network's scale."""
        return np.asarray(np.minimum(maps / np.float32(self._unit), np.float32(LOUDEST)))

    def without_noise(self, filled: NDArray[Any], noise: Floats, maps: Floats) -> Precise:
        """(h, w, 1 or 3) samples without the `noise` (3, h, w) that the network found."""
        if filled.shape[2] == 1:
            noise = noise.mean(axis=0, keepdims=True)
        bound = MOST * self.maps(maps).sum(axis=0)
        if bound.min() == bound.max():  # the usual case, and much faster as a number
            bound = bound[0, 0]
        found = np.clip(noise, -bound, bound)
        found *= self._unit
        exact = precise(filled)
        stable = self._stable(exact)
        left: Precise = stable - found.transpose(1, 2, 0)
        if self._stabiliser is None:
            return left
        weight = np.minimum(maps.max(axis=0), 1)[..., None]  # a bias is undone as far as it came
        plain = exact + (self._stabiliser.inverse(left) - self._stabiliser.inverse(stable))
        return np.asarray(plain + weight * (self._stabiliser.unbiased(left) - plain))

    def _stable(self, exact: Precise) -> Precise:
        return exact if self._stabiliser is None else self._stabiliser.forward(exact)
