"""Denoisers of other libraries, without networks: BM3D (told sigma or a line) and filters of
scikit-image, OpenCV and SciPy, all told sigma and set to the best of a few on photographs at sigma
15 to 50. The guided filter with a colour guide (He, Sun and Tang 2010) is for `bench guided`.

BM3D (Dabov et al. 2007; the authors' package, Mäkinen et al. 2020) has a licence that allows
non-commercial use only. For noise that grows with light it stands between the generalised Anscombe
transform of Poisson-Gaussian noise and the closed form of its exact unbiased inverse (Mäkitalo &
Foi, "Optimal inversion of the generalized Anscombe transformation for Poisson-Gaussian noise",
2013).
"""

from __future__ import annotations

from importlib.metadata import version
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.guide import total
from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import GREY, Denoiser, Floats, using

RADII = (3, 6, 12)
RIDGES = (1e-3, 1e-2)  # epsilon, for a guide of 0-1
Doubles = NDArray[np.float64]
LEAST_SLOPE = 1e-3  # below, the noise doesn't depend on the signal to speak of
SHIFT = 3 / 8
WHITE = 255.0
NLM_STRENGTH = 0.6  # h for each sigma, in both libraries
NLM_PATCH, NLM_DISTANCE = 5, 6
OPENCV_PATCH, OPENCV_SEARCH = 7, 21
TV_WEIGHT = 0.8  # for each sigma: between the best for detailed (0.6) and for smooth pictures (1)
STRONG = 25.0  # sigma from which the wider median window is better on photographs
# Name -> function of skimage.restoration, its options in words, those that are fixed, and those
# that are so many times sigma.
SKIMAGE: dict[str, tuple[str, str, dict[str, Any], dict[str, float]]] = {
    # Chang, Yu, Vetterli 2000; rescaled, since samples are scaled inside.
    "wavelet": (
        "denoise_wavelet",
        "BayesShrink, soft, YCbCr, rescale_sigma",
        {"method": "BayesShrink", "mode": "soft", "rescale_sigma": True},
        {"sigma": 1.0},
    ),
    # Non-local means (Darbon et al. 2008); the variance of sigma is taken off the distances.
    "nlm": (
        "denoise_nl_means",
        f"h={NLM_STRENGTH} sigma, patch {NLM_PATCH}, distance {NLM_DISTANCE}, fast mode",
        {"patch_size": NLM_PATCH, "patch_distance": NLM_DISTANCE, "fast_mode": True},
        {"h": NLM_STRENGTH, "sigma": 1.0},
    ),
    # Total variation (Chambolle 2004).
    "tv": ("denoise_tv_chambolle", f"weight={TV_WEIGHT} sigma", {}, {"weight": TV_WEIGHT}),
}


def skimage(_threads: int, *, name: str) -> Denoiser:
    """One of `SKIMAGE`; MissingExtraError if scikit-image, or what it needs, isn't installed."""
    library = require("skimage", "scikit-image")
    if name == "wavelet":
        require("pywt", "PyWavelets")
    function, described, fixed, times_sigma = SKIMAGE[name]
    restore = getattr(require("skimage.restoration", "scikit-image"), function)

    def run(noisy: Floats, sigma: float) -> NDArray[np.floating]:
        grey = noisy.shape[2] == GREY
        scaled = (noisy[..., 0] if grey else noisy) / np.float32(255)
        options = fixed | {key: factor * (sigma / 255) for key, factor in times_sigma.items()}
        if name == "wavelet":
            options["convert2ycbcr"] = not grey
        return np.asarray(restore(scaled, channel_axis=None if grey else 2, **options) * 255)

    return Denoiser(name, f"scikit-image {library.__version__}, {described}", run)


def opencv_nlm(threads: int) -> Denoiser:
    """Fast non-local means. It takes 8-bit samples only: its input is clipped and rounded."""
    library = require("cv2", "opencv-python-headless")

    def run(noisy: Floats, sigma: float) -> NDArray[np.floating]:
        library.setNumThreads(threads)
        h, window = NLM_STRENGTH * sigma, (OPENCV_PATCH, OPENCV_SEARCH)
        rounded = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
        if noisy.shape[2] == GREY:
            return np.asarray(library.fastNlMeansDenoising(rounded[..., 0], None, h, *window))
        return np.asarray(library.fastNlMeansDenoisingColored(rounded, None, h, h, *window))

    options = f"h={NLM_STRENGTH} sigma, patch {OPENCV_PATCH}, search {OPENCV_SEARCH}"
    described = f"OpenCV {library.__version__}, {options}, rounds its input to 8 bits"
    return Denoiser("opencv_nlm", described, run, using(threads))


