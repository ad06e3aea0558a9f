"""What all plots share: one look, and each figure as PNG and as SVG.

The colours are those of Okabe and Ito, which colour-blind readers can tell apart. Ink and grid have
values of their own, so that the HTML report can exchange them for those of a dark page. The same
rows give the same SVG, byte for byte.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.errors import OutputError, refusing
from pellucid.evaluate._extras import require

INK, GRID, SOFT = "#1a1c20", "#d9d6cd", "#5b6069"
OWN_COLOUR, OTHER_COLOUR = "#d55e00", SOFT
DOTS_PER_INCH = 150
LETTER_POINTS, BOLD_POINTS = 5.3, 6.0  # width of a letter of a dot's name, about
NEAR_PLACES = ((1, 1), (1, 0), (1, -1), (-1, 1), (-1, 0), (-1, -1))
FAR_PLACES = tuple((side, up) for far in range(2, 13) for up in (far, -far) for side in (1, -1))
LEADER = {"arrowstyle": "-", "color": SOFT, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
Box = tuple[float, float, float, float]  # left, bottom, right, top
LOOK = {
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.titlesize": 11,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "none",  # text stays text: it can be searched, read out and scaled
    "svg.hashsalt": "pellucid",
}


@dataclass(frozen=True, slots=True)
class Dot:
    """A method in a plot of quality over cost."""

    label: str
    x: float
    y: float
    own: bool


@dataclass(frozen=True)
class Plot:
    """A figure by name, and in words for those who can't see it."""

    name: str
    alt: str
    figure: Any


def new_figure(width: float, height: float, columns: int = 1) -> tuple[Any, Sequence[Any]]:
    """An empty figure in the common look, and its axes from left to right; sizes in inches.
    MissingExtraError if matplotlib isn't installed."""
    matplotlib = require("matplotlib")
    figures = require("matplotlib.figure", "matplotlib")
    with matplotlib.rc_context(LOOK):
        figure = figures.Figure(figsize=(width, height), layout="constrained")
        return figure, list(figure.subplots(1, columns, squeeze=False)[0])


def draw_dots(axes: Any, dots: Sequence[Dot], *, xlabel: str, ylabel: str, title: str) -> None:
    """Quality over cost: a dot with its name for each method, pellucid's bold; cost in logs."""
    axes.set_xscale("log")
    axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
    for dot in dots:
        colour = OWN_COLOUR if dot.own else OTHER_COLOUR
        axes.plot(dot.x, dot.y, "o", color=colour, markersize=9 if dot.own else 6, zorder=3)
    axes.margins(x=0.25, y=0.12)
    axes.xaxis.set_major_formatter("{x:g}")
    for dot, (across, up) in zip(dots, label_places(axes, dots), strict=True):
        axes.annotate(
            dot.label, (dot.x, dot.y), xytext=(7 * across, 7 * up), textcoords="offset points",
            ha="left" if across > 0 else "right", va="center", fontsize=9,
            color=OWN_COLOUR if dot.own else OTHER_COLOUR,
            fontweight="bold" if dot.own else "normal",
            arrowprops=LEADER | {"relpos": (across < 0, 0.5)} if abs(up) > 1 else None,
        )  # fmt: skip


def label_places(axes: Any, dots: Sequence[Dot]) -> list[tuple[int, int]]:
    """Where each name goes, (1 right or -1 left, so many steps up): the first place where it hits
    neither the frame nor a dot nor a name before it, or the first of all where there is none.

    Widths are estimates, in points, since nothing has been drawn yet.
    """
    width, height = (72 * inches * 0.85 for inches in axes.figure.get_size_inches())
    width /= len(axes.figure.axes)
    left, right = np.log(axes.get_xlim())
    low, high = axes.get_ylim()
    points = [
        (width * (np.log(dot.x) - left) / (right - left), height * (dot.y - low) / (high - low))
        for dot in dots
    ]
    taken = [(x - 4, y - 4, x + 4, y + 4) for x, y in points]
    places = []
    for dot, (x, y), own in zip(dots, points, tuple(taken), strict=True):
        long = (BOLD_POINTS if dot.own else LETTER_POINTS) * len(dot.label)
        start = {1: x + 7, -1: x - 7 - long}
        boxes = {
            (side, up): (start[side], y + 7 * up - 5, start[side] + long, y + 7 * up + 5)
            for side, up in NEAR_PLACES + FAR_PLACES
        }
        free = (
            place
            for place, box in boxes.items()
            if box[0] >= 0 and box[2] <= width and box[1] >= 0 and box[3] <= height
            if not any(_overlap(box, one) for one in taken if one is not own)
        )
        places.append(next(free, NEAR_PLACES[0]))
        taken.append(boxes[places[-1]])
    return places


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def svg_of(plot: Plot) -> str:
    """A plot as the text of an SVG file, on nothing: the page shows through."""
    matplotlib = require("matplotlib")
    stream = io.StringIO()
    with matplotlib.rc_context(LOOK):
        plot.figure.savefig(stream, format="svg", metadata={"Date": None}, transparent=True)
    return stream.getvalue()


def save_plots(plots: Sequence[Plot], folder: Path) -> list[Path]:
    """Write NAME.png and NAME.svg of each into an existing folder and return their paths;
    OutputError if a file can't be written."""
    matplotlib = require("matplotlib")
    paths = []
    for plot in plots:
        for suffix in (".png", ".svg"):
            path = folder / (plot.name + suffix)
            # SVG files on their own are looked at on white or on black: with paper below.
            facts = {"Date": None} if suffix == ".svg" else None
            with refusing(f"can't write {path}", OutputError), matplotlib.rc_context(LOOK):
                plot.figure.savefig(path, dpi=DOTS_PER_INCH, metadata=facts)
            paths.append(path)
    return paths
