"""Whether samples come out of a JPEG decoder, of which quality, and how strong its error is.

JPEG rounds each DCT coefficient of each 8x8 block to a multiple of a step. Transform the luma on
the same grid and the multiples are there again, blurred by the rounding of the samples. After
"Identification of bitmap compression history" (Fan & de Queiroz 2003), with the steps of all
frequencies tied together by the quality, so that few coefficients suffice: each quality's table is
scored by how much better multiples of its steps explain the coefficients than none would.

Only grids that start at the picture's corner are found, and only tables that are the standard's
example scaled as the IJG library does (or close to it).

The error's level is a power of the factor by which the IJG library multiplies its tables. It grows
as the error of our training photographs does, at about half its size; training uses the same
numbers, so that the network knows what to make of them.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.blocks import ORDER, SIDE, SIZE, transform

LUMA = """16 11 10 16 24 40 51 61  12 12 14 19 26 58 60 55  14 13 16 24 40 57 69 56
14 17 22 29 51 87 80 62  18 22 37 56 68 109 103 77  24 35 55 64 81 104 113 92
49 64 78 87 103 121 120 101  72 92 95 98 112 100 103 99"""
TABLE = np.array([int(word) for word in LUMA.split()])
TO_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
FREQUENCIES = np.flatnonzero((ORDER >= 1) & (ORDER <= 6))
QUALITIES = tuple(range(1, 101))
MOST_BLOCKS = 2000
LEAST_BLOCKS = 24
FEW_BLOCKS = 300
NEAREST = 12  # qualities that a few blocks leave
NOISE = 0.3  # standard deviation of a coefficient's error from rounding the samples
FLAT_ENERGY = 4.0  # blocks with no more than this say nothing
OTHER_GRID = 4  # samples down and across to a grid that JPEG did not use
LEAST_PERIODICITY = 0.35
LEAST_SIGNIFICANCE = 9.0
LEAST_LEAD = 2.0  # over the same on the other grid
LEAST_STEP = 2  # a smaller one leaves no trace
SOME = np.arange(128) / 128  # of the coefficients of a frequency: a first look at a quality
SIGMA_AT_50 = 0.013  # about half the deviation of quality 50's error, samples in 0-1
SIGMA_POWER = 0.47
LEAST_SCALE = 0.02  # that of quality 99
SERVES_AT_50, SERVES_POWER = 1.1, 0.15  # best on training photographs, over the level of training

Steps = NDArray[np.float32]


def step_table(quality: int) -> NDArray[np.int64]:
    """The luma steps (64,) of an IJG quality."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.asarray(np.clip((TABLE * scale + 50) // 100, 1, 255))


@lru_cache(maxsize=8)
def steps_of(qualities: tuple[int, ...]) -> list[tuple[Steps, NDArray[np.intp]]]:
    """For each of `FREQUENCIES` the different steps (S, 1), and which of them each quality has."""
    tables = np.array([step_table(quality)[FREQUENCIES] for quality in qualities], np.float32)
    found = [np.unique(column, return_inverse=True) for column in tables.T]
    return [(steps[:, None], which) for steps, which in found]


def jpeg_quality(samples: NDArray[np.float32], step: float) -> int | None:
    """The IJG quality whose traces (H, W, C) shows; None without any.

    `step` is that between the levels of the samples, which in a decoder's output is 1 of 255.
    """
    if not step or (float(samples.max()) - float(samples.min())) / step > 255.5:
        return None
    here = coefficients(samples, step, 0)
    if here is None or not may_be_seen(here):
        return None
    quality = likeliest_quality(here)
    steps = step_table(quality)
    periodicity, significance = trace(here, steps)
    if periodicity < LEAST_PERIODICITY or significance < LEAST_SIGNIFICANCE:
        return None
    other = coefficients(samples, step, OTHER_GRID)
    if other is not None and trace(other, steps)[0] * LEAST_LEAD > periodicity:
        return None
    return quality


