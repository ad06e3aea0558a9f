"""Array to latents to tile payloads, and back: read `compress.py` and `decompress.py` first."""

from __future__ import annotations

from pellucid.codec.compress import (
    Compressed,
    compress_pixels,
    compress_tiles,
    header_of,
)
from pellucid.codec.decompress import (
    decompress_into,
    decompress_pixels,
    filling_reader,
    tile_reader,
)
from pellucid.codec.fingerprint import latents_sha256
from pellucid.codec.grid import TileReader
from pellucid.codec.picture import Picture, look_at
from pellucid.codec.score import psnr_of
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
    "filling_reader",
    "header_of",
    "latents_sha256",
    "look_at",
    "psnr_of",
    "reach_target",
    "tile_reader",
]
