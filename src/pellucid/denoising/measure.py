"""The noise of any picture: a small one as a whole, a large one by regions put side by side.

A large picture is divided into equal cells, and each gives one region from a place drawn by a fixed
seed, so that nothing is left out on purpose, the same picture gives the same estimate, and no
picture takes longer than two megapixels. Places
and sides are whole blocks of JPEG, whose grid the mosaic so keeps. At the seams stand edges, which
estimates leave aside as they do others.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.estimate import NoiseEstimate, estimate_noise
from pellucid.denoising.invalid import fill_invalid, range_step, usual_range, valid_pixels
from pellucid.denoising.samples import split_alpha
from pellucid.pixels.lazy import Source

SIDE = 256  # samples a side of a region
ACROSS, DOWN = 8, 4  # regions in all, along the longer and the shorter side
LARGE = ACROSS * DOWN * SIDE * SIDE  # pixels; a picture of more is looked at by regions
GRID = 8  # of JPEG
SEED = 0


def measure(samples: Source, nodata: float | None = None) -> NoiseEstimate:
    """The noise of checked samples (H, W, C), in their own unit.

    Left out are invalid samples, and what alpha hides.
    """
    return estimate_noise(*looked_at(samples, nodata))


def looked_at(
    samples: Source, nodata: float | None = None
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """What is measured of a picture: colours (h, w, C), and where they count, (h, w).

    Of two pictures of one size that are the same places.
    """
    height, width = samples.shape[:2]
    seen = regions_of(samples) if height * width > LARGE else samples[0:height, 0:width]
    colour, alpha = split_alpha(seen)
    step = range_step(colour.shape)
    valid = valid_pixels(colour, usual_range(colour[::step, ::step]), nodata)
    filled = np.asarray(fill_invalid(colour.astype(np.float32), valid), np.float32)
    return filled, valid if alpha is None else valid & (alpha != 0)


def regions_of(samples: Source) -> NDArray[Any]:
    """A mosaic (H, W, C) of regions of a large picture."""
    height, width = samples.shape[:2]
    random = np.random.default_rng(SEED)
    most = (DOWN, ACROSS) if width >= height else (ACROSS, DOWN)
    down, across = (cells(side, count) for side, count in zip((height, width), most, strict=True))
    lines = [
        [samples[place(rows, random), place(columns, random)] for columns in across]
        for rows in down
    ]
    return np.concatenate([np.concatenate(line, axis=1) for line in lines])


def cells(length: int, most: int) -> list[range]:
    """A side in about equal parts on the grid, `most` or fewer, each of room for a region.

    Where there is no room for one, the whole side.
    """
    count = max(1, min(most, length // SIDE))
    edges = [length * n // count // GRID * GRID for n in range(count)] + [length]
    return [range(*ends) for ends in pairwise(edges)]


def place(part: range, random: np.random.Generator) -> slice:
    """Where in a cell its region lies, on the grid; all of a small cell."""
    last = max(part.start, part.stop - SIDE) // GRID
    start = int(random.integers(part.start // GRID, last + 1)) * GRID
    return slice(start, min(part.stop, start + SIDE))
