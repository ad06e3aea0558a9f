"""The systems of `bench toy`: small networks, forests and support vectors, and the codecs and
denoisers of the other benches, pellucid among them.

To add one: a line in `CODERS` or `CLEANERS` and one in `LABELS`. The contract tests in
`tests/evaluate` then run it too.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from pellucid.evaluate.peers import toy_cnn, toy_predictive
from pellucid.evaluate.peers.base import Kind, Maker, Registry
from pellucid.evaluate.peers.denoiser import Denoiser, NoiseGiven
from pellucid.evaluate.peers.denoisers import DENOISERS
from pellucid.evaluate.peers.lossy import LOSSY
from pellucid.evaluate.peers.toy_base import (
    COMPRESS,
    DENOISE,
    SHEET,
    SINGLE,
    Cleaner,
    Coder,
    Pictures,
    Shape,
    System,
)
from pellucid.evaluate.peers.toy_learners import forest, vectors

GREY = 1
OWN = ("pellucid-m", "pellucid-s")
PEERS = ("jpeg420", "jpeg444", "jpeg2000", "webp", "avif_psnr", "jxl")
UNTOUCHED = Denoiser("noisy", "nothing done, version 1", lambda noisy, _sigma: noisy)
FILTERS = ("bm3d", "nlm", "wavelet", "tv")
NETWORKS = {
    "cnn": ("relu", "mse"),
    "cnn_bce": ("relu", "bce"),
    "cnn_sigmoid": ("sigmoid", "mse"),
    "cnn_tanh": ("tanh", "mse"),
}


def known_coder(threads: int, *, name: str) -> System:
    """A codec of `bench compress`; grey goes in as RGB and comes back as the colours' mean.

    In single files only two settings: these files are mostly header.

    Raises:
        MissingExtraError: its library isn't installed.
    """
    peer = LOSSY.make(name, threads)
    every = peer.settings

    def encode(picture: Pictures, setting: float) -> bytes:
        grey = picture.shape[2] == GREY
        return peer.encode(np.repeat(picture, 3, axis=2) if grey else picture, setting)[0]

    def decode(data: bytes, shape: Shape) -> Pictures:
        rgb = peer.decode((data,), Kind((shape[0], shape[1], 3), np.dtype(np.uint8)))
        if shape[2] != GREY:
            return rgb
        return np.asarray(np.rint(rgb.mean(axis=2, keepdims=True)), np.uint8)

    return System(
        task=COMPRESS,
        name=name,
        version=peer.version,
        train=lambda _pictures, _budget: Coder(encode, decode),
        learns=False,
        settings={SHEET: every, SINGLE: (every[0], every[len(every) // 2])},
        threading=peer.threading,
    )


def known_cleaner(threads: int, *, name: str) -> System:
    """A denoiser of `bench denoise`; PellucidError, with the way out, if it can't be had."""
    one = UNTOUCHED if name == UNTOUCHED.name else DENOISERS.make(name, threads)
    cleaner = Cleaner(lambda noisy, sigma: one.denoise(noisy, NoiseGiven(sigma)))
    return System(
        task=DENOISE,
        name=name,
        version=one.version,
        train=lambda _pictures, _budget: cleaner,
        learns=False,
        threading=one.threading,
    )


CODERS: dict[str, Maker[System]] = {
    **{name: partial(known_coder, name=name) for name in (*OWN, *PEERS)},
    **{name: partial(toy_cnn.coder, name=name, kind=kind) for name, kind in NETWORKS.items()},
    "forest": partial(toy_predictive.coder, make=forest),
    "svr": partial(toy_predictive.coder, make=vectors),
}
CLEANERS: dict[str, Maker[System]] = {
    **{name: partial(known_cleaner, name=name) for name in (*OWN, *FILTERS, "noisy")},
    **{name: partial(toy_cnn.cleaner, name=name, kind=kind) for name, kind in NETWORKS.items()},
    "cnn_flat": partial(toy_cnn.cleaner, name="cnn_flat", dense=False),
    "forest": partial(toy_predictive.cleaner, make=forest),
    "svr": partial(toy_predictive.cleaner, make=vectors),
}
# For tables, in their order.
LABELS = {
    "pellucid-m": "pellucid m",
    "pellucid-s": "pellucid s",
    "jpeg420": "JPEG 4:2:0",
    "jpeg444": "JPEG 4:4:4",
    "jpeg2000": "JPEG 2000",
    "webp": "WebP",
    "avif_psnr": "AVIF, tune=psnr",
    "jxl": "JPEG XL",
    "bm3d": "BM3D (non-commercial)",
    "nlm": "NLM",
    "wavelet": "wavelets",
    "tv": "total variation",
    "cnn": "CNN, ReLU, MSE",
    "cnn_bce": "CNN, ReLU, cross-entropy",
    "cnn_sigmoid": "CNN, sigmoid, MSE",
    "cnn_tanh": "CNN, tanh, MSE",
    "cnn_flat": "CNN without dense layers",
    "forest": "random forest",
    "svr": "support vectors",
    "noisy": "nothing: the noisy picture",
}
NAMES = tuple(LABELS)
GROUPS = {
    "all": NAMES,
    "networks": tuple(name for name in NAMES if name.startswith("cnn")),
    "pellucid": OWN,
}
SYSTEMS: Registry[System] = Registry("system", {**CLEANERS, **CODERS}, LABELS, GROUPS)
AT: dict[str, Registry[System]] = {
    COMPRESS: Registry("codec", CODERS, LABELS),
    DENOISE: Registry("denoiser", CLEANERS, LABELS),
}
