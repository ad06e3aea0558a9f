"""The systems of `bench toy`: small networks, forests and support vectors, and the codecs and
denoisers of the other benches, pellucid among them.

To add one: a line in `KNOWN`. The contract tests in `tests/evaluate` then run it too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from pellucid.evaluate.peers import toy_cnn, toy_predictive
from pellucid.evaluate.peers.base import Denoiser, Kind, Maker, NoiseGiven, Registry, is_own
from pellucid.evaluate.peers.denoisers import DENOISERS
from pellucid.evaluate.peers.lossy import LOSSY
from pellucid.evaluate.peers.toy_base import Coder, Pictures, Shape, System, ToyDenoiser

GREY = 1
UNTOUCHED = Denoiser("noisy", "nothing done, version 1", lambda noisy, _sigma: noisy)


def known_coder(name: str, threads: int) -> System:
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
        task="compress",
        name=name,
        version=peer.version,
        train=lambda _pictures, _budget: Coder(encode, decode),
        learns=False,
        settings={"sheet": every, "single": (every[0], every[len(every) // 2])},
        threading=peer.threading,
    )


def known_cleaner(name: str, threads: int) -> System:
    """A denoiser of `bench denoise`; PellucidError, with the way out, if it can't be had."""
    one = UNTOUCHED if name == UNTOUCHED.name else DENOISERS.make(name, threads)
    denoiser = ToyDenoiser(lambda noisy, sigma: one.denoise(noisy, NoiseGiven(sigma)))
    return System(
        task="denoise",
        name=name,
        version=one.version,
        train=lambda _pictures, _budget: denoiser,
        learns=False,
        threading=one.threading,
    )


Make = Callable[[str, int], System]  # of the name and a number of threads
# Name -> how tables call it, in their order, and what makes it as a codec and as a denoiser.
KNOWN: dict[str, tuple[str, Make | None, Make | None]] = {
    "pellucid-m": ("pellucid m", known_coder, known_cleaner),
    "pellucid-s": ("pellucid s", known_coder, known_cleaner),
    "jpeg420": ("JPEG 4:2:0", known_coder, None),
    "jpeg444": ("JPEG 4:4:4", known_coder, None),
    "jpeg2000": ("JPEG 2000", known_coder, None),
    "webp": ("WebP", known_coder, None),
    "avif_psnr": ("AVIF, tune=psnr", known_coder, None),
    "jxl": ("JPEG XL", known_coder, None),
    "bm3d": ("BM3D (non-commercial)", None, known_cleaner),
    "nlm": ("NLM", None, known_cleaner),
    "wavelet": ("wavelets", None, known_cleaner),
    "tv": ("total variation", None, known_cleaner),
    "cnn": ("CNN, ReLU, MSE", toy_cnn.coder, toy_cnn.denoiser),
    "cnn_bce": ("CNN, ReLU, cross-entropy", toy_cnn.coder, toy_cnn.denoiser),
    "cnn_sigmoid": ("CNN, sigmoid, MSE", toy_cnn.coder, toy_cnn.denoiser),
    "cnn_tanh": ("CNN, tanh, MSE", toy_cnn.coder, toy_cnn.denoiser),
    "cnn_flat": ("CNN without dense layers", None, toy_cnn.denoiser),
    "forest": ("random forest", toy_predictive.coder, toy_predictive.denoiser),
    "svr": ("support vectors", toy_predictive.coder, toy_predictive.denoiser),
    "noisy": ("nothing: the noisy picture", None, known_cleaner),
}
LABELS = {name: label for name, (label, _, _) in KNOWN.items()}
CODERS: dict[str, Maker[System]] = {
    name: partial(make, name) for name, (_, make, _) in KNOWN.items() if make
}
CLEANERS: dict[str, Maker[System]] = {
    name: partial(make, name) for name, (_, _, make) in KNOWN.items() if make
}
NAMES = tuple(KNOWN)
GROUPS = {
    "all": NAMES,
    "networks": tuple(name for name in NAMES if name.startswith("cnn")),
    "pellucid": tuple(name for name in NAMES if is_own(name)),
}
SYSTEMS: Registry[System] = Registry("system", {**CLEANERS, **CODERS}, LABELS, GROUPS)
AT: dict[str, Registry[System]] = {
    "compress": Registry("codec", CODERS, LABELS),
    "denoise": Registry("denoiser", CLEANERS, LABELS),
}
