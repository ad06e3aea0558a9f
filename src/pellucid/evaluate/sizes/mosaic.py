"""Photographs side by side, to any size, so that big pictures are as detailed as small ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pellucid.evaluate.peers.base import Rgb
from pellucid.evaluate.pictures import find_pictures, load_rgb

MOST = 24  # pictures; more say nothing new


def load_sources(data: Path) -> list[Rgb]:
    """The pictures of a folder, or one picture from a file, as HxWx3 uint8.

    Raises:
        InputError: nothing there that can be read.
    """
    paths = [data] if data.is_file() else find_pictures(data, MOST)
    return [load_rgb(path) for path in paths]


def mosaic(sources: Sequence[Rgb], side: int) -> Rgb:
    """A square of side x side x 3, filled from the top left.

    Every picture is cut to the size that all have. A picture that comes again is mirrored, another
    way each time.

    Args:
        sources: at least one picture, HxWx3 uint8.
        side: in pixels.
    """
    height = min(rgb.shape[0] for rgb in sources)
    width = min(rgb.shape[1] for rgb in sources)
    out = np.empty((side, side, 3), np.uint8)
    number = 0
    for top in range(0, side, height):
        for left in range(0, side, width):
            turn, which = divmod(number, len(sources))
            cell = sources[which][:height, :width]
            cell = cell[:: -1 if turn & 1 else 1, :: -1 if turn & 2 else 1]
            room = out[top : top + height, left : left + width]
            room[:] = cell[: room.shape[0], : room.shape[1]]
            number += 1
    return out
