"""Pictures for tests: a photograph and extreme ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from skimage import data

import pellucid

FILLS = ("constant", "black", "white", "gradient", "noise", "stripes", "dots", "photograph")


def photograph(height: int = 256, width: int = 256, *, top: int = 0, left: int = 128) -> np.ndarray:
    """(height, width, 3) uint8: a part of scikit-image's astronaut."""
    return np.ascontiguousarray(data.astronaut()[top : top + height, left : left + width])


def filled(fill: str, height: int, width: int, channels: int, seed: int = 0) -> np.ndarray:
    """(height, width, channels) uint8 of a kind in `FILLS`."""
    rng = np.random.default_rng(seed)
    shape = (height, width, channels)
    if fill == "photograph":
        return np.ascontiguousarray(photograph(height, width)[:, :, :channels])
    if fill == "noise":
        return rng.integers(0, 256, shape, np.uint8)
    if fill == "gradient":
        ramp = np.linspace(0, 255, height)[:, None, None] + np.linspace(0, 255, width)[:, None]
        return np.broadcast_to(ramp / 2, shape).astype(np.uint8)
    if fill == "stripes":
        stripes = 255 * (np.arange(width) % 2)[:, None]
        return np.broadcast_to(stripes, shape).astype(np.uint8)
    if fill == "dots":
        return (255 * (rng.random(shape) < 0.02)).astype(np.uint8)
    level = {"black": 0, "white": 255}.get(fill, int(rng.integers(256)))
    return np.full(shape, level, np.uint8)


def unpacked(file: Any, **options: Any) -> Any:
    """What `pellucid.decompress` gives, always (H, W, C)."""
    samples = pellucid.decompress(file, **options)
    return samples.reshape(*samples.shape[:2], -1)
