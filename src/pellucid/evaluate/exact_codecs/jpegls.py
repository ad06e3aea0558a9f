"""JPEG-LS by CharLS in imagecodecs: lossless, or near-lossless with the bound as its NEAR.

RGB and RGBA are one file, without a colour transform (imagecodecs offers none); other numbers of
bands are one file each. NEAR holds for alpha too.
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
    joined,
    parts_of,
    type_refusal,
)

TOGETHER = (1, 3, 4)
MOST = 255  # of NEAR; also half of the largest sample


@dataclass(frozen=True)
class JpegLsCodec:
    """An `ExactCodec`; `library` is the module imagecodecs."""

    library: Any
    name: str = "jpegls"
    how: str = f"{ONE_THREAD}; no colour transform; not 3 or 4 bands: one file a band"
    bounded: bool = True

    @property
    def version(self) -> str:
        return version_of(self.library, "jpegls")

    def refuses(self, kind: Kind, bound: int) -> str:
        if why := type_refusal(kind, "uint8", "uint16"):
            return why
        most = min(MOST, np.iinfo(kind.dtype).max // 2)
        return f"takes bounds up to {most}, not {bound}" if bound > most else ""

    def encode(self, samples: Samples, bound: int) -> Files:
        parts = parts_of(samples, TOGETHER)
        return tuple(bytes(self.library.jpegls_encode(part, level=bound)) for part in parts)

    def decode(self, files: Files, kind: Kind) -> Samples:
        return joined(files, self.library.jpegls_decode, kind)


def make(_threads: int) -> ExactCodec:
    """The adapter; the thread count has no effect. MissingExtraError without JPEG-LS."""
    return JpegLsCodec(imagecodecs_with("JPEGLS"))
