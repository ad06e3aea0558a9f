"""A small integer convolution that isn't worth a session: four taps a channel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class DiagonalKernel:
    """B from its four A neighbours, floor((sum + bias) / 2^shift), one channel at a time.

    Attributes:
        weight: (channels, 1, 3, 3) int8, of which only the corners are used.
        bias: (channels,) int32, the rounding half included.
        shift: (channels,) uint8.
    """

    weight: NDArray[np.int8]
    bias: NDArray[np.int32]
    shift: NDArray[np.uint8]

    def __call__(self, anchors: NDArray[np.int32]) -> NDArray[np.int32]:
        """Symbols of A (channels, h/2, w/2) -> values at B, of the same shape."""
        taps = self.weight.astype(np.int32)[:, 0, :, :, None, None]
        padded = np.pad(anchors, ((0, 0), (0, 1), (0, 1)))  # beyond the tile there is nothing
        total = np.broadcast_to(self.bias[:, None, None], anchors.shape).copy()
        total += taps[:, 0, 0] * padded[:, :-1, :-1] + taps[:, 0, 2] * padded[:, :-1, 1:]
        total += taps[:, 2, 0] * padded[:, 1:, :-1] + taps[:, 2, 2] * padded[:, 1:, 1:]
        return total >> self.shift[:, None, None]
