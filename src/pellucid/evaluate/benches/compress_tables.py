"""What `bench compress` shows: BD-rate against every peer, speed, how it was measured, curves.

pellucid is drawn bold and in colour; the others are thinner and told apart by marker as well as by
colour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.evaluate import runs
from pellucid.evaluate.bd_rate import BdAverage
from pellucid.evaluate.bench import Part
from pellucid.evaluate.benches.compress_rows import (
    SPEED_ROWS,
    SWEEP,
    TARGET_BPP,
    Result,
    Timing,
    average_curve,
    codecs_in,
    compare,
    speeds,
    time_ratio,
)
from pellucid.evaluate.drawing import INK, Dot, Plot, draw_dots, new_figure
from pellucid.evaluate.metrics import METRICS, Metric
from pellucid.evaluate.peers.base import is_own, model_of
from pellucid.evaluate.peers.lossy import LOSSY
from pellucid.evaluate.table import NO_VALUE, Table, count, percent, rate

TUNING = "AVIF's default and JPEG XL tune for the eye, not for PSNR."
NO_BD_RATE = "No BD-rate: it takes rows of pellucid and of at least one other codec."
HOW = (
    "Percent more (+) or fewer (\u2212) bytes at the same quality: mean of the pictures' BD-rates, "
    "in brackets the BD-rate of the mean curve. Whole files; PCHIP over log rate; RGB PSNR; "
    "MS-SSIM in dB. *n* marks means over fewer pictures than there are, where some curves don't "
    f"overlap. {TUNING}"
)
SHORT_OWN, SHORT_PEERS = "pellucid-m", ("jpeg420", "webp", "avif", "jxl")
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
    "heic_psnr": ("#cc79a7", "X"),
    "jxl": ("#882255", "*"),
}


def report(folder: Path) -> list[Part]:
    """The whole report."""
    sweep, speed = SWEEP.load(folder), SPEED_ROWS.load(folder)
    if not sweep:
        return []
    scope = f"{scope_of(sweep)}, {len(sweep)} files made and decoded."
    parts: list[Part] = [scope, bd_table(sweep, both_means=True), HOW]
    if speed:
        parts += ["## Speed", speed_table(speed), speed_note(speed, machine(folder))]
    return [*parts, "## Codecs", _versions(sweep, runs.methods_of(folder, "compress"))]


def overview(folder: Path) -> list[Part]:
    """The short tables of the docs."""
    sweep, speed = SWEEP.load(folder), SPEED_ROWS.load(folder)
    if not sweep:
        return []
    note = (
        f"{scope_of(sweep)}, mean of their BD-rates: percent more (+) or fewer (\u2212) bytes at "
        f"the same quality, from whole files. {TUNING}"
    )
    timed: list[Part] = []
    if speed:
        timed = [speed_table(speed), speed_note(speed, machine(folder))]
    return [bd_table(sweep), note, *timed]


def short_overview(folder: Path) -> list[Part]:
    """The README's table: bytes of pellucid m beside a few codecs at equal quality, and speed."""
    sweep, timed = SWEEP.load(folder), SPEED_ROWS.load(folder)
    if not sweep:
        return []
    found, body = speeds(timed), []
    for name in (name for name in (SHORT_OWN, *SHORT_PEERS) if name in codecs_in(sweep)):
        bytes_off = [
            "" if name == SHORT_OWN else _bd_cell(compare(sweep, name, SHORT_OWN, metric))
            for metric in ("psnr", "ssimulacra2")
        ]
        one = found.get(name)
        rates = [rate(one.encode_mps), rate(one.decode_mps)] if one else [NO_VALUE] * 2
        body.append([LOSSY.label(name), *bytes_off, *rates])
    header = ["codec", "bytes of pellucid m at equal PSNR", "at equal SSIMULACRA2"]
    header += ["compress (MP/s)", "decompress (MP/s)"]
    note = (
        f"{scope_of(sweep)} of Kodak, whole files; \u2212 means that pellucid m's are smaller "
        "(mean BD-rate). AVIF and JPEG XL are tuned for the eye, not for PSNR."
    )
    if timed:
        note += f" Megapixels a second on {timed[0].threads} threads."
    return [Table(header, body), note]


def plots(folder: Path) -> list[Plot]:
    """Quality over rate, and over speed."""
    sweep, speed = SWEEP.load(folder), SPEED_ROWS.load(folder)
    return [*curve_plots(sweep), *speed_plots(sweep, speed)]


def machine(folder: Path) -> Mapping[str, Any]:
    """What the codecs were last timed on."""
    return runs.machine_of(folder, "compress", SPEED_ROWS.file)


def bd_table(rows: Sequence[Result], *, both_means: bool = False) -> Part:
    """BD-rate of pellucid's models against each peer, a column a metric and model.

    With `both_means` each cell adds, in brackets, the BD-rate of the mean curve.
    """
    present = _known(rows)
    own = [name for name in present if is_own(name)]
    peers = [name for name in present if not is_own(name)]
    metrics = [m for m in METRICS.values() if any(getattr(r, m.name) is not None for r in rows)]
    if not own or not peers:
        return NO_BD_RATE
    header = ["BD-rate against", *(f"{model_of(o)}: {m.label}" for o in own for m in metrics)]
    body = [
        [
            LOSSY.label(peer),
            *(_bd_cell(compare(rows, peer, o, m.name), both_means) for o in own for m in metrics),
        ]
        for peer in peers
    ]
    return Table(header, body)


