"""Rows of `bench size` -> a table, how cost grows in words, and a plot of time and memory.

Growth is the slope of log over log, by least squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pellucid.evaluate import runs
from pellucid.evaluate.bench import Part
from pellucid.evaluate.benches.size_rows import QUALITY, ROWS, SIGMA, TASKS, SizeResult
from pellucid.evaluate.drawing import GRID, INK, OWN_COLOUR, SOFT, Plot, new_figure
from pellucid.evaluate.table import MINUS, Table, count

MARKERS = {"compress": "o", "decompress": "s", "denoise": "^"}
DASHES = {"m": "-", "s": "--"}


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

    @property
    def name(self) -> str:
        """Of its line in the plot."""
        return f"{self.task}, {self.model}"

    def __str__(self) -> str:
        sizes = [row.megapixels for row in self.rows]
        return (
            f"- {self.name}: time grows as pixels to the power {_signed(self.time_slope)}, "
            f"peak memory to the power {_signed(self.peak_slope)} "
            f"({_signed(self.peak_per_megapixel)} MB a megapixel on a straight line), "
            f"from {min(sizes):.3g} to {max(sizes):.3g} megapixels."
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
                found.append(_growth(task, model, here))
    return found


def slope(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The exponent b of cost = a * size ** b, by least squares of the logs."""
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def tables(folder: Path) -> list[Part]:
    """Table, slopes in words, and how it was measured."""
    rows = sorted(ROWS.load(folder), key=lambda r: (r.model, r.width, TASKS.index(r.task)))
    if not rows:
        return []
    header = ["task", "model", "pixels", "seconds", "quartiles", "s/megapixel", "memory (MB)"]
    header.append("of it before (MB)")
    body = [
        [
            row.task,
            row.model,
            f"{row.megapixels:.3g} M",
            f"{row.seconds:.3g}",
            f"{row.seconds_low:.3g}–{row.seconds_high:.3g}",
            f"{row.seconds / row.megapixels:.3g}",
            f"{row.peak_mb:.0f}",
            f"{row.base_mb:.0f}",
        ]
        for row in rows
    ]
    how = note(rows, runs.machine_text(runs.machine_of(folder, "size")))
    return [Table(header, body), "\n".join(map(str, growths(rows))), how]


def note(rows: Sequence[SizeResult], where: str) -> str:
    """How it was measured; `where` names the machine."""
    sets = ", ".join(sorted({row.data for row in rows}))
    return (
        f"Squares of photographs side by side ({sets}), each task in a fresh process; medians of "
        f"{count(rows[0].repeats, 'run')} after a small one, {rows[0].threads} threads asked for"
        f"{where}. Compressed at quality {QUALITY:g}; denoising 8-bit samples with sigma "
        f"{SIGMA:g}. Memory is the process's peak, Python and libraries included; before the work "
        "it already holds the picture, or the file. Powers are fitted by least squares of logs."
    )


def plots(folder: Path) -> list[Plot]:
    """`size`: seconds and peak memory over megapixels, in logs; nothing with one size only."""
    found = growths(ROWS.load(folder))
    if not found:
        return []
    figure, (left, right) = new_figure(11.0, 4.8, columns=2)
    for one in found:
        sizes = [row.megapixels for row in one.rows]
        look = {
            "marker": MARKERS[one.task],
            "linestyle": DASHES.get(one.model, ":"),
            "color": SOFT if one.task == "denoise" else OWN_COLOUR,
        }
        costs = [row.seconds for row in one.rows]
        left.plot(sizes, costs, label=f"{one.name}: {_signed(one.time_slope)}", **look)
        peaks = [row.peak_mb for row in one.rows]
        right.plot(sizes, peaks, label=f"{one.name}: {_signed(one.peak_slope)}", **look)
    for axes, what in ((left, "seconds"), (right, "peak memory (MB)")):
        axes.set(xscale="log", yscale="log", xlabel="megapixels", ylabel=what)
        axes.set_title(f"{what}, with the power of size")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter("{x:g}")
        axes.grid(color=GRID, which="major")
        axes.legend(frameon=False, labelcolor=INK, fontsize=9)
    alt = "Seconds and peak memory of compressing, decompressing and denoising over megapixels"
    return [Plot("size", alt, figure)]


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


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", MINUS)
