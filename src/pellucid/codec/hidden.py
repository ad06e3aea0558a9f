"""Colours that alpha hides, replaced by their visible surroundings.

Left as they are, they would cost bits and bleed into what can be seen. This is the pull-push of
Gortler et al. ("The Lumigraph", 1996): means over squares of 2, 4, .. 64 samples a side, counted
from the picture's corner and weighted by alpha, as premultiplied colours are; then back down, where
a square in which nothing is visible gets what lies between the larger squares around it. So colours
go on beyond an edge and get smoother away from it. Whole squares around a part, and one more on
each side, give the part what the whole picture would: on the way down an edge that isn't the
picture's is felt for 32 + 16 + .. + 1 samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 64  # samples a side of the largest square
MARGIN = BLOCK  # samples around a part that decide what it gets
LEVELS = 6
FINE = 256  # means are whole numbers of this part of a sample

Whole = NDArray[np.int64]


def weights_of(alpha: NDArray[Any]) -> Whole:
    """How much each sample counts: its alpha; below 0, which a signed type can hold, is hidden."""
    return np.maximum(alpha.astype(np.int64), 0)


def filled(colour: NDArray[Any], weights: Whole, backdrop: Sequence[int]) -> NDArray[Any]:
    """Colours (h, w, C) with those of weight 0 replaced; the type stays.

    Args:
        colour: whole squares of BLOCK samples, but at the right and bottom edge of a picture.
        backdrop: (C,) the colour of squares of BLOCK in which nothing is visible.
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
        steps.append((weight[..., None], sums))
    found = np.empty((*weight.shape, channels), np.int64)
    found[...] = np.array(backdrop, np.int64) * FINE
    for level, (weight, sums) in enumerate(reversed(steps)):
        found = doubled(found) if level else found
        found = np.where(weight > 0, FINE * sums // np.maximum(weight, 1), found)
    found = (doubled(found)[:height, :width] + FINE // 2) // FINE
    return np.where(hidden[..., None], found, colour).astype(colour.dtype)


def halved(values: Whole) -> Whole:
    """Sums over squares of 2 x 2."""
    rows: Whole = values[0::2] + values[1::2]
    return rows[:, 0::2] + rows[:, 1::2]


def doubled(values: Whole) -> Whole:
    """(h, w, C) -> (2 h, 2 w, C): three parts of the nearest and one of the next, each way."""
    tall = np.pad(values, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = np.empty((2 * values.shape[0], *tall.shape[1:]), np.int64)
    rows[0::2], rows[1::2] = 3 * tall[1:-1] + tall[:-2], 3 * tall[1:-1] + tall[2:]
    out = np.empty((*rows.shape[:1], 2 * values.shape[1], values.shape[2]), np.int64)
    out[:, 0::2] = 3 * rows[:, 1:-1] + rows[:, :-2]
    out[:, 1::2] = 3 * rows[:, 1:-1] + rows[:, 2:]
    return (out + 8) // 16
