"""The scale in which the network sees samples: stabilised if noise grows with them, and below 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.samples import precise
from pellucid.denoising.vst import Stabiliser

Floats = NDArray[np.float32]
Precise = NDArray[np.floating[Any]]

MOST = 4.0  # standard deviations taken off a sample at most, so that a little strength does little
LOUDEST = 1e4  # noise over the largest sample, at most; far beyond use, and floats hold it


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
        scaled: Floats = np.minimum(maps / np.float32(self._unit), np.float32(LOUDEST))
        return scaled

    def without_noise(self, filled: NDArray[Any], noise: Floats, maps: Floats) -> Precise:
        """(h, w, 1 or 3) samples without the `noise` (3, h, w) that the network found."""
        if filled.shape[2] == 1:
            noise = noise.mean(axis=0, keepdims=True)
        bound = MOST * self.maps(maps).sum(axis=0)
        found = np.clip(noise, -bound, bound) * self._unit
        exact = precise(filled)
        stable = self._stable(exact)
        left: Precise = stable - found.transpose(1, 2, 0)
        if self._stabiliser is None:
            return left
        weight = np.minimum(maps.max(axis=0), 1)[..., None]  # a bias is undone as far as it came
        plain = exact + (self._stabiliser.inverse(left) - self._stabiliser.inverse(stable))
        mixed: Precise = plain + weight * (self._stabiliser.unbiased(left) - plain)
        return mixed

    def _stable(self, exact: Precise) -> Precise:
        return exact if self._stabiliser is None else self._stabiliser.forward(exact)
