"""Array to latents to tile payloads, and back: read `compress.py` and `decompress.py` first."""

from __future__ import annotations

from pellucid.codec.compress import Compressed, compress_pixels, compress_tiles, make_header
from pellucid.codec.decompress import decompress_into, decompress_pixels
from pellucid.codec.fingerprint import latents_sha256
from pellucid.codec.grid import TileReader
from pellucid.codec.targets import Target, reach_target

__all__ = [
    "Compressed",
    "Target",
    "TileReader",
    "compress_pixels",
    "compress_tiles",
    "decompress_into",
    "decompress_pixels",
    "latents_sha256",
    "make_header",
    "reach_target",
]
