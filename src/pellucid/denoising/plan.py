"""From what is known of the noise to what the network is told, before it sees the picture.

    independent, one strength     map 0 = sigma
    independent, grows with x     stabilised first (`vst`), then map 0 = 1
    correlated, or a JPEG's       map 1 = sigma

Everything is per sample of the picture and scaled by the user's strength and mask.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.estimate import NoiseEstimate
from pellucid.denoising.jpeg_strength import jpeg_sigma
from pellucid.denoising.vst import Stabiliser

Floats = NDArray[np.float32]
PROCESSED = 0.15  # correlation from which noise counts as processed


@dataclass(frozen=True)
class Plan:
    """What the network is told: sigma (a number or (H, W)), as processed noise or independent.

    With a `stabiliser`, sigma is in the stabilised scale.
    """

    sigma: float | Floats
    processed: bool = False
    stabiliser: Stabiliser | None = None


def plan_for(noise: float | Floats | NoiseEstimate, white: float, *, jpeg: bool) -> Plan:
    """The plan for noise given by the user, or estimated.

    Args:
        white: the samples' largest value, 255 for 8 bits.
        jpeg: whether the estimate's JPEG quality is to be believed (8-bit samples).
    """
    if not isinstance(noise, NoiseEstimate):
        return Plan(noise)
    if jpeg and noise.jpeg_quality is not None:
        return Plan(max(white * jpeg_sigma(noise.jpeg_quality), noise.sigma), processed=True)
    if noise.correlation >= PROCESSED:
        return Plan(noise.sigma, processed=True)
    if noise.slope > 0 and noise.sigma > 0:
        return Plan(1.0, stabiliser=Stabiliser(noise.slope, noise.offset))
    return Plan(noise.sigma)


def maps_of(plan: Plan, weight: float | Floats, shape: tuple[int, int]) -> Floats:
    """(2, H, W): independent and processed strength, times a weight of 0-1."""
    maps = np.zeros((2, *shape), np.float32)
    maps[int(plan.processed)] = plan.sigma * np.asarray(weight, np.float32)
    return maps
