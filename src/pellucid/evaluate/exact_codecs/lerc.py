"""LERC in imagecodecs, with the bound as its maxZError: alone, or with zstd behind it.

All bands are in one file; the bound holds for alpha too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.evaluate.exact_codecs._library import imagecodecs_with, version_of
from pellucid.evaluate.exact_codecs.base import (
    ONE_THREAD,
    ExactCodec,
    Files,
    Kind,
    Samples,
    type_refusal,
)

ZSTD_LEVEL = 19


@dataclass(frozen=True)
class LercCodec:
    """An `ExactCodec`; `library` is the module imagecodecs, `zstd` packs what LERC gives."""

    library: Any
    zstd: bool
    how: str = f"{ONE_THREAD}; all bands in one file"
    bounded: bool = True

    @property
    def name(self) -> str:
        return "lerc_zstd" if self.zstd else "lerc"

    @property
    def version(self) -> str:
        behind = f", zstd level={ZSTD_LEVEL}" if self.zstd else ""
        return version_of(self.library, "lerc") + behind

    def refuses(self, kind: Kind, bound: int) -> str:
        del bound
        return type_refusal(kind, "uint8", "uint16", "int16")

    def encode(self, samples: Samples, bound: int) -> Files:
        picture = np.ascontiguousarray(samples[..., 0] if samples.shape[2] == 1 else samples)
        options: dict[str, Any] = {}
        if self.zstd:
            options = {"compression": "zstd", "compressionargs": {"level": ZSTD_LEVEL}}
        return (bytes(self.library.lerc_encode(picture, level=float(bound), **options)),)

    def decode(self, files: Files, kind: Kind) -> Samples:
        return np.asarray(self.library.lerc_decode(files[0])).reshape(kind.shape)


def make(_threads: int, *, zstd: bool) -> ExactCodec:
    """The adapter; the thread count has no effect. MissingExtraError without LERC."""
    return LercCodec(imagecodecs_with("LERC"), zstd)
