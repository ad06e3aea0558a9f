"""How noisy a picture is, as an analysis that leaves the noise out is told: noise level maps.

As in the denoiser (`pellucid.denoising.plan`) there are two, of noise that is independent from
sample to sample and of processed noise. A transform can't see stabilised samples, as what it gives
must decode to plain ones; so noise that grows with brightness has a level by place, from the mean
of each 8x8 block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import SampleRange

WHITE = 255
STRONGEST = 75.0  # standard deviation in 0-255 that was trained


@dataclass(frozen=True)
class NoiseLevel:
    """Standard deviation, and where noise grows with brightness x, variance = slope * x + offset.

    All in the samples' unit, or in levels of 0-255 (`in_levels`). With a slope, `sigma` is what
    noise has at least.
    """

    sigma: float
    processed: bool = False
    slope: float = 0.0
    offset: float = 0.0

    def in_levels(self, found: SampleRange | None) -> NoiseLevel:
        """The same in the unit of the networks, for samples of this range; None is 8 bits."""
        if found is None:
            return self
        unit = WHITE / max(found.span, 1)
        offset = (self.slope * found.low + self.offset) * unit**2
        return NoiseLevel(self.sigma * unit, self.processed, self.slope * unit, offset)

    def times(self, strength: float) -> NoiseLevel:
        """The same, weaker."""
        square = strength**2
        return NoiseLevel(
            self.sigma * strength, self.processed, self.slope * square, self.offset * square
        )

    def highest(self) -> float:
        """Standard deviation at the brightness, 0-255, that has most; of a level in levels."""
        ends = (self.offset, self.slope * WHITE + self.offset, self.sigma**2)
        return float(max(ends)) ** 0.5 if self.slope else self.sigma

    def maps(self, blocks: NDArray[np.float32]) -> NDArray[np.float32]:
        """Blocks of levels (1, 192, h, w) -> the maps (1, 2, h, w), in the unit of these."""
        maps = np.zeros((1, 2, *blocks.shape[2:]), np.float32)
        level: NDArray[np.float32] | float = self.sigma
        if self.slope:
            variance = self.slope * blocks.mean(axis=1) + self.offset
            level = np.sqrt(np.maximum(variance, self.sigma**2))
        maps[:, int(self.processed)] = level
        return maps
