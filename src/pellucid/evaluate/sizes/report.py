"""Rows -> `size.md`, a section of the docs, and a plot of time and memory over size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pellucid.errors import InputError
from pellucid.evaluate.drawing import GRID, INK, OWN_COLOUR, SOFT, Plot, new_figure, save_plots
from pellucid.evaluate.report import write_page
from pellucid.evaluate.sizes import rows as store
from pellucid.evaluate.sizes.bench import QUALITY, SIGMA
from pellucid.evaluate.sizes.rows import SizeResult
from pellucid.evaluate.sizes.summary import Growth, growths
from pellucid.evaluate.table import MINUS, table

REPORT = "size.md"
NOT_YET = "Not measured yet."
MARKERS = {"compress": "o", "decompress": "s", "denoise": "^"}
DASHES = {"m": "-", "s": "--"}


def write_report(folder: Path) -> tuple[str, list[Path]]:
    """Make `size.md` and the plot of the rows in `folder`; returns text and files.

    Raises:
        InputError: no rows.
        OutputError: a file can't be written.
        MissingExtraError: matplotlib isn't installed.
    """
    rows = store.load_rows(folder)
    if not rows:
        raise InputError(f"no {store.FILE} in {folder}; make it with: pellucid bench size")
    text = build_report(rows, store.load_facts(folder))
    return text, [write_page(folder / REPORT, text), *save_plots(size_plots(rows), folder)]


def build_report(rows: Sequence[SizeResult], facts: Mapping[str, Any]) -> str:
    """The whole report as Markdown, ending in a newline."""
    return "\n\n".join(["# Cost against size", *size_parts(rows, facts)]) + "\n"


def size_section(results: Path) -> str:
    """The table of the docs."""
    rows = store.load_rows(results)
    return "\n\n".join(size_parts(rows, store.load_facts(results))) if rows else NOT_YET


def size_parts(rows: Sequence[SizeResult], facts: Mapping[str, Any]) -> list[str]:
    """Table, slopes in words, and how it was measured."""
    ordered = sorted(rows, key=lambda r: (r.model, r.width, list(MARKERS).index(r.task)))
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
        for row in ordered
    ]
    parts = [table(header, body)]
    if lines := [f"- {growth_text(one)}" for one in growths(rows)]:
        parts.append("\n".join(lines))
    return [*parts, size_note(rows, facts)]


def growth_text(one: Growth) -> str:
    """The slopes of one task and model."""
    sizes = [row.megapixels for row in one.rows]
    return (
        f"{one.task}, {one.model}: time grows as pixels to the power {_signed(one.time_slope)}, "
        f"peak memory to the power {_signed(one.peak_slope)} "
        f"({_signed(one.peak_per_megapixel)} MB a megapixel on a straight line), "
        f"from {min(sizes):.3g} to {max(sizes):.3g} megapixels."
    )


def size_note(rows: Sequence[SizeResult], facts: Mapping[str, Any]) -> str:
    """How it was measured."""
    some = rows[0]
    where = f" on {facts['processor']} ({facts['cores']} cores)" if "processor" in facts else ""
    sets = ", ".join(sorted({row.data for row in rows}))
    runs = f"{some.repeats} run{'s' if some.repeats != 1 else ''}"
    return (
        f"Squares of photographs side by side ({sets}), each task in a fresh process; medians of "
        f"{runs} after a small one, {some.threads} threads asked for{where}. Compressed at "
        f"quality {QUALITY:g}; denoising 8-bit samples with sigma {SIGMA:g}. Memory is the "
        "process's peak, Python and libraries included; before the work it already holds the "
        "picture, or the file. Powers are fitted by least squares of logs."
    )


def size_plots(rows: Sequence[SizeResult]) -> list[Plot]:
    """`size`: seconds and peak memory over megapixels, in logs; nothing with one size only."""
    found = growths(rows)
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
        name = f"{one.task}, {one.model}"
        costs = [row.seconds for row in one.rows]
        left.plot(sizes, costs, label=f"{name}: {_signed(one.time_slope)}", **look)
        peaks = [row.peak_mb for row in one.rows]
        right.plot(sizes, peaks, label=f"{name}: {_signed(one.peak_slope)}", **look)
    for axes, what in ((left, "seconds"), (right, "peak memory (MB)")):
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
