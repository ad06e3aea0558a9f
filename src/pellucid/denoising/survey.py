"""What must be known of a whole picture before a part of it is denoised, found part by part.

Its lowest and highest sample, which scale what the network sees; what range is usual, so that marks
such as -9999 are told from light; and how many samples are no numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.holes import beyond, empty, looked_at, usual_range
from pellucid.denoising.samples import split_alpha
from pellucid.pixels.lazy import Source, parts_of

LOOKED_AT = 150  # samples a side, about, that say how far all are spread
FEW = 100  # samples say nothing about that
UNLIKELY = 4.0  # sigma over all of the samples' spread: no noise can be that strong


@dataclass(frozen=True)
class Survey:
    """`low` and `high` are of colour samples that are measured, 0 if there are none.

    `usual` is the range of those that are no marks, None if there are no marks; `some` are samples
    (h, w, C) from all over the picture. `not_finite` counts samples, `holes` pixels with one in a
    colour, `marks` pixels.
    """

    low: float
    high: float
    usual: tuple[float, float] | None
    some: NDArray[Any]
    not_finite: int
    holes: int
    marks: int

    def unlikely(self, sigma: float) -> str | None:
        """What to say of a `sigma` that the samples can't have, as if it were in another unit."""
        finite = self.some[np.isfinite(self.some)]
        spread = float(np.std(finite, dtype=np.float64)) if finite.size > FEW else 0.0
        if not 0 < UNLIKELY * spread < sigma:
            return None
        return (
            f"sigma {sigma:g} is far above the spread of all samples, {spread:.3g}; is it in the "
            "samples' own unit?"
        )


def look_through(samples: Source, nodata: float | None = None) -> Survey:
    """The survey of samples (H, W, C) of any type; those that are whole numbers are read once."""
    shape = samples.shape
    floats = samples.dtype.kind == "f"
    steps = (1 + max(shape[:2]) // LOOKED_AT, looked_at(shape))
    some, more = (thin(samples, step) for step in steps) if floats else (None, None)
    usual = None if more is None else usual_range(split_alpha(more)[0])
    lows, highs, not_finite, holes, marks = [], [], 0, 0, 0
    pieces: dict[int, list[NDArray[Any]]] = {}
    for rows, columns in parts_of(shape):
        part = samples[rows, columns]
        colour, _ = split_alpha(part)
        if floats:
            finite = np.isfinite(part)
            not_finite += finite.size - int(np.count_nonzero(finite))
            whole = finite[..., : colour.shape[2]].all(axis=2)
            told = empty(colour, nodata)
            marked = beyond(colour, usual) & whole & ~told
            holes += whole.size - int(np.count_nonzero(whole))
            marks += int(np.count_nonzero(marked))
            colour = colour[whole & ~marked & ~told]
        else:
            piece = part[-rows.start % steps[0] :: steps[0], -columns.start % steps[0] :: steps[0]]
            pieces.setdefault(rows.start, []).append(piece.copy())  # a view would keep the part
            colour = colour if nodata is None else colour[~empty(colour, nodata)]
        if colour.size:
            lows.append(colour.min())
            highs.append(colour.max())
    if some is None:
        some = np.concatenate([np.concatenate(line, axis=1) for line in pieces.values()])
    low, high = (float(min(lows)), float(max(highs))) if lows else (0.0, 0.0)
    return Survey(low, high, usual, split_alpha(some)[0], not_finite, holes, marks)


def thin(samples: Source, step: int) -> NDArray[Any]:
    """Every `step`-th row and column (h, w, C)."""
    lines: dict[int, list[NDArray[Any]]] = {}
    for rows, columns in parts_of(samples.shape):
        part = samples[rows, columns]
        piece = part[-rows.start % step :: step, -columns.start % step :: step]
        lines.setdefault(rows.start, []).append(piece.copy())
    return np.concatenate([np.concatenate(line, axis=1) for line in lines.values()])
