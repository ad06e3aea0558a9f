"""A picture of any size through a network of limited reach, window by window.

Windows overlap by the network's reach, so that every sample comes out as if the whole picture had
gone through at once, up to the rounding of floats. At the picture's edges the network sees what it
was trained on, zeros; to the right and below, sides are first made whole multiples by mirroring.
What a window needs is made when it is asked for, so that memory is bounded by a window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Run = Callable[[Floats, Floats], Floats]
Read = Callable[[slice, slice], tuple[Floats, Floats]]
Write = Callable[[slice, slice, Floats], None]
Skip = Callable[[slice, slice], None]

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
    skip: Skip = lambda _rows, _columns: None,
) -> None:
    """`run` over a picture of `size` (height, width).

    Args:
        run: (1, 3, h, w) and (1, 2, h, w) -> (1, 3, h, w), for h and w multiples of `multiple`.
        read: rows and columns -> the picture (3, h, w) and its maps (2, h, w) there.
        write: is given rows, columns and the result (3, h, w) there, wherever a map isn't 0.
        reach: samples around one that can change its result.
        window: side of what one run yields, a multiple of `multiple`.
        skip: is given rows and columns where nothing is to be done.
    """
    margin = -(-reach // multiple) * multiple
    for rows, outer_rows in spans(size[0], window, margin):
        for columns, outer_columns in spans(size[1], window, margin):
            noisy, maps = read(outer_rows, outer_columns)
            inner = (slice(None), within(rows, outer_rows), within(columns, outer_columns))
            if maps[inner].any():  # else nothing is to be taken off here
                result = run(whole(noisy, multiple), whole(maps, multiple))[0]
                write(rows, columns, result[inner])
            else:
                skip(rows, columns)


def spans(length: int, window: int, margin: int) -> Iterator[tuple[slice, slice]]:
    """Windows along one side: what each yields, and what it must see for that."""
    for start in range(0, length, window):
        stop = min(start + window, length)
        yield slice(start, stop), slice(max(0, start - margin), min(length, stop + margin))


def within(part: slice, outer: slice) -> slice:
    """`part` counted from the start of `outer`."""
    return slice(part.start - outer.start, part.stop - outer.start)


def whole(part: Floats, multiple: int) -> Floats:
    """(C, h, w) -> (1, C, h, w), contiguous, with sides made whole multiples by mirroring."""
    below, beyond = -part.shape[1] % multiple, -part.shape[2] % multiple
    if below or beyond:
        part = np.pad(part, ((0, 0), (0, below), (0, beyond)), "symmetric")
    return np.ascontiguousarray(part)[None]
