"""Lossless JPEG 2000 by OpenJPEG in imagecodecs: the 5/3 wavelet.

Three or four channels go through the reversible colour transform; of other numbers each is coded
for itself, in one file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.evaluate.exact_codecs._library import imagecodecs_with, version_of
from pellucid.evaluate.exact_codecs.base import ExactCodec, Files, Kind, Samples, type_refusal

COLOUR = (3, 4)


@dataclass(frozen=True)
class Jpeg2000Codec:
    """An `ExactCodec`; `library` is the module imagecodecs."""

    library: Any
    threads: int
    name: str = "jpeg2000"
    bounded: bool = False

    @property
    def version(self) -> str:
        return f"{version_of(self.library, 'jpeg2k')}, reversible"

    @property
    def how(self) -> str:
        return f"up to {self.threads} threads both ways; all bands in one file"

    def refuses(self, kind: Kind, bound: int) -> str:
        del bound
        return type_refusal(kind, "uint8", "uint16", "int16")

    def encode(self, samples: Samples, bound: int) -> Files:
        del bound
        channels = samples.shape[2]
        picture = np.ascontiguousarray(samples[..., 0] if channels == 1 else samples)
        data = self.library.jpeg2k_encode(
            picture, level=0, reversible=True, mct=channels in COLOUR, numthreads=self.threads
        )
        return (bytes(data),)

    def decode(self, files: Files, kind: Kind) -> Samples:
        picture = self.library.jpeg2k_decode(files[0], numthreads=self.threads)
        return np.asarray(picture).reshape(kind.shape)


def make(threads: int) -> ExactCodec:
    """The adapter, with `threads` threads both ways; MissingExtraError without JPEG 2000."""
    return Jpeg2000Codec(imagecodecs_with("JPEG2K"), threads)
