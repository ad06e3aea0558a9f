"""pellucid itself, through its public API and by the same rules as every other codec."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import Peer, Rgb

THREADS_VARIABLE = "PELLUCID_THREADS"
SETTINGS = (16, 28, 40, 52, 64, 76, 88)


@dataclass(frozen=True)
class PellucidPeer:
    """A `Peer`; `api` is the module pellucid or anything with its compress and decompress.

    `model` is a name or a folder; `label`, if given, replaces the name that rows have.
    """

    api: Any
    model: str
    threads: int
    version: str
    settings: tuple[float, ...] = SETTINGS
    label: str = ""

    @property
    def name(self) -> str:
        return self.label or f"pellucid-{self.model}"

    @property
    def threading(self) -> str:
        return f"{self.threads} threads both ways"

    def encode(self, rgb: Rgb, setting: float) -> bytes:
        return bytes(self.api.compress(rgb, quality=int(setting), model=self.model))

    def decode(self, data: bytes) -> Rgb:
        return np.asarray(self.api.decompress(data))


def make(
    threads: int, *, model: str, label: str = "", settings: tuple[float, ...] = SETTINGS
) -> Peer:
    """The adapter for one model. Coding a small probe tells early whether it's there.

    Raises:
        PellucidError: the model isn't installed.
    """
    os.environ[THREADS_VARIABLE] = str(threads)
    api = require("pellucid")
    return PellucidPeer(api, model, threads, _version(api, model), settings, label)


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
