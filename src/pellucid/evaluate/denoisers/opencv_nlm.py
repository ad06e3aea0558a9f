"""OpenCV's fast non-local means. It takes 8-bit samples only: its input is clipped and rounded."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.evaluate._extras import require
from pellucid.evaluate.denoisers.base import GREY, Denoiser, Samples, SigmaDenoiser, using

STRENGTH = 0.6  # h for each sigma: best of 0.6, 0.8, 1.0, 1.2 on photographs at sigma 15 to 50
PATCH, SEARCH = 7, 21


def denoise(library: Any, threads: int, noisy: Samples, sigma: float) -> NDArray[np.floating]:
    """Samples of 0..255, rounded, to the same."""
    library.setNumThreads(threads)
    h = STRENGTH * sigma
    rounded = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    if noisy.shape[2] == GREY:
        clean = library.fastNlMeansDenoising(rounded[..., 0], None, h, PATCH, SEARCH)
    else:
        clean = library.fastNlMeansDenoisingColored(rounded, None, h, h, PATCH, SEARCH)
    return np.asarray(clean, np.float32)


def make(threads: int) -> Denoiser:
    """The adapter, with `threads` threads."""
    library = require("cv2", "opencv-python-headless")
    options = f"h={STRENGTH} sigma, patch {PATCH}, search {SEARCH}, rounds its input to 8 bits"
    return SigmaDenoiser(
        name="opencv_nlm",
        version=f"OpenCV {library.__version__}, {options}",
        function=partial(denoise, library, threads),
        threading=using(threads),
    )
