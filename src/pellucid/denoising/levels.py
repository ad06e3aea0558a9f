"""The spectrum of the noise at each level of brightness, from the flattest blocks of that level.

Blocks are sorted by brightness into levels of equal count. In each, the flattest few are found
and their energy measured. Picking and measuring never use the same coefficients, so that pure
noise is not underestimated: the finest coefficients are measured where the others are small, as
in "Image noise level estimation by principal component analysis" (Pyatykh et al. 2013) but with a
fixed basis; each half of a checkerboard of frequencies is measured where the other half is small.

Doing so twice, with few and with more blocks, tells noise from texture: noise is as strong in
both, texture gets weaker the pickier one is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.blocks import MIDDLE, Blocks

MIDDLES = np.count_nonzero(MIDDLE)
BLOCKS_PER_LEVEL = 250
MOST_LEVELS = 16
FLATTEST, FLAT = 0.03, 0.12
LEAST_FLATTEST = 12
VERY_FLATTEST = (0.005, 0.04)  # of the blocks of all levels
DEEPER = 0.5  # texture is taken to shrink once more so far (in logarithms) below the flattest
MEDIAN_OF_MEAN = 0.976  # median of the mean of 28 squared standard normal numbers
LOW_QUANTILE = 0.1
# Middle coefficients' share at a level over that at the best ones, if those show white noise and
# if they show processed noise: the same noise up to the first pair, texture from the second.
SAME_SHAPE, OTHER_SHAPE = (1.15, 1.6), (1.4, 2.4)
TINY = float(np.finfo(np.float64).tiny)
STEADY, TEXTURED = 1.2, 1.6  # growth of the variance from FLATTEST to FLAT: noise, texture


@dataclass(frozen=True)
class Levels:
    """Measurements at L levels of brightness.

    Attributes:
        level: (L,) mean brightness.
        fine: (L,) variance of the finest coefficients in the flattest blocks.
        growth: (L,) `fine` in FLAT blocks over that in FLATTEST ones.
        share: variance of middle coefficients over that of the finest; 1 if the noise is white.
        trust: (L,) 0 where texture is measured, 1 where noise is.
    """

    level: NDArray[np.float64]
    fine: NDArray[np.float64]
    growth: NDArray[np.float64]
    trust: NDArray[np.float64]
    share: float


def measure_levels(blocks: Blocks) -> Levels:
    """Measure `blocks`, which must be usable."""
    groups = by_brightness(blocks.mean)
    sums = [blocks.sums[:, group] for group in groups]
    few, more = np.array([flat_fine(each, (FLATTEST, FLAT)) for each in sums]).T
    middle = np.array([flat_middle(each, (FLATTEST, FLAT)) for each in sums])
    share = middle[:, 0] / (few + TINY)
    usual = max(float(np.quantile(share, LOW_QUANTILE)), 1.0)
    return Levels(
        level=np.array([blocks.mean[group].mean() for group in groups]),
        fine=few,
        growth=more / (few + TINY),
        trust=trust_in(middle[:, 1] / (middle[:, 0] + TINY), share, usual),
        share=usual,
    )


def by_brightness(mean: NDArray[Any]) -> list[NDArray[np.intp]]:
    """Which blocks are of each level, from their mean (N,); the darkest level first."""
    count = min(max(len(mean) // BLOCKS_PER_LEVEL, 1), MOST_LEVELS)
    return np.array_split(np.argsort(mean, kind="stable"), count)


def trust_in(
    growth: NDArray[np.float64], share: NDArray[np.float64], usual: float
) -> NDArray[np.float64]:
    """Trust (L,) from the growth of the variance and from the middle coefficients' share.

    That share is 1 for white noise and, if noise is processed, much the same, `usual`, at all.
    """
    slack = min(usual - 1, 1.0)
    same, other = (tight + (loose - tight) * slack for tight, loose in (SAME_SHAPE, OTHER_SHAPE))
    steady = np.clip((TEXTURED - growth) / (TEXTURED - STEADY), 0, 1)
    like_others = np.clip((other - share / usual) / (other - same), 0, 1)
    return np.asarray(np.square(steady) * like_others)


def flattest_variance(sums: NDArray[np.float32]) -> float:
    """Variance of the finest coefficients in the very flattest of all blocks, from their `sums`.

    Corrected for the texture that is left, by how much more there is in less flat ones.
    """
    few, more = flat_fine(sums, VERY_FLATTEST)
    return few * min(1.0, few / more) ** DEEPER if more else 0.0


def flattest(
    energy: NDArray[np.float32], shares: tuple[float, float], least: int = LEAST_FLATTEST
) -> list[NDArray[np.intp]]:
    """For each share, which of N blocks have least `energy`; `least`, where there are so many."""
    counts = [min(max(least, round(share * len(energy))), len(energy)) for share in shares]
    order = np.argpartition(energy, [count - 1 for count in counts])
    return [order[:count] for count in counts]


def flat_fine(sums: NDArray[np.float32], shares: tuple[float, float]) -> list[float]:
    """Variance of the finest coefficients in the flattest `shares` of blocks, from their `sums`."""
    fine, others = sums[:2]
    return [float(np.median(fine[flat])) / MEDIAN_OF_MEAN for flat in flattest(others, shares)]


def flat_middle(sums: NDArray[np.float32], shares: tuple[float, float]) -> list[float]:
    """Mean energy of a middle coefficient in the flattest `shares` of blocks, from their `sums`."""
    even, odd, middle_even, middle_odd = sums[2:]
    picked = zip(flattest(odd, shares), flattest(even, shares), strict=True)
    return [
        (float(middle_even[one].mean()) + float(middle_odd[other].mean())) / MIDDLES
        for one, other in picked
    ]
