"""JPEG XL by libjxl in imagecodecs: effort 7, lossy (VarDCT), tuned for the eye by design.

The setting is Butteraugli distance: the higher, the smaller. From distance 20 on the encoder
halves the picture first, so the sweep stays below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.errors import MissingExtraError
from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import Peer, Rgb

EFFORT = 7


@dataclass(frozen=True)
class JxlPeer:
    """A `Peer`; `library` is the module imagecodecs."""

    library: Any
    threads: int
    name: str = "jxl"
    settings: tuple[float, ...] = (14, 8, 4.5, 2.5, 1.5, 0.8)

    @property
    def version(self) -> str:
        libraries = f"imagecodecs {self.library.__version__}, {self.library.jpegxl_version()}"
        return f"{libraries}, effort={EFFORT}"

    @property
    def threading(self) -> str:
        return f"{self.threads} threads both ways"

    def encode(self, rgb: Rgb, setting: float) -> bytes:
        data = self.library.jpegxl_encode(
            rgb, distance=setting, effort=EFFORT, numthreads=self.threads
        )
        return bytes(data)

    def decode(self, data: bytes) -> Rgb:
        return np.asarray(self.library.jpegxl_decode(data, numthreads=self.threads))


def make(threads: int) -> Peer:
    """The adapter, with `threads` threads both ways.

    Raises:
        MissingExtraError: imagecodecs isn't installed, or was built without JPEG XL.
    """
    library = require("imagecodecs")
    if not library.JPEGXL.available:
        raise MissingExtraError("imagecodecs with JPEG XL", "bench")
    return JxlPeer(library, threads)
