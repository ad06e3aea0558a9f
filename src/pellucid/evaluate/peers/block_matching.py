"""BM3D (Dabov et al. 2007; the authors' package, Mäkinen et al. 2020), told sigma or a line.

Its licence allows non-commercial use only. Colour goes through its opponent colour space.

For noise that grows with light it stands between the generalised Anscombe transform of
Poisson-Gaussian noise and the closed form of its exact unbiased inverse (Mäkitalo & Foi, "Optimal
inversion of the generalized Anscombe transformation for Poisson-Gaussian noise", 2013).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import using
from pellucid.evaluate.peers.denoiser import GREY, Denoiser, Samples

LICENCE = "non-commercial licence"
LEAST_SLOPE = 1e-3  # below, the noise doesn't depend on the signal to speak of
SHIFT = 3 / 8
WHITE = 255.0

Filter = Callable[[Samples, float], NDArray[np.floating]]


def bm3d(threads: int) -> Denoiser:
    """Told sigma; MissingExtraError if the package bm3d isn't installed."""
    return Denoiser("bm3d", library_version(), block_matching(threads), using(threads))


def bm3d_vst(threads: int) -> Denoiser:
    """Told slope and offset of the variance; MissingExtraError as above."""
    filtered = block_matching(threads)

    def run(noisy: Samples, line: tuple[float, float]) -> NDArray[np.floating]:
        return stabilised(filtered, noisy, *line)

    described = f"{library_version()}, generalised Anscombe transform"
    return Denoiser("bm3d_vst", described, run, using(threads), needs="line")


def block_matching(threads: int) -> Filter:
    """The filter as a function of samples, in any unit, and sigma.

    Raises:
        MissingExtraError: the package bm3d isn't installed.
    """
    library = require("bm3d")

    def run(noisy: Samples, sigma: float) -> NDArray[np.floating]:
        profile: Any = library.BM3DProfile()
        profile.num_threads = threads
        if noisy.shape[2] == GREY:
            return np.asarray(library.bm3d(noisy[..., 0] / 255, sigma / 255, profile) * 255)
        return np.asarray(library.bm3d_rgb(noisy / 255, sigma / 255, profile) * 255)

    return run


def library_version() -> str:
    """Package and options; MissingExtraError if the package isn't installed."""
    require("bm3d")
    return f"bm3d {version('bm3d')}, bm4d {version('bm4d')}, profile np, {LICENCE}"


def stabilised(
    filtered: Filter, noisy: Samples, slope: float, offset: float
) -> NDArray[np.floating]:
    """What a filter for constant noise makes of samples whose variance follows a line."""
    if slope < LEAST_SLOPE:
        return filtered(noisy, sqrt(max(offset, 0.0)))
    low, high = forward(np.array([0.0, WHITE]), slope, offset)
    stretch = WHITE / (high - low)  # back to 0..255, in which BM3D compares its blocks
    stable = (stretch * (forward(noisy, slope, offset) - low)).astype(np.float32)
    clean = np.asarray(filtered(stable, stretch)).reshape(noisy.shape) / stretch + low
    return inverse(clean, slope, offset)


def forward(samples: NDArray[np.floating], slope: float, offset: float) -> NDArray[np.float64]:
    """Samples to a scale on which the standard deviation of their noise is about 1."""
    x = np.asarray(samples, np.float64)
    inside = x / slope + SHIFT + offset / slope**2
    return 2 * np.sqrt(np.maximum(inside, 0.0))


def inverse(stable: NDArray[np.floating], slope: float, offset: float) -> NDArray[np.float64]:
    """Means on that scale back to means of samples, without bias."""
    d = np.maximum(np.asarray(stable, np.float64), 2 * sqrt(SHIFT))  # below it there is no light
    root = sqrt(1.5)
    light = d**2 / 4 + root / 4 / d - 11 / 8 / d**2 + 5 / 8 * root / d**3 - 1 / 8
    return slope * np.maximum(light, 0.0) - offset / slope
