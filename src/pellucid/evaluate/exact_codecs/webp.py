"""Lossless WebP by Pillow at its slowest: method 6, quality 100. 8-bit RGB and RGBA only."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, features
from PIL import __version__ as pillow_version

from pellucid.errors import MissingExtraError
from pellucid.evaluate.exact_codecs.base import (
    ONE_THREAD,
    ExactCodec,
    Files,
    Kind,
    Samples,
    type_refusal,
)

LONGEST = 16383  # samples a side that the format can say


@dataclass(frozen=True)
class WebpCodec:
    """An `ExactCodec`; `exact` keeps colours under full transparency."""

    name: str = "webp"
    how: str = ONE_THREAD
    bounded: bool = False

    @property
    def version(self) -> str:
        return f"Pillow {pillow_version}, libwebp {features.version('webp')}, method=6 quality=100"

    def refuses(self, kind: Kind, bound: int) -> str:
        del bound
        if kind.channels not in (3, 4):
            return f"takes RGB and RGBA, not {kind.channels} channel{'s'[: kind.channels - 1]}"
        if max(kind.shape[:2]) > LONGEST:
            return f"takes up to {LONGEST} samples a side, not {max(kind.shape[:2])}"
        return type_refusal(kind, "uint8")

    def encode(self, samples: Samples, bound: int) -> Files:
        del bound
        stream = io.BytesIO()
        image = Image.fromarray(np.ascontiguousarray(samples))
        image.save(stream, "WEBP", lossless=True, method=6, quality=100, exact=True)
        return (stream.getvalue(),)

    def decode(self, files: Files, kind: Kind) -> Samples:
        with Image.open(io.BytesIO(files[0]), formats=["WEBP"]) as image:
            # A picture that is opaque all over comes back as RGB.
            return np.array(image.convert("RGBA" if kind.channels == 4 else "RGB"))


def make(_threads: int) -> ExactCodec:
    """The adapter; the thread count has no effect.

    Raises:
        MissingExtraError: this Pillow was built without WebP.
    """
    if not features.check("webp"):
        raise MissingExtraError("Pillow with libwebp", "bench")
    return WebpCodec()
