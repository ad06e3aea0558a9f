"""What `bench compress` draws: quality over rate, and over speed.

pellucid is drawn bold and in colour; the others are thinner and told apart by marker as well as by
colour. A model tuned for the eye is dashed, and an effort is thin, with its digit for a marker; a
joint codec has squares. What is behind pellucid's denoiser is dashed and dotted, behind another
dotted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.evaluate.benches.compress_rows import (
    SPEED_ROWS,
    SWEEP,
    TARGET_BPP,
    Result,
    Timing,
    average_curve,
    megapixels_a_second,
    timed,
)
from pellucid.evaluate.benches.compress_tables import known, measured, scope_of
from pellucid.evaluate.drawing import INK, Dot, Plot, draw_dots, new_figure
from pellucid.evaluate.metrics import METRICS, Metric
from pellucid.evaluate.peers.base import BEHIND, JOINT, is_own
from pellucid.evaluate.peers.lossy import LOSSY
from pellucid.evaluate.peers.pellucid_codec import parts_of
from pellucid.runtime import EYE

MAX_BPP = 2.0
STYLES = {
    "pellucid-m": ("#d55e00", "o"),
    "pellucid-s": ("#e69f00", "o"),
    "jpeg420": ("#999999", "v"),
    "jpeg444": ("#555555", "^"),
    "jpeg2000": ("#117733", "P"),
    "webp": ("#009e73", "s"),
    "avif": ("#56b4e9", "D"),
    "avif_psnr": ("#0072b2", "D"),
    "avif_slow": ("#332288", "d"),
    "heic_psnr": ("#cc79a7", "X"),
    "jxl": ("#882255", "*"),
    "jxl_slow": ("#aa4499", "p"),
}
OTHER = (INK, "o")  # a model that doesn't ship


def plots(folder: Path) -> list[Plot]:
    """`rd-<metric>`: quality over rate, for every metric that the rows have; and over speed."""
    rows = SWEEP.load(folder)
    title = f"Mean of {scope_of(rows)}"
    curves = [
        Plot(
            f"rd-{metric.name}",
            f"{metric.label} over bits per pixel of each codec, {title.lower()}",
            draw_curves(rows, known(rows), metric, title, LOSSY.label),
        )
        for metric in measured(rows)
    ]
    return [*curves, *speed_plots(rows, SPEED_ROWS.load(folder))]


def speed_plots(rows: Sequence[Result], speed: Sequence[Timing]) -> list[Plot]:
    """`speed-quality`: PSNR at one rate over megapixels a second, to compress and to decompress.

    Quality is that of all pictures of the sweep, between two settings of the mean curve; a codec
    whose curve doesn't reach the rate is left out. Without speed nothing is drawn.
    """
    times = timed(speed)
    found = {name: quality_at(rows, name, METRICS["psnr"], TARGET_BPP) for name in times}
    quality = {name: value for name, value in found.items() if not math.isnan(value)}
    if not quality:
        return []
    figure, axes = new_figure(13.0, 7.5, columns=2)
    for ax, task in zip(axes, ("compress", "decompress"), strict=True):
        column = "encode_s" if task == "compress" else "decode_s"
        dots = [
            Dot(LOSSY.label(name), megapixels_a_second(times[name], column), value, is_own(name))
            for name, value in quality.items()
        ]
        draw_dots(
            ax, dots, xlabel=f"megapixels a second to {task}",
            ylabel=f"RGB PSNR (dB) at {TARGET_BPP:g} bits per pixel", title=f"To {task}",
        )  # fmt: skip
    alt = f"PSNR at {TARGET_BPP:g} bits per pixel over the speed of compressing and decompressing"
    return [Plot("speed-quality", alt, figure)]


def quality_at(rows: Sequence[Result], codec: str, metric: Metric, bpp: float) -> float:
    """Quality of the mean curve at a rate, linear in the log of rate; NaN if it's outside."""
    rates, values = zip(*average_curve(rows, codec, metric) or [(1.0, math.nan)], strict=True)
    outside = {"left": math.nan, "right": math.nan}
    return float(np.interp(np.log(bpp), np.log(rates), values, **outside))


def style_of(name: str) -> dict[str, Any]:
    """Colour, marker and line of a codec, as matplotlib calls them."""
    before, _, codec = name.rpartition(BEHIND)
    model, effort = parts_of(codec.removesuffix(JOINT))
    base = model.removesuffix(f"-{EYE}")
    colour, marker = STYLES.get(base, OTHER)
    line = "-" if base == model else "--"
    if before:
        line = "-." if is_own(before) else ":"
    size, width, order = (6, 2.8, 3) if is_own(name) and not before else (5, 1.3, 2)
    if effort:
        marker, size, width = f"${effort}$", 8, 1.3
    if codec.endswith(JOINT):
        marker, size = "s", 8
    look = {"color": colour, "marker": marker, "linestyle": line}
    return {**look, "markersize": size, "linewidth": width, "zorder": order}


def draw_curves(
    rows: Sequence[Result],
    names: Sequence[str],
    metric: Metric,
    title: str,
    label: Callable[[str], str],
) -> Any:
    """A figure of quality over rate: the mean curve of each codec, called by its label."""
    figure, (axes,) = new_figure(9.0, 5.5)
    seen: list[float] = []  # the qualities inside the frame
    for name in names:
        if not (curve := average_curve(rows, name, metric)):
            continue
        seen += [quality for at, quality in curve if at <= MAX_BPP]
        axes.plot(*zip(*curve, strict=True), **style_of(name), label=label(name))
    axes.set(xlabel="bits per pixel (whole file)", ylabel=metric.axis, title=title)
    axes.set_xlim(0, MAX_BPP)
    if len(seen) > 1:
        margin = 0.05 * (max(seen) - min(seen)) + 0.01
        axes.set_ylim(min(seen) - margin, max(seen) + margin)
    axes.legend(frameon=False, labelcolor=INK, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
