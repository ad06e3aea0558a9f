"""pellucid itself, through its public API and by the same rules as every other codec."""

from __future__ import annotations

import os
import re
import zlib
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import (
    JOINT,
    OWN_PREFIX,
    Codec,
    Files,
    Maker,
    Rgb,
    Samples,
    in_parts,
)
from pellucid.pixels.info import WITH_ALPHA
from pellucid.runtime import load_model
from pellucid.runtime.session import THREADS_VARIABLE

SETTINGS = (16, 28, 40, 52, 64, 76, 88)
FEWER = SETTINGS[::2]  # at an effort, which takes its time
NOISE = 20  # sigma of that on the probe of what denoises


def make(
    threads: int,
    *,
    model: str,
    effort: int = 0,
    label: str = "",
    settings: tuple[float, ...] = SETTINGS,
    denoise: str = "off",
) -> Codec:
    """One model, by name or folder, at an effort; `label`, if given, replaces the name that rows
    have, and `denoise` is what `compress` takes. PellucidError if it isn't installed.

    Its version has a checksum of a probe's file and its decoded pixels. The model's id covers what
    decides bits and nothing else; the checksum changes with the rest of the weights and with the
    encoder too, so that rows made by others are known as stale. What denoises gets a noisy probe.
    """
    os.environ[THREADS_VARIABLE] = str(threads)
    api = require("pellucid")
    tune = load_model(model).tune  # or `m` might be `m-eye`
    options: dict[str, Any] = {"model": model, "tune": tune, "effort": effort, "denoise": denoise}
    data = api.compress(_probe(64, 0 if denoise == "off" else NOISE), quality=50, **options)
    check = zlib.crc32(np.ascontiguousarray(api.decompress(data)).tobytes(), zlib.crc32(data))
    identity = api.info(data).model_id
    return Codec(
        name=label or OWN_PREFIX + model + (f"-e{effort}" if effort else ""),
        version=f"pellucid {api.__version__}, model {identity}, probe {check:08x}",
        threading=f"{threads} threads both ways",
        settings=settings,
        **in_parts(
            lambda rgb, quality: api.compress(rgb, quality=int(quality), **options),
            lambda data, _kind: api.decompress(data),
        ),
    )


def maker(name: str) -> Maker[Codec]:
    """What makes the codec of a name, of which `parts_of` tells the parts; `m-joint` denoises."""
    model, effort = parts_of(name.removesuffix(JOINT))
    found = partial(make, model=model, effort=effort, settings=FEWER if effort else SETTINGS)
    if name.endswith(JOINT):
        return partial(found, label=OWN_PREFIX + name, denoise="auto")
    return found


def parts_of(name: str) -> tuple[str, int]:
    """Model and effort: `m-e4` is the model m at effort 4, and a path is a model's folder."""
    found = re.fullmatch(r"(.+)-e([1-9])", name)
    if found is None or os.path.exists(name):
        return name, 0
    return found[1], int(found[2])


def exact(threads: int) -> Codec:
    """Lossless, or within a bound: all bands in one file."""
    os.environ[THREADS_VARIABLE] = str(threads)
    api = require("pellucid")
    return Codec(
        name="pellucid",
        version=exact_version(),
        threading=f"up to {threads} threads both ways; all bands in one file",
        bounded=True,
        **in_parts(
            lambda samples, bound: api.compress(samples, max_error=int(bound)),
            lambda file, _kind: api.decompress(file),
        ),
    )


def exact_version() -> str:
    """Tables, and a checksum of the files of two probes, a photograph and flat colours."""
    api = require("pellucid")
    probes = (_probe(48), _probe(48) // 32)
    files = [api.compress(probe, max_error=bound) for probe in probes for bound in (0, 1)]
    tables, check = api.info(files[0]).model_id, zlib.crc32(b"".join(files))
    return f"pellucid {api.__version__}, tables {tables}, probe {check:08x}"


def exact_apart(threads: int) -> Codec:
    """The same with each band in a file of its own.

    Alpha (the last of 2 or 4 channels) is coded without loss, as it is in one file.
    """
    together = exact(threads)

    def encode(samples: Samples, bound: float) -> Files:
        bounds = [bound] * samples.shape[2]
        if len(bounds) in WITH_ALPHA:
            bounds[-1] = 0
        bands = np.split(samples, len(bounds), axis=2)
        return sum(map(together.encode, bands, bounds), ())

    return replace(
        together,
        name="pellucid-apart",
        threading=f"up to {threads} threads both ways; one file a band",
        encode=encode,
        refuses=lambda kind, _bound: "has one band only" if kind.channels == 1 else "",
    )


def _probe(side: int, sigma: float = 0) -> Rgb:
    rows, columns = np.mgrid[0:side, 0:side]
    step = 256 // side
    shades = [rows * columns // (side**2 // 256), step * rows, (rows ^ columns) * step]
    clean = np.stack(shades, axis=2).astype(np.uint8)
    noise = np.random.default_rng(1).normal(0, sigma, clean.shape)
    return np.clip(np.rint(clean + noise), 0, 255).astype(np.uint8)
