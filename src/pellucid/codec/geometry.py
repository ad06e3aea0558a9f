"""Where tiles, windows and latents lie, and samples as the 8x8 blocks that the networks take.

Three grids: samples, trunk positions (8 samples a side) and latents (16 samples a side). A tile's
latents are padded to whole blocks of 64 samples; tiles are multiples of 64, so the padded tiles
side by side are the padded picture (`docs/format.md` section 4).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.pixels.box import Box
from pellucid.pixels.lazy import Source

BLOCK = 8
LATENT = 16  # samples a latent covers, each way
PADDED = 64  # samples a hyper-latent covers, each way
WINDOW = 1024  # samples a side of a block, which the networks take in two halves; holds whole tiles
LEAST_SPLIT = 256  # samples; below it the halves' overlap costs more than it saves


def latents_of(box: Box) -> Box:
    """The latents that cover a box of samples, whole blocks of 64 samples."""
    padded = box.aligned(PADDED)
    return Box(*(side // LATENT for side in (padded.y, padded.x, padded.height, padded.width)))


def samples_of(box: Box) -> Box:
    """The samples under a box of latents."""
    return Box(*(side * LATENT for side in (box.y, box.x, box.height, box.width)))


def halves_of(box: Box) -> list[Box]:
    """Upper and lower half, cut between blocks of 64 samples; a low box stays whole.

    Halves run at once on two threads, and what they compute doesn't depend on how many threads
    there are.
    """
    if box.height < LEAST_SPLIT:
        return [box]
    upper = PADDED * -(-box.height // (2 * PADDED))
    lower = Box(box.y + upper, box.x, box.height - upper, box.width)
    return [Box(box.y, box.x, upper, box.width), lower]


def read_padded(pixels: Source, box: Box) -> NDArray[Any]:
    """Samples of `box` (h, w, C); beyond the picture the last row and column go on."""
    inside = box.overlap(Box.whole(pixels.shape))
    part: NDArray[Any] = pixels[inside.slices]
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
