"""Plots of compression: quality over rate, one a metric, averaged over the pictures; and quality at
one rate over speed.

pellucid is drawn bold and in colour; the others are thinner and told apart by marker as well as by
colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.evaluate.drawing import INK, Dot, Plot, draw_dots, new_figure, save_plots
from pellucid.evaluate.metrics import METRICS, Metric
from pellucid.evaluate.peers import LABELS, OWN
from pellucid.evaluate.record import Result, Timing
from pellucid.evaluate.report import scope_of
from pellucid.evaluate.speed import TARGET_BPP
from pellucid.evaluate.summary import average_curve, codecs_in, speeds

MAX_BPP = 2.0
SIZE_INCHES = (9.0, 5.5)
STYLES = {
    "pellucid-m": ("#d55e00", "o"),
    "pellucid-s": ("#e69f00", "o"),
    "jpeg420": ("#999999", "v"),
    "jpeg444": ("#555555", "^"),
    "jpeg2000": ("#117733", "P"),
    "webp": ("#009e73", "s"),
    "avif": ("#56b4e9", "D"),
    "avif_psnr": ("#0072b2", "D"),
    "heic_psnr": ("#cc79a7", "X"),
    "jxl": ("#882255", "*"),
}


def write_plots(rows: Sequence[Result], speed: Sequence[Timing], folder: Path) -> list[Path]:
    """Draws all plots into `folder`, which is there, as PNG and SVG; earlier ones are replaced.

    Raises:
        MissingExtraError: matplotlib isn't installed.
        OutputError: a file can't be written.
    """
    return save_plots([*curve_plots(rows), *speed_plots(rows, speed)], folder)


def curve_plots(rows: Sequence[Result]) -> list[Plot]:
    """`rd-<metric>` for every metric that the rows have."""
    title = f"Mean of {scope_of(rows)}"
    return [
        Plot(
            f"rd-{metric.name}",
            f"{metric.label} over bits a pixel of each codec, {title.lower()}",
            _draw(rows, metric, title),
        )
        for metric in METRICS.values()
        if any(getattr(row, metric.name) is not None for row in rows)
    ]


def speed_plots(rows: Sequence[Result], speed: Sequence[Timing]) -> list[Plot]:
    """`speed-quality`: PSNR at one rate over megapixels a second, to compress and to decompress.

    Quality is that of all pictures of the sweep, between two settings of the mean curve; a codec
    whose curve doesn't reach the rate is left out. Without speed nothing is drawn.
    """
    times = speeds(speed)
    found = {name: quality_at(rows, name, METRICS["psnr"], TARGET_BPP) for name in times}
    quality = {name: value for name, value in found.items() if value is not None}
    if not quality:
        return []
    figure, axes = new_figure(11.0, 5.0, columns=2)
    for ax, way in zip(axes, ("compress", "decompress"), strict=True):
        dots = [
            Dot(LABELS[name], rate, quality[name], name in OWN)
            for name in quality
            if (rate := times[name].encode_mps if way == "compress" else times[name].decode_mps)
        ]
        draw_dots(
            ax, dots, xlabel=f"megapixels a second to {way}",
            ylabel=f"RGB PSNR (dB) at {TARGET_BPP:g} bits a pixel", title=f"To {way}",
        )  # fmt: skip
    alt = f"PSNR at {TARGET_BPP:g} bits a pixel over the speed of compressing and decompressing"
    return [Plot("speed-quality", alt, figure)]


def quality_at(rows: Sequence[Result], codec: str, metric: Metric, bpp: float) -> float | None:
    """Quality of the mean curve at a rate, linear in the log of rate; None if it's outside."""
    curve = average_curve(rows, codec, metric)
    if not curve or not curve[0][0] <= bpp <= curve[-1][0]:
        return None
    rates, values = zip(*curve, strict=True)
    return float(np.interp(np.log(bpp), np.log(rates), values))


def _draw(rows: Sequence[Result], metric: Metric, title: str) -> Any:
    figure, (axes,) = new_figure(*SIZE_INCHES)
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
    axes.legend(frameon=False, labelcolor=INK, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
