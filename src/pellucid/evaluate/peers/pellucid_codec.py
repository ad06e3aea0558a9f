"""pellucid itself, through its public API and by the same rules as every other codec."""

from __future__ import annotations

import os
import zlib
from typing import Any

import numpy as np

from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import OWN_PREFIX, Codec, one_file

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
