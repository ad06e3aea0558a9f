"""What was taken away between two pictures, and whether it was only noise.

Noise that is independent from sample to sample leaves a residual without correlation between
neighbours. Where neighbours agree, texture was taken with it; where they disagree, the coarse part
of the noise was left in, as always a little. That is the old test of a filter by its "method noise"
(Buades, Coll and Morel, 2005), block by block, with the threshold that chance sets.
Where lines and edges changed is shown by SSIM (Wang et al., 2004) without its brightness term, on
blocks instead of sliding windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.pixels.reduced import means

BLOCK = 16  # samples a side over which whiteness is judged
FINE = 8  # and structure
LAGS = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0))  # rows and columns apart
CHANCE = 4.0  # standard deviations from which a correlation is no chance
STRIP = 256  # rows, a multiple of both
STEADY = 0.03  # of the range of 8 bits: contrast below that says little about structure

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Removed:
    """What was taken off a picture of H x W samples.

    Attributes:
        residual: (H, W, C), before minus after, in the samples' unit.
        deviation: (C,) standard deviation of the residual.
        correlation: (5,) of the residual with itself at `LAGS`, over the whole picture.
        texture: (H / 16, W / 16) mean of these correlations by block: above 0 where texture was
            taken, below where noise was left in.
        by_chance: standard deviation of `texture` for independent noise.
        taken, left: part of the blocks where it is above, and below, what chance gives.
        structure: (H / 8, W / 8) of 0 (another structure) to 1 (the same).
    """

    residual: Floats
    deviation: Floats
    correlation: Floats
    texture: Floats
    by_chance: float
    taken: float
    left: float
    structure: Floats


def removed(before: NDArray[Any], after: NDArray[Any], *, scale: float = 255.0) -> Removed:
    """Compare two pictures (H, W, C) of one shape.

    Args:
        scale: the samples' largest value; only sets from which contrast on structure counts.

    Raises:
        InputError: they differ in shape.
    """
    if before.shape != after.shape:
        raise InputError(f"pictures of {before.shape} and {after.shape} can't be compared")
    parts = []
    for start in range(0, len(before), STRIP):  # so that memory is that of the residual
        pictures = before[start : start + STRIP], after[start : start + STRIP]
        residual = np.subtract(*pictures, dtype=np.float32)
        kept = structure(*pictures, (STEADY * scale) ** 2)
        parts.append((residual, kept, *whiteness(residual)))
    residual, kept, texture = (np.concatenate(same) for same in list(zip(*parts, strict=True))[:3])
    products = np.sum([part[3] for part in parts], axis=0)  # by lag; the first is the power
    by_chance = 1 / np.sqrt(BLOCK * BLOCK * residual.shape[2] * len(LAGS))
    return Removed(
        residual=residual,
        deviation=residual.std(axis=(0, 1)),
        correlation=(products[1:] / (products[0] or 1.0)).astype(np.float32),
        texture=texture,
        by_chance=float(by_chance),
        taken=float((texture > CHANCE * by_chance).mean()),
        left=float((texture < -CHANCE * by_chance).mean()),
        structure=kept,
    )


def whiteness(residual: Floats) -> tuple[Floats, NDArray[np.float64]]:
    """(H, W, C) -> correlation by block, mean over `LAGS`; and sums of products, at 0 and by lag.

    A residual of nothing is white.
    """
    height, width, channels = residual.shape
    products = []
    for down, right in ((0, 0), *LAGS):
        moved = np.zeros_like(residual)
        moved[: height - down, : width - right] = residual[down:, right:]
        product = np.einsum("hwc,hwc->hw", residual, moved) / channels
        products.append(block_means(product, BLOCK))
    power = products[0]
    texture = np.zeros_like(power)
    for product in products[1:]:
        texture += np.divide(product, power, out=np.zeros_like(power), where=power > 0)
    texture /= len(LAGS)
    return texture, np.array([one.sum(dtype=np.float64) for one in products])


def structure(before: NDArray[Any], after: NDArray[Any], steady: float) -> Floats:
    """(H / 8, W / 8) contrast and structure of SSIM, from 0 to 1, of the mean of the channels."""
    first, second = (centred(image.mean(axis=2, dtype=np.float32)) for image in (before, after))
    shared = block_means(first * second, FINE)
    power = block_means(first * first, FINE) + block_means(second * second, FINE)
    kept: Floats = np.clip((2 * shared + steady) / (power + steady), 0, 1)
    return kept


def centred(plane: Floats) -> Floats:
    """(H, W) less the mean of each block."""
    wide = block_means(plane, FINE).repeat(FINE, axis=0).repeat(FINE, axis=1)
    return plane - wide[: plane.shape[0], : plane.shape[1]]


def block_means(plane: NDArray[Any], side: int) -> Floats:
    """Mean over blocks: (H, W) -> (H / side, W / side), up."""
    return means(plane[..., None], side)[..., 0].astype(np.float32)
