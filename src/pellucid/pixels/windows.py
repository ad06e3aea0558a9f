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
    twice, and all shown boxes, made whole multiples, are of one size.

    Args:
        multiple: that sides of what is shown must have; `window` is one.
        reach: samples around one that can change its result.
        window: side of a square; one with its surroundings is the most that is shown at once.
    """
    margin = -(-reach // multiple) * multiple
    picture = Box.whole(size)
    if is_large(size):
        for _, box in tiles_under(picture, size, window):
            yield box, box.grown(margin, picture)
        return
    whole = [-(-side // multiple) * multiple for side in size]
    down, across = few_windows(whole, margin, multiple, window)
    columns = spans(whole[1], margin, across, multiple)
    for y, bottom, top, low in spans(whole[0], margin, down, multiple):
        for x, right, left, far in columns:
            box, outer = Box(y, x, bottom - y, right - x), Box(top, left, low - top, far - left)
            yield box.overlap(picture), outer.overlap(picture)


def is_large(size: tuple[int, int]) -> bool:
    """Whether a picture of `size` (height, width) is one that is read and written in parts."""
    return size[0] * size[1] > LARGE


def few_windows(size: list[int], margin: int, multiple: int, window: int) -> tuple[int, int]:
    """How many windows there are, one below the other and side by side, if least is shown in all;
    arguments as `windows`, sides whole multiples.
    """
    most = (window + 2 * margin) ** 2
    found = []
    for down in counts(size[0], margin, window):
        tall = shown(size[0], margin, down, multiple)
        for across in counts(size[1], margin, window):
            wide = shown(size[1], margin, across, multiple)
            if tall * wide <= most:
                found.append((down * tall * across * wide, down, across))
                break
    return min(found)[1:]


def counts(side: int, margin: int, window: int) -> range:
    """In how many windows a side may be cut."""
    return range(1, 2 + 2 * side // window if side > 2 * margin else 2)


def shown(side: int, margin: int, count: int, multiple: int) -> int:
    """What each of `count` windows shows of a side, with its surroundings."""
    return -(-(side + 2 * margin * (count - 1)) // (count * multiple)) * multiple


def spans(side: int, margin: int, count: int, multiple: int) -> list[tuple[int, int, int, int]]:
    """Where `count` windows along a side begin and end, and where what they show does."""
    length = shown(side, margin, count, multiple)
    first = [min(number * (length - 2 * margin), side - length) for number in range(count)]
    begins = [0, *(start + margin for start in first[1:])]
    ends = [*begins[1:], side]
    return [
        (begin, end, start, start + length)
        for begin, end, start in zip(begins, ends, first, strict=True)
    ]
