"""Residuals to symbols: the nearest integer, or nothing where the tables hold nothing.

Rate-distortion optimised rounding (a symbol one nearer to zero where the bits saved are worth the
error added) was measured and left out: at best it saved 0.7 % of rate, at the weight that theory
gives it cost 1 to 7 % (`docs/models.md`). The trained analysis already shrinks what isn't worth it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pellucid.entropy import MAX_SYMBOL


def quantise(
    residual: NDArray[np.float32], index: NDArray[np.uint8], skip: int
) -> NDArray[np.int32]:
    """Residuals in quantiser steps -> symbols, int32 of the same shape.

    Args:
        residual: latent minus mean, any shape.
        index: table of each.
        skip: tables below it hold no symbols, so these residuals become 0.

    Raises:
        ValueError: a residual isn't a finite number.
    """
    if not np.isfinite(residual).all():
        raise ValueError("a latent is not a finite number")
    symbols = np.clip(np.rint(residual), -MAX_SYMBOL, MAX_SYMBOL)
    symbols *= index >= skip
    return symbols.astype(np.int32)
