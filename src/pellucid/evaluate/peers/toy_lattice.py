"""Which samples of a picture are known when the next are guessed: coarse to fine, by whole passes.

Every eighth sample of every eighth row comes first. Then each level halves the distance in two
passes: the centres between four known samples, and what then has known samples above, below and
beside it. A pass needs no sample of its own, so a decoder guesses all of it in one call; sample by
sample, as an article would have it, a forest would take seconds a picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float64]  # (H, W)
Places = NDArray[np.intp]

COARSEST = 4  # distance that the first level fills in
NEAR = 4  # how many of the neighbours are the nearest
_CENTRES = [(-1, -1), (-1, 1), (1, -1), (1, 1)] + [
    (y, x) for y in (-3, -1, 1, 3) for x in (-3, -1, 1, 3) if 3 in (abs(y), abs(x))
]
_SIDES = [(-1, 0), (0, -1), (0, 1), (1, 0)] + [
    (y, x) for y in range(-3, 4) for x in range(-3, 4) if (y + x) % 2 and 1 < abs(y) + abs(x) <= 3
]


@dataclass(frozen=True)
class Pass:
    """Samples that are guessed at once.

    Attributes:
        rows, columns: (P,) where they lie.
        near_rows, near_columns: (P, 16) their known neighbours, the four nearest first.
        step: the distance to these: 4, 2 or 1.
        sides: whether those are above, below and beside, not at the corners.
    """

    rows: Places
    columns: Places
    near_rows: Places
    near_columns: Places
    step: int
    sides: bool


@cache
def base_of(height: int, width: int) -> tuple[Places, Places]:
    """Rows and columns of what comes first."""
    rows, columns = np.mgrid[0 : height : 2 * COARSEST, 0 : width : 2 * COARSEST]
    return rows.ravel(), columns.ravel()


@cache
def passes_of(height: int, width: int) -> tuple[Pass, ...]:
    """All passes after it, in order; sides must be at least 8."""
    found = []
    rows, columns = (axis.ravel() for axis in np.mgrid[0:height, 0:width])
    for step in (4, 2, 1):
        odd_rows, odd_columns = rows % (2 * step) == step, columns % (2 * step) == step
        on_grid = (rows % step == 0) & (columns % step == 0)
        for sides, chosen, offsets in (
            (False, odd_rows & odd_columns, _CENTRES),
            (True, (odd_rows ^ odd_columns) & on_grid, _SIDES),
        ):
            y, x = rows[chosen], columns[chosen]
            dy, dx = step * np.array(offsets).T
            near_rows = _folded(y[:, None] + dy, height, 2 * step)
            near_columns = _folded(x[:, None] + dx, width, 2 * step)
            found.append(Pass(y, x, near_rows, near_columns, step, sides))
    return tuple(found)


def features_of(done: Pass, known: list[Plane], number: int) -> tuple[Plane, Plane, Plane]:
    """What is known around the samples of a pass.

    Args:
        known: the planes; those before `number` whole, that one as far as the passes before.

    Returns:
        (P, F) features, (P,) mean of the four nearest, (P,) how far these are apart. Where another
        plane departs from its own four nearest is a feature: that is how colours help each other.
    """
    near = known[number][done.near_rows, done.near_columns]
    mean, spread = near[:, :NEAR].mean(axis=1), np.ptp(near[:, :NEAR], axis=1)
    apart = np.zeros((len(mean), 2))
    for place, plane in enumerate(known[:number][-2:]):
        others = plane[done.near_rows[:, :NEAR], done.near_columns[:, :NEAR]].mean(axis=1)
        apart[:, place] = plane[done.rows, done.columns] - others
    where = np.empty((len(mean), 4))
    where[:] = (0, 32 * np.log2(done.step), 32 * done.sides, 32 * number)
    where[:, 0] = mean / 4
    return np.hstack([near - mean[:, None], apart, where]), mean, spread


def _folded(places: NDArray[np.intp], size: int, period: int) -> NDArray[np.intp]:
    """Those outside brought inside by whole periods, so that they stay known."""
    below = np.where(places < 0, places + period * -(places // period), places)
    over = np.maximum(below - (size - 1), 0)
    return np.asarray(below - period * -(-over // period), np.intp)
