"""zstd at level 19 on the samples as they lie in memory: no knowledge of pictures at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.evaluate.exact_codecs._library import imagecodecs_with, version_of
from pellucid.evaluate.exact_codecs.base import ONE_THREAD, ExactCodec, Files, Kind, Samples

LEVEL = 19


@dataclass(frozen=True)
class ZstdCodec:
    """An `ExactCodec`; `library` is the module imagecodecs."""

    library: Any
    name: str = "zstd"
    how: str = f"{ONE_THREAD}; samples of all bands side by side"
    bounded: bool = False

    @property
    def version(self) -> str:
        return f"{version_of(self.library, 'zstd')}, level={LEVEL}"

    def refuses(self, kind: Kind, bound: int) -> str:
        del kind, bound
        return ""

    def encode(self, samples: Samples, bound: int) -> Files:
        del bound
        return (bytes(self.library.zstd_encode(samples.tobytes(), level=LEVEL)),)

    def decode(self, files: Files, kind: Kind) -> Samples:
        return np.frombuffer(self.library.zstd_decode(files[0]), kind.dtype).reshape(kind.shape)


def make(_threads: int) -> ExactCodec:
    """The adapter; the thread count has no effect. MissingExtraError without zstd."""
    return ZstdCodec(imagecodecs_with("ZSTD"))
