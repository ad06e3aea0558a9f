"""Rows -> `large.md`: a table, and whether speed and memory hold as pictures grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pellucid.errors import InputError
from pellucid.evaluate.large.bench import TASKS
from pellucid.evaluate.large.rows import LargeResult, load_methods, load_rows
from pellucid.evaluate.report import write_page
from pellucid.evaluate.table import table

REPORT = "large.md"
HOW = (
    "Square mosaics of photographs (cells of 1024 x 1024, shifted and mirrored), as BigTIFF with "
    "tiles. Each command ran once, in a process of its own: wall seconds with the start of Python, "
    "and the most memory that it held at once."
)


def write_report(folder: Path) -> tuple[str, list[Path]]:
    """Make `large.md` of all rows in `folder`; returns the text and the file written.

    Raises:
        InputError: no rows. OutputError: the file can't be written.
    """
    rows = load_rows(folder)
    if not rows:
        raise InputError(f"no rows in {folder}; make them with: pellucid bench large")
    text = f"# Large pictures\n\n{body_of(rows, load_methods(folder))}\n"
    return text, [write_page(folder / REPORT, text)]


def body_of(rows: Sequence[LargeResult], facts: Mapping[str, Any]) -> str:
    """The table and what it says, as Markdown."""
    ordered = sorted(rows, key=lambda row: (TASKS.index(row.task), row.width))
    header = ["task", "megapixels", "seconds", "MP/s", "peak memory (MB)", "output (MB)"]
    lines = [
        [
            f"{row.task} ({row.setting})" if row.setting else row.task,
            f"{row.width * row.height / 1e6:.0f}",
            f"{row.seconds:.2f}" if row.seconds < 10 else f"{row.seconds:.0f}",
            "" if row.task == "region" else f"{row.rate:.2f}",
            f"{row.peak / 1e6:.0f}",
            f"{row.bytes / 1e6:.1f}",
        ]
        for row in ordered
    ]
    threads = " or ".join(sorted({str(row.threads) for row in rows}))
    machine = f"{facts.get('processor', 'a processor')}, {threads} thread(s)"
    parts = [HOW, table(header, lines), growth(ordered), f"Measured on {machine}"]
    parts[-1] += f", last with `{facts['command']}`." if "command" in facts else "."
    return "\n\n".join(part for part in parts if part)


def growth(rows: Sequence[LargeResult]) -> str:
    """How the speed of each task changes from the smallest picture to the largest; empty of one."""
    said = []
    for task in TASKS:
        own = [row for row in rows if row.task == task]
        if task == "region" or len(own) < 2:
            continue
        first, last = own[0], own[-1]
        said.append(f"{task} {last.rate / first.rate - 1:+.0%}".replace("-", "−"))
    if not said:
        return ""
    return f"Speed of the largest picture against that of the smallest: {', '.join(said)}."
