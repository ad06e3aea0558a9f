"""CIFAR-10 as sprites: PNG files with one picture a row, 1024 pixels wide."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pellucid.bitstream import Limits
from pellucid.errors import InputError
from pellucid.evaluate.toy.data.base import Pictures
from pellucid.pixels import read_image

SIDE = 32
WIDTH = SIDE * SIDE
MAX_PIXELS = WIDTH * 60_000


def read_sprites(paths: Sequence[Path]) -> Pictures:
    """The pictures of all files, in their order, (N, 32, 32, 3) uint8.

    Raises:
        InputError: a file that can't be read, or isn't 1024 pixels wide and RGB.
        LimitError: more pictures than CIFAR-10 has.
    """
    found = []
    for path in paths:
        pixels, _ = read_image(path, limits=Limits(max_pixels=MAX_PIXELS))
        if pixels.shape[1:] != (WIDTH, 3):
            raise InputError(
                f"{path} is {pixels.shape[1]}x{pixels.shape[0]} with {pixels.shape[2]} channels; a "
                f"sprite is RGB, {WIDTH} wide, one picture a row"
            )
        found.append(pixels.reshape(-1, SIDE, SIDE, 3))
    return np.concatenate(found)
