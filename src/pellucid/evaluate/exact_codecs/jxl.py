"""Lossless JPEG XL by libjxl in imagecodecs at effort 7; more than 4 bands are one file each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pellucid.evaluate.exact_codecs._library import imagecodecs_with, version_of
from pellucid.evaluate.exact_codecs.base import (
    ExactCodec,
    Files,
    Kind,
    Samples,
    joined,
    parts_of,
    type_refusal,
)

EFFORT = 7
TOGETHER = (1, 2, 3, 4)


@dataclass(frozen=True)
class JxlCodec:
    """An `ExactCodec`; `library` is the module imagecodecs."""

    library: Any
    threads: int
    name: str = "jxl"
    bounded: bool = False

    @property
    def version(self) -> str:
        return f"{version_of(self.library, 'jpegxl')}, lossless effort={EFFORT}"

    @property
    def how(self) -> str:
        return f"up to {self.threads} threads both ways; more than 4 bands: one file a band"

    def refuses(self, kind: Kind, bound: int) -> str:
        del bound
        return type_refusal(kind, "uint8", "uint16")

    def encode(self, samples: Samples, bound: int) -> Files:
        del bound
        encode, threads = self.library.jpegxl_encode, self.threads
        return tuple(
            bytes(encode(part, lossless=True, effort=EFFORT, numthreads=threads))
            for part in parts_of(samples, TOGETHER)
        )

    def decode(self, files: Files, kind: Kind) -> Samples:
        decode, threads = self.library.jpegxl_decode, self.threads
        return joined(files, lambda file: decode(file, numthreads=threads), kind)


def make(threads: int) -> ExactCodec:
    """The adapter, with `threads` threads both ways; MissingExtraError without JPEG XL."""
    return JxlCodec(imagecodecs_with("JPEGXL"), threads)
