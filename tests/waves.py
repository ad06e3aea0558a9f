"""Pictures that look like something, of any type and shape."""

from __future__ import annotations

import numpy as np


def smooth(dtype: str, *shape: int) -> np.ndarray:
    """A picture of waves and a little noise over the range of a type."""
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    y, x = np.mgrid[: shape[0], : shape[1]]
    wave = (low + high) / 2 + (high - low) / 3 * np.sin(x / 17) * np.cos(y / 13)
    noise = np.random.default_rng(0).normal(0, (high - low) / 300, shape)
    return np.clip(np.rint(wave[..., None] + noise), low, high).astype(dtype)
