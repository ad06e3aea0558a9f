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
    step = looked_at(colour.shape)
    return beyond(colour, usual_range(colour[::step, ::step]))


def looked_at(shape: tuple[int, ...]) -> int:
    """Samples between those that say where most of a picture lie."""
    return 1 + max(shape[:2]) // LOOKED_AT


def usual_range(some: NDArray[Any]) -> tuple[float, float] | None:
    """The lowest and highest value that is no mark, from some of a picture; None: all."""
    if some.dtype.kind != "f":
        return None
    values = some.astype(np.float64)
    levels = np.unique(values[np.isfinite(values)])  # each once, or a frequent mark were the middle
    if not len(levels):
        return None
    middle = float(np.median(levels))
    reach = STRAY * float(np.median(np.abs(levels - middle)))
    most = float(np.finfo(some.dtype).max)
    low, high = max(middle - reach, -most), min(middle + reach, most)
    if not reach or np.count_nonzero((levels < low) | (levels > high)) > MOST_MARKS:
        return None
    return low, high


def beyond(colour: NDArray[Any], usual: tuple[float, float] | None) -> NDArray[np.bool_]:
    """(H, W): where a channel of (H, W, C) lies outside of the `usual` range, if there is one."""
    if usual is None:
        return np.zeros(colour.shape[:2], bool)
    low, high = usual
    return np.asarray(np.logical_or(colour < low, colour > high).any(axis=2))


def empty(colour: NDArray[Any], nodata: float | None) -> NDArray[np.bool_]:
    """(H, W): where all channels of (H, W, C) are `nodata`."""
    if nodata is None:
        return np.zeros(colour.shape[:2], bool)
    return np.asarray((colour == nodata).all(axis=2))
