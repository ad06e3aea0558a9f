"""Codecs of the package imagecodecs, which brings most along."""

from __future__ import annotations

from typing import Any

from pellucid.errors import MissingExtraError
from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import Codec, one_file

JXL_EFFORT = 7
# Butteraugli distances; from 20 on the encoder halves the picture first.
JXL_DISTANCES = (14, 8, 4.5, 2.5, 1.5, 0.8)


def imagecodecs_with(codec: str) -> Any:
    """The module imagecodecs.

    Raises:
        MissingExtraError: it isn't installed, or was built without `codec`.
    """
    library = require("imagecodecs")
    if not getattr(library, codec).available:
        raise MissingExtraError(f"imagecodecs with {codec}", "bench")
    return library


def version_of(library: Any, part: str) -> str:
    """Versions of imagecodecs and of the library behind a codec."""
    return f"imagecodecs {library.__version__}, {getattr(library, part + '_version')()}"


def jxl(threads: int) -> Codec:
    """Lossy JPEG XL by libjxl (VarDCT), tuned for the eye by design; `threads` both ways.

    The setting is Butteraugli distance: the higher, the smaller.
    """
    library = imagecodecs_with("JPEGXL")
    return Codec(
        name="jxl",
        version=f"{version_of(library, 'jpegxl')}, effort={JXL_EFFORT}",
        threading=f"{threads} threads both ways",
        settings=JXL_DISTANCES,
        **one_file(
            lambda rgb, distance: bytes(
                library.jpegxl_encode(rgb, distance=distance, effort=JXL_EFFORT, numthreads=threads)
            ),
            lambda data: library.jpegxl_decode(data, numthreads=threads),
        ),
    )
