"""The windows in which a network sees a picture, each with what lies around it."""

from __future__ import annotations

from collections.abc import Iterator

from pellucid.pixels.box import Box, tiles_under
from pellucid.pixels.lazy import LARGE

WINDOW = 1024  # samples a side of a square one, overlap not included


def windows(
    size: tuple[int, int], *, multiple: int, reach: int, window: int = WINDOW
) -> Iterator[tuple[Box, Box]]:
    """The windows of a picture of `size` (height, width), each with the larger box to be shown.

    Of a large picture they are squares, as its file has them; else so few that little is shown
    twice.

    Args:
        multiple: that sides of what is shown must have, see `whole`; `window` is one.
        reach: samples around one that can change its result.
        window: side of a square; one with its surroundings is the most that is shown at once.
    """
    margin = -(-reach // multiple) * multiple
    squares = is_large(size)
    shape = (window, window) if squares else few_windows(size, margin, multiple, window)
    for _, box in tiles_under(Box.whole(size), size, shape):
        yield box, box.grown(margin, Box.whole(size))


def is_large(size: tuple[int, int]) -> bool:
    """Whether a picture of `size` (height, width) is one that is read and written in parts."""
    return size[0] * size[1] > LARGE


def few_windows(size: tuple[int, int], margin: int, multiple: int, window: int) -> tuple[int, int]:
    """Height and width of the windows with which least is shown in all; arguments as `windows`."""
    height, width = (-(-side // multiple) * multiple for side in size)
    most = (window + 2 * margin) ** 2
    found = []
    for down in range(1, 2 * -(-height // window) + 1):
        tall = -(-height // (down * multiple)) * multiple
        room = most // min(height, tall + 2 * margin)
        room -= 0 if room >= width else 2 * margin
        if room >= multiple:
            across = -(-width // (room // multiple * multiple))
            wide = -(-width // (across * multiple)) * multiple
            total = (height + 2 * margin * (down - 1)) * (width + 2 * margin * (across - 1))
            found.append((total, tall, wide))
    return min(found)[1:]
