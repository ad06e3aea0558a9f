"""Noisy pictures of any sample type, and what is told about their noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pellucid import NoiseEstimate
from pictures import photograph

TYPES = ("uint8", "uint16", "float16", "float32", "float64", ">u2", ">f4")
WHITE = {"uint8": 255, "uint16": 65535}
Noise = float | NoiseEstimate
SHOT = NoiseEstimate(0.1, (0.1,) * 3, 0.012, 0.004, 0.0, None)  # grows with brightness
PROCESSED = NoiseEstimate(0.1, (0.1,) * 3, 0.0, 0.01, 0.5, None)


def noisy_photograph(height: int = 96, width: int = 104, sigma: float = 0.1) -> np.ndarray:
    """(H, W, 3) float32 around 0-1, not clipped."""
    clean = photograph(height, width).astype(np.float32) / 255
    noise = np.random.default_rng(0).normal(0, sigma, clean.shape)
    return (clean + noise).astype(np.float32)


def as_type(picture: np.ndarray, name: str) -> np.ndarray:
    """Floats of 0-1 as samples of a type."""
    dtype = np.dtype(name)
    white = WHITE.get(dtype.name)
    return (np.rint(picture.clip(0, 1) * white) if white else picture).astype(dtype)


def white_of(samples: np.ndarray) -> float:
    return WHITE.get(samples.dtype.name, 1)


def scaled(noise: Noise, factor: float) -> Noise:
    """The noise of a picture whose samples are multiplied by `factor`."""
    if not isinstance(noise, NoiseEstimate):
        return noise * factor
    return replace(
        noise,
        sigma=noise.sigma * factor,
        slope=noise.slope * factor,
        offset=noise.offset * factor**2,
    )


def bits(array: np.ndarray) -> bytes:
    return array.tobytes()
