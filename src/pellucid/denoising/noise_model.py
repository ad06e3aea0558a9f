"""From a noisy picture to the noise model of its file, of which like noise is made again.

The strength by brightness is what `estimate.py` measures, or, if it grows or texture covers it,
`flat.py`.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import cache
from itertools import count
from math import gcd
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import SampleRange
from pellucid.bitstream.noise import MOST_POINTS, MOST_SCALE, NoiseModel, correlation_of, taps_of
from pellucid.denoising.estimate import (
    ROUNDING,
    Measured,
    Measurement,
    NoiseEstimate,
    measure_noise,
)
from pellucid.denoising.flat import in_common, measured_where_flat, take
from pellucid.denoising.measure import looked_at
from pellucid.denoising.options import DEFAULT_DENOISER
from pellucid.denoising.plan import PROCESSED
from pellucid.denoising.remove import denoise_array
from pellucid.denoising.samples import Floats
from pellucid.pixels.lazy import Source
from pellucid.runtime import load_denoiser
from pellucid.runtime.threads import ONE_THREAD

SIDE = 512  # samples a side of what is denoised to be measured
MOST_SEEN = 1 << 14  # pixels that say what brightness is usual
COVERED = 0.4  # mean trust below which texture may hide that noise grows
FEW, MANY = 2000, 15_000  # blocks: what channels have in common, and all by brightness
USUAL = (0.001, 0.999)  # quantiles of the samples between which the points lie
LEAST_SHARE = 0.05  # of the mean variance: there is as much everywhere, whatever a line says
LEAST_IN_COMMON = 0.1  # correlation of channels below which it may be texture
STRONGEST = 255  # of the numbers that the file holds


class Sample(NamedTuple):
    """What of a picture is measured, (h, w, C), where it counts (h, w), and its noise."""

    noisy: Floats
    valid: NDArray[np.bool_]
    noise: Measurement

    @property
    def estimate(self) -> NoiseEstimate:
        """The noise of all channels."""
        return self.noise.estimate

    def range_of(self, dtype: np.dtype[Any]) -> SampleRange | None:
        """About the range of all samples of this type, of 16 bits; None of 8."""
        if dtype == np.uint8:
            return None
        return SampleRange(int(self.seen.min()), int(self.seen.max()))

    @property
    def seen(self) -> Floats:
        """Colours (N, C) of the pixels that count, or of all if none does."""
        colours = self.noisy.reshape(-1, self.noisy.shape[2])
        some = not self.valid.all() and self.valid.any()
        return colours[self.valid.ravel()] if some else colours

    @property
    def some(self) -> Floats:
        """About `MOST_SEEN` of `seen`, or all, of every column of the picture."""
        seen, width = self.seen, self.noisy.shape[1]
        fits = (step for step in count(max(1, len(seen) // MOST_SEEN)) if gcd(step, width) == 1)
        return seen[:: next(fits)]


def sample_of(samples: Source, nodata: float | None = None) -> Sample:
    """That of whole samples (H, W, C) of 8 or 16 bits, C 1 to 4; of a large picture regions."""
    noisy, valid = looked_at(samples, nodata)
    return Sample(noisy, valid, measure_noise(noisy, valid))


def noise_model_of(sample: Sample, strength: float = 1.0) -> NoiseModel | None:
    """The noise model of a sample, as much weaker as `strength` is below 1; None without noise.

    Noise that grows with brightness, or that much texture covers so that it can't be said whether
    it does, is measured in the middle of the sample, where that is flat once the denoiser has been
    there: what noise grows to is too easily texture.
    """
    measured = sample.noise.channels
    if not any(one.channel.variance for one in measured):
        return None
    noisy, valid = sample.noisy, sample.valid if sample.valid.any() else ~sample.valid
    some = sample.some
    low, high = (int(end) for end in np.quantile(some, USUAL))
    seed = zlib.crc32(some.tobytes())
    if sample.estimate.slope > 0 or hidden(measured):
        middle = middle_of(valid.shape)
        noisy, valid = np.ascontiguousarray(noisy[middle]), valid[middle]
        clean = denoise_array(noisy, sample.estimate, 1.0, load_denoiser(DEFAULT_DENOISER))
        blocks, flat = (take(planes_of(each), valid, MANY) for each in (noisy, clean))
        measured = tuple(map(measured_where_flat, measured, blocks, flat))
    else:
        blocks = flat = take(planes_of(noisy), valid, FEW)
    with ONE_THREAD:
        common = in_common(blocks, flat)
    return model_of(measured, low, max(high, low + 1), common, seed, strength)


def hidden(measured: Sequence[Measured]) -> bool:
    """Whether texture may hide that noise grows, where it could be measured otherwise."""
    noisy = [one for one in measured if one.channel.variance]
    fine = any(one.channel.correlation < PROCESSED for one in noisy)
    return fine and float(np.mean([one.trust for one in noisy])) < COVERED


def planes_of(samples: Floats) -> list[Floats]:
    """(H, W, C) as C planes."""
    return list(np.moveaxis(samples, 2, 0))


def middle_of(shape: tuple[int, ...]) -> tuple[slice, ...]:
    """The middle of (H, W) samples, SIDE at most each way."""
    starts = [max(0, side - SIDE) // 2 for side in shape]
    return tuple(slice(start, start + SIDE) for start in starts)


def model_of(
    measured: Sequence[Measured], low: int, high: int, common: float, seed: int, strength: float
) -> NoiseModel | None:
    """The model of channels with points from `low` to `high`; None if nothing is left to say."""
    at = np.linspace(low, high, MOST_POINTS)
    sigma = strength * np.sqrt([variances_at(at, one) for one in measured])
    scale = int(np.clip(np.ceil(np.log2(max(sigma.max(), 1e-9) / STRONGEST)) + 8, 0, MOST_SCALE))
    strengths = np.rint(sigma / 2.0 ** (scale - 8)).clip(0, STRONGEST).astype(int)
    if not strengths.any():
        return None
    weights = [one.channel.variance for one in measured]
    correlation = float(np.average([one.channel.correlation for one in measured], weights=weights))
    return NoiseModel(
        scale=scale,
        shape=shape_for(correlation),
        shared=min(round(256 * common), 255) if common >= LEAST_IN_COMMON else 0,
        seed=seed,
        low=low,
        high=high,
        strengths=tuple(map(tuple, strengths.tolist())),
    )


def variances_at(at: NDArray[np.float64], one: Measured) -> NDArray[np.float64]:
    """Those of a channel at levels of brightness, without that of rounding, which a decoder adds.

    Beyond what was measured they go on along the line, if there is one.
    """
    if not one.channel.variance:
        return np.zeros_like(at)
    ends = one.levels[0], one.levels[-1]
    beyond = at - at.clip(*ends)
    found = np.interp(at, one.levels, one.variances) + one.channel.slope * beyond - ROUNDING
    return np.asarray(np.maximum(found, LEAST_SHARE * one.channel.variance))


def shape_for(correlation: float) -> int:
    """The shape whose filter makes neighbours agree so far; 0 if they don't."""
    return int(np.abs(correlations() - correlation).argmin())


@cache
def correlations() -> NDArray[np.float64]:
    """What every shape makes."""
    return np.array([correlation_of(taps_of(shape)) for shape in range(256)])
