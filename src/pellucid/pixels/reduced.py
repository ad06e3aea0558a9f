"""A picture at 1/2, 1/4 or 1/8 of its size: each sample the mean of a square of samples.

The squares lie on the picture's own grid, so that a part of a reduced picture is that part of the
picture reduced; those at the right and lower edge may be cut. Nothing but the part at hand is in
memory. This is Pillow's `Image.reduce`, for all sample types and in parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.pixels.lazy import Sink

SCALES = (1, 2, 4, 8)


class Reduced:
    """A sink that hands the parts of a picture on to another one, reduced.

    Parts must begin at whole squares and end at whole ones or at the edge of the picture, as tiles
    do.

    Args:
        alpha: whether the last channel is alpha; then colours count by how opaque they are.
    """

    def __init__(self, sink: Sink, scale: int, *, alpha: bool) -> None:
        self._sink, self._scale, self._alpha = sink, scale, alpha

    def __setitem__(self, key: tuple[slice, slice], samples: Any) -> None:
        rows, columns = (
            slice(side.start // self._scale, -(-side.stop // self._scale)) for side in key
        )
        self._sink[rows, columns] = reduce(samples, self._scale, alpha=self._alpha)


def reduce(samples: NDArray[Any], scale: int, *, alpha: bool = False) -> NDArray[Any]:
    """Samples (h, w, C) -> (h / scale, w / scale, C), sides rounded up, of the same type.

    Whole samples are rounded, halves up. What isn't finite makes its square so.
    """
    found = means(samples, scale)
    if alpha:
        opacity, total = samples[..., -1:].astype(np.float64), found[..., -1:]
        with np.errstate(divide="ignore", invalid="ignore"):
            colours = means(samples[..., :-1] * opacity, scale) / total
        np.copyto(found[..., :-1], colours, where=total > 0)  # else all is transparent
    found = found if samples.dtype.kind == "f" else np.floor(found + 0.5)
    return found.astype(samples.dtype)


def means(values: NDArray[Any], scale: int) -> NDArray[np.float64]:
    """The mean of each square of (h, w, C)."""
    height, width = values.shape[:2]
    sums = sums_of_rows(sums_of_rows(values, scale).swapaxes(0, 1), scale).swapaxes(0, 1)
    tall, wide = (np.diff([*range(0, side, scale), side]) for side in (height, width))
    result: NDArray[np.float64] = sums / (tall[:, None, None] * wide[:, None])
    return result


def sums_of_rows(values: NDArray[Any], scale: int) -> NDArray[np.float64]:
    """The sum of each `scale` rows of (h, w, C); no copy of all `values` is made."""
    sums = np.zeros((-(-len(values) // scale), *values.shape[1:]))
    for first in range(min(scale, len(values))):
        rows = values[first::scale]
        sums[: len(rows)] += rows
    return sums
