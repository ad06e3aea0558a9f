"""SSIM of samples of 0..255, clipped to that range and not rounded."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.evaluate._extras import require

WINDOW = 11  # smaller pictures have none
PEAK = 255.0


def ssim(clean: NDArray[Any], result: NDArray[Any]) -> float | None:
    """Structural similarity (Wang et al. 2004; Gaussian window), the mean over channels.

    Args:
        clean: (H, W, C) samples of 0..255.
        result: the same, clipped to that range.

    Returns:
        At most 1; None where a side is shorter than the window.

    Raises:
        MissingExtraError: scikit-image isn't installed.
    """
    metrics = require("skimage.metrics", "scikit-image")
    if min(clean.shape[:2]) < WINDOW:
        return None
    value = metrics.structural_similarity(
        clean.astype(np.float64),
        np.clip(result.astype(np.float64), 0.0, PEAK),
        data_range=PEAK,
        channel_axis=2,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return float(value)
