"""The codecs of `bench lossless`, one adapter a file, all behind `base.ExactCodec`.

To add one: a file with `make(threads) -> ExactCodec`, a line in `FACTORIES` and one in `LABELS`.
The contract test in `tests/evaluate` then runs it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from pellucid.evaluate.adapters import expand_names, load_adapters
from pellucid.evaluate.exact_codecs import (
    blosc2,
    jpeg2000,
    jpegls,
    jxl,
    lerc,
    pellucid_exact,
    png,
    webp,
    zstd,
)
from pellucid.evaluate.exact_codecs.base import ExactCodec, Files, Kind, Samples, kind_of

__all__ = [
    "APART",
    "FACTORIES",
    "LABELS",
    "OURS",
    "OWN",
    "ExactCodec",
    "Files",
    "Kind",
    "Samples",
    "expand",
    "kind_of",
    "load_codecs",
]

OURS, APART = "pellucid", "pellucid-apart"
OWN = (OURS, APART)

FACTORIES: dict[str, Callable[[int], ExactCodec]] = {
    OURS: pellucid_exact.make,
    APART: partial(pellucid_exact.make, apart=True),
    "png": png.make,
    "webp": webp.make,
    "jxl": jxl.make,
    "jpeg2000": jpeg2000.make,
    "jpegls": jpegls.make,
    "lerc": partial(lerc.make, zstd=False),
    "lerc_zstd": partial(lerc.make, zstd=True),
    "zstd": zstd.make,
    "blosc2": blosc2.make,
}
# For tables, in their order.
LABELS = {
    OURS: "pellucid",
    APART: "pellucid, bands apart",
    "png": "PNG, optimized",
    "webp": "WebP, method 6",
    "jxl": "JPEG XL, effort 7",
    "jpeg2000": "JPEG 2000",
    "jpegls": "JPEG-LS",
    "lerc": "LERC",
    "lerc_zstd": "LERC with zstd",
    "zstd": "zstd, level 19",
    "blosc2": "Blosc2, bit-shuffle and zstd",
}
OTHERS = tuple(name for name in FACTORIES if name not in OWN)


def expand(names: Iterable[str]) -> tuple[str, ...]:
    """Names, `all` and `none` to adapters, each once; OptionError for a name that none has."""
    return expand_names(names, {"all": OTHERS, "none": ()}, FACTORIES, "codec")


def load_codecs(names: Iterable[str], threads: int) -> tuple[list[ExactCodec], dict[str, str]]:
    """All adapters that can be had, and for the others why not; see `load_adapters`."""
    return load_adapters(expand(names), FACTORIES.__getitem__, threads)
