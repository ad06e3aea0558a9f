"""Ways to compress a noisy picture, for `bench joint`: a codec alone, a denoiser and then a codec,
or pellucid's codec that does both.

A way is called like its codec, or DENOISER+CODEC, by their names in `denoisers` and `lossy`. The
codec gets what the denoiser leaves as 8 bits, as if a file had been between them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise, zip_longest

import numpy as np

from pellucid.evaluate.peers.base import (
    BEHIND,
    JOINT,
    OWN_PREFIX,
    Codec,
    Denoiser,
    Floats,
    NoiseGiven,
    Registry,
    Rgb,
)
from pellucid.evaluate.peers.denoisers import DENOISERS, SIGMA, estimator, noise_sigma, warm_up
from pellucid.evaluate.peers.lossy import LOSSY

OWN_DENOISER = OWN_PREFIX + "m"
BITS = 8


@dataclass(frozen=True)
class Way:
    """A codec, perhaps behind a denoiser.

    Attributes:
        codec: under the name of the way, with the version and the threads of both.
        denoiser: what the picture goes through first.
        estimator: version of what tells the denoiser sigma where nobody knows it; empty if it needs
            no telling.
    """

    codec: Codec
    denoiser: Denoiser | None = None
    estimator: str = ""

    @property
    def name(self) -> str:
        """As in the rows and on the command line."""
        return self.codec.name

    @property
    def threading(self) -> str:
        """Of the denoiser, and of both sides of the codec."""
        return self.codec.threading

    @property
    def settings(self) -> tuple[float, ...]:
        """Those of the codec, and one between each two: quality may be best anywhere."""
        own = self.codec.settings
        whole = all(setting == int(setting) for setting in own)
        between = [(a + b) // 2 if whole else (a + b) / 2 for a, b in pairwise(own)]
        pairs = zip_longest(own, between)
        return tuple(dict.fromkeys(one for pair in pairs for one in pair if one is not None))

    def version(self, sigma: float | None) -> str:
        """Of all that made a row, on pictures of known noise or others."""
        measured = self.estimator if sigma is None else ""
        return self.codec.version + (f"; sigma by {measured}" if measured else "")


def make(threads: int, *, name: str) -> Way:
    """What the name says; MissingExtraError or OptionError as its denoiser and codec raise them."""
    before, _, behind = name.rpartition(BEHIND)
    codec = LOSSY.make(behind, threads)
    if not before:
        return Way(codec)
    denoiser = DENOISERS.make(before, threads)
    codec = replace(
        codec,
        name=name,
        version=f"{denoiser.version}; {codec.version}",
        threading=f"denoiser: {denoiser.threading}; codec: {codec.threading}",
    )
    return Way(codec, denoiser, estimator().version if denoiser.needs == "sigma" else "")


def own_ways(models: Iterable[str]) -> list[str]:
    """Names of what each of pellucid's models does: alone, joint, and behind its denoiser."""
    names = [OWN_PREFIX + model for model in models if model != "none"]
    return [way for name in names for way in (name, name + JOINT, OWN_DENOISER + BEHIND + name)]


def denoised(denoiser: Denoiser, noisy: Rgb, sigma: float | None) -> Rgb:
    """(H, W, 3) without noise, as 8 bits.

    `sigma` is told to what needs it; if it's None, what pellucid measures is. Others measure by
    themselves.
    """
    if sigma is None and denoiser.needs == "sigma":
        sigma = noise_sigma(noisy)
    if denoiser.needs == "nothing":
        sigma = None
    elif not sigma:
        return noisy  # nothing to take off
    return as_file(denoiser.denoise(noisy.astype(np.float32), NoiseGiven(sigma, bits=BITS)))


def as_file(samples: Floats) -> Rgb:
    """Clipped and rounded, as a file of 8 bits has them."""
    return np.clip(np.rint(samples), 0, 255).astype(np.uint8)


def warm(way: Way, noisy: Rgb) -> None:
    """Load what a way loads on first use, with (H, W, 3) samples."""
    if way.denoiser:
        given = NoiseGiven(None if way.denoiser.needs == "nothing" else SIGMA, bits=BITS)
        warm_up(way.denoiser, noisy.astype(np.float32), given)
    way.codec.encode(noisy, way.codec.settings[len(way.codec.settings) // 2])


LABELS = {
    "pellucid-m": "pellucid m",
    "pellucid-m-joint": "pellucid m, joint",
    "pellucid-m-eye": "pellucid m-eye",
    "pellucid-m-eye-joint": "pellucid m-eye, joint",
    "pellucid-m+pellucid-m": "denoised, then pellucid m",
    "pellucid-m+pellucid-m-eye": "denoised, then pellucid m-eye",
    "pellucid-m+avif": "denoised, then AVIF",
    "bm3d+avif": "BM3D (non-commercial), then AVIF",
    "avif": "AVIF",
    "jxl": "JPEG XL",
    "webp": "WebP",
}
WAYS: Registry[Way] = Registry.of(
    "method",
    {name: (label, partial(make, name=name)) for name, label in LABELS.items()},
    groups={"all": ("pellucid-m+avif", "bm3d+avif", "avif", "jxl", "webp")},
    own=lambda model: partial(make, name=OWN_PREFIX + model),
)
