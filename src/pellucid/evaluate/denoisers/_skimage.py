"""Denoisers of scikit-image: they differ in the function and its options only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.evaluate._extras import require
from pellucid.evaluate.denoisers.base import GREY, Denoiser, Samples, SigmaDenoiser

# Channels and sigma (of 0..1) to the function's options.
Options = Callable[[int, float], Mapping[str, Any]]


def make_restoration(name: str, function: str, options: Options, described: str) -> Denoiser:
    """An adapter for `skimage.restoration.<function>`.

    Raises:
        MissingExtraError: scikit-image isn't installed.
    """
    restoration = require("skimage.restoration", "scikit-image")
    run = getattr(restoration, function)

    def denoise(noisy: Samples, sigma: float) -> NDArray[np.floating]:
        grey = noisy.shape[2] == GREY
        scaled = (noisy[..., 0] if grey else noisy) / np.float32(255)
        chosen = options(noisy.shape[2], sigma / 255)
        return np.asarray(run(scaled, channel_axis=None if grey else 2, **chosen) * 255)

    library = require("skimage", "scikit-image")
    return SigmaDenoiser(name, f"scikit-image {library.__version__}, {described}", denoise)
