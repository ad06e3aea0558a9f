"""PNG by Pillow with `optimize`: the search for filters and the strongest deflate.

Pillow holds 8 bits in 1 to 4 channels and 16 bits in grey; other pictures are one file a band.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, features
from PIL import __version__ as pillow_version

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

TOGETHER = {"uint8": (1, 2, 3, 4), "uint16": (1,)}


@dataclass(frozen=True)
class PngCodec:
    """An `ExactCodec`."""

    name: str = "png"
    how: str = f"{ONE_THREAD}; 16-bit colour and more than 4 bands: one file a band"
    bounded: bool = False

    @property
    def version(self) -> str:
        return f"Pillow {pillow_version}, zlib {features.version('zlib')}, optimize"

    def refuses(self, kind: Kind, bound: int) -> str:
        del bound
        return type_refusal(kind, *TOGETHER)

    def encode(self, samples: Samples, bound: int) -> Files:
        del bound
        return tuple(map(_save, parts_of(samples, TOGETHER[samples.dtype.name])))

    def decode(self, files: Files, kind: Kind) -> Samples:
        return joined(files, lambda file: _load(file, kind), kind)


def _save(part: Samples) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(part).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _load(file: bytes, kind: Kind) -> Samples:
    with Image.open(io.BytesIO(file), formats=["PNG"]) as image:
        return np.array(image, kind.dtype)


def make(_threads: int) -> ExactCodec:
    """The adapter; the thread count has no effect."""
    return PngCodec()
