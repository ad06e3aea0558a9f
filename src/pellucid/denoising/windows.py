"""A picture of any size through a network of limited reach, window by window.

Windows overlap by the network's reach, so that every sample comes out as if the whole picture had
gone through at once, up to the rounding of floats. At the picture's edges the network sees what it
was trained on, zeros; to the right and below, sides are first made whole multiples by mirroring.
What a window needs is made when it is asked for, so that memory is bounded by a window.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pellucid.denoising.samples import Floats
from pellucid.pixels import Box, tiles_of

Run = Callable[[Floats, Floats], Floats]
Read = Callable[[Box], tuple[Floats, Floats]]
Write = Callable[[Box, Floats | None], None]

WINDOW = 1024  # samples a side, overlap not included


def run_windows(
    run: Run,
    read: Read,
    write: Write,
    size: tuple[int, int],
    *,
    multiple: int,
    reach: int,
    window: int = WINDOW,
) -> None:
    """`run` over a picture of `size` (height, width).

    Args:
        run: (1, 3, h, w) and (1, 2, h, w) -> (1, 3, h, w), for h and w multiples of `multiple`.
        read: a box -> the picture (3, h, w) and its noise level maps (2, h, w) there.
        write: is given a box and the result (3, h, w) there, None where its maps are 0.
        reach: samples around one that can change its result.
        window: side of what one run yields, a multiple of `multiple`.
    """
    margin = -(-reach // multiple) * multiple
    for box in tiles_of(size, window):
        outer = box.grown(margin, Box.whole(size))
        noisy, maps = read(outer)
        inner = (slice(None), *box.within(outer))
        if maps[inner].any():
            write(box, run(whole(noisy, multiple), whole(maps, multiple))[0][inner])
        else:
            write(box, None)


def whole(part: Floats, multiple: int) -> Floats:
    """(C, h, w) -> (1, C, h, w), contiguous, with sides made whole multiples by mirroring."""
    below, beyond = -part.shape[1] % multiple, -part.shape[2] % multiple
    if below or beyond:
        part = np.pad(part, ((0, 0), (0, below), (0, beyond)), "symmetric")
    return np.ascontiguousarray(part, np.float32)[None]
