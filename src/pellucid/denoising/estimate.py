"""How noisy a picture is, from the picture alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.blocks import Blocks, take_blocks
from pellucid.denoising.correlation import noise_shape
from pellucid.denoising.curve import fit_curve
from pellucid.denoising.jpeg import jpeg_quality
from pellucid.denoising.levels import flattest_variance, measure_levels

ROUNDING = 1 / 12  # variance of rounding to whole steps
ONLY_ROUNDING = 1.5  # times that: no noise but rounding
MOST_SAMPLES = 1 << 16
MOST_LEVELS = 1 << 16
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


@dataclass(frozen=True)
class ChannelNoise:
    """One channel's part of a `NoiseEstimate`."""

    variance: float = 0.0
    slope: float = 0.0
    offset: float = 0.0
    correlation: float = 0.0


def estimate_noise(
    samples: NDArray[np.float32], valid: NDArray[np.bool_] | None = None
) -> NoiseEstimate:
    """Estimate the noise of a picture (H, W, C), finite, in any unit; C is 1 or 3.

    Where it isn't `valid` (H, W), it is looked at as little as can be; None is valid everywhere.
    Too small a picture, a constant one and a drawing have none. Scaling the samples by c scales
    sigma and slope by c and offset by c squared.
    """
    samples = np.asarray(samples, np.float32)
    if valid is not None and (valid.all() or not valid.any()):
        valid = None
    step = level_step(samples if valid is None else samples[valid])
    planes = [samples[:, :, channel] for channel in range(samples.shape[2])]
    channels = noise_of_channels(planes, valid, step)
    return together(channels, jpeg_quality(samples, step))


def together(channels: list[ChannelNoise], quality: int | None) -> NoiseEstimate:
    """The noise of several channels, and the quality of their JPEG."""
    variance = float(np.mean([channel.variance for channel in channels]))
    share = [channel.variance / variance if variance else 0.0 for channel in channels]
    correlation = [channel.correlation for channel in channels]
    return NoiseEstimate(
        sigma=variance**0.5,
        channel_sigma=tuple(channel.variance**0.5 for channel in channels),
        slope=float(np.mean([channel.slope for channel in channels])),
        offset=float(np.mean([channel.offset for channel in channels])),
        correlation=float(np.dot(share, correlation) / len(channels)),
        jpeg_quality=quality,
    )


def combined(parts: list[NoiseEstimate]) -> NoiseEstimate:
    """The noise of frames or bands of equally many channels, each measured by itself."""
    if len(parts) == 1:
        return parts[0]
    means = [ChannelNoise(p.sigma**2, p.slope, p.offset, p.correlation) for p in parts]
    channels = tuple(sigma for part in parts for sigma in part.channel_sigma)
    return replace(together(means, parts[0].jpeg_quality), channel_sigma=channels)


def noise_of_channels(
    planes: list[NDArray[np.float32]], valid: NDArray[np.bool_] | None, step: float
) -> list[ChannelNoise]:
    """The noise of each channel (H, W); none at all where one of them is drawn."""
    found = []
    for plane in planes:
        seen = plane if valid is None else plane[valid]
        low, scale = float(seen.min()), float(seen.max()) - float(seen.min())
        if not scale:
            found.append(ChannelNoise())
            continue
        relative = ((plane.astype(np.float64) - low) / scale).astype(np.float32)
        blocks = take_blocks(relative, valid)
        if blocks.drawn:
            return [ChannelNoise()] * len(planes)
        found.append(channel_noise(blocks, low, scale, step))
    return found


def channel_noise(blocks: Blocks, low: float, scale: float, step: float) -> ChannelNoise:
    """The noise of a channel from its blocks, whose samples are (x - low) / scale.

    The channel's levels are `step` apart; 0 if it can take any value.
    """
    if not blocks.usable:
        return ChannelNoise()
    levels = measure_levels(blocks)
    curve = fit_curve(levels, flattest_variance(blocks))
    shape = noise_shape(blocks, curve.at(blocks.mean), curve.trust, levels.share)
    rounding = ROUNDING * (step / scale) ** 2
    variance = curve.variance * shape.total - rounding
    if curve.variance < ONLY_ROUNDING * rounding or variance <= 0:
        return ChannelNoise()
    factor = shape.total * scale
    slope = curve.slope * factor
    offset = curve.offset * factor * scale - slope * low if slope else variance * scale**2
    return ChannelNoise(variance * scale**2, slope, offset, shape.correlation)


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
    gaps = np.diff(levels)
    step = float(gaps.min())
    if step <= peak / MOST_LEVELS or not multiples(levels - levels[0], step):
        return 0.0
    return step


def multiples(levels: NDArray[np.float64], step: float) -> bool:
    """Whether all levels are whole multiples of `step`."""
    ratio = levels / step
    return bool(np.abs(ratio - np.rint(ratio)).max() < TOLERANCE)
