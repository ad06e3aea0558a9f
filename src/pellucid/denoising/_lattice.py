"""The step between the levels that a picture's samples can take, e.g. 1 in an 8-bit file.

Rounding to such steps is no noise worth taking off, and JPEG leaves its traces only there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_SAMPLES = 1 << 16
MOST_LEVELS = 1 << 16
TOLERANCE = 0.02  # of a step: float32 pictures are scaled by factors that are not exact


def level_step(samples: NDArray[np.float32]) -> float:
    """The step of `samples` (any shape), 0 when they are not multiples of one."""
    flat = samples.reshape(-1)
    levels = np.unique(flat[:: max(1, flat.size // MOST_SAMPLES)]).astype(np.float64)
    if len(levels) < 2:
        return 0.0
    peak = max(abs(levels[0]), abs(levels[-1]))
    for step in (1.0, 1 / 255):  # the usual ones, which a picture of few levels may not show
        if step * 1.5 < peak <= step * 255.1 and multiples(levels, step):
            return step
    gaps = np.diff(levels)
    step = float(gaps.min())
    if step <= peak / MOST_LEVELS or not multiples(levels - levels[0], step):
        return 0.0
    return step


def multiples(levels: NDArray[np.float64], step: float) -> bool:
    """Whether all levels are whole multiples of `step`."""
    ratio = levels / step
    return bool(np.abs(ratio - np.rint(ratio)).max() < TOLERANCE)
