"""The codecs of the bench, one adapter a file, all behind `base.Peer`.

To add one: a file with `make(threads) -> Peer`, a line in `FACTORIES` and one in `LABELS`. The
contract test in `tests/evaluate` then runs it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from pellucid.evaluate.adapters import check_threads, expand_names, load_adapters
from pellucid.evaluate.peers import (
    avif,
    avif_psnr,
    heic_psnr,
    jpeg420,
    jpeg444,
    jpeg2000,
    jxl,
    pellucid_codec,
    webp,
)
from pellucid.evaluate.peers.base import Peer, Rgb

__all__ = [
    "FACTORIES",
    "GROUPS",
    "LABELS",
    "OWN",
    "Peer",
    "Rgb",
    "expand",
    "load_peers",
    "make_peer",
]

Factory = Callable[[int], Peer]

FACTORIES: dict[str, Factory] = {
    "pellucid-s": partial(pellucid_codec.make, model="s"),
    "pellucid-m": partial(pellucid_codec.make, model="m"),
    "jpeg420": jpeg420.make,
    "jpeg444": jpeg444.make,
    "jpeg2000": jpeg2000.make,
    "webp": webp.make,
    "avif": avif.make,
    "avif_psnr": avif_psnr.make,
    "heic_psnr": heic_psnr.make,
    "jxl": jxl.make,
}
# For tables and plots, in their order.
LABELS = {
    "pellucid-m": "pellucid m",
    "pellucid-s": "pellucid s",
    "jpeg420": "JPEG 4:2:0",
    "jpeg444": "JPEG 4:4:4",
    "jpeg2000": "JPEG 2000",
    "webp": "WebP, method 6",
    "avif": "AVIF 4:4:4, speed 6",
    "avif_psnr": "AVIF 4:4:4, speed 6, tune=psnr",
    "heic_psnr": "HEIC 4:4:4, tune=psnr",
    "jxl": "JPEG XL, effort 7",
}
OWN = ("pellucid-m", "pellucid-s")
OTHERS = tuple(name for name in FACTORIES if name not in OWN)
GROUPS: dict[str, tuple[str, ...]] = {
    "all": OTHERS,
    "none": (),
    "jpeg": ("jpeg420", "jpeg444"),
    "avif": ("avif", "avif_psnr"),
    "heic": ("heic_psnr",),
}


def expand(names: Iterable[str]) -> tuple[str, ...]:
    """Names and groups (`jpeg`, `avif`, `heic`, `all`, `none`) to adapters, each once.

    Raises:
        OptionError: a name that no adapter has.
    """
    return expand_names(names, GROUPS, FACTORIES, "codec")


def make_peer(name: str, threads: int) -> Peer:
    """One adapter.

    Raises:
        MissingExtraError: its library isn't installed.
        OptionError: no adapter of that name, or `threads` below 1.
    """
    check_threads(threads)
    return FACTORIES[expand([name])[0]](threads)


def load_peers(names: Iterable[str], threads: int) -> tuple[list[Peer], dict[str, str]]:
    """All adapters that can be had, and for the others why not; see `load_adapters`."""
    return load_adapters(expand(names), FACTORIES.__getitem__, threads)
