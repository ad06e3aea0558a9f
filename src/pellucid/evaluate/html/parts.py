"""The kinds of rows that a folder may hold, each with its files, tables, plots and machine.

To add one: an entry in `PARTS`. Files that no part knows are listed at the end of the report.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.evaluate import plot, report, store, training_rows
from pellucid.evaluate.denoising import band_rows, block_rows, structure_rows
from pellucid.evaluate.denoising import report as denoising
from pellucid.evaluate.denoising import rows as denoise_rows
from pellucid.evaluate.denoising.adapting import load_adaptations
from pellucid.evaluate.denoising.estimates import load_estimates
from pellucid.evaluate.denoising.plot import cost_plots
from pellucid.evaluate.denoising.tasks import TASKS
from pellucid.evaluate.drawing import Plot
from pellucid.evaluate.guided import report as guided
from pellucid.evaluate.guided import rows as guided_rows
from pellucid.evaluate.intervals import coverage
from pellucid.evaluate.intervals.sections import coverage_table
from pellucid.evaluate.large import rows as large_rows
from pellucid.evaluate.large.sections import tasks_section
from pellucid.evaluate.lossless import report as lossless
from pellucid.evaluate.lossless import rows as lossless_rows
from pellucid.evaluate.sizes import report as sizes
from pellucid.evaluate.sizes import rows as size_rows
from pellucid.evaluate.toy import rows as toy_rows
from pellucid.evaluate.toy.sections import toy_section


def no_facts(_folder: Path) -> Mapping[str, Any]:
    """For kinds that don't keep any: nothing of them depends on the machine's speed."""
    return {}


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
    if bands := band_rows.load_rows(folder):
        text += f"\n## Many bands\n\n{band_rows.bands_table(bands)}\n"
    if tiles := structure_rows.load_rows(folder):
        text += f"\n## Repeated structure\n\n{structure_rows.structure_table(tiles)}\n"
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


def guided_text(folder: Path) -> str:
    """Tables with and without a guide."""
    denoised, compressed = guided.denoise_section(folder), guided.compress_section(folder)
    return f"## Denoising\n\n{denoised}\n\n## Lossless files\n\n{compressed}\n"


def toy_text(folder: Path) -> str:
    """Tables of small pictures; their headings come right below the part's."""
    return re.sub("^### ", "## ", toy_section(folder), flags=re.MULTILINE)


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
    Part("large", "Large pictures", (large_rows.FILE,), tasks_section, large_rows.load_methods),
    Part(
        "guided", "With a guide", (guided_rows.DENOISE, guided_rows.COMPRESS),
        guided_text, no_facts,
    ),
    Part("intervals", "Coverage of intervals", (coverage.FILE,), coverage_table, no_facts),
    Part(
        "toy", "Beside what articles build", (f"{toy_rows.PREFIX}*.tsv",),
        toy_text, toy_rows.load_methods,
    ),
    Part(
        "training", "Training", (f"{training_rows.PREFIX}*.tsv",),
        training_rows.training_tables, no_facts,
    ),
)  # fmt: skip


def unknown_files(folder: Path) -> list[Path]:
    """TSV files that no part knows."""
    known = {path for part in PARTS for path in part.found(folder)}
    return sorted(path for path in folder.glob("*.tsv") if path not in known)
