"""Pictures of any size out of photographs, so that large ones are as detailed as small ones.

`side_by_side` makes one in memory of whole pictures. `write_mosaic` makes a file of cells of large
photographs, shifted and mirrored by a fixed seed: its content differs from cell to cell and is the
same on every machine. It is made row of tiles by row of tiles, and is never in memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.evaluate._extras import require
from pellucid.pixels import read_image

Pixels = NDArray[np.uint8]

CELL = 1024  # samples a side, and what a photograph must have at least
TILE = 512  # of the TIFF
MOST_PHOTOS = 12
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")
SEED = 0


def load_photos(folder: Path) -> list[Pixels]:
    """The first photographs of a folder, by name, that are large enough, in colour.

    Raises:
        InputError: there are none.
    """
    found: list[Pixels] = []
    names = sorted(folder.iterdir()) if folder.is_dir() else []
    for path in names:
        if path.suffix.lower() in SUFFIXES and len(found) < MOST_PHOTOS:
            samples, _ = read_image(path)
            if samples.shape[2] == 3 and min(samples.shape[:2]) >= CELL:
                found.append(samples)
    if not found:
        raise InputError(
            f"{folder} holds no colour photographs of {CELL} x {CELL} pixels or more; give another "
            "folder with --data"
        )
    return found


def side_of(megapixels: float) -> int:
    """The side of a square picture of so many megapixels, at most."""
    return math.isqrt(int(megapixels * 1_000_000))


def write_mosaic(path: Path, photos: Sequence[Pixels], side: int) -> None:
    """Write a square picture of `side` x `side` pixels as a BigTIFF with tiles, not compressed."""
    tifffile: Any = require("tifffile", extra="science")
    tifffile.imwrite(
        path,
        tiles_of(photos, side),
        shape=(side, side, 3),
        dtype=np.uint8,
        tile=(TILE, TILE),
        photometric="rgb",
        bigtiff=True,
        metadata=None,
    )


def tiles_of(photos: Sequence[Pixels], side: int) -> Iterator[Pixels]:
    """The tiles of the picture in raster order; those at its edges go on beyond them."""
    count = -(-side // TILE)
    inside = CELL // TILE
    for row in range(count):
        for column in range(count):
            cell = cell_of(photos, row // inside, column // inside)
            y, x = row % inside * TILE, column % inside * TILE
            yield np.ascontiguousarray(cell[y : y + TILE, x : x + TILE])


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

    Args:
        pictures: at least one, (H, W, 3) uint8.
        side: in pixels.
    """
    height = min(rgb.shape[0] for rgb in pictures)
    width = min(rgb.shape[1] for rgb in pictures)
    out = np.empty((side, side, 3), np.uint8)
    places = [(top, left) for top in range(0, side, height) for left in range(0, side, width)]
    for number, (top, left) in enumerate(places):
        turn, which = divmod(number, len(pictures))
        cell = pictures[which][:height, :width]
        cell = cell[:: -1 if turn & 1 else 1, :: -1 if turn & 2 else 1]
        room = out[top : top + height, left : left + width]
        room[:] = cell[: room.shape[0], : room.shape[1]]
    return out
