"""Invalid samples: found, filled in before the network, and put back after it.

A pixel is invalid where a colour sample isn't a finite number, has a sentinel's value (-9999,
-3.4e38: one of few values, far from all others), or is what the user names as no data. The fill
doesn't disturb its neighbours: averages of what is valid, coarser and coarser until nothing is
missing ("push-pull", Gortler et al. 1996).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.samples import Precise, precise

Range = tuple[float, float]

LOOKED_AT = 300  # samples a side, about, that say where most lie
SENTINEL = 1e4  # times as far from the middle as half of the levels: no light, and no noise
MOST_SENTINELS = 4  # values that lie so far; more are bright lights


def valid_pixels(
    colour: NDArray[Any], usual: Range | None, nodata: float | None = None
) -> NDArray[np.bool_]:
    """(H, W): where all channels of (H, W, C) are finite, in the usual range, and not `nodata`."""
    return finite_pixels(colour) & ~outside(colour, usual) & ~equal_to(colour, nodata)


def finite_pixels(colour: NDArray[Any]) -> NDArray[np.bool_]:
    """(H, W): where all channels of (H, W, C) are finite numbers."""
    if colour.dtype.kind != "f" or (finite := np.isfinite(colour)).all():
        return np.ones(colour.shape[:2], bool)  # the usual case, and much faster than by pixels
    return np.asarray(finite.all(axis=2))


def outside(colour: NDArray[Any], usual: Range | None) -> NDArray[np.bool_]:
    """(H, W): where a channel of (H, W, C) lies outside of the usual range, if there is one."""
    if usual is None:
        return np.zeros(colour.shape[:2], bool)
    low, high = usual
    return np.asarray(np.logical_or(colour < low, colour > high).any(axis=2))


def equal_to(colour: NDArray[Any], nodata: float | None) -> NDArray[np.bool_]:
    """(H, W): where all channels of (H, W, C) are `nodata`."""
    if nodata is None:
        return np.zeros(colour.shape[:2], bool)
    return np.asarray((colour == nodata).all(axis=2))


def range_step(shape: tuple[int, ...]) -> int:
    """Rows and columns from one sample to the next of those that tell the usual range."""
    return 1 + max(shape[:2]) // LOOKED_AT


def usual_range(some: NDArray[Any]) -> Range | None:
    """The range of what is no sentinel, from every `range_step`-th sample; None: there is none.

    The network would spoil what is near such a jump.
    """
    if some.dtype.kind != "f":
        return None
    values = some.astype(np.float64)
    levels = np.unique(values[np.isfinite(values)])  # once each, or a frequent one were the middle
    if not len(levels):
        return None
    middle = float(np.median(levels))
    reach = SENTINEL * float(np.median(np.abs(levels - middle)))
    most = float(np.finfo(some.dtype).max)
    low, high = max(middle - reach, -most), min(middle + reach, most)
    if not reach or np.count_nonzero((levels < low) | (levels > high)) > MOST_SENTINELS:
        return None
    return low, high


def fill_invalid(colour: NDArray[Any], valid: NDArray[np.bool_]) -> NDArray[Any]:
    """(H, W, C) itself if all of it is `valid` (H, W); else floats, filled where it isn't."""
    if valid.all():
        return colour
    floats = precise(colour)
    return np.stack([fill(floats[..., channel], valid) for channel in range(floats.shape[2])], 2)


def fill(plane: Precise, valid: NDArray[np.bool_]) -> Precise:
    """(H, W) with values where `valid`, made smooth elsewhere; 0 if nothing is valid."""
    if valid.all():
        return plane
    if not valid.any():
        return np.zeros_like(plane)
    height, width = plane.shape
    pad = ((0, height % 2), (0, width % 2))
    values = np.where(valid, plane, plane.dtype.type(0))
    total = quarter_sums(np.pad(values, pad))
    count = quarter_sums(np.pad(valid.astype(plane.dtype), pad))
    coarse = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    coarse = fill(coarse, count > 0)
    fine = coarse.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    return np.where(valid, plane, fine)


def quarter_sums(plane: Precise) -> Precise:
    """Quarters of the sums of 2 x 2 samples, which can't overflow."""
    height, width = plane.shape
    return np.asarray((plane / 4).reshape(height // 2, 2, width // 2, 2).sum(axis=(1, 3)))
