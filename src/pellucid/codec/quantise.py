"""Rounding that knows what a symbol costs.

Plain rounding takes the nearest symbol. A symbol one nearer to zero is often so much cheaper that
the bits saved are worth more than the added error: rate-distortion optimised quantisation, done
here for each symbol on its own. Only the encoder does it; a decoder can't tell.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import MAX_SYMBOL

# Bits that a squared error of one quantiser step is worth. Where the step is what lambda asks for,
# step^2 * lambda * 255^2 = 18 / ln 2, and lambda counts the mean over three channels: 6 / ln 2.
ERROR_BITS = 6 / np.log(2)


def quantise(
    residual: NDArray[np.float32],
    index: NDArray[np.uint8],
    costs: NDArray[np.float32],
    skip: int,
) -> NDArray[np.int32]:
    """Residuals in quantiser steps -> symbols, int32 of the same shape.

    Args:
        residual: latent minus mean, any shape.
        index: table of each.
        costs: (T, S) bits of a symbol's magnitude 0..S-1 under each table.
        skip: tables below it hold no symbols, so these residuals become 0.
    """
    distance = np.abs(residual)
    places = np.flatnonzero((distance >= 0.5) & (index >= skip))
    symbols = np.zeros(residual.shape, np.int32)
    size = distance.ravel()[places]
    if not np.isfinite(size).all():
        raise ValueError("a latent is not a finite number")
    nearest = np.minimum(np.floor(size + 0.5), MAX_SYMBOL).astype(np.int32)
    table = index.ravel()[places]
    known = np.minimum(nearest, costs.shape[1] - 1)
    saved = costs[table, known] - costs[table, known - 1]
    added = ERROR_BITS * (2 * (size - nearest) + 1)  # (size - nearest + 1)^2 - (size - nearest)^2
    nearest -= (saved > added) & (nearest < costs.shape[1])
    symbols.ravel()[places] = np.where(residual.ravel()[places] < 0, -nearest, nearest)
    return symbols
