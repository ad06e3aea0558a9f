"""What a quality does to a picture: used to meet a target for PSNR."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import Header
from pellucid.codec.compress import compress_colours
from pellucid.codec.decompress import decompress_into, tile_reader
from pellucid.codec.grid import TileReader
from pellucid.codec.hidden import weights_of
from pellucid.codec.picture import Picture
from pellucid.runtime import CodecModel

FEW = 64  # tiles whose latents may stay in memory; those of more are decoded again


def psnr_of(picture: Picture, model: CodecModel, header: Header) -> tuple[float, list[bytes]]:
    """Compress at the header's quality: PSNR in dB over all visible colour samples, and the tiles.

    It counts from the picture's range: 255 of 8 bits, from the lowest to the highest of 16.
    """
    keep = header.tile_count <= FEW
    compressed = compress_colours(picture, model, header, keep_latents=keep)
    read: TileReader = compressed.latents.__getitem__
    if not keep:
        read = tile_reader(header, compressed.tiles.__getitem__, model)
    measured = Difference(picture)
    decompress_into(measured, header, read, model, found=picture.range, edges=picture.edges)
    if measured.total == 0:
        return float("inf"), compressed.tiles
    psnr = 10 * np.log10(picture.peak**2 / (measured.total / measured.count))
    return float(psnr), compressed.tiles


class Difference:
    """Takes decoded colours and keeps nothing of them but `total`, the sum of squared errors of
    those that are visible, and their `count`.
    """

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self.total = self.count = 0

    def __setitem__(self, key: tuple[slice, slice], samples: NDArray[Any]) -> None:
        part = np.asarray(self._picture.samples[key])
        difference = part[..., : self._picture.colours].astype(np.int32) - samples
        if self._picture.alpha:
            difference = difference[weights_of(part[..., -1]) > 0]
        self.count += difference.size
        self.total += int(np.square(difference, dtype=np.int64).sum())
