"""The order of a plane's samples: a coarse lattice first, then three passes to each finer one.

    level 5: every 32nd sample each way, as it is.  Then, for each level down to 0, of the samples
    2^level apart:

        o h o h      o  known from the level above
        v c v c      c  first pass: between four corners
        o h o h      h  second: known left, right, above and below
        v c v c      v  third: these and the h around

Each pass knows samples on all sides of the one it predicts, and can be decoded all at once. The
idea of coding a lattice between known samples is that of FLIF's interlacing (Sneyers and Wuille
2016); predictors fitted to each tile and class follow MRP (Matsuda et al. 2000).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating[Any]]  # integers, in float64 where matrices are multiplied
TOP = 5  # level of the first lattice
REACH = 3  # samples around one that a pass looks at, each way, on its level
Offsets = tuple[tuple[int, int], ...]  # (down, right)


@dataclass(frozen=True)
class Pass:
    """One of the three: which samples it gives, and which around each it knows.

    Attributes:
        first: row and column of its first sample; the others follow at every second.
        own: samples of the same plane, the four next ones before all others.
        other: samples of a plane that is whole already, the one in the same place first.
    """

    first: tuple[int, int]
    own: Offsets
    other: Offsets


CENTRE: Offsets = ((0, 0),)
CROSS: Offsets = ((-1, 0), (1, 0), (0, -1), (0, 1))
CORNERS: Offsets = ((-1, -1), (-1, 1), (1, -1), (1, 1))


def _around(nearest: Offsets, *, third: bool) -> Offsets:
    """What the second or third pass knows within REACH steps, `nearest` first."""
    span = range(-REACH, REACH + 1)
    known = [
        (y, x)
        for y, x in product(span, span)
        if abs(y) + abs(x) <= REACH and ((y + x) % 2 or (third and y % 2))
    ]
    return nearest + tuple(offset for offset in known if offset not in nearest)


_SIDES = (-3, -1, 1, 3)
_WIDE: Offsets = tuple(product(_SIDES, _SIDES))
PASSES = (
    Pass((1, 1), CORNERS + tuple(o for o in _WIDE if o not in CORNERS), CENTRE + CORNERS + CROSS),
    Pass((0, 1), _around(CROSS, third=False), CENTRE + CROSS),
    Pass((1, 0), _around(CROSS, third=True), CENTRE + CROSS),
)


def level(plane: Plane, number: int) -> Plane:
    """The samples of a plane 2^number apart."""
    return plane[:: 1 << number, :: 1 << number]


def upsampled(coarse: Plane, shape: tuple[int, int]) -> Plane:
    """The next finer level: known samples in place, and copies of them where none is known yet."""
    return coarse.repeat(2, axis=0).repeat(2, axis=1)[: shape[0], : shape[1]]


def padded(plane: Plane) -> Plane:
    """Mirrored by REACH samples each way about its first and last ones.

    A mirrored row or column has the parity of the one it stands for, so it is known in the same
    passes.
    """
    rows, columns = (_mirror(length) for length in plane.shape)
    return plane[rows[:, None], columns]


def _mirror(length: int) -> NDArray[np.intp]:
    """Where each place from -REACH to length + REACH - 1 is found."""
    place = np.arange(-REACH, length + REACH)
    if length == 1:
        return np.zeros_like(place)
    period = 2 * (length - 1)
    folded = np.abs(place) % period
    mirrored: NDArray[np.intp] = np.minimum(folded, period - folded)
    return mirrored


def shifted(around: Plane, step: Pass, offset: tuple[int, int], shape: tuple[int, int]) -> Plane:
    """From a `padded` plane: the sample at `offset` from each of the pass's, (rows, columns)."""
    top, left = (REACH + first + move for first, move in zip(step.first, offset, strict=True))
    rows, columns = count(shape, step)
    return around[top : top + 2 * rows : 2, left : left + 2 * columns : 2]


def count(shape: tuple[int, int], step: Pass) -> tuple[int, int]:
    """Rows and columns that a pass gives on a level of `shape`."""
    rows, columns = ((n - first + 1) // 2 for n, first in zip(shape, step.first, strict=True))
    return rows, columns


def place(plane: Plane, step: Pass) -> Plane:
    """The pass's samples of a level, as a view."""
    return plane[step.first[0] :: 2, step.first[1] :: 2]
