"""All benches, in the order of the HTML page; a new one is a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pellucid.evaluate import runs, training_rows
from pellucid.evaluate.bench import Bench, Part
from pellucid.evaluate.benches import adapt, compress, denoise, large, lossless, size, toy, toy_rows
from pellucid.evaluate.guided import report as guided
from pellucid.evaluate.guided import rows as guided_rows
from pellucid.evaluate.intervals import coverage
from pellucid.evaluate.intervals import sections as intervals
from pellucid.evaluate.report import Section, parts_of
from pellucid.evaluate.rows import Rows

AnyBench = Bench[Any, Any, Any]


def text_bench(
    name: str,
    title: str,
    files: Sequence[str],
    text: Callable[[Path], str],
    sections: Mapping[str, Callable[[Path], str]],
) -> AnyBench:
    """A bench that puts its report together as text."""

    def as_parts(make: Callable[[Path], str]) -> Callable[[Path], list[Part]]:
        return lambda folder: list(parts_of(make(folder)))

    return Bench(
        name=name,
        title=title,
        columns=tuple(Rows(toy_rows.ToyResult, file) for file in files),
        report=f"{name}.md",
        tables=as_parts(text),
        sections={mark: as_parts(make) for mark, make in sections.items()},
    )


def guided_text(folder: Path) -> str:
    """Tables with and without a guide."""
    denoised, compressed = guided.denoise_section(folder), guided.compress_section(folder)
    return f"## Denoising\n\n{denoised}\n\n## Lossless files\n\n{compressed}\n"


BENCHES: tuple[AnyBench, ...] = (
    compress.BENCH,
    denoise.BENCH,
    adapt.BENCH,
    lossless.BENCH,
    size.BENCH,
    large.BENCH,
    text_bench(
        "guided", "With a guide", [guided_rows.DENOISE, guided_rows.COMPRESS],
        guided_text, guided.SECTIONS,
    ),
    text_bench(
        "intervals", "Coverage of intervals", [coverage.FILE],
        intervals.coverage_table, intervals.SECTIONS,
    ),
    toy.BENCH,
    text_bench("training", "Training", ["training-*.tsv"], training_rows.training_tables, {}),
)  # fmt: skip

# Name of the markers in README and docs -> what stands between them.
SECTIONS: dict[str, Section] = {
    "bench-commands": lambda folder: [runs.commands_table(folder)],
    **{mark: make for bench in BENCHES for mark, make in bench.sections.items()},
}


def unknown_files(folder: Path) -> list[Path]:
    """TSV files that no bench knows."""
    known = {path for bench in BENCHES for path in bench.found(folder)}
    return sorted(path for path in folder.glob("*.tsv") if path not in known)
