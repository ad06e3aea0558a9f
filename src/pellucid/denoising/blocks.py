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
FINE = ORDER >= 8
MIDDLE = (ORDER >= 5) & (ORDER < 8)
HALVES = np.stack([ORDER % 2 == 0, ORDER % 2 == 1])  # each half of a checkerboard
# What is summed of a block's energy: the finest coefficients, for their mean; all others; each
# half; the middle ones of each half.
SUMS = np.stack([FINE / FINE.sum(), ~FINE, *HALVES, *(HALVES & MIDDLE)]).astype(np.float32)
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
AT_ONCE = 1500  # blocks that a processor's cache holds


def transform(blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blocks (64, N), row by row, -> their coefficients (64, N) in the order of `ORDER`."""
    count = blocks.shape[1]
    line = _LINE.astype(np.float32)
    across = line @ blocks.reshape(SIDE, SIDE * count)
    return np.asarray(line @ across.reshape(SIDE, SIDE, count)).reshape(SIZE, count)


def energies(blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blocks (64, N) -> their squared coefficients (64, N), that of the mean set to 0."""
    energy = transform(blocks - blocks.mean(axis=0))
    np.square(energy, out=energy)
    energy[0] = 0
    return energy


@dataclass(frozen=True)
class Blocks:
    """Measurable blocks of a channel.

    Attributes:
        mean: (N,) average of each block.
        sums: (6, N) `SUMS` of the energy of each.
        looked_at: how many blocks there are, those that can't be measured included.
        drawn: whether so many blocks are constant that the channel cannot be noisy.
        grid: (down, across, 8, 8) all of them.
        place: (N,) of each in the grid, counted line by line.
    """

    mean: NDArray[np.float64]
    sums: NDArray[np.float32]
    looked_at: int
    drawn: bool
    grid: NDArray[np.float32]
    place: NDArray[np.intp]

    @property
    def usable(self) -> bool:
        """Whether noise can be measured on them."""
        return not self.drawn and len(self.mean) >= max(LEAST_BLOCKS, self.looked_at // 100)

    def energy(self, which: NDArray[np.intp]) -> NDArray[np.float32]:
        """(64, n): squared DCT coefficients of some of the N; row 0 is 0."""
        down, across = np.divmod(self.place[which], self.grid.shape[1])
        return energies(np.ascontiguousarray(self.grid[down, across].reshape(-1, SIZE).T))


def take_blocks(plane: NDArray[np.float32], valid: NDArray[np.bool_] | None = None) -> Blocks:
    """The blocks of a channel (H, W), evenly over it, where it is `valid` (H, W)."""
    if min(plane.shape) < SIDE:
        none, grid = np.zeros(0, np.intp), np.zeros((0, 0, SIDE, SIDE), np.float32)
        return Blocks(np.zeros(0), np.zeros((len(SUMS), 0), np.float32), 0, False, grid, none)
    grid = grid_of(plane)
    seen = plane if valid is None else plane[valid]
    ends = [seen.min(), seen.max()]
    clips = [end for end in ends if np.count_nonzero(seen == end) > CLIPPED_SHARE * seen.size]
    down, across = grid.shape[:2]
    whole = None if valid is None else whole_blocks(valid)
    rows = max(1, AT_ONCE // across)
    strips = []
    for top in range(0, down, rows):
        blocks = columns_of(grid[top : top + rows])
        some = slice(None) if whole is None else whole[top * across : (top + rows) * across]
        strips.append(look_at(blocks[:, some], clips))
    mean, sums, constant, at_end, equal = (
        np.concatenate(found, axis=-1) for found in zip(*strips, strict=True)
    )
    keep = np.flatnonzero(~constant & (at_end <= CLIPPED_IN_BLOCK * SIZE))
    drawn = np.count_nonzero(constant & (at_end == 0)) >= DRAWN_SHARE * len(mean)
    place = keep if whole is None else np.flatnonzero(whole)[keep]
    return Blocks(
        mean[keep],
        sums[:, keep],
        len(mean),
        bool(drawn or looks_drawn(equal[keep])),
        grid,
        place,
    )


def look_at(blocks: NDArray[np.float32], clips: list[np.float32]) -> tuple[NDArray[Any], ...]:
    """Of blocks (64, N): mean; `SUMS` of the energy, (6, N); whether one is constant.

    And how many of its samples are at one of the levels where the channel `clips`, and how many
    exactly as their right neighbours.
    """
    rows = blocks.reshape(SIDE, SIDE, blocks.shape[1])
    equal = count_of((rows[:, 1:] == rows[:, :-1]).reshape(SIZE - SIDE, blocks.shape[1]))
    at_end = np.zeros_like(equal)
    for level in clips:
        np.maximum(at_end, count_of(blocks == level), out=at_end)
    constant = blocks.min(axis=0) == blocks.max(axis=0)
    mean = blocks.mean(axis=0, dtype=np.float64)
    return mean, SUMS @ energies(blocks), constant, at_end, equal


def count_of(true: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """(N,): how many of up to 255 rows (n, N) are true."""
    return np.asarray(true.view(np.uint8).sum(axis=0, dtype=np.uint8))


def grid_of(plane: NDArray[Any], most: int = MOST) -> NDArray[Any]:
    """(down, across, 8, 8): blocks of a plane, `most` at most, evenly over it."""
    height, width = plane.shape
    step = FINEST
    while (height // step) * (width // step) > most:
        step += 2
    return np.lib.stride_tricks.sliding_window_view(plane, (SIDE, SIDE))[::step, ::step]


def columns_of(grid: NDArray[Any]) -> NDArray[Any]:
    """(64, N): a block a column, so that its mean, and the like, are found fast."""
    return grid.transpose(2, 3, 0, 1).reshape(SIZE, -1)


def whole_blocks(valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(N,): which blocks hold next to no unknown samples; all, if there are too few of such."""
    unknown = count_of(columns_of(grid_of(~valid)))
    whole: NDArray[np.bool_] = unknown <= UNKNOWN_IN_BLOCK * SIZE
    enough = np.count_nonzero(whole) >= max(LEAST_BLOCKS, len(whole) // 100)
    return whole if enough else np.ones_like(whole)


def looks_drawn(equal: NDArray[np.uint8]) -> bool:
    """Whether in most of N blocks most samples, `equal` of 56, are as their right neighbours."""
    some = equal[:: max(1, len(equal) // FEW)]
    return len(some) > 0 and bool(np.median(some) > EQUAL_SHARE * (SIZE - SIDE))
