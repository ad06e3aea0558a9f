"""PSNR and SSIM over samples of 0..255, clipped to that range and not rounded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pellucid.evaluate._extras import require
from pellucid.evaluate.denoisers import Samples
from pellucid.evaluate.metrics import PEAK, psnr

__all__ = ["clipped", "psnr", "ssim"]

WINDOW = 11  # of SSIM; smaller pictures have none


def ssim(clean: Samples, result: Samples) -> float | None:
    """Structural similarity (Wang et al. 2004; Gaussian window), the mean over channels.

    None where a side is shorter than the window.

    Raises:
        MissingExtraError: scikit-image isn't installed.
    """
    metrics = require("skimage.metrics", "scikit-image")
    if min(clean.shape[:2]) < WINDOW:
        return None
    value = metrics.structural_similarity(
        clean.astype(np.float64),
        clipped(result),
        data_range=PEAK,
        channel_axis=2,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return float(value)


def clipped(result: Samples) -> NDArray[np.float64]:
    """What a file of such samples could hold, but for rounding."""
    return np.clip(result.astype(np.float64), 0.0, PEAK)
