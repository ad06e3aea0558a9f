"""Quality over time: mean PSNR at sigma 25 against seconds a megapixel, a dot a method."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pellucid.errors import OutputError
from pellucid.evaluate._extras import require
from pellucid.evaluate.denoisers import label_of
from pellucid.evaluate.denoising import summary
from pellucid.evaluate.denoising.rows import DenoiseResult
from pellucid.evaluate.denoising.timing import SIGMA, TASK

FILE = "denoise-cost.png"
SIZE_INCHES = (8.0, 5.0)
DOTS_PER_INCH = 150
OWN_COLOUR, COLOUR = "#D55E00", "#555555"


def plot_cost(
    rows: Sequence[DenoiseResult], speed: Sequence[DenoiseResult], folder: Path
) -> list[Path]:
    """Draws `denoise-cost.png` for the folder of pictures that speed was measured on.

    Over the pictures that all methods have; nothing is drawn without speed or without any.

    Raises:
        MissingExtraError: matplotlib isn't installed.
        OutputError: the file can't be written.
    """
    seconds = summary.seconds_per_megapixel(speed)
    data = speed[0].data if speed else ""
    own = [r for r in rows if (r.task, r.data, r.level) == (TASK.name, data, SIGMA)]
    images = summary.shared(summary.scores(own))
    quality = {name: s.psnr for (name, _), s in summary.scores(own, images).items()}
    points = {name: (seconds[name], quality[name]) for name in seconds if name in quality}
    if not points:
        return []
    count = len(images[SIGMA])
    title = f"{data}, {count} picture{'s' if count != 1 else ''}, sigma {SIGMA:g}"
    figure = _draw(points, title)
    path = folder / FILE
    try:
        figure.savefig(path, dpi=DOTS_PER_INCH)
    except OSError as error:
        raise OutputError(f"can't write {path}: {error}") from error
    return [path]


def _draw(points: dict[str, tuple[float, float]], title: str) -> Any:
    figure = require("matplotlib.figure", "matplotlib").Figure(
        figsize=SIZE_INCHES, layout="constrained"
    )
    axes = figure.subplots()
    for name, (x, y) in points.items():
        own = summary.is_own(name)
        colour = OWN_COLOUR if own else COLOUR
        axes.plot(x, y, "o", color=colour, markersize=9 if own else 6, zorder=3)
        axes.annotate(
            label_of(name), (x, y), xytext=(7, 5), textcoords="offset points", color=colour,
            fontsize=9, fontweight="bold" if own else "normal",
        )  # fmt: skip
    axes.set_xscale("log")
    axes.margins(x=0.2, y=0.1)
    axes.set(xlabel="seconds a megapixel", ylabel="PSNR (dB)", title=title)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure
