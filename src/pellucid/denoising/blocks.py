"""8x8 blocks of one channel, as many as estimates need, with what may spoil a block.

Noise shows where nothing else does. A block is left out when it is exactly constant (drawn, not
photographed) or touches a level at which the channel was clipped, where noise is cut off; or where
samples are invalid, as what stands in for them has no noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 8
SIZE = SIDE * SIDE
# Frequencies down and across of each coefficient, added: 0 for the mean, 14 for the finest.
ORDER = np.add(*np.divmod(np.arange(SIZE), SIDE))
_LINE = np.cos(np.pi / SIDE * (np.arange(SIDE) + 0.5) * np.arange(SIDE)[:, None])
_LINE *= math.sqrt(2 / SIDE)
_LINE[0] /= math.sqrt(2)
BASIS = np.kron(_LINE, _LINE)  # (64, 64), the orthonormal DCT-II, a frequency a row

MOST = 30_000  # blocks a channel
FINEST = 3  # samples between blocks; odd steps, so that a JPEG grid is met at every phase
CLIPPED_SHARE = 0.002  # of the samples at the very lowest or highest level: the channel clips there
CLIPPED_IN_BLOCK = 0.05
UNKNOWN_IN_BLOCK = 0.06
DRAWN_SHARE = 0.1  # of the blocks exactly constant: a drawing
LEAST_BLOCKS = 16
EQUAL_SHARE = 0.5
FEW = 4000  # blocks are enough to look at


def transform(blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blocks (N, 64), row by row, -> their coefficients (N, 64) in the order of `ORDER`."""
    return np.asarray(blocks @ BASIS.T.astype(np.float32))


@dataclass(frozen=True)
class Blocks:
    """Measurable blocks of a channel.

    Attributes:
        mean: (N,) average of each block.
        energy: (N, 64) squared DCT coefficients; its column 0 is 0.
        looked_at: how many blocks there are, those that can't be measured included.
        drawn: whether so many blocks are constant that the channel cannot be noisy.
    """

    mean: NDArray[np.float64]
    energy: NDArray[np.float32]
    looked_at: int
    drawn: bool

    @property
    def usable(self) -> bool:
        """Whether noise can be measured on them."""
        return not self.drawn and len(self.mean) >= max(LEAST_BLOCKS, self.looked_at // 100)


def take_blocks(plane: NDArray[np.float32], valid: NDArray[np.bool_] | None = None) -> Blocks:
    """The blocks of a channel (H, W), evenly over it, where it is `valid` (H, W)."""
    height, width = plane.shape
    if height < SIDE or width < SIDE:
        return Blocks(np.zeros(0), np.zeros((0, SIZE), np.float32), 0, False)
    step = FINEST
    while (height // step) * (width // step) > MOST:
        step += 2
    flat = blocks_of(plane, step)
    if valid is not None:
        flat, plane = flat[whole_blocks(valid, step)], plane[valid]
    low, high = flat.min(axis=1), flat.max(axis=1)
    mean = flat.mean(axis=1, dtype=np.float64)
    constant = low == high
    clipped, extreme = np.zeros((2, len(flat)), bool)
    for level, touched in ((plane.min(), low), (plane.max(), high)):
        if np.count_nonzero(plane == level) > CLIPPED_SHARE * plane.size:
            touches = np.flatnonzero(touched == level)
            clipped[touches] |= (flat[touches] == level).mean(axis=1) > CLIPPED_IN_BLOCK
            extreme[touches] = True
    drawn = bool(np.count_nonzero(constant & ~extreme) >= DRAWN_SHARE * len(flat))
    keep = ~constant & ~clipped
    kept = flat[keep]
    coefficients = transform(kept - mean[keep, None].astype(np.float32))
    coefficients[:, 0] = 0
    return Blocks(mean[keep], np.square(coefficients), len(mean), drawn or looks_drawn(kept))


def blocks_of(plane: NDArray[Any], step: int) -> NDArray[Any]:
    """(N, 64): the blocks of a plane that start at every `step`-th row and column."""
    views = np.lib.stride_tricks.sliding_window_view(plane, (SIDE, SIDE))[::step, ::step]
    return views.reshape(-1, SIZE)


def whole_blocks(valid: NDArray[np.bool_], step: int) -> NDArray[np.bool_]:
    """(N,): which blocks hold next to no unknown samples; all, if there are too few of such."""
    whole: NDArray[np.bool_] = blocks_of(~valid, step).mean(axis=1) <= UNKNOWN_IN_BLOCK
    enough = np.count_nonzero(whole) >= max(LEAST_BLOCKS, len(whole) // 100)
    return whole if enough else np.ones_like(whole)


def looks_drawn(blocks: NDArray[np.float32]) -> bool:
    """Whether in most of `blocks` (N, 64) most samples are exactly as their right neighbours."""
    if not len(blocks):
        return False
    rows = blocks[:: max(1, len(blocks) // FEW)].reshape(-1, SIDE, SIDE)
    equal = (rows[:, :, 1:] == rows[:, :, :-1]).mean(axis=(1, 2))
    return bool(np.median(equal) > EQUAL_SHARE)
