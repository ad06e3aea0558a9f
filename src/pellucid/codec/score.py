"""What a quality does to a picture: used to meet a target for PSNR."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.codec.compress import compress_pixels
from pellucid.codec.decompress import decompress_into, tile_reader
from pellucid.codec.grid import TileReader
from pellucid.pixels.lazy import Source
from pellucid.runtime import CodecModel

FEW = 64  # tiles whose latents may stay in memory; those of more are decoded again


def psnr_of(pixels: Source, model: CodecModel, quality: int) -> float:
    """PSNR in dB over all samples of `pixels` (H, W, C) after compression at `quality`."""
    keep = -(-pixels.shape[0] // 1024) * -(-pixels.shape[1] // 1024) <= FEW
    compressed = compress_pixels(pixels, model, quality, keep_latents=keep)
    read: TileReader = compressed.latents.__getitem__
    if not keep:
        read = tile_reader(compressed.header, compressed.tiles.__getitem__, model)
    measured = Difference(pixels)
    decompress_into(measured, compressed.header, read, model)
    error = measured.total / (pixels.shape[0] * pixels.shape[1] * pixels.shape[2])
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


class Difference:
    """Takes decoded samples and keeps nothing of them but `total`, the sum of squared errors."""

    def __init__(self, pixels: Source) -> None:
        self._pixels = pixels
        self.total = 0

    def __setitem__(self, key: tuple[slice, slice], samples: NDArray[Any]) -> None:
        difference = self._pixels[key].astype(np.int16) - samples
        self.total += int(np.square(difference, dtype=np.int32).sum(dtype=np.int64))
