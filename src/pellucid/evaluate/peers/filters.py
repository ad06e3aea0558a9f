"""Filters of scikit-image, OpenCV and SciPy, all told sigma.

What each is set to was the best of a few on photographs at sigma 15 to 50.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import using
from pellucid.evaluate.peers.denoiser import GREY, RGB, Denoiser, Samples

NLM_STRENGTH = 0.6  # h for each sigma, in both libraries
NLM_PATCH, NLM_DISTANCE = 5, 6
OPENCV_PATCH, OPENCV_SEARCH = 7, 21
TV_WEIGHT = 0.8  # for each sigma: between the best for detailed (0.6) and for smooth pictures (1)
STRONG = 25.0  # sigma from which the wider median window is better on photographs


def wavelet(_threads: int) -> Denoiser:
    """Wavelet shrinkage, BayesShrink, for colour in YCbCr (Chang, Yu, Vetterli 2000)."""
    require("pywt", "PyWavelets")

    def options(channels: int, sigma: float) -> dict[str, Any]:
        kind = {"method": "BayesShrink", "mode": "soft", "convert2ycbcr": channels == RGB}
        return {**kind, "sigma": sigma, "rescale_sigma": True}  # since samples are scaled inside

    described = "BayesShrink, soft, YCbCr, rescale_sigma"
    return _skimage("wavelet", "denoise_wavelet", described, options)


def nlm(_threads: int) -> Denoiser:
    """Non-local means, the fast mode (Darbon et al. 2008); the variance of sigma is taken off the
    distances of patches."""

    def options(_channels: int, sigma: float) -> dict[str, Any]:
        patches = {"patch_size": NLM_PATCH, "patch_distance": NLM_DISTANCE, "fast_mode": True}
        return {**patches, "h": NLM_STRENGTH * sigma, "sigma": sigma}

    described = f"h={NLM_STRENGTH} sigma, patch {NLM_PATCH}, distance {NLM_DISTANCE}, fast mode"
    return _skimage("nlm", "denoise_nl_means", described, options)


def tv(_threads: int) -> Denoiser:
    """Total variation (Chambolle 2004)."""

    def options(_channels: int, sigma: float) -> dict[str, Any]:
        return {"weight": TV_WEIGHT * sigma}

    return _skimage("tv", "denoise_tv_chambolle", f"weight={TV_WEIGHT} sigma", options)


def _skimage(
    name: str, function: str, described: str, options: Callable[[int, float], dict[str, Any]]
) -> Denoiser:
    """`skimage.restoration.<function>`; `options` are of channels and of sigma over 255.

    Raises:
        MissingExtraError: scikit-image isn't installed.
    """
    library = require("skimage", "scikit-image")
    restore = getattr(require("skimage.restoration", "scikit-image"), function)

    def run(noisy: Samples, sigma: float) -> NDArray[np.floating]:
        grey = noisy.shape[2] == GREY
        scaled = (noisy[..., 0] if grey else noisy) / np.float32(255)
        chosen = options(noisy.shape[2], sigma / 255)
        return np.asarray(restore(scaled, channel_axis=None if grey else 2, **chosen) * 255)

    return Denoiser(name, f"scikit-image {library.__version__}, {described}", run)


def opencv_nlm(threads: int) -> Denoiser:
    """Fast non-local means. It takes 8-bit samples only: its input is clipped and rounded."""
    library = require("cv2", "opencv-python-headless")

    def run(noisy: Samples, sigma: float) -> NDArray[np.floating]:
        library.setNumThreads(threads)
        h, window = NLM_STRENGTH * sigma, (OPENCV_PATCH, OPENCV_SEARCH)
        rounded = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
        if noisy.shape[2] == GREY:
            clean = library.fastNlMeansDenoising(rounded[..., 0], None, h, *window)
        else:
            clean = library.fastNlMeansDenoisingColored(rounded, None, h, h, *window)
        return np.asarray(clean, np.float32)

    options = f"h={NLM_STRENGTH} sigma, patch {OPENCV_PATCH}, search {OPENCV_SEARCH}"
    version = f"OpenCV {library.__version__}, {options}, rounds its input to 8 bits"
    return Denoiser("opencv_nlm", version, run, using(threads))


def median(_threads: int) -> Denoiser:
    """The median of a square window, each channel apart; sigma chooses the window only."""
    ndimage, library = require("scipy.ndimage", "scipy"), require("scipy")

    def run(noisy: Samples, sigma: float) -> NDArray[np.floating]:
        side = 5 if sigma >= STRONG else 3
        return np.asarray(ndimage.median_filter(noisy, size=(side, side, 1)))

    version = f"SciPy {library.__version__}, 3x3, from sigma {STRONG:g} 5x5"
    return Denoiser("median", version, run)
