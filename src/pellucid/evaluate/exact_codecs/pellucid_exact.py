"""pellucid itself, through its public API: all bands in one file, or each in a file of its own.

Apart, alpha (the last of 2 or 4 channels) is coded without loss, as it is in one file.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.evaluate._extras import require
from pellucid.evaluate.exact_codecs.base import ExactCodec, Files, Kind, Samples, bands_of, joined
from pellucid.evaluate.peers.pellucid_codec import THREADS_VARIABLE
from pellucid.pixels.sink import WITH_ALPHA


@dataclass(frozen=True)
class PellucidExact:
    """An `ExactCodec`; `api` is the module pellucid or what has its compress and decompress."""

    api: Any
    threads: int
    version: str
    apart: bool = False
    bounded: bool = True

    @property
    def name(self) -> str:
        return "pellucid-apart" if self.apart else "pellucid"

    @property
    def how(self) -> str:
        files = "one file a band" if self.apart else "all bands in one file"
        return f"up to {self.threads} threads both ways; {files}"

    def refuses(self, kind: Kind, bound: int) -> str:
        del bound
        return "has one band only" if self.apart and kind.channels == 1 else ""

    def encode(self, samples: Samples, bound: int) -> Files:
        if not self.apart:
            return (bytes(self.api.compress(samples, max_error=bound)),)
        bands = bands_of(samples)
        bounds = [bound] * len(bands)
        if len(bands) in WITH_ALPHA:
            bounds[-1] = 0
        pairs = zip(bands, bounds, strict=True)
        return tuple(bytes(self.api.compress(band, max_error=most)) for band, most in pairs)

    def decode(self, files: Files, kind: Kind) -> Samples:
        if not self.apart:
            return np.asarray(self.api.decompress(files[0])).reshape(kind.shape)
        return joined(files, self.api.decompress, kind)


def make(threads: int, *, apart: bool = False) -> ExactCodec:
    """The adapter, with `threads` threads both ways."""
    os.environ[THREADS_VARIABLE] = str(threads)
    api = require("pellucid")
    return PellucidExact(api, threads, _version(api), apart)


def _version(api: Any) -> str:
    """Package, tables and a checksum of a probe's files: another encoder's rows are stale."""
    rows, columns = np.mgrid[0:48, 0:48]
    probe = np.stack([rows * columns // 9, 5 * rows, (rows ^ columns) * 5], axis=2)
    files = [api.compress(probe.astype(np.uint8), max_error=bound) for bound in (0, 1)]
    check = zlib.crc32(b"".join(files))
    return f"pellucid {api.__version__}, tables {api.info(files[0]).model_id}, probe {check:08x}"
