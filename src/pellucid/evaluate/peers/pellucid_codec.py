"""pellucid itself, through its public API and by the same rules as every other codec."""

from __future__ import annotations

import os
import zlib
from typing import Any

import numpy as np

from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import (
    OWN_PREFIX,
    Codec,
    Files,
    Samples,
    bands_of,
    in_parts,
    one_file,
)
from pellucid.pixels.info import WITH_ALPHA

THREADS_VARIABLE = "PELLUCID_THREADS"
SETTINGS = (16, 28, 40, 52, 64, 76, 88)


def make(
    threads: int, *, model: str, label: str = "", settings: tuple[float, ...] = SETTINGS
) -> Codec:
    """One model, by name or folder; `label`, if given, replaces the name that rows have.

    Coding a small probe tells early whether the model is there.

    Raises:
        PellucidError: the model isn't installed.
    """
    os.environ[THREADS_VARIABLE] = str(threads)
    api = require("pellucid")
    return Codec(
        name=label or OWN_PREFIX + model,
        version=_version(api, model),
        threading=f"{threads} threads both ways",
        settings=settings,
        **one_file(
            lambda rgb, quality: bytes(api.compress(rgb, quality=int(quality), model=model)),
            api.decompress,
        ),
    )


def exact(threads: int) -> Codec:
    """Lossless, or within a bound: all bands in one file."""
    api, version = _exact_api(threads)
    return Codec(
        name="pellucid",
        version=version,
        threading=f"up to {threads} threads both ways; all bands in one file",
        bounded=True,
        **in_parts(
            lambda samples, bound: api.compress(samples, max_error=int(bound)),
            lambda file, _kind: api.decompress(file),
        ),
    )


def exact_apart(threads: int) -> Codec:
    """The same with each band in a file of its own.

    Alpha (the last of 2 or 4 channels) is coded without loss, as it is in one file.
    """
    api, version = _exact_api(threads)

    def encode(samples: Samples, bound: float) -> Files:
        bounds = [int(bound)] * samples.shape[2]
        if len(bounds) in WITH_ALPHA:
            bounds[-1] = 0
        pairs = zip(bands_of(samples), bounds, strict=True)
        return tuple(bytes(api.compress(band, max_error=most)) for band, most in pairs)

    return Codec(
        name="pellucid-apart",
        version=version,
        threading=f"up to {threads} threads both ways; one file a band",
        bounded=True,
        encode=encode,
        decode=lambda files, _kind: np.dstack([*map(api.decompress, files)]),
        refuses=lambda kind, _bound: "has one band only" if kind.channels == 1 else "",
    )


def _exact_api(threads: int) -> tuple[Any, str]:
    """The package, and its version, tables and a checksum of a probe's files: another encoder's
    rows are stale."""
    os.environ[THREADS_VARIABLE] = str(threads)
    api = require("pellucid")
    rows, columns = np.mgrid[0:48, 0:48]
    probe = np.stack([rows * columns // 9, 5 * rows, (rows ^ columns) * 5], axis=2)
    files = [api.compress(probe.astype(np.uint8), max_error=bound) for bound in (0, 1)]
    check = zlib.crc32(b"".join(files))
    tables = api.info(files[0]).model_id
    return api, f"pellucid {api.__version__}, tables {tables}, probe {check:08x}"


def _version(api: Any, model: str) -> str:
    """Package, model and a checksum of a probe's file and its decoded pixels.

    The model's id covers what decides bits and nothing else; the checksum changes with the rest of
    the weights and with the encoder too, so that rows made by others are known as stale.
    """
    rows, columns = np.mgrid[0:64, 0:64]
    probe = np.stack([rows * columns // 16, 4 * rows, (rows ^ columns) * 4], axis=2)
    data = api.compress(probe.astype(np.uint8), quality=50, model=model)
    check = zlib.crc32(np.ascontiguousarray(api.decompress(data)).tobytes(), zlib.crc32(data))
    return f"pellucid {api.__version__}, model {api.info(data).model_id}, probe {check:08x}"
