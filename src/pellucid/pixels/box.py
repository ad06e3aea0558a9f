"""Rectangles in a picture, and the tiles of a grid that lie under one.

Rows come first, as in NumPy: a box is `(y, x, height, width)`, and `array[box.slices]` is what lies
in it. The public `region` of the API, `(x, y, width, height)`, becomes one by `Box.of_region`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a grid of samples, tiles or latents: its first row and column, and its sides.

    >>> Box(0, 0, 100, 100).overlap(Box(90, 40, 20, 20))
    Box(y=90, x=40, height=10, width=20)
    """

    y: int
    x: int
    height: int
    width: int

    @classmethod
    def of_region(cls, region: Sequence[int]) -> Box:
        """The box of `(x, y, width, height)`, the order of the API, the commands and file headers.

        >>> Box.of_region((1, 2, 30, 40))
        Box(y=2, x=1, height=40, width=30)
        """
        x, y, width, height = region
        return cls(y, x, height, width)

    @classmethod
    def whole(cls, shape: Sequence[int]) -> Box:
        """All of an array of `shape` (height, width, ...)."""
        return cls(0, 0, shape[0], shape[1])

    @property
    def region(self) -> tuple[int, int, int, int]:
        """`(x, y, width, height)`."""
        return self.x, self.y, self.width, self.height

    @property
    def bottom(self) -> int:
        """First row that is no longer inside."""
        return self.y + self.height

    @property
    def right(self) -> int:
        """First column that is no longer inside."""
        return self.x + self.width

    @property
    def size(self) -> int:
        """Samples inside."""
        return self.height * self.width

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns."""
        return slice(self.y, self.bottom), slice(self.x, self.right)

    def within(self, outer: Box) -> tuple[slice, slice]:
        """Rows and columns of this box in an array that holds `outer`."""
        top, left = self.y - outer.y, self.x - outer.x
        return slice(top, top + self.height), slice(left, left + self.width)

    def overlap(self, other: Box) -> Box:
        """What two boxes share; height or width is 0 if they share nothing."""
        y, x = max(self.y, other.y), max(self.x, other.x)
        bottom, right = min(self.bottom, other.bottom), min(self.right, other.right)
        return Box(y, x, max(0, bottom - y), max(0, right - x))

    def grown(self, margin: int, bounds: Box) -> Box:
        """This box with `margin` more on each side, cut at `bounds`."""
        wide = 2 * margin
        outer = Box(self.y - margin, self.x - margin, self.height + wide, self.width + wide)
        return outer.overlap(bounds)

    def aligned(self, step: int) -> Box:
        """The smallest box around this one whose edges are multiples of `step`."""
        y, x = self.y // step * step, self.x // step * step
        bottom, right = -(-self.bottom // step) * step, -(-self.right // step) * step
        return Box(y, x, bottom - y, right - x)


def tiles_of(shape: Sequence[int], tile: int) -> Iterator[Box]:
    """The tiles of a picture of `shape` (height, width, ...), row by row; the last may be smaller.

    >>> [tile.region for tile in tiles_of((100, 64), 64)]
    [(0, 0, 64, 64), (0, 64, 64, 36)]
    """
    return (box for _, box in tiles_under(Box.whole(shape), shape, tile))


def tiles_under(
    box: Box, shape: Sequence[int], tile: int | tuple[int, int]
) -> Iterator[tuple[int, Box]]:
    """Number and place of each tile of a picture of `shape` that shares samples with `box`.

    Tiles have `tile` samples a side, or rows and columns, and are counted row by row; numbers are
    ascending.
    """
    tall, wide = (tile, tile) if isinstance(tile, int) else tile
    picture = Box.whole(shape)
    inside = box.overlap(picture)
    if not inside.size:
        return
    columns = -(-picture.width // wide)
    for row in range(inside.y // tall, -(-inside.bottom // tall)):
        for column in range(inside.x // wide, -(-inside.right // wide)):
            place = Box(row * tall, column * wide, tall, wide)
            yield row * columns + column, place.overlap(picture)
