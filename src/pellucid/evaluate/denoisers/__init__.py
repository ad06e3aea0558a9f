"""The denoisers of the bench, one adapter a file, all behind `base.Denoiser`.

To add one: a file with `make(threads) -> Denoiser`, a line in `FACTORIES` and one in `LABELS`. The
contract test in `tests/evaluate` then runs it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from pellucid.evaluate.adapters import expand_names, load_adapters
from pellucid.evaluate.denoisers import (
    bm3d_filter,
    bm3d_vst,
    ffdnet,
    median,
    opencv_nlm,
    pellucid_denoiser,
    skimage_nlm,
    skimage_tv,
    skimage_wavelet,
)
from pellucid.evaluate.denoisers.base import GREY, RGB, Denoiser, Samples, Told

__all__ = [
    "FACTORIES",
    "GREY",
    "LABELS",
    "OTHERS",
    "OWN_PREFIX",
    "RGB",
    "Denoiser",
    "Samples",
    "Told",
    "expand",
    "in_order",
    "label_of",
    "load_denoisers",
]

Factory = Callable[[int], Denoiser]

CORNER = 64  # samples a side of a warm-up
OWN_PREFIX = "pellucid-"  # followed by the model's name
FACTORIES: dict[str, Factory] = {
    "bm3d": bm3d_filter.make,
    "bm3d_vst": bm3d_vst.make,
    "ffdnet": ffdnet.make,
    "wavelet": skimage_wavelet.make,
    "nlm": skimage_nlm.make,
    "opencv_nlm": opencv_nlm.make,
    "tv": skimage_tv.make,
    "median": median.make,
}
# For tables and plots, in their order; pellucid's models come first.
LABELS = {
    "ffdnet": "FFDNet",
    "bm3d": "BM3D (non-commercial)",
    "bm3d_vst": "BM3D with VST (non-commercial)",
    "wavelet": "wavelets, scikit-image",
    "nlm": "NLM, scikit-image",
    "opencv_nlm": "NLM, OpenCV (8-bit input)",
    "tv": "total variation, scikit-image",
    "median": "median filter",
}
OTHERS = tuple(FACTORIES)


def label_of(name: str) -> str:
    """How tables call a denoiser."""
    if name.startswith(OWN_PREFIX):
        return name.replace("-", " ", 1)
    return LABELS[name]


def in_order(names: Iterable[str]) -> list[str]:
    """Names, each once, as tables list them."""
    order = list(LABELS)
    return sorted(set(names), key=lambda n: (order.index(n) if n in order else -1, n))


def expand(names: Iterable[str]) -> tuple[str, ...]:
    """Names of peers, or `all` or `none`, to adapters, each once.

    Raises:
        OptionError: a name that no adapter has.
    """
    return expand_names(names, {"all": OTHERS, "none": ()}, FACTORIES, "denoiser")


def load_denoisers(names: Iterable[str], threads: int) -> tuple[list[Denoiser], dict[str, str]]:
    """All adapters that can be had, and for the others why not; see `load_adapters`."""
    return load_adapters(names, _factory, threads)


def _factory(name: str) -> Factory:
    if name.startswith(OWN_PREFIX):
        return partial(pellucid_denoiser.make, model=name.removeprefix(OWN_PREFIX))
    return FACTORIES[expand([name])[0]]


def work(order: dict[str, Any]) -> tuple[Callable[[], object], Callable[[], int]]:
    """One denoiser on one picture, warm; see `fresh.measure`.

    Args:
        order: `name` of a denoiser, `threads` for it, `sigma`, and `picture`, a .npy file of
            (H, W, C) samples.

    Returns:
        The work, and the size of its file, which is none.
    """
    found, missing = load_denoisers([order["name"]], order["threads"])
    if not found:
        raise SystemExit(missing[order["name"]])
    noisy, told = np.load(order["picture"]), Told(order["sigma"])
    found[0].denoise(np.ascontiguousarray(noisy[:CORNER, :CORNER]), told)
    return lambda: found[0].denoise(noisy, told), lambda: 0
