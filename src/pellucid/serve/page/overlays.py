"""Maps over a picture, one value for a pixel or for a square of them: bits, noise and change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pellucid
from pellucid._api.decode import Opened
from pellucid._api.explain_denoise import sigma_at
from pellucid.bitstream import Limits
from pellucid.denoising.flow import noise_of
from pellucid.errors import OptionError
from pellucid.explaining import bit_map
from pellucid.explaining.page.draw import heat
from pellucid.explaining.page.shown import colours_of
from pellucid.pixels import ImageSource
from pellucid.runtime import find_model
from pellucid.serve.page.settings import Overlay

__all__ = ["Map", "drawn", "map_of"]

LATENT = 16  # samples a side that share a latent
MOST = 99.9  # percentile that is drawn brightest


@dataclass(frozen=True)
class Map:
    """Values (h, w), one for `step` x `step` samples, and what they are."""

    values: NDArray[Any]
    step: int
    unit: str

    @property
    def even(self) -> bool:
        """Whether it is the same everywhere, as noise often is."""
        return bool(self.values.min() == self.values.max())


def map_of(
    kind: Overlay, source: ImageSource, after: NDArray[Any], pel: bytes | None, limits: Limits
) -> Map:
    """Where the bits of the file went, how much noise the picture has, or what was changed.

    Raises:
        OptionError: bits are asked for where there is no file.
    """
    if kind == "bits":
        if pel is None:
            raise OptionError("overlay is 'bits'; there is no file, as it was only denoised")
        return bits_of(pel, limits)
    before = source.read()
    if kind == "noise":
        values = sigma_at(colours_of(before, source.info), noise_of(source))
        whole = np.broadcast_to(np.float32(values), before.shape[:2])
        return Map(np.nan_to_num(whole), 1, "sigma of noise")
    pair = (colours_of(one, source.info).astype(np.float32) for one in (before, after))
    with np.errstate(invalid="ignore"):  # what is no number stays as it is
        change = np.nan_to_num(np.abs(np.subtract(*pair)).max(axis=2))
    return Map(change, 1, "difference of samples")


def bits_of(pel: bytes, limits: Limits) -> Map:
    """Bits per pixel of each latent's square or, of a file without latents, of each tile."""
    opened = Opened(pel, pellucid.DecompressOptions(limits=limits))
    file, header = opened.file, opened.file.header
    if opened.layer.max_error is None:
        bits, step = bit_map(file, find_model(header.model_id)).latents, LATENT
        return Map(bits / step**2, step, "bits per pixel")
    (layer,) = header.layer_numbers
    boxes = [header.tile_box(number) for number in range(header.tile_count)]
    sizes = [len(file.tile(number, layer=layer)) for number in range(header.tile_count)]
    rates = [8 * size / box.size for size, box in zip(sizes, boxes, strict=True)]
    return Map(np.reshape(rates, (header.rows, header.columns)), header.tile_size, "bits per pixel")


def drawn(found: Map, shape: tuple[int, ...]) -> tuple[NDArray[np.uint8], float]:
    """(H, W, 3) shades, dark for 0, for a picture of `shape`; and the value of the brightest.

    That is above all but a few of the values, or 0 where all are.
    """
    most = float(np.percentile(found.values, MOST)) or float(found.values.max())
    shades = heat(found.values, 0, most)
    whole = shades.repeat(found.step, axis=0).repeat(found.step, axis=1)
    return whole[: shape[0], : shape[1]], most
