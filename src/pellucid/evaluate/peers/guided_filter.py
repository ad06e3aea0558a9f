"""The guided filter with a colour guide (He, Sun and Tang 2010), the classical joint method.

In each window the picture is fitted as a linear function of the guide's three channels; what a
sample becomes is the mean of the fits of all windows it lies in.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.guide import total

Doubles = NDArray[np.float64]

RADII = (3, 6, 12)
RIDGES = (1e-3, 1e-2)  # epsilon, for a guide of 0-1


def guided_filter(
    noisy: Doubles, guide: Doubles, known: NDArray[np.bool_], radius: int, ridge: float
) -> Doubles:
    """`noisy` (H, W) filtered by `guide` (H, W, 3) of 0-1, from where it is `known`."""
    weight = known.astype(np.float64)
    count = np.maximum(total(weight, radius), 1)

    def mean(plane: Doubles) -> Doubles:
        return total(plane * weight, radius) / count

    channels = [guide[..., c] for c in range(3)]
    means = np.stack([mean(channel) for channel in channels], axis=-1)
    middle = mean(noisy)
    covariance = np.empty((*noisy.shape, 3, 3))
    shared = np.empty((*noisy.shape, 3))
    for i, one in enumerate(channels):
        shared[..., i] = mean(one * noisy) - means[..., i] * middle
        for j, two in enumerate(channels[: i + 1]):
            part = mean(one * two) - means[..., i] * means[..., j]
            covariance[..., i, j] = covariance[..., j, i] = part
    covariance += ridge * np.eye(3)
    slope = np.linalg.solve(covariance, shared[..., None])[..., 0]
    offset = middle - (slope * means).sum(axis=-1)
    slopes = np.stack([mean(slope[..., c]) for c in range(3)], axis=-1)
    result: Doubles = (slopes * guide).sum(axis=-1) + mean(offset)
    return result
