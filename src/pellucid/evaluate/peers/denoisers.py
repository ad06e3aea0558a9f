"""The denoisers of `bench denoise`, and the memory that one of them takes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from pellucid.evaluate import fresh
from pellucid.evaluate.peers import block_matching, ffdnet, filters, pellucid_denoiser
from pellucid.evaluate.peers.base import Registry
from pellucid.evaluate.peers.denoiser import Denoiser, NoiseGiven, Samples

DENOISERS: Registry[Denoiser] = Registry(
    what="denoiser",
    makers={
        "bm3d": block_matching.bm3d,
        "bm3d_vst": block_matching.bm3d_vst,
        "ffdnet": ffdnet.make,
        "wavelet": filters.wavelet,
        "nlm": filters.nlm,
        "opencv_nlm": filters.opencv_nlm,
        "tv": filters.tv,
        "median": filters.median,
    },
    labels={
        "ffdnet": "FFDNet",
        "bm3d": "BM3D (non-commercial)",
        "bm3d_vst": "BM3D with VST (non-commercial)",
        "wavelet": "wavelets, scikit-image",
        "nlm": "NLM, scikit-image",
        "opencv_nlm": "NLM, OpenCV (8-bit input)",
        "tv": "total variation, scikit-image",
        "median": "median filter",
    },
    own=lambda model: partial(pellucid_denoiser.make, model=model),
)
SIGMA = 25.0  # at which cost is measured
CORNER = 64  # samples a side of a warm-up


def warm_up(one: Denoiser, noisy: Samples, given: NoiseGiven) -> None:
    """Load what a denoiser loads on first use, with a corner of (H, W, C) samples."""
    one.denoise(np.ascontiguousarray(noisy[:CORNER, :CORNER]), given)


def peak_of_denoiser(name: str, noisy: Samples, threads: int) -> float:
    """Peak of denoising (H, W, C) samples at sigma `SIGMA`, in millions of bytes.

    Raises:
        PellucidError: it can't be measured, or the denoiser failed.
    """
    with TemporaryDirectory() as folder:
        picture = Path(folder) / "noisy.npy"
        np.save(picture, noisy)
        order = {"name": name, "threads": threads, "picture": str(picture)}
        return fresh.measure(f"{__name__}:work", order).peak_mb


def work(order: dict[str, Any]) -> tuple[Callable[[], object], Callable[[], int]]:
    """The other side of that, as `fresh.measure` asks for it: the work, warm, and no file."""
    one, noisy = DENOISERS.make(order["name"], order["threads"]), np.load(order["picture"])
    warm_up(one, noisy, given := NoiseGiven(SIGMA))
    return lambda: one.denoise(noisy, given), lambda: 0
