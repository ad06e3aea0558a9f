"""pellucid itself, through its public API and by the same rules as every other denoiser.

What came from integers is given as integers of that width, and comes back rounded to them.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import OptionError
from pellucid.evaluate._extras import require
from pellucid.evaluate.denoisers.base import GREY, RGB, Denoiser, Samples, Told, as_samples, using
from pellucid.evaluate.macs import denoiser_kmac
from pellucid.evaluate.peers.pellucid_codec import THREADS_VARIABLE

STEP = {None: 1.0, 8: 1.0, 16: 257.0}  # of stored samples, for each of 255 levels
TYPES: dict[int | None, type] = {None: np.float32, 8: np.uint8, 16: np.uint16}
PROBE_SIGMA = 20


@dataclass(frozen=True)
class PellucidDenoiser:
    """A `Denoiser`; `api` is the module pellucid or anything with its `denoise`."""

    api: Any
    model: str
    threads: int
    version: str
    kmac: float | None = None
    channels: tuple[int, ...] = (GREY, RGB)
    blind: bool = True
    takes_line: bool = False

    @property
    def name(self) -> str:
        return f"pellucid-{self.model}"

    @property
    def threading(self) -> str:
        return using(self.threads)

    def denoise(self, noisy: Samples, told: Told) -> Samples:
        step = STEP[told.bits]
        stored = as_stored(noisy, told.bits)
        sigma = "auto" if told.sigma is None else told.sigma * step
        clean = self.api.denoise(stored, sigma=sigma, model=self.model)
        return as_samples(np.asarray(clean, np.float32) / np.float32(step))


def as_stored(noisy: Samples, bits: int | None) -> NDArray[Any]:
    """The samples in the type they came from: uint8, uint16 or float32."""
    if bits is None:
        return noisy
    stored = np.clip(np.rint(noisy * STEP[bits]), 0, 2**bits - 1)
    return np.asarray(stored, TYPES[bits])


def make(threads: int, *, model: str) -> Denoiser:
    """The adapter for one model. Denoising a small probe tells early whether it's there.

    Raises:
        PellucidError: the model isn't installed.
    """
    os.environ[THREADS_VARIABLE] = str(threads)
    api = require("pellucid")
    if model not in (known := api.denoisers()):
        raise OptionError(
            f"there is no denoiser {model!r}; installed: {', '.join(known) or 'none'}"
        )
    version = f"pellucid {api.__version__}, model {known[model]}, probe {_probe(api, model):08x}"
    return PellucidDenoiser(api, model, threads, version, denoiser_kmac(model))


def _probe(api: Any, model: str) -> int:
    """A checksum of a small picture's results, told sigma and not: changes with the code around
    the network too, so that rows made by others are known as stale."""
    rows, columns = np.mgrid[0:64, 0:64]
    shades = np.stack([rows * columns // 16, 4 * rows, 2 * rows + 2 * columns], axis=2)
    noise = np.random.default_rng(1).normal(0, PROBE_SIGMA, shades.shape)
    probe = np.clip(np.rint(shades + noise), 0, 255).astype(np.uint8)
    check = 0
    for sigma in (PROBE_SIGMA, "auto"):
        result = np.ascontiguousarray(api.denoise(probe, sigma=sigma, model=model))
        check = zlib.crc32(result.tobytes(), check)
    return check
