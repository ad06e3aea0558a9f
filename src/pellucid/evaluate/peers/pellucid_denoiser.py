"""pellucid itself, through its public API and by the same rules as every other denoiser.

What came from integers is given as integers of that width, and comes back rounded to them.
"""

from __future__ import annotations

import os
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import OptionError
from pellucid.evaluate._extras import require
from pellucid.evaluate.macs import denoiser_kmac
from pellucid.evaluate.peers.base import OWN_PREFIX, using
from pellucid.evaluate.peers.denoiser import Denoiser, NoiseGiven, Samples
from pellucid.runtime.session import THREADS_VARIABLE

STEP = {None: 1.0, 8: 1.0, 16: 257.0}  # of stored samples, for each of 255 levels
TYPES: dict[int | None, type] = {None: np.float32, 8: np.uint8, 16: np.uint16}
PROBE_SIGMA = 20


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

    def run(noisy: Samples, given: NoiseGiven) -> Samples:
        step = STEP[given.bits]
        sigma = "auto" if given.sigma is None else given.sigma * step
        clean = api.denoise(as_stored(noisy, given.bits), sigma=sigma, model=model)
        return np.asarray(clean, np.float32) / np.float32(step)

    return Denoiser(
        name=OWN_PREFIX + model,
        version=f"pellucid {api.__version__}, model {known[model]}, probe {_probe(api, model):08x}",
        run=run,
        threading=using(threads),
        needs="nothing",
        kmac=denoiser_kmac(model),
    )


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
