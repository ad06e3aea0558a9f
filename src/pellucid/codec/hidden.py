"""Colours that alpha hides, replaced by their visible surroundings.

Left as they are, they would cost bits and bleed into what can be seen. This is the pull-push of
Gortler et al. ("The Lumigraph", 1996): means over squares of 2, 4, .. 64 samples a side, counted
from the picture's corner and weighted by alpha, as premultiplied colours are; then back down, where
a square in which nothing is visible gets what lies between the larger squares around it. So colours
go on beyond an edge and get smoother away from it. Whole squares around a part, and one more on
each side, give the part what the whole picture would: on the way down an edge that isn't the
picture's is felt for 32 + 16 + .. + 1 samples. Only squares in which something is hidden are gone
down into, each with one value more on each side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

BLOCK = 64  # samples a side of the largest square
MARGIN = BLOCK  # samples around a part that decide what it gets
LEVELS = 6
FINE = 256  # means are whole numbers of this part of a sample

Whole = NDArray[np.signedinteger[Any]]


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
    corners = _corners(hidden)
    if not len(corners):
        return colour
    steps = _sums(colour, weights)
    found = np.array(backdrop, steps[0][1].dtype)[:, None, None, None] * FINE
    for level, step in enumerate(reversed(steps)):
        weight, sums = (_around(values, corners, 2**level) for values in step)
        found = doubled(found) if level else found
        found = np.where(weight > 0, FINE * sums // np.maximum(weight, 1), found)
    found = (doubled(found)[..., 1:-1, 1:-1] + FINE // 2) // FINE
    result = colour.copy()
    for number, (y, x) in enumerate(corners * BLOCK):
        square = slice(y, y + BLOCK), slice(x, x + BLOCK)
        where = hidden[square]
        new = found[:, number, : where.shape[0], : where.shape[1]].transpose(1, 2, 0)
        np.copyto(result[square], new, casting="unsafe", where=where[..., None])
    return result


def _corners(hidden: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(N, 2) row and column, in squares of BLOCK, of those in which something is hidden."""
    rows = np.logical_or.reduceat(hidden, np.arange(0, hidden.shape[0], BLOCK), axis=0)
    return np.argwhere(np.logical_or.reduceat(rows, np.arange(0, hidden.shape[1], BLOCK), axis=1))


def _sums(colour: NDArray[Any], weights: Whole) -> list[tuple[Whole, Whole]]:
    """Of squares of 2, 4, .. BLOCK: weights (h, w) and sums of weighted colours (C, h, w)."""
    limits = np.iinfo(colour.dtype)
    most = BLOCK**2 * FINE * max(limits.max, -limits.min) * max(int(weights.max()), 1)
    exact = np.int64 if most > np.iinfo(np.int32).max else np.int32
    grown = [(0, -side % BLOCK) for side in weights.shape]
    weight = np.pad(weights.astype(exact), grown)
    sums = np.pad(colour.transpose(2, 0, 1), ((0, 0), *grown)) * weight
    steps = []
    for _ in range(LEVELS):
        weight, sums = halved(weight), halved(sums)
        steps.append((weight, sums))
    return steps


def _around(values: Whole, corners: NDArray[np.intp], side: int) -> Whole:
    """(.., h, w) -> (.., N, side + 2, side + 2): squares of `side` and one value on each side."""
    values = np.pad(values, [*[(0, 0)] * (values.ndim - 2), (1, 1), (1, 1)], mode="edge")
    windows = sliding_window_view(values, (side + 2, side + 2), axis=(-2, -1))
    return windows[..., corners[:, 0] * side, corners[:, 1] * side, :, :]


def halved(values: Whole) -> Whole:
    """Sums over squares of 2 x 2 of values (.., h, w)."""
    rows: Whole = values[..., 0::2, :] + values[..., 1::2, :]
    return rows[..., 0::2] + rows[..., 1::2]


def doubled(values: Whole) -> Whole:
    """(.., h, w) -> (.., 2 h - 2, 2 w - 2): three parts of the nearest and one of the next."""
    rows = _finer(values.swapaxes(-2, -1)).swapaxes(-2, -1)
    return (_finer(rows) + 8) // 16


def _finer(values: Whole) -> Whole:
    near, far = values[..., :-1], values[..., 1:]
    return np.stack((3 * near + far, near + 3 * far), axis=-1).reshape(*values.shape[:-1], -1)
