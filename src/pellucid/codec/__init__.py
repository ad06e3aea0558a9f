"""Array to latents to tile payloads, and back: read `compress.py` and `decompress.py` first."""

from __future__ import annotations

from pellucid.codec.compress import compress_tiles, header_of
from pellucid.codec.decompress import TileReader, decompress_into, filling_reader, tile_reader
from pellucid.codec.latents import latents_sha256
from pellucid.codec.picture import Picture, look_at
from pellucid.codec.targets import (
    REFINED_TRIES,
    Difference,
    Target,
    psnr_decoded,
    psnr_of,
    reach_refined,
    reach_target,
)

__all__ = [
    "REFINED_TRIES",
    "Difference",
    "Picture",
    "Target",
    "TileReader",
    "compress_tiles",
    "decompress_into",
    "filling_reader",
    "header_of",
    "latents_sha256",
    "look_at",
    "psnr_decoded",
    "psnr_of",
    "reach_refined",
    "reach_target",
    "tile_reader",
]
