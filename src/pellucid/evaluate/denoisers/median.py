"""The median of a square window, for each channel apart; the window is 3, for strong noise 5."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.evaluate._extras import require
from pellucid.evaluate.denoisers.base import Denoiser, Samples, SigmaDenoiser

STRONG = 25.0  # sigma from which the wider window is better on photographs


def denoise(ndimage: Any, noisy: Samples, sigma: float) -> NDArray[np.floating]:
    """Sigma chooses the window and nothing else."""
    side = 5 if sigma >= STRONG else 3
    return np.asarray(ndimage.median_filter(noisy, size=(side, side, 1)))


def make(_threads: int) -> Denoiser:
    """The adapter; one thread."""
    ndimage = require("scipy.ndimage", "scipy")
    library = require("scipy")
    version = f"SciPy {library.__version__}, 3x3, from sigma {STRONG:g} 5x5"
    return SigmaDenoiser("median", version, partial(denoise, ndimage))