def median(_threads: int) -> Denoiser:
    """The median of a square window, each channel apart; sigma chooses the window only."""
    ndimage, library = require("scipy.ndimage", "scipy"), require("scipy")

    def run(noisy: Floats, sigma: float) -> NDArray[np.floating]:
        side = 5 if sigma >= STRONG else 3
        return np.asarray(ndimage.median_filter(noisy, size=(side, side, 1)))

    described = f"SciPy {library.__version__}, 3x3, from sigma {STRONG:g} 5x5"
    return Denoiser("median", described, run)


def bm3d(threads: int) -> Denoiser:
    """Told sigma, for colour in its opponent colour space; MissingExtraError without the package
    bm3d."""
    library = require("bm3d")

    def run(noisy: Floats, sigma: float) -> NDArray[np.floating]:
        profile: Any = library.BM3DProfile()
        profile.num_threads = threads
        if noisy.shape[2] == GREY:
            return np.asarray(library.bm3d(noisy[..., 0] / 255, sigma / 255, profile) * 255)
        return np.asarray(library.bm3d_rgb(noisy / 255, sigma / 255, profile) * 255)

    packages = f"bm3d {version('bm3d')}, bm4d {version('bm4d')}"
    described = f"{packages}, profile np, non-commercial licence"
    return Denoiser("bm3d", described, run, using(threads))


def bm3d_vst(threads: int) -> Denoiser:
    """Told slope and offset of the variance; MissingExtraError as above."""
    plain = bm3d(threads)

    def run(noisy: Floats, line: tuple[float, float]) -> NDArray[np.floating]:
        slope, offset = line
        if slope < LEAST_SLOPE:
            return plain.run(noisy, sqrt(max(offset, 0.0)))
        low, high = forward(np.array([0.0, WHITE]), slope, offset)
        stretch = WHITE / (high - low)  # back to 0..255, in which BM3D compares its blocks
        stable = (stretch * (forward(noisy, slope, offset) - low)).astype(np.float32)
        clean = np.asarray(plain.run(stable, stretch)).reshape(noisy.shape) / stretch + low
        return inverse(clean, slope, offset)

    described = f"{plain.version}, generalised Anscombe transform"
    return Denoiser("bm3d_vst", described, run, plain.threading, needs="line")


def forward(samples: NDArray[np.floating], slope: float, offset: float) -> NDArray[np.float64]:
    """Floats to a scale on which the standard deviation of their noise is about 1."""
    inside = np.asarray(samples, np.float64) / slope + SHIFT + offset / slope**2
    return 2 * np.sqrt(np.maximum(inside, 0.0))


def inverse(stable: NDArray[np.floating], slope: float, offset: float) -> NDArray[np.float64]:
    """Means on that scale back to means of samples, without bias."""
    d = np.maximum(np.asarray(stable, np.float64), 2 * sqrt(SHIFT))  # below it there is no light
    root = sqrt(1.5)
    light = d**2 / 4 + root / 4 / d - 11 / 8 / d**2 + 5 / 8 * root / d**3 - 1 / 8
    return slope * np.maximum(light, 0.0) - offset / slope


def guided_filter(
    noisy: Doubles,
    guide: Doubles,
    known: NDArray[np.bool_],
    radius: int,
    ridge: float,
) -> Doubles:
    """`noisy` (H, W) filtered by `guide` (H, W, 3) of 0-1, from where it is `known`.

    In each window the picture is fitted as a linear function of the guide's three channels; what a
    sample becomes is the mean of the fits of all windows it lies in.
    """
    weight = known.astype(np.float64)
    count = np.maximum(total(weight, radius), 1)

    def mean(plane: NDArray[np.floating]) -> Doubles:
        return total(plane * weight, radius) / count

    planes = [*np.moveaxis(guide, 2, 0), noisy]
    centres = np.stack([mean(plane) for plane in planes], axis=-1)  # (H, W, 4)
    products = [mean(one * two) for one in planes for two in planes]
    spread = np.stack(products, axis=-1).reshape(*noisy.shape, 4, 4)
    spread -= centres[..., None] * centres[..., None, :]
    slope = np.linalg.solve(spread[..., :3, :3] + ridge * np.eye(3), spread[..., :3, 3:])[..., 0]
    offset = centres[..., 3] - (slope * centres[..., :3]).sum(axis=-1)
    slopes = np.stack([mean(slope[..., c]) for c in range(3)], axis=-1)
    result: Doubles = (slopes * guide).sum(axis=-1) + mean(offset)
    return result
