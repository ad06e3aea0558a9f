"""Rows of `bench size` -> a table, how cost grows in words, and a plot of time and memory.

Growth is the slope of log over log, by least squares.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path

import numpy as np

from pellucid.evaluate import runs
from pellucid.evaluate.bench import Part
from pellucid.evaluate.drawing import GRID, INK, OWN_COLOUR, SOFT, Plot, new_figure
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import MINUS, Table, count

TASKS = ("compress", "decompress", "denoise")
QUALITY = 60.0
SIGMA = 25.0
MARKERS = {"compress": "o", "decompress": "s", "denoise": "^"}
DASHES = {"m": "-", "s": "--"}


@dataclass(frozen=True, slots=True)
class SizeResult:
    """One task on one picture, in a process that did nothing else.

    `task` is compress, decompress or denoise; `data` names the pictures that the square was made
    of; `setting` is the quality, or sigma. `bytes` are those of the file, 0 for denoise. `seconds`
    is the median of `repeats` runs after a small one that isn't counted, between quartiles.
    `peak_mb` is the most resident memory, in millions of bytes, with Python and libraries;
    `base_mb` what that was before, with the picture or file loaded.
    """

    task: str
    model: str
    data: str
    width: int
    height: int
    setting: float
    bytes: int
    seconds: float
    seconds_low: float
    seconds_high: float
    peak_mb: float
    base_mb: float
    threads: int
    repeats: int
    version: str

    @property
    def megapixels(self) -> float:
        """Size of the picture in millions of pixels."""
        return self.width * self.height / 1e6


ROWS = Rows(SizeResult, "size.tsv")
COLUMNS: dict[str, Callable[[SizeResult], str]] = {
    "task": lambda row: row.task,
    "model": lambda row: row.model,
    "pixels": lambda row: f"{row.megapixels:.3g} M",
    "seconds": lambda row: f"{row.seconds:.3g}",
    "quartiles": lambda row: f"{row.seconds_low:.3g}–{row.seconds_high:.3g}",
    "s/megapixel": lambda row: f"{row.seconds / row.megapixels:.3g}",
    "memory (MB)": lambda row: f"{row.peak_mb:.0f}",
    "of it before (MB)": lambda row: f"{row.base_mb:.0f}",
}


class Growth:
    """One task of one model over all sizes.

    `time` and `peak` are exponents: 1 is proportional to the number of pixels, 0 the same for all
    sizes.
    """

    def __init__(self, rows: Sequence[SizeResult]) -> None:
        self.task, self.model = rows[0].task, rows[0].model
        self.name = f"{self.task}, {self.model}"
        self.sizes = [row.megapixels for row in rows]
        self.seconds, self.peaks = [row.seconds for row in rows], [row.peak_mb for row in rows]
        self.time, self.peak = (
            _signed(slope(list(map(log, self.sizes)), list(map(log, costs))))
            for costs in (self.seconds, self.peaks)
        )

    def __str__(self) -> str:
        return (
            f"- {self.name}: time grows as pixels to the power {self.time}, peak memory to the "
            f"power {self.peak} ({_signed(slope(self.sizes, self.peaks))} MB a megapixel on a "
            f"straight line), from {self.sizes[0]:.3g} to {self.sizes[-1]:.3g} megapixels."
        )


def growths(rows: Sequence[SizeResult]) -> list[Growth]:
    """Every task and model with at least two sizes; over several sets of pictures the largest."""
    found = []
    for model in sorted({row.model for row in rows}):
        for task in TASKS:
            own = [row for row in rows if (row.model, row.task) == (model, task)]
            sets = sorted({row.data for row in own}, key=lambda d: -sum(r.data == d for r in own))
            here = sorted((r for r in own if r.data in sets[:1]), key=lambda row: row.width)
            if len(here) > 1:
                found.append(Growth(here))
    return found


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """Of the straight line through points, by least squares."""
    return float(np.polyfit(x, y, 1)[0])


def tables(folder: Path) -> list[Part]:
    """Table, slopes in words, and how it was measured."""
    rows = sorted(ROWS.load(folder), key=lambda r: (r.model, r.width, TASKS.index(r.task)))
    if not rows:
        return []
    sets = ", ".join(sorted({row.data for row in rows}))
    how = (
        f"Squares of photographs side by side ({sets}), each task in a fresh process; medians of "
        f"{count(rows[0].repeats, 'run')} after a small one, {rows[0].threads} threads asked for"
        f"{runs.where(folder, 'size')}. Compressed at quality {QUALITY:g}; denoising 8-bit samples "
        f"with sigma {SIGMA:g}. Memory is the process's peak, Python and libraries included; "
        "before the work it already holds the picture, or the file. Powers are fitted by least "
        "squares of logs."
    )
    return [Table.of(rows, COLUMNS), "\n".join(map(str, growths(rows))), how]


def plots(folder: Path) -> list[Plot]:
    """`size`: seconds and peak memory over megapixels, in logs; nothing with one size only."""
    if not (found := growths(ROWS.load(folder))):
        return []
    figure, both = new_figure(11.0, 4.8, columns=2)
    for axes, what in zip(both, ("seconds", "peak memory (MB)"), strict=True):
        for one in found:
            timed = what == "seconds"
            axes.plot(
                one.sizes,
                one.seconds if timed else one.peaks,
                label=f"{one.name}: {one.time if timed else one.peak}",
                marker=MARKERS[one.task],
                linestyle=DASHES.get(one.model, ":"),
                color=SOFT if one.task == "denoise" else OWN_COLOUR,
            )
        axes.set(xscale="log", yscale="log", xlabel="megapixels", ylabel=what)
        axes.set_title(f"{what}, with the power of size")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter("{x:g}")
        axes.grid(color=GRID, which="major")
        axes.legend(frameon=False, labelcolor=INK, fontsize=9)
    alt = "Seconds and peak memory of compressing, decompressing and denoising over megapixels"
    return [Plot("size", alt, figure)]


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", MINUS)
