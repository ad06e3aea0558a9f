"""PSNR and SSIM over samples of 0..255, clipped to that range and not rounded."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import OptionError
from pellucid.evaluate._extras import require
from pellucid.evaluate.denoisers import Samples

PEAK = 255.0
WINDOW = 11  # of SSIM; smaller pictures have none


def psnr(clean: Samples, result: Samples) -> float:
    """Peak signal-to-noise ratio over all samples of all channels, in dB; `inf` where equal.

    Raises:
        OptionError: the shapes differ.
    """
    if clean.shape != result.shape:
        raise OptionError(f"PSNR needs one shape, got {clean.shape} and {result.shape}")
    error = clean.astype(np.float64) - clipped(result)
    mse = float(np.mean(np.square(error)))
    return 10.0 * math.log10(PEAK**2 / mse) if mse > 0 else math.inf


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
