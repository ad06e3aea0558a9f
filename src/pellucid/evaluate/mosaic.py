"""Pictures of any size out of photographs, so that large ones are as detailed as small ones.

`side_by_side` makes one in memory of whole pictures. `write_mosaic` makes a file of cells of large
photographs, shifted and mirrored by a fixed seed: its content differs from cell to cell and is the
same on every machine. It is made row of tiles by row of tiles, and is never in memory.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.evaluate._extras import require
from pellucid.evaluate.pictures import SUFFIXES
from pellucid.pixels import read_image

Pixels = NDArray[np.uint8]

CELL = 1024  # samples a side, and what a photograph must have at least
TILE = 512  # of the TIFF
MOST_PHOTOS = 12
SEED = 0


def load_photos(folder: Path) -> list[Pixels]:
    """The first photographs of a folder, by name, that are large enough, in colour; InputError if
    there are none."""
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    pictures = (read_image(path)[0] for path in paths if path.suffix.lower() in SUFFIXES)
    large = (p for p in pictures if p.shape[2] == 3 and min(p.shape[:2]) >= CELL)
    if not (found := list(islice(large, MOST_PHOTOS))):
        raise InputError(
            f"{folder} holds no colour photographs of {CELL} x {CELL} pixels or more; give another "
            "folder with --data"
        )
    return found


def side_of(megapixels: float) -> int:
    """The side of a square picture of so many megapixels, at most."""
    return math.isqrt(int(megapixels * 1_000_000))


def write_mosaic(path: Path, photos: Sequence[Pixels], side: int) -> None:
    """Write a square picture of `side` x `side` pixels as a BigTIFF with tiles, not compressed.

    Its tiles come in raster order; those at its edges go on beyond them.
    """
    tiles = (
        cell_of(photos, row // CELL, column // CELL)[row % CELL :, column % CELL :][:TILE, :TILE]
        for row, column in product(range(0, side, TILE), repeat=2)
    )
    layout = {"shape": (side, side, 3), "dtype": np.uint8, "tile": (TILE, TILE)}
    kind = {"photometric": "rgb", "bigtiff": True, "metadata": None}
    tifffile = require("tifffile", extra="science")
    tifffile.imwrite(path, map(np.ascontiguousarray, tiles), **layout, **kind)


def cell_of(photos: Sequence[Pixels], row: int, column: int) -> Pixels:
    """The cell of a place (CELL, CELL, 3): which photograph, from where, mirrored how."""
    random = np.random.default_rng((SEED, row, column))
    photo = photos[int(random.integers(len(photos)))]
    y, x = (int(random.integers(side - CELL + 1)) for side in photo.shape[:2])
    down, across = (1 - 2 * int(random.integers(2)) for _ in range(2))
    return photo[y : y + CELL, x : x + CELL][::down, ::across]


def side_by_side(pictures: Sequence[Pixels], side: int) -> Pixels:
    """A square of (side, side, 3) out of pictures side by side, filled from the top left.

    Every picture is cut to the size that all have. A picture that comes again is mirrored, another
    way each time.
    """
    height, width, _ = np.min([rgb.shape for rgb in pictures], axis=0)
    out = np.empty((side, side, 3), np.uint8)
    for number, (top, left) in enumerate(product(range(0, side, height), range(0, side, width))):
        turn, which = divmod(number, len(pictures))
        cell = pictures[which][:height, :width][:: 1 - 2 * (turn & 1), :: 1 - (turn & 2)]
        room = out[top : top + height, left : left + width]
        room[:] = cell[: room.shape[0], : room.shape[1]]
    return out
