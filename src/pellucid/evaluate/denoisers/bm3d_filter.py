"""BM3D, told sigma (Dabov et al. 2007; the authors' package, Mäkinen et al. 2020).

Its licence allows non-commercial use only. Colour goes through its opponent colour space.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.evaluate._extras import require
from pellucid.evaluate.denoisers.base import GREY, Denoiser, Samples, SigmaDenoiser, using

LICENCE = "non-commercial licence"


def block_matching(threads: int) -> Callable[[Samples, float], NDArray[np.floating]]:
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


def make(threads: int) -> Denoiser:
    """The adapter, with `threads` threads."""
    function = block_matching(threads)
    return SigmaDenoiser(
        name="bm3d",
        version=library_version(),
        function=function,
        threading=using(threads),
    )


def library_version() -> str:
    """Package and options."""
    return f"bm3d {version('bm3d')}, bm4d {version('bm4d')}, profile np, {LICENCE}"
