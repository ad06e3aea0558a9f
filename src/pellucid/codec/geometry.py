"""Where tiles, windows and latents lie, and samples as the 8x8 blocks that the networks take.

Three grids: samples, trunk positions (8 samples a side) and latents (16 samples a side). A tile's
latents are padded to whole blocks of 64 samples; tiles are multiples of 64, so the padded tiles
side by side are the padded picture (`docs/format.md` section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.pixels.lazy import Source

BLOCK = 8
LATENT = 16  # samples a latent covers, each way
PADDED = 64  # samples a hyper-latent covers, each way
LEAST_SPLIT = 256  # samples; below it the halves' overlap costs more than it saves


@dataclass(frozen=True)
class Box:
    """A rectangle on any grid: left, top, width, height."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column that is no longer inside."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row that is no longer inside."""
        return self.y + self.height

    def latents(self) -> Box:
        """The latents that cover this box of samples, whole blocks of 64 samples."""
        x, y = self.x // PADDED, self.y // PADDED
        right, bottom = -(-self.right // PADDED), -(-self.bottom // PADDED)
        step = PADDED // LATENT
        return Box(x * step, y * step, (right - x) * step, (bottom - y) * step)

    def samples(self) -> Box:
        """The samples under this box of latents."""
        return Box(self.x * LATENT, self.y * LATENT, self.width * LATENT, self.height * LATENT)

    def grown(self, margin: int, bounds: Box) -> Box:
        """This box with `margin` more on each side, cut at `bounds`."""
        x, y = max(self.x - margin, bounds.x), max(self.y - margin, bounds.y)
        right = min(self.right + margin, bounds.right)
        bottom = min(self.bottom + margin, bounds.bottom)
        return Box(x, y, right - x, bottom - y)

    def overlap(self, other: Box) -> Box:
        """What two boxes share; width or height is 0 if nothing."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Box(x, y, max(0, right - x), max(0, bottom - y))

    def halves(self) -> list[Box]:
        """Upper and lower half, cut between blocks of 64 samples; a low box stays whole.

        Halves run at once on two threads, and what they compute doesn't depend on how many threads
        there are.
        """
        if self.height < LEAST_SPLIT:
            return [self]
        upper = PADDED * -(-self.height // (2 * PADDED))
        lower = Box(self.x, self.y + upper, self.width, self.height - upper)
        return [Box(self.x, self.y, self.width, upper), lower]

    def within(self, outer: Box) -> tuple[slice, slice]:
        """Row and column slices of this box in an array that holds `outer`."""
        top, left = self.y - outer.y, self.x - outer.x
        return slice(top, top + self.height), slice(left, left + self.width)


def read_padded(pixels: Source, box: Box) -> NDArray[Any]:
    """Samples of `box` (h, w, C); beyond the picture the last row and column go on."""
    height, width = pixels.shape[:2]
    inside = box.overlap(Box(0, 0, width, height))
    part: NDArray[Any] = pixels[inside.y : inside.bottom, inside.x : inside.right]
    below, beyond = box.bottom - inside.bottom, box.right - inside.right
    if below or beyond:
        part = np.pad(part, ((0, below), (0, beyond), (0, 0)), mode="edge")
    return part


def to_blocks(samples: NDArray[Any]) -> NDArray[np.float32]:
    """(H, W, 3) or (H, W, 1), multiples of 8 -> (1, 192, H/8, W/8); grey fills all three."""
    height, width, channels = samples.shape
    grid = samples.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, channels)
    blocks = np.ascontiguousarray(grid.transpose(4, 1, 3, 0, 2))  # c, row in, column in, row, col
    if channels == 1:
        blocks = np.repeat(blocks, 3, axis=0)
    shape = (1, 3 * BLOCK**2, height // BLOCK, width // BLOCK)
    return blocks.reshape(shape).astype(np.float32)


def from_blocks(blocks: NDArray[Any]) -> NDArray[Any]:
    """(1, 192, h, w) -> (8 h, 8 w, 3)."""
    height, width = blocks.shape[2:]
    grid = blocks.reshape(3, BLOCK, BLOCK, height, width)
    samples = np.ascontiguousarray(grid.transpose(3, 1, 4, 2, 0))  # row, row in, col, col in, c
    return samples.reshape(height * BLOCK, width * BLOCK, 3)
