"""Where an error is seen less: texture masks it, smooth surroundings show it.

Contrast masking, as adaptive quantisation in video encoders has it: an error's weight falls with a
power of the local variance. Constants were chosen on training photographs (`docs/models.md`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RADIUS = 8  # samples on each side that are looked at
FLOOR = 16.0  # variance (of samples 0-255) that hides nothing
USUAL = 256.0  # variance at which an error weighs 1
POWER = 0.5
LEAST, MOST = 0.25, 4.0


def visibility(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Samples (H, W, C), 0-255 -> how much a squared error at each place counts (H, W)."""
    grey = samples.mean(axis=2, dtype=np.float32)
    mean = local_mean(grey)
    variance = np.maximum(local_mean(np.square(grey)) - np.square(mean), 0)
    weight = ((variance + FLOOR) / USUAL) ** -POWER
    return np.clip(weight, LEAST, MOST).astype(np.float32)


def local_mean(plane: NDArray[np.float32]) -> NDArray[np.float64]:
    """Means over squares around each sample; beyond the edge the last goes on."""
    found = np.pad(plane.astype(np.float64), RADIUS, mode="edge")
    for _ in range(2):
        sums = np.cumsum(found, axis=0)
        sums = np.vstack([np.zeros_like(sums[:1]), sums])
        width = 2 * RADIUS + 1
        found = ((sums[width:] - sums[:-width]) / width).T
    return found