def coefficients(
    samples: NDArray[np.float32], step: float, origin: int
) -> NDArray[np.float32] | None:
    """Coefficients (N, F) at `FREQUENCIES` of blocks on the grid at (origin, origin)."""
    height, width = ((side - origin) // SIDE for side in samples.shape[:2])
    if height < 1 or width < 1:
        return None
    inner = samples[origin : origin + height * SIDE, origin : origin + width * SIDE]
    rows = inner.reshape(height, SIDE, width, SIDE, -1)
    count = height * width
    down, across = np.divmod(np.arange(0, count, max(1, count // MOST_BLOCKS)), width)
    blocks = rows[down, :, across].reshape(len(down), SIZE, -1)  # (N, 64, C)
    colours = blocks.shape[2]
    luma = blocks @ TO_LUMA if colours == len(TO_LUMA) else blocks[:, :, 0]
    low, high = samples.min(), samples.max()
    clipped = ((blocks == low) | (blocks == high)).any(axis=(1, 2))
    luma = luma / np.float32(step)
    spectrum = transform(np.ascontiguousarray((luma - luma.mean(axis=1, keepdims=True)).T)).T
    lively = np.square(spectrum).sum(axis=1) > FLAT_ENERGY
    kept = spectrum[lively & ~clipped]
    if len(kept) < LEAST_BLOCKS:
        kept = spectrum[lively]
    return kept[:, FREQUENCIES] if len(kept) >= LEAST_BLOCKS else None


def may_be_seen(found: NDArray[np.float32]) -> bool:
    """Whether any quality's `trace` in coefficients (N, F) may be strong enough.

    Each quality is tried with a few of the coefficients that are not 0 under it, so that it takes
    little time to turn down pictures that were never compressed.
    """
    total, count = np.zeros((2, len(QUALITIES)))
    for size, (steps, which) in zip(np.sort(np.abs(found.T)), steps_of(QUALITIES), strict=True):
        first = np.searchsorted(size, steps / 2, side="right")
        nonzero = np.where(steps < LEAST_STEP, 0, len(size) - first)
        turns = size.take((first + nonzero * SOME).astype(np.int64), mode="clip") / steps
        total += (nonzero[:, 0] * np.cos(np.float32(2 * np.pi) * turns).mean(axis=1))[which]
        count += nonzero[which, 0]
    count = np.maximum(count, 1)
    least = np.maximum(LEAST_PERIODICITY * count, LEAST_SIGNIFICANCE * np.sqrt(count / 2))
    return bool((total > least / 2).any())


def likeliest_quality(found: NDArray[np.float32]) -> int:
    """The quality whose steps explain the coefficients (N, F) best.

    A few blocks show which qualities come near, and all blocks which of those it is.
    """
    near = QUALITIES
    for part in (found[:: max(1, len(found) // FEW_BLOCKS)], found):
        scores = np.zeros(len(near))
        for size, (steps, which) in zip(np.abs(part.T), steps_of(near), strict=True):
            scores += likelihoods(size, steps)[which]
        best = np.argsort(-scores, kind="stable")[:NEAREST]
        near = tuple(near[place] for place in best)
    return near[0]


def likelihoods(size: NDArray[np.float32], steps: Steps) -> NDArray[np.float64]:
    """(S,): logarithm of the chance of coefficients of absolute values `size` (N,).

    They come from a Laplacian distribution of their mean absolute value, are rounded to multiples
    of a step, one of `steps` (S, 1), and blurred by `NOISE`; a few come from anywhere.
    """
    scale = np.float32(max(float(size.mean()), NOISE))
    whole = np.rint(size / steps)
    nearest = whole * steps
    half = steps / (2 * scale)
    # Logarithms of the mass at 0, and, but for the decay, of that at another multiple.
    at_zero, beyond = np.log(-np.expm1(-half)), half + np.log(-np.expm1(-2 * half) / 2)
    mass = np.where(whole > 0, beyond, at_zero) - nearest / scale
    rounded = np.exp(mass - np.square((size - nearest) / np.float32(NOISE)) / 2)
    rounded *= np.float32(0.95 / (NOISE * np.sqrt(2 * np.pi)))
    rounded += np.float32(0.05) * np.exp(-size / scale) / (2 * scale) + np.float32(1e-30)
    return np.asarray(np.log(rounded).sum(axis=1, dtype=np.float64))


def trace(found: NDArray[np.float32], table: NDArray[np.int64]) -> tuple[float, float]:
    """How well coefficients that are not 0 fall on multiples of their steps.

    -1 to 1, 0 by chance; and that in standard deviations of chance.
    """
    steps = table[FREQUENCIES].astype(np.float32)
    nonzero = (np.abs(found) > steps / 2) & (steps >= LEAST_STEP)
    count = np.count_nonzero(nonzero)
    if not count:
        return 0.0, 0.0
    mean = float(np.cos(2 * np.pi * found / steps)[nonzero].mean(dtype=np.float64))
    return mean, mean * float(np.sqrt(2 * count))


def table_scale(quality: float) -> float:
    """What a quality (1-100) multiplies the standard's tables by (the IJG library's rule)."""
    return 50 / quality if quality < 50 else 2 - quality / 50


def jpeg_sigma(quality: float) -> float:
    """The level for a quality in training: about half the error's deviation, for samples in 0-1."""
    return float(SIGMA_AT_50 * max(table_scale(quality), LEAST_SCALE) ** SIGMA_POWER)


def jpeg_level(quality: float) -> float:
    """The level that serves best if only the quality is known, for samples in 0-1.

    In training the same strength also stood for milder compression of noisy pictures, so strong
    compression is worth more than its share, and weak compression less.
    """
    serves = SERVES_AT_50 * max(table_scale(quality), LEAST_SCALE) ** SERVES_POWER
    return float(jpeg_sigma(quality) * serves)