def speed_table(rows: Sequence[Timing]) -> Table:
    """Speed of each codec at its setting nearest to one common rate, quartiles in brackets, and
    the peak of memory where it was measured."""
    found = speeds(rows)
    header = ["codec", "bpp", "PSNR (dB)", "compress (MP/s)", "decompress (MP/s)"]
    peaks = any(one.peaks for one in found.values())
    header += ["memory (MB)"] if peaks else []
    body = []
    for name in _known(rows):
        if (one := found.get(name)) is None:
            continue
        cells = [
            LOSSY.label(name),
            f"{one.bpp:.2f}",
            f"{one.psnr:.2f}",
            rate(one.encode_mps) + _between(one.encode_quartiles),
            rate(one.decode_mps) + _between(one.decode_quartiles),
        ]
        memory = " / ".join(f"{peak:.0f}" for peak in one.peaks) if one.peaks else NO_VALUE
        body.append([*cells, memory] if peaks else cells)
    return Table(header, body)


def speed_note(rows: Sequence[Timing], where: Mapping[str, Any]) -> str:
    """One paragraph: how the speed was taken, and m's time as a part of AVIF's."""
    found = speeds(rows)
    some = next(iter(found.values()))
    quartiles = ", quartiles in brackets" if some.encode_quartiles else ""
    text = (
        f"Medians of {rows[0].repeats} interleaved runs in memory{quartiles}, "
        f"{some.pictures} pictures, {rows[0].threads} threads asked for{runs.machine_text(where)}."
    )
    if measured := next((row for row in rows if row.encode_mb), None):
        text += (
            " Memory: the peak of a process that only compresses, and of one that only "
            f"decompresses, one picture of {measured.width}x{measured.height}, Python and "
            "libraries included."
        )
    ratios = [
        f"{ratio:.2f} of {LOSSY.label(peer)}"
        for peer in ("avif", "avif_psnr")
        if (ratio := time_ratio(found, "pellucid-m", peer)) is not None
    ]
    return text + (f" Compress time of pellucid m: {', '.join(ratios)}." if ratios else "")


def scope_of(rows: Sequence[Result]) -> str:
    """How many pictures the rows cover."""
    return count(len({row.image for row in rows}), "picture")


def curve_plots(rows: Sequence[Result]) -> list[Plot]:
    """`rd-<metric>` for every metric that the rows have."""
    title = f"Mean of {scope_of(rows)}"
    return [
        Plot(
            f"rd-{metric.name}",
            f"{metric.label} over bits per pixel of each codec, {title.lower()}",
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
    for ax, task, column in zip(
        axes, ("compress", "decompress"), ("encode_mps", "decode_mps"), strict=True
    ):
        dots = [
            Dot(LOSSY.label(name), getattr(times[name], column), value, is_own(name))
            for name, value in quality.items()
        ]
        draw_dots(
            ax, dots, xlabel=f"megapixels a second to {task}",
            ylabel=f"RGB PSNR (dB) at {TARGET_BPP:g} bits per pixel", title=f"To {task}",
        )  # fmt: skip
    alt = f"PSNR at {TARGET_BPP:g} bits per pixel over the speed of compressing and decompressing"
    return [Plot("speed-quality", alt, figure)]


def quality_at(rows: Sequence[Result], codec: str, metric: Metric, bpp: float) -> float | None:
    """Quality of the mean curve at a rate, linear in the log of rate; None if it's outside."""
    curve = average_curve(rows, codec, metric)
    if not curve or not curve[0][0] <= bpp <= curve[-1][0]:
        return None
    rates, values = zip(*curve, strict=True)
    return float(np.interp(np.log(bpp), np.log(rates), values))


def _draw(rows: Sequence[Result], metric: Metric, title: str) -> Any:
    figure, (axes,) = new_figure(9.0, 5.5)
    seen: list[float] = []  # the qualities inside the frame
    for name in _known(rows):
        curve = average_curve(rows, name, metric)
        if not curve:
            continue
        seen += [quality for at, quality in curve if at <= MAX_BPP]
        colour, marker = STYLES[name]
        size, width, order = (6, 2.8, 3) if is_own(name) else (5, 1.3, 2)
        axes.plot(
            *zip(*curve, strict=True), color=colour, marker=marker, markersize=size,
            linewidth=width, zorder=order, label=LOSSY.label(name),
        )  # fmt: skip
    axes.set(xlabel="bits per pixel (whole file)", ylabel=metric.axis, title=title)
    axes.set_xlim(0, MAX_BPP)
    if len(seen) > 1:
        margin = 0.05 * (max(seen) - min(seen)) + 0.01
        axes.set_ylim(min(seen) - margin, max(seen) + margin)
    axes.legend(frameon=False, labelcolor=INK, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _known(rows: Sequence[Result]) -> list[str]:
    """The codecs of the rows that tables show, in their order."""
    present = codecs_in(rows)
    return [name for name in LOSSY.labels if name in present]


def _bd_cell(value: BdAverage | None, both: bool = False) -> str:
    if value is None:
        return NO_VALUE
    text = percent(value.per_picture)
    if both:
        text += f" ({percent(value.of_mean_curve)})"
    return text + (f" *n* {value.pictures}" if value.left_out else "")


def _between(quartiles: tuple[float, float] | None) -> str:
    return "" if quartiles is None else f" ({rate(quartiles[0])}–{rate(quartiles[1])})"


def _versions(rows: Sequence[Result], methods: Mapping[str, Mapping[str, Any]]) -> str:
    lines = []
    for name in _known(rows):
        version = ", ".join(dict.fromkeys(row.versions for row in rows if row.codec == name))
        settings = sorted({row.setting for row in rows if row.codec == name})
        note = f"; {methods[name]['threading']}" if name in methods else ""
        shown = ", ".join(f"{setting:g}" for setting in settings)
        lines.append(f"- {LOSSY.label(name)}: {version}; at {shown}{note}")
    return "\n".join(lines)
