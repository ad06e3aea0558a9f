"""Array to latents to tile payloads, and back: read `compress.py` and `decompress.py` first."""

from __future__ import annotations

from pellucid.codec.compress import (
    Compressed,
    compress_pixels,
    compress_tiles,
    header_of,
    make_header,
)
from pellucid.codec.decompress import decompress_into, decompress_pixels
from pellucid.codec.fingerprint import latents_sha256
from pellucid.codec.grid import TileReader
from pellucid.codec.picture import Picture, look_at
from pellucid.codec.targets import Target, reach_target

__all__ = [
    "Compressed",
    "Picture",
    "Target",
    "TileReader",
    "compress_pixels",
    "compress_tiles",
    "decompress_into",
    "decompress_pixels",
    "header_of",
    "latents_sha256",
    "look_at",
    "make_header",
    "reach_target",
]
