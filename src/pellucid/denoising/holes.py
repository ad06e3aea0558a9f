"""Samples that are no numbers are filled in before the network and put back after it.

A fill that doesn't disturb their neighbours: averages of what is known, coarser and coarser until
nothing is missing ("push-pull", Gortler et al. 1996).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


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
    """Sums of 2 x 2 samples."""
    height, width = plane.shape
    total: Floats = plane.reshape(height // 2, 2, width // 2, 2).sum(axis=(1, 3))
    return total
