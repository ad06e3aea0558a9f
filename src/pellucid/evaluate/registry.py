"""All benches, in the order of the HTML page; a new one is a line here."""

from __future__ import annotations

from pathlib import Path

from pellucid.evaluate import runs
from pellucid.evaluate.bench import AnyBench
from pellucid.evaluate.benches import (
    adapt,
    batch,
    compress,
    denoise,
    guided,
    intervals,
    joint,
    large,
    lossless,
    size,
    toy,
    training,
    video,
    zarr,
)
from pellucid.evaluate.report import Section

BENCHES: tuple[AnyBench, ...] = (
    compress.BENCH,
    denoise.BENCH,
    joint.BENCH,
    adapt.BENCH,
    lossless.BENCH,
    size.BENCH,
    large.BENCH,
    guided.BENCH,
    intervals.BENCH,
    toy.BENCH,
    training.BENCH,
    video.BENCH,
    zarr.BENCH,
    batch.BENCH,
)
# Name of the markers in README and docs -> what stands between them.
SECTIONS: dict[str, Section] = {
    "bench-commands": lambda folder: [runs.commands_table(folder)],
    **{mark: make for bench in BENCHES for mark, make in bench.sections.items()},
}


def unknown_files(folder: Path) -> list[Path]:
    """TSV files that no bench knows."""
    known = {path for bench in BENCHES for path in bench.found(folder)}
    return sorted(path for path in folder.glob("*.tsv") if path not in known)
