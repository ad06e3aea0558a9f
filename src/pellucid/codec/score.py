"""What a quality does to a picture: used to meet a target for PSNR."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pellucid.codec.compress import compress_pixels
from pellucid.codec.decompress import decompress_pixels
from pellucid.runtime import CodecModel


def psnr_of(pixels: NDArray[np.uint8], model: CodecModel, quality: int) -> float:
    """PSNR in dB over all samples of `pixels` (H, W, C) after compression at `quality`."""
    compressed = compress_pixels(pixels, model, quality, keep_latents=True)
    decoded = decompress_pixels(compressed.header, compressed.latents.__getitem__, model)
    difference = pixels.astype(np.int16) - decoded
    error = float(np.square(difference, dtype=np.int32).mean(dtype=np.float64))
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))
