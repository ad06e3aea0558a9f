"""Rate-distortion curves, averaged over the pictures, one PNG a metric.

pellucid is drawn bold and in colour; the others are thinner and told apart by marker as well as by
colour (the palette of Okabe and Ito, which colour-blind readers can tell apart).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pellucid.errors import OutputError
from pellucid.evaluate._extras import require
from pellucid.evaluate.metrics import METRICS, Metric
from pellucid.evaluate.peers import LABELS, OWN
from pellucid.evaluate.record import Result
from pellucid.evaluate.report import scope_of
from pellucid.evaluate.summary import average_curve, codecs_in

MAX_BPP = 2.0
SIZE_INCHES = (9.0, 5.5)
DOTS_PER_INCH = 150
STYLES = {
    "pellucid-m": ("#D55E00", "o"),
    "pellucid-s": ("#E69F00", "o"),
    "jpeg420": ("#999999", "v"),
    "jpeg444": ("#555555", "^"),
    "jpeg2000": ("#117733", "P"),
    "webp": ("#009E73", "s"),
    "avif": ("#56B4E9", "D"),
    "avif_psnr": ("#0072B2", "D"),
    "heic_psnr": ("#CC79A7", "X"),
    "jxl": ("#882255", "*"),
}


def plot_curves(rows: Sequence[Result], folder: Path, title: str = "") -> list[Path]:
    """Draws `rd-<metric>.png` into `folder` for every metric that the rows have.

    Args:
        rows: a sweep.
        folder: an existing folder; plots in it are replaced.
        title: goes above the plot; empty for a plain one.

    Raises:
        MissingExtraError: matplotlib isn't installed.
        OutputError: a file can't be written.
    """
    figures = require("matplotlib.figure", "matplotlib")
    paths = []
    for metric in METRICS.values():
        if any(getattr(row, metric.name) is not None for row in rows):
            path = folder / f"rd-{metric.name}.png"
            figure = _draw(figures, rows, metric, title or f"Mean of {scope_of(rows)}")
            try:
                figure.savefig(path, dpi=DOTS_PER_INCH)
            except OSError as error:
                raise OutputError(f"can't write {path}: {error}") from error
            paths.append(path)
    return paths


def _draw(figures: Any, rows: Sequence[Result], metric: Metric, title: str) -> Any:
    figure = figures.Figure(figsize=SIZE_INCHES, layout="constrained")
    axes = figure.subplots()
    present = codecs_in(rows)
    seen: list[float] = []  # the qualities inside the frame
    for name in (name for name in LABELS if name in present):
        curve = average_curve(rows, name, metric)
        if not curve:
            continue
        seen += [quality for rate, quality in curve if rate <= MAX_BPP]
        colour, marker = STYLES[name]
        own = name in OWN
        axes.plot(
            *zip(*curve, strict=True),
            color=colour,
            marker=marker,
            markersize=6 if own else 5,
            linewidth=2.8 if own else 1.3,
            zorder=3 if own else 2,
            label=LABELS[name],
        )
    axes.set(xlabel="bits per pixel (whole file)", ylabel=metric.axis, title=title)
    axes.set_xlim(0, MAX_BPP)
    if len(seen) > 1:
        margin = 0.05 * (max(seen) - min(seen)) + 0.01
        axes.set_ylim(min(seen) - margin, max(seen) + margin)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
