"""The denoisers of `bench denoise`; `work` is one of them in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from pellucid.errors import PellucidError
from pellucid.evaluate.peers import block_matching, ffdnet, filters, pellucid_denoiser
from pellucid.evaluate.peers.base import Registry
from pellucid.evaluate.peers.denoiser import Denoiser, NoiseGiven

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
CORNER = 64  # samples a side of a warm-up


def warm_up(one: Denoiser, noisy: Any, given: NoiseGiven) -> None:
    """Load what a denoiser loads on first use, with a corner of (H, W, C) samples."""
    one.denoise(np.ascontiguousarray(noisy[:CORNER, :CORNER]), given)


def work(order: dict[str, Any]) -> tuple[Callable[[], object], Callable[[], int]]:
    """One denoiser on one picture, warm; see `fresh.measure`.

    Args:
        order: `name` of a denoiser, `threads` for it, `sigma`, and `picture`, a .npy file of
            (H, W, C) samples.

    Returns:
        The work, and the size of its file, which is none.
    """
    try:
        one = DENOISERS.make(order["name"], order["threads"])
    except PellucidError as error:
        raise SystemExit(str(error)) from error
    noisy, given = np.load(order["picture"]), NoiseGiven(order["sigma"])
    warm_up(one, noisy, given)
    return lambda: one.denoise(noisy, given), lambda: 0
