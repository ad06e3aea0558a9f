"""Rows -> how cost grows: slopes of log over log, by least squares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pellucid.evaluate.sizes.rows import SizeResult

ORDER = ("compress", "decompress", "denoise")


@dataclass(frozen=True, slots=True)
class Growth:
    """One task of one model over all sizes.

    `time_slope` and `peak_slope` are exponents: 1 is proportional to the number of pixels, 0 the
    same for all sizes. `peak_per_megapixel` is the slope of a straight line through the peaks, in
    millions of bytes.
    """

    task: str
    model: str
    rows: tuple[SizeResult, ...]
    time_slope: float
    peak_slope: float
    peak_per_megapixel: float


def growths(rows: Sequence[SizeResult]) -> list[Growth]:
    """Every task and model with at least two sizes; over several sets of pictures the largest."""
    found = []
    for model in sorted({row.model for row in rows}):
        for task in ORDER:
            own = [row for row in rows if (row.model, row.task) == (model, task)]
            sets = sorted({row.data for row in own}, key=lambda d: -sum(r.data == d for r in own))
            here = sorted((r for r in own if r.data in sets[:1]), key=lambda row: row.width)
            if len(here) > 1:
                found.append(_growth(task, model, here))
    return found


def slope(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The exponent b of cost = a * size ** b, by least squares of the logs."""
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def _growth(task: str, model: str, rows: Sequence[SizeResult]) -> Growth:
    sizes, peaks = [row.megapixels for row in rows], [row.peak_mb for row in rows]
    return Growth(
        task,
        model,
        tuple(rows),
        slope(sizes, [row.seconds for row in rows]),
        slope(sizes, peaks),
        float(np.polyfit(sizes, peaks, 1)[0]),
    )
