"""How noisy a picture is, from the picture alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.blocks import take_blocks
from pellucid.denoising.correlation import noise_shape
from pellucid.denoising.curve import fit_curve
from pellucid.denoising.jpeg import jpeg_quality
from pellucid.denoising.levels import flattest_variance, measure_levels

ROUNDING = 1 / 12  # variance of rounding to whole steps
ONLY_ROUNDING = 1.5  # times that: no noise but rounding
MOST_SAMPLES = 1 << 16
MOST_LEVELS = 1 << 16
MOST_RANGE = float(np.finfo(np.float32).max)  # that float32 can be shifted by
TOLERANCE = 0.02  # of a step: float32 pictures are scaled by factors that are not exact


@dataclass(frozen=True)
class NoiseEstimate:
    """What was found out about a picture's noise, in the unit of its samples.

    Attributes:
        sigma: standard deviation of the noise, root mean square over the channels; all of it,
            also where neighbours agree.
        channel_sigma: the same for each channel.
        slope, offset: variance = slope * x + offset at brightness x, mean of the channels; where
            noise does not depend on brightness (0, sigma squared).
        correlation: of the noise from one sample to the next; 0 independent, towards 1 as
            neighbours agree.
        jpeg_quality: the quality, 1-100, that the IJG library would call the compression whose
            8x8 grid was found; None without one.
    """

    sigma: float
    channel_sigma: tuple[float, ...]
    slope: float
    offset: float
    correlation: float
    jpeg_quality: int | None


class Channel(NamedTuple):
    """The noise of one channel."""

    variance: float = 0.0
    slope: float = 0.0
    offset: float = 0.0
    correlation: float = 0.0


NONE = Channel()


class Measured(NamedTuple):
    """A channel's noise, and the curve that it comes from, in the unit of its samples.

    Attributes:
        levels, variances: (L,) of the curve, rounding included; empty without noise.
        total: variance of the noise over that of its finest coefficients.
        trust: how sure it is that noise was measured and not texture, 0-1.
    """

    channel: Channel
    levels: NDArray[np.float64] = np.zeros(0)
    variances: NDArray[np.float64] = np.zeros(0)
    total: float = 1.0
    trust: float = 1.0


class Measurement(NamedTuple):
    """The noise of a picture, and of its channels by brightness; none of a drawing's."""

    estimate: NoiseEstimate
    channels: tuple[Measured, ...]


def estimate_noise(
    samples: NDArray[np.float32], valid: NDArray[np.bool_] | None = None
) -> NoiseEstimate:
    """What `measure_noise` says of all channels."""
    return measure_noise(samples, valid).estimate


def measure_noise(
    samples: NDArray[np.float32], valid: NDArray[np.bool_] | None = None
) -> Measurement:
    """Measure the noise of a picture (H, W, C), finite, in any unit; C is 1 or 3.

    Where it isn't `valid` (H, W), it is looked at as little as can be; None is valid everywhere.
    Too small a picture, a constant one and a drawing have none. Scaling the samples by c scales
    sigma and slope by c and offset by c squared.
    """
    from pellucid.runtime.threads import ONE_THREAD  # training goes without ONNX Runtime

    samples = np.asarray(samples, np.float32)
    if valid is not None and (valid.all() or not valid.any()):
        valid = None
    step = level_step(samples if valid is None else samples[valid])
    with ONE_THREAD:
        planes = map(np.ascontiguousarray, np.moveaxis(samples, 2, 0))
        found = [measured_channel(plane, valid, step) for plane in planes]
        quality = jpeg_quality(samples, step)
    known = tuple(one for one in found if one is not None)
    if len(known) < len(found):
        known = ()
    channels = [one.channel for one in known] or [NONE] * len(found)
    return Measurement(together(channels, quality), known)


def together(channels: list[Channel], quality: int | None) -> NoiseEstimate:
    """The noise of several channels, and the quality of their JPEG."""
    variances, slopes, offsets, correlations = zip(*channels, strict=True)
    variance = float(np.mean(variances))
    share = [each / variance if variance else 0.0 for each in variances]
    return NoiseEstimate(
        sigma=variance**0.5,
        channel_sigma=tuple(each**0.5 for each in variances),
        slope=float(np.mean(slopes)),
        offset=float(np.mean(offsets)),
        correlation=float(np.dot(share, correlations) / len(channels)),
        jpeg_quality=quality,
    )


def combined(parts: list[NoiseEstimate]) -> NoiseEstimate:
    """The noise of frames or bands of equally many channels, each measured by itself."""
    if len(parts) == 1:
        return parts[0]
    means = [Channel(p.sigma**2, p.slope, p.offset, p.correlation) for p in parts]
    channels = tuple(sigma for part in parts for sigma in part.channel_sigma)
    return replace(together(means, parts[0].jpeg_quality), channel_sigma=channels)


def measured_channel(
    plane: NDArray[np.float32], valid: NDArray[np.bool_] | None, step: float
) -> Measured | None:
    """The noise of a channel (H, W) whose levels are `step` apart; None if it is drawn.

    The step is 0 if it can take any value.
    """
    seen = plane if valid is None else plane[valid]
    low, scale = float(seen.min()), float(seen.max()) - float(seen.min())
    if not scale:
        return Measured(NONE)
    kind = np.float32 if scale < MOST_RANGE else np.float64
    scaled = np.subtract(plane, low, dtype=kind)
    scaled /= scale
    blocks = take_blocks(scaled.astype(np.float32, copy=False), valid)
    if blocks.drawn or not blocks.usable:
        return None if blocks.drawn else Measured(NONE)
    levels = measure_levels(blocks)
    curve = fit_curve(levels, flattest_variance(blocks.sums))
    finest = float(curve.variances.mean())
    total, correlation = noise_shape(blocks, curve, levels.share)
    rounding = ROUNDING * (step / scale) ** 2
    variance = finest * total - rounding
    if finest < ONLY_ROUNDING * rounding or variance <= 0:
        return Measured(NONE)
    factor = total * scale
    slope = curve.slope * factor
    offset = curve.offset * factor * scale - slope * low if slope else variance * scale**2
    channel = Channel(variance * scale**2, slope, offset, correlation)
    variances = curve.variances * total * scale**2
    return Measured(channel, curve.levels * scale + low, variances, total, curve.trust)


def level_step(samples: NDArray[np.float32]) -> float:
    """The step between the levels of `samples` (any shape), 1 in an 8-bit file; 0 without one.

    Rounding to such steps is no noise worth taking off, and JPEG leaves its traces only there.
    """
    flat = samples.reshape(-1)
    levels = np.unique(flat[:: max(1, flat.size // MOST_SAMPLES)]).astype(np.float64)
    if len(levels) < 2:
        return 0.0
    peak = max(abs(levels[0]), abs(levels[-1]))
    for step in (1.0, 1 / 255):  # the usual ones, which a picture of few levels may not show
        if step * 1.5 < peak <= step * 255.1 and multiples(levels, step):
            return step
    step = float(np.diff(levels).min())
    return step if step > peak / MOST_LEVELS and multiples(levels - levels[0], step) else 0.0


def multiples(levels: NDArray[np.float64], step: float) -> bool:
    """Whether all levels are whole multiples of `step`."""
    ratio = levels / step
    return bool(np.abs(ratio - np.rint(ratio)).max() < TOLERANCE)
