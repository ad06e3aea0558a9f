"""The coverage of intervals as a table of the docs."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from pellucid.evaluate.intervals.coverage import Coverage, load_coverage

NOT_YET = "Not measured yet."
UNIT = {"denoise": "sigma", "decode": "quality"}


def coverage_table(folder: Path) -> str:
    """A line for each task, model, set and step; worst and best are of single pictures."""
    rows = load_coverage(folder)
    if not rows:
        return NOT_YET
    lines = [
        "| what | model | pictures | at | covered, all samples | picture by picture "
        "| mean half-width |",
        "|---|---|---|---|---|---|---|",
    ]

    def key(row: Coverage) -> tuple[str, str, str, int, float]:
        return row.key

    for (task, model, data, channels, step), group in groupby(sorted(rows, key=key), key):
        parts = list(group)
        samples = sum(row.width * row.height for row in parts)
        mean = sum(row.covered * row.width * row.height for row in parts) / samples
        half = sum(row.half_width * row.width * row.height for row in parts) / samples
        least, most = (100 * f(row.covered for row in parts) for f in (min, max))
        kind = ", grey" if channels == 1 else ""
        lines.append(
            f"| {task} | {model} | {data}{kind} ({len(parts)}) | {UNIT[task]} {step:g} | "
            f"{100 * mean:.1f} % | {least:.0f}-{most:.0f} % | {half:.1f} |"
        )
    return "\n".join(lines) + "\n"


SECTIONS = {"intervals": coverage_table}
