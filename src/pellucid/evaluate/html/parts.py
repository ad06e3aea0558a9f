"""The kinds of rows that a folder may hold, each with its files, tables, plots and machine.

To add one: an entry in `PARTS`. Files that no part knows are listed at the end of the report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.evaluate import plot, report, store
from pellucid.evaluate.denoising import block_rows
from pellucid.evaluate.denoising import report as denoising
from pellucid.evaluate.denoising import rows as denoise_rows
from pellucid.evaluate.denoising.adapting import load_adaptations
from pellucid.evaluate.denoising.estimates import load_estimates
from pellucid.evaluate.denoising.plot import cost_plots
from pellucid.evaluate.denoising.tasks import TASKS
from pellucid.evaluate.drawing import Plot
from pellucid.evaluate.lossless import report as lossless
from pellucid.evaluate.lossless import rows as lossless_rows
from pellucid.evaluate.sizes import report as sizes
from pellucid.evaluate.sizes import rows as size_rows


def no_plots(_folder: Path) -> list[Plot]:
    """For kinds without any."""
    return []


@dataclass(frozen=True)
class Part:
    """One kind of rows.

    `files` are patterns of file names, without which the part is left out; `text` makes Markdown of
    them, `plots` draws them, `facts` says what they ran on.
    """

    name: str
    title: str
    files: tuple[str, ...]
    text: Callable[[Path], str]
    facts: Callable[[Path], Mapping[str, Any]]
    plots: Callable[[Path], Sequence[Plot]] = no_plots

    def found(self, folder: Path) -> list[Path]:
        """Its files in a folder, by name."""
        return sorted({path for pattern in self.files for path in folder.glob(pattern)})


def compress_text(folder: Path) -> str:
    """Tables of compression."""
    speed, machine = store.load_speed(folder), store.load_machine(folder)
    return report.build_report(store.load_sweep(folder), speed, machine)


def compress_plots(folder: Path) -> list[Plot]:
    """Quality over rate, and over speed."""
    sweep, speed = store.load_sweep(folder), store.load_speed(folder)
    return [*plot.curve_plots(sweep), *plot.speed_plots(sweep, speed)]


def denoise_text(folder: Path) -> str:
    """Tables of denoising, and of building blocks if those were measured."""
    text = denoising.build_report(
        denoise_rows.load_rows(folder, TASKS),
        denoise_rows.load_speed(folder),
        load_estimates(folder),
        denoise_rows.load_methods(folder),
        load_adaptations(folder),
    )
    path = folder / block_rows.FILE
    if path.exists():
        blocks = block_rows.blocks_table(block_rows.TABLE.read(path))
        text += f"\n## Speed of building blocks\n\n{blocks}\n"
    return text


def denoise_plots(folder: Path) -> list[Plot]:
    """Quality over time."""
    rows = denoise_rows.load_rows(folder, TASKS)
    return cost_plots(rows, denoise_rows.load_speed(folder))


def lossless_text(folder: Path) -> str:
    """Tables of lossless and error-bounded files."""
    rows = lossless_rows.load_rows(folder)
    return lossless.build_report(rows, lossless_rows.load_methods(folder))


def size_text(folder: Path) -> str:
    """Table of cost against size."""
    return sizes.build_report(size_rows.load_rows(folder), size_rows.load_facts(folder))


def size_plots(folder: Path) -> list[Plot]:
    """Cost over size."""
    return sizes.size_plots(size_rows.load_rows(folder))


PARTS = (
    Part(
        "compress", "Compression", (f"{store.PREFIX}*.tsv", store.SPEED),
        compress_text, store.load_machine, compress_plots,
    ),
    Part(
        "denoise", "Denoising", (f"{denoise_rows.PREFIX}*.tsv",),
        denoise_text, denoise_rows.load_methods, denoise_plots,
    ),
    Part(
        "lossless", "Lossless and error-bounded", (f"{lossless_rows.PREFIX}*.tsv",),
        lossless_text, lossless_rows.load_methods,
    ),
    Part(
        "size", "Cost against size", (size_rows.FILE,),
        size_text, size_rows.load_facts, size_plots,
    ),
)  # fmt: skip


def unknown_files(folder: Path) -> list[Path]:
    """TSV files that no part knows."""
    known = {path for part in PARTS for path in part.found(folder)}
    return sorted(path for path in folder.glob("*.tsv") if path not in known)
