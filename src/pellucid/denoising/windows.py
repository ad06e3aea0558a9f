"""A picture of any size through a network of limited reach, window by window.

Windows overlap by the network's reach, so that every sample comes out as if the whole picture had
gone through at once, up to the rounding of floats. At the picture's edges the network sees what it
was trained on, zeros; to the right and below, sides are first made whole multiples by mirroring.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Run = Callable[[Floats, Floats], Floats]

WINDOW = 1024  # samples a side, overlap not included


def run_windows(
    run: Run, noisy: Floats, maps: Floats, *, multiple: int, reach: int, window: int = WINDOW
) -> Floats:
    """`run` over a picture (3, H, W) and its maps (2, H, W); returns (3, H, W).

    Args:
        run: (1, 3, h, w) and (1, 2, h, w) -> (1, 3, h, w), for h and w multiples of `multiple`.
        reach: samples around one that can change its result.
        window: side of what one run yields, a multiple of `multiple`.
    """
    height, width = noisy.shape[1:]
    below, beyond = -height % multiple, -width % multiple
    if below or beyond:
        pad = ((0, 0), (0, below), (0, beyond))
        noisy, maps = np.pad(noisy, pad, "symmetric"), np.pad(maps, pad, "symmetric")
    margin = -(-reach // multiple) * multiple
    out = np.empty((3, height, width), np.float32)
    for rows, outer_rows in spans(height, noisy.shape[1], window, margin):
        for columns, outer_columns in spans(width, noisy.shape[2], window, margin):
            if not maps[:, rows, columns].any():  # nothing is to be taken off here
                out[:, rows, columns] = 0
                continue
            outer = (slice(None), outer_rows, outer_columns)
            result = run(batch_of_one(noisy[outer]), batch_of_one(maps[outer]))[0]
            top, left = rows.start - outer_rows.start, columns.start - outer_columns.start
            part = result[:, top : top + rows.stop - rows.start]
            out[:, rows, columns] = part[..., left : left + columns.stop - columns.start]
    return out


def spans(length: int, padded: int, window: int, margin: int) -> Iterator[tuple[slice, slice]]:
    """Windows along one side: what each yields, and what it must see for that."""
    for start in range(0, length, window):
        stop = min(start + window, length)
        first, last = max(0, start - margin), min(padded, start + window + margin)
        yield slice(start, stop), slice(first, last)


def batch_of_one(part: Floats) -> Floats:
    """(C, h, w) -> (1, C, h, w), contiguous."""
    return np.ascontiguousarray(part)[None]
