"""The value of a plane that means no data, found by an encoder."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

APART = 64  # samples that aren't holes, at least
OFTEN = 0.01  # part of the samples that holes are, at least
MARGIN = 0.05  # part of the samples that a margin is, at least
TOGETHER = 0.9  # part of a margin's samples whose neighbour is of it, at least
ALONE = 0.1  # gap between a hole's value and the others, relative to their spread


def margin_of(plane: NDArray[np.int64]) -> int | None:
    """The least or greatest value, if so many samples have it that it may be a margin of no data.

    Within a bound it pays to keep those, as what surrounds them is then predicted from exact ones.
    """
    counts = {end: np.count_nonzero(plane == end) for end in (int(plane.min()), int(plane.max()))}
    end = max(counts, key=lambda value: counts[value])
    if not MARGIN * plane.size <= counts[end] <= plane.size - APART:
        return None
    inside = np.count_nonzero((plane[:, 1:] == end) & (plane[:, :-1] == end))
    return end if inside >= TOGETHER * counts[end] else None


def hole_of(plane: NDArray[np.int64], nodata: int | None) -> int | None:
    """The value that means no data: the one marked, or one at an end that stands apart from all."""
    low, high = int(plane.min()), int(plane.max())
    if nodata is not None:  # also where there is none, if one might come about
        count = np.count_nonzero(plane == nodata)
        return nodata if count < plane.size and (count or low < nodata < high) else None
    for end, inner in ((low, plane[plane > low]), (high, plane[plane < high])):
        if not APART <= inner.size < (1 - OFTEN) * plane.size:
            continue
        gap = int(inner.min()) - low if end == low else high - int(inner.max())
        if gap > ALONE * (int(inner.max()) - int(inner.min())):
            return end
    return None
