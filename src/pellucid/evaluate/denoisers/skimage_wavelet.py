"""scikit-image's wavelet shrinkage, BayesShrink, for colour in YCbCr (Chang, Yu, Vetterli 2000)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pellucid.evaluate._extras import require
from pellucid.evaluate.denoisers._skimage import make_restoration
from pellucid.evaluate.denoisers.base import RGB, Denoiser


def options(channels: int, sigma: float) -> Mapping[str, Any]:
    """Soft thresholds; `rescale_sigma`, since samples are scaled inside."""
    return {
        "sigma": sigma,
        "method": "BayesShrink",
        "mode": "soft",
        "convert2ycbcr": channels == RGB,
        "rescale_sigma": True,
    }


def make(_threads: int) -> Denoiser:
    """The adapter; one thread."""
    require("pywt", "PyWavelets")
    described = "BayesShrink, soft, YCbCr, rescale_sigma"
    return make_restoration("wavelet", "denoise_wavelet", options, described)
