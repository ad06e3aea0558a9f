"""From a noisy picture to the noise model of its file, of which like noise is made again.

The strength by brightness is what `estimate.py` measures, or with the clean picture `flat.py`.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream.noise import MOST_POINTS, MOST_SCALE, NoiseModel, correlation_of, taps_of
from pellucid.denoising.estimate import ROUNDING, Measured, level_step, measured_channel
from pellucid.denoising.flat import in_common, measured_where_flat, take
from pellucid.denoising.measure import looked_at
from pellucid.pixels.lazy import Source

USUAL = (0.001, 0.999)  # quantiles of the samples between which the points lie
LEAST_SHARE = 0.05  # of the mean variance: there is as much everywhere, whatever a line says
LEAST_IN_COMMON = 0.1  # correlation of channels below which it may be texture
STRONGEST = 255  # of the numbers that the file holds


def noise_model_of(
    samples: Source, clean: Source | None = None, nodata: float | None = None
) -> NoiseModel | None:
    """The noise of whole samples (H, W, C) of 8 or 16 bits, C 1 to 4; None if there is none.

    Of a large picture regions are looked at. `clean` is the same picture without its noise.
    """
    noisy, valid = looked_at(samples, nodata)
    some = valid if valid.any() else np.ones_like(valid)
    planes, step = list(np.moveaxis(noisy, 2, 0)), level_step(noisy[some])
    found = [measured_channel(plane, None if some.all() else some, step) for plane in planes]
    measured = [one for one in found if one is not None]
    if len(measured) < len(found) or not any(one.channel.variance for one in measured):
        return None
    blocks = take(planes, some)
    if clean is None:
        flat = blocks
    else:
        flat = take(list(np.moveaxis(looked_at(clean, nodata)[0], 2, 0)), some)
        measured = [measured_where_flat(*each) for each in zip(measured, blocks, flat, strict=True)]
    low, high = (int(end) for end in np.quantile(noisy[some], USUAL))
    high = max(high, low + 1)
    return model_of(measured, low, high, in_common(blocks, flat), zlib.crc32(noisy.tobytes()))


def model_of(
    measured: list[Measured], low: int, high: int, common: float, seed: int
) -> NoiseModel | None:
    """The model of channels with points from `low` to `high`; None if nothing is left to say."""
    at = np.linspace(low, high, MOST_POINTS)
    sigma = np.sqrt([variances_at(at, one) for one in measured])
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
    made = np.array([correlation_of(taps_of(shape)) for shape in range(256)])
    return int(np.abs(made - correlation).argmin())
