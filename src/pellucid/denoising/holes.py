"""Samples that are no numbers are filled in before the network and put back after it.

A fill that doesn't disturb their neighbours: averages of what is known, coarser and coarser until
nothing is missing ("push-pull", Gortler et al. 1996).

Numbers that stand for no measurement (-9999, -3.4e38) are treated alike: `strays`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

LOOKED_AT = 300  # samples a side, about, that say where most lie
STRAY = 1e4  # times as far from the middle as half of the levels: no light, and no noise
MOST_MARKS = 4  # values that lie so far; more are bright lights


def fill_holes(plane: Floats, known: NDArray[np.bool_]) -> Floats:
    """(H, W) with values where `known`, made smooth elsewhere; 0 if nothing is known."""
    if known.all():
        return plane
    if not known.any():
        return np.zeros_like(plane)
    height, width = plane.shape
    pad = ((0, height % 2), (0, width % 2))
    values = np.where(known, plane, plane.dtype.type(0))
    total = sums(np.pad(values, pad))
    count = sums(np.pad(known.astype(plane.dtype), pad))
    coarse = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    coarse = fill_holes(coarse, count > 0)
    fine = coarse.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    return np.where(known, plane, fine)


def sums(plane: Floats) -> Floats:
    """Quarters of the sums of 2 x 2 samples, which can't overflow."""
    height, width = plane.shape
    total: Floats = (plane / 4).reshape(height // 2, 2, width // 2, 2).sum(axis=(1, 3))
    return total


def strays(colour: NDArray[Any]) -> NDArray[np.bool_]:
    """(H, W): where a float of (H, W, C) is a mark, one of few values and far from all others.

    The network would spoil what is near such a jump.
    """
    none = np.zeros(colour.shape[:2], bool)
    if colour.dtype.kind != "f":
        return none
    step = 1 + max(colour.shape[:2]) // LOOKED_AT
    some = colour[::step, ::step].astype(np.float64)
    levels = np.unique(some[np.isfinite(some)])  # each once, or a frequent mark were the middle
    if not len(levels):
        return none
    middle = float(np.median(levels))
    reach = STRAY * float(np.median(np.abs(levels - middle)))
    most = float(np.finfo(colour.dtype).max)
    low, high = max(middle - reach, -most), min(middle + reach, most)
    if not reach or np.count_nonzero((levels < low) | (levels > high)) > MOST_MARKS:
        return none
    return np.asarray(np.logical_or(colour < low, colour > high).any(axis=2))
