"""Blosc2 with bit-shuffle and zstd at level 9, as array stores use it, on each band for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.evaluate.exact_codecs._library import imagecodecs_with, version_of
from pellucid.evaluate.exact_codecs.base import ExactCodec, Files, Kind, Samples

LEVEL = 9


@dataclass(frozen=True)
class Blosc2Codec:
    """An `ExactCodec`; `library` is the module imagecodecs."""

    library: Any
    threads: int
    name: str = "blosc2"
    bounded: bool = False

    @property
    def version(self) -> str:
        return f"{version_of(self.library, 'blosc2')}, zstd level={LEVEL} bitshuffle"

    @property
    def how(self) -> str:
        return f"up to {self.threads} threads both ways; one band after the other, in one buffer"

    def refuses(self, kind: Kind, bound: int) -> str:
        del kind, bound
        return ""

    def encode(self, samples: Samples, bound: int) -> Files:
        del bound
        data = self.library.blosc2_encode(
            samples.transpose(2, 0, 1).tobytes(),  # HxWxC -> CxHxW
            level=LEVEL,
            compressor="zstd",
            shuffle="bitshuffle",
            typesize=samples.itemsize,
            numthreads=self.threads,
        )
        return (bytes(data),)

    def decode(self, files: Files, kind: Kind) -> Samples:
        height, width, channels = kind.shape
        data = self.library.blosc2_decode(files[0], numthreads=self.threads)
        bands = np.frombuffer(data, kind.dtype).reshape(channels, height, width)
        return np.ascontiguousarray(bands.transpose(1, 2, 0))


def make(threads: int) -> ExactCodec:
    """The adapter, with `threads` threads both ways; MissingExtraError without Blosc2."""
    return Blosc2Codec(imagecodecs_with("BLOSC2"), threads)
