"""A picture of any size through a network of limited reach, window by window.

Windows overlap by the network's reach, so that every sample comes out as if the whole picture had
gone through at once, up to the rounding of floats. At the picture's edges the network sees what it
was trained on, zeros; to the right and below, sides are first made whole multiples by mirroring.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pellucid.denoising.samples import Floats
from pellucid.pixels import Box, tiles_of

WINDOW = 1024  # samples a side, overlap not included


def windows(
    size: tuple[int, int], *, multiple: int, reach: int, window: int = WINDOW
) -> Iterator[tuple[Box, Box]]:
    """The windows of a picture of `size` (height, width), each with the larger box to be shown.

    Args:
        multiple: that sides of what is shown must have, see `whole`; `window` is one.
        reach: samples around one that can change its result.
        window: side of what one run yields.
    """
    margin = -(-reach // multiple) * multiple
    for box in tiles_of(size, window):
        yield box, box.grown(margin, Box.whole(size))


def whole(part: Floats, multiple: int) -> Floats:
    """(C, h, w) -> (1, C, h, w), contiguous, with sides made whole multiples by mirroring."""
    below, beyond = -part.shape[1] % multiple, -part.shape[2] % multiple
    if below or beyond:
        part = np.pad(part, ((0, 0), (0, below), (0, beyond)), "symmetric")
    return np.ascontiguousarray(part, np.float32)[None]
