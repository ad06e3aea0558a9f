"""Noisy pictures as files have them, beside the clean ones that `bench joint` measures against.

Noise comes from a seed made of the picture's name, as in `denoise_tasks`; here the noisy picture is
clipped and rounded to 8 bits, since files are compressed. A simulated camera's noise has the
variance a x + b at light x of 0 to 1 (photons and read-out; Foi et al. 2008) and comes before the
curve of sRGB (IEC 61966-2-1), so that shadows are noisier than they were recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from pellucid.evaluate.benches.denoise_tasks import (
    TASKS,
    Pair,
    Source,
    Task,
    as_taken,
    jpeg,
    noised,
    with_noise,
)
from pellucid.evaluate.peers.base import Floats, Rgb
from pellucid.evaluate.peers.joint import as_file
from pellucid.evaluate.pictures import load_rgb

PHOTONS, READ_OUT = 2e-3, 2e-5  # a and b
SIGMAS, QUALITIES = (5, 10, 25), (10, 20, 40, 75)
CURVE = 2.4
SLOPE, OFFSET = 12.92, 0.055  # of sRGB near black, and above
BEND = 0.0031308


@dataclass(frozen=True)
class Scene:
    """A noisy and a clean picture, (H, W, 3), and sigma where methods are told it."""

    noisy: Rgb
    clean: Rgb
    sigma: float | None


@dataclass(frozen=True)
class Kind:
    """A kind of noise.

    Attributes:
        label: in tables.
        pair: what it makes of a source.
        sigma: what methods are told; None where they aren't.
        noise: whether there is something that could be measured to tell them.
        files: how its files are called.
    """

    label: str
    pair: Callable[[Source], Pair]
    sigma: float | None = None
    noise: bool = True
    files: Task = TASKS["gaussian"]

    def load(self, source: Source) -> Scene:
        """Both pictures; InputError if one can't be read."""
        pair = self.pair(source)
        return Scene(as_file(pair.noisy), as_file(pair.clean), self.sigma)


def unharmed(source: Source) -> Pair:
    """A clean picture twice."""
    clean = load_rgb(source.path).astype(np.float32)
    return Pair(clean, clean, bits=8)


def camera(source: Source) -> Pair:
    """What a camera makes of the light of a clean picture, without a mosaic."""
    clean = load_rgb(source.path).astype(np.float32)
    light = linear(clean / np.float32(255))
    seen = with_noise(light, np.sqrt(PHOTONS * light + READ_OUT), source.image)
    return Pair(255 * curved(seen), clean, bits=8)


def linear(samples: Floats) -> Floats:
    """sRGB of 0-1 to light of 0-1."""
    above = ((samples + OFFSET) / (1 + OFFSET)) ** CURVE
    return np.where(samples <= SLOPE * BEND, samples / SLOPE, above).astype(np.float32)


def curved(light: Floats) -> Floats:
    """The reverse, clipped to 0-1."""
    light = np.clip(light, 0, 1)
    above = (1 + OFFSET) * light ** (1 / CURVE) - OFFSET
    return np.where(light <= BEND, SLOPE * light, above).astype(np.float32)


REAL = "real"
KINDS: dict[str, Kind] = {
    "none": Kind("clean pictures", unharmed),
    **{
        f"sigma{sigma}": Kind(
            f"white noise, sigma {sigma}", partial(noised, sigma=float(sigma)), float(sigma)
        )
        for sigma in SIGMAS
    },
    "camera": Kind("simulated camera", camera),
    REAL: Kind("cameras", partial(as_taken, _level=0, bits=8), files=TASKS["real"]),
    **{
        f"jpeg{quality}": Kind(
            f"JPEG, quality {quality}", partial(jpeg, quality=quality), noise=False
        )
        for quality in QUALITIES
    },
}
