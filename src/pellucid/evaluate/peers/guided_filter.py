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

    def mean(plane: NDArray[np.floating]) -> Doubles:
        return total(plane * weight, radius) / count

    planes = [*np.moveaxis(guide, 2, 0), noisy]
    centres = np.stack([mean(plane) for plane in planes], axis=-1)  # (H, W, 4)
    products = [mean(one * two) for one in planes for two in planes]
    spread = np.stack(products, axis=-1).reshape(*noisy.shape, 4, 4)
    spread -= centres[..., None] * centres[..., None, :]
    slope = np.linalg.solve(spread[..., :3, :3] + ridge * np.eye(3), spread[..., :3, 3:])[..., 0]
    offset = centres[..., 3] - (slope * centres[..., :3]).sum(axis=-1)
    slopes = np.stack([mean(slope[..., c]) for c in range(3)], axis=-1)
    result: Doubles = (slopes * guide).sum(axis=-1) + mean(offset)
    return result
