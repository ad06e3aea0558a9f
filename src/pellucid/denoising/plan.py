"""From what is known of the noise to the noise level maps that the network takes with a picture.

    independent, one strength     map 0 = sigma
    independent, grows with x     stabilised first (`scale`), then map 0 = 1
    correlated, or a JPEG's       map 1 = sigma
    estimated, 8 bits, faint      less, down to nothing

Everything is per sample of the picture and scaled by the user's strength and mask.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.denoising.estimate import NoiseEstimate
from pellucid.denoising.jpeg import jpeg_level
from pellucid.denoising.samples import Floats
from pellucid.denoising.scale import Stabiliser
from pellucid.pixels import Box

Noise = float | Floats | NoiseEstimate  # standard deviation, one or (H, W), or what was measured
PROCESSED = 0.15  # correlation from which noise counts as processed
LEAST_NOISE = 0.2  # of sigma: there is as much everywhere, whatever a line says of dark samples
SMOOTHED = 1.25  # processed noise over its estimate: flat places, where it is seen, lost most of it
LEAST_SLOPE = 1e-5  # of sigma: that of 10^10 photons, below which floats can't stabilise
FAINT = 1.5  # of 255: weaker noise in 8-bit samples is neither seen nor told from fine texture


@dataclass(frozen=True)
class Plan:
    """What goes into the maps: sigma (a number or (H, W)), as processed noise or independent.

    With a `stabiliser`, sigma is in the stabilised scale.
    """

    sigma: float | Floats
    processed: bool = False
    stabiliser: Stabiliser | None = None


def plan_for(noise: Noise, *, eight_bits: bool) -> Plan:
    """The plan for noise given by the user, or estimated.

    Args:
        eight_bits: whether the samples are 0-255; then the estimate's JPEG quality is believed, and
            faint noise is left in.
    """
    if not isinstance(noise, NoiseEstimate):
        return Plan(noise)
    processed = noise.correlation >= PROCESSED
    sigma = noise.sigma * (SMOOTHED if processed else 1.0)
    seen = visible(sigma) if eight_bits else 1.0
    if eight_bits and noise.jpeg_quality is not None:
        level = 255 * jpeg_level(noise.jpeg_quality)
        return Plan(max(level * visible(2 * level), sigma * seen), processed=True)
    if processed:
        return Plan(sigma * seen, processed=True)
    if noise.slope > LEAST_SLOPE * sigma > 0:
        least = LEAST_NOISE * sigma
        return Plan(seen, stabiliser=Stabiliser(noise.slope, noise.offset, least))
    return Plan(sigma * seen)


def nothing_to_do(noise: Noise, weight: float | Floats, dtype: np.dtype[Any]) -> bool:
    """Whether every sample of this type stays as it is."""
    plan = plan_for(noise, eight_bits=dtype == np.uint8)
    return not (np.any(plan.sigma) and np.any(weight))


def visible(sigma: float) -> float:
    """How much of noise in 8-bit samples is to be taken off: 0 if it is `FAINT`, towards 1."""
    return math.sqrt(max(0.0, 1 - (FAINT / sigma) ** 2)) if sigma > 0 else 0.0


def noise_level_maps(plan: Plan, weight: float | Floats, box: Box) -> Floats:
    """(2, h, w) in a part of the picture: independent and processed noise, times a weight of 0-1.

    The plan's sigma and the weight are one number, or (H, W) of the whole picture.
    """
    maps = np.zeros((2, box.height, box.width), np.float32)
    sigma, factor = (
        value[box.slices] if isinstance(value, np.ndarray) else np.float32(value)
        for value in (plan.sigma, weight)
    )
    maps[int(plan.processed)] = sigma * factor
    return maps
