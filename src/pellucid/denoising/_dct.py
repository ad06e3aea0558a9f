"""The orthonormal 8x8 DCT of many blocks at once: one matrix product."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

SIDE = 8
SIZE = SIDE * SIDE
ROW, COLUMN = np.divmod(np.arange(SIZE), SIDE)  # frequency down and across of each coefficient
ORDER = ROW + COLUMN  # 0 for the mean, 14 for the finest checkerboard


def cosines() -> NDArray[np.float64]:
    """The orthonormal DCT-II of 8 samples, (8, 8), a frequency a row."""
    k = np.arange(SIDE, dtype=np.float64)
    matrix = np.cos(np.pi / SIDE * (k[None] + 0.5) * k[:, None]) * math.sqrt(2 / SIDE)
    matrix[0] /= math.sqrt(2)
    return matrix


LINE = cosines()
BASIS = np.kron(LINE, LINE)  # (64, 64), a two-dimensional frequency a row


def transform(blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blocks (N, 64), row by row, -> their coefficients (N, 64) in the order of `ROW`, `COLUMN`."""
    product: NDArray[np.float32] = blocks @ BASIS.T.astype(np.float32)
    return product
