"""Colours that alpha hides, replaced by their visible surroundings.

Left as they are, they would cost bits and bleed into what can be seen. A hidden sample gets the
mean of the smallest square of a pyramid (2, 4, .. 64 samples a side, counted from the picture's
corner) in which something is visible, weighted by alpha, as premultiplied colours are. So colours
go on beyond an edge and get smoother away from it, and a sample's replacement doesn't depend on the
part it is read in. This is the pull-push of Gortler et al. ("The Lumigraph", 1996), with squares in
place of filters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 64  # samples a side of the largest square
LEVELS = 6

Whole = NDArray[np.int64]


def weights_of(alpha: NDArray[Any]) -> Whole:
    """How much each sample counts: its alpha; below 0, which a signed type can hold, is hidden."""
    return np.maximum(alpha.astype(np.int64), 0)


def filled(colour: NDArray[Any], weights: Whole, backdrop: Sequence[int]) -> NDArray[Any]:
    """Colours (h, w, C) with those of weight 0 replaced; the type stays.

    Args:
        colour: whole squares of BLOCK samples, but at the right and bottom edge of a picture.
        backdrop: (C,) the colour where no square shows anything.
    """
    hidden = weights == 0
    if not hidden.any():
        return colour
    height, width, channels = colour.shape
    grown = ((0, -height % BLOCK), (0, -width % BLOCK))
    weight = np.pad(weights, grown)
    sums = weight[..., None] * np.pad(colour, (*grown, (0, 0))).astype(np.int64)
    steps = []
    for _ in range(LEVELS):
        weight, sums = halved(weight), halved(sums)
        steps.append((weight, sums))
    found: Whole = np.broadcast_to(np.array(backdrop, np.int64), (1, 1, channels))
    found = np.broadcast_to(found, (*weight.shape, channels))
    for weight, sums in reversed(steps):
        if found.shape[0] != weight.shape[0]:
            found = found.repeat(2, axis=0).repeat(2, axis=1)
        known = np.maximum(weight, 1)[..., None]
        found = np.where(weight[..., None] > 0, sums // known, found)
    found = found.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    return np.where(hidden[..., None], found, colour).astype(colour.dtype)


def halved(values: Whole) -> Whole:
    """Sums over squares of 2 x 2."""
    rows: Whole = values[0::2] + values[1::2]
    return rows[:, 0::2] + rows[:, 1::2]
