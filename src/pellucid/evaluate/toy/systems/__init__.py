"""The systems of `bench toy`, each with an adapter for compression, denoising or both.

    base.py            the two protocols, the budget of training
    cnn.py             the article's network at both jobs; keras_models.py builds and trains it,
                       keras_backend.py imports Keras
    predictive.py      forest or support vectors as a codec; lattice.py says what they see
    patches.py         the same as a denoiser
    learners.py        forest and support vectors themselves
    tables.py          histograms -> tables for the entropy coder
    known.py           the codecs and denoisers of the other benches

To add one: a line in `COMPRESSORS` or `CLEANERS` and one in `LABELS`. The contract test in
`tests/evaluate` then runs it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from pellucid.evaluate.adapters import expand_names, load_adapters
from pellucid.evaluate.toy.systems import cnn, known, patches, predictive
from pellucid.evaluate.toy.systems.base import (
    SHEET,
    SINGLE,
    Budget,
    Cleaner,
    Compressor,
    Training,
)

__all__ = [
    "CLEANERS",
    "COMPRESSORS",
    "LABELS",
    "NAMES",
    "REFERENCE",
    "SHEET",
    "SINGLE",
    "Budget",
    "Cleaner",
    "Compressor",
    "Training",
    "expand",
    "load_cleaners",
    "load_compressors",
]

REFERENCE = "cnn"  # at its middle setting: the rate at which codecs are shown
VARIANTS: dict[str, dict[str, Any]] = {
    "cnn": {},
    "cnn_bce": {"loss": "bce"},
    "cnn_sigmoid": {"hidden": "sigmoid"},
    "cnn_tanh": {"hidden": "tanh"},
}
PEERS = ("jpeg420", "jpeg444", "jpeg2000", "webp", "avif_psnr", "jxl")
FILTERS = ("bm3d", "nlm", "wavelet", "tv")
OWN = ("pellucid-m", "pellucid-s")

COMPRESSORS: dict[str, Callable[[int], Compressor]] = {
    **{name: partial(known.make_codec, name=name) for name in (*OWN, *PEERS)},
    **{name: partial(cnn.make_codec, name=name, **how) for name, how in VARIANTS.items()},
    "forest": predictive.make_forest_codec,
    "svr": predictive.make_svr_codec,
}
CLEANERS: dict[str, Callable[[int], Cleaner]] = {
    **{name: partial(known.make_cleaner, name=name) for name in (*OWN, *FILTERS)},
    **{name: partial(cnn.make_cleaner, name=name, **how) for name, how in VARIANTS.items()},
    "cnn_flat": partial(cnn.make_cleaner, name="cnn_flat", dense=False),
    "forest": patches.make_forest_cleaner,
    "svr": patches.make_svr_cleaner,
    "noisy": known.make_untouched,
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


def expand(names: Iterable[str]) -> tuple[str, ...]:
    """Names, and groups (`all`, `networks`, `pellucid`), to systems, each once.

    Raises:
        OptionError: a name that no system has.
    """
    return expand_names(names, GROUPS, NAMES, "system")


def load_compressors(names: Iterable[str], threads: int) -> tuple[list[Compressor], dict[str, str]]:
    """The codecs among `names` that can be had, new ones; for the others why not."""
    chosen = [name for name in names if name in COMPRESSORS]
    return load_adapters(chosen, COMPRESSORS.__getitem__, threads)


def load_cleaners(names: Iterable[str], threads: int) -> tuple[list[Cleaner], dict[str, str]]:
    """The denoisers among `names` that can be had, new ones; for the others why not."""
    chosen = [name for name in names if name in CLEANERS]
    return load_adapters(chosen, CLEANERS.__getitem__, threads)
