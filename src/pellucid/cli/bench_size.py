"""`pellucid bench size`: how time and memory grow with the picture."""

from __future__ import annotations

from pathlib import Path

import click

from pellucid.cli import _bench_options as shared
from pellucid.cli._bench_end import close_bench, command_line, tell


@click.command()
@shared.data_option(
    "Folder of pictures, or one.  [default: the photograph of the demo]", required=False
)
@shared.out_option()
@shared.numbers_option(
    "--megapixels",
    "Sizes; 64 takes minutes and some gigabytes.",
    float,
    default="0.25,1,4,16,64",
)
@shared.models_option()
@shared.threads_option("Of every task.")
@shared.count_option("--repeats", "Runs a timing.", default=3)
@shared.fresh_option("Forget earlier rows.")
def size(
    data: Path | None,
    out: Path,
    megapixels: tuple[float, ...],
    models: tuple[str, ...],
    threads: int,
    repeats: int,
    fresh: bool,
) -> None:
    """Seconds and peak memory of compress, decompress and denoise against the picture's size.

    Each is measured in a process of its own, on squares of photographs side by side. The slopes of
    log over log are in the report.

    Rows are written as they come; the same command goes on where an earlier one stopped.
    """
    from pellucid.evaluate.bench import run
    from pellucid.evaluate.benches.size import BENCH, SAMPLE, Plan
    from pellucid.evaluate.report import write_report

    plan = Plan(
        command=command_line(),
        data=data or SAMPLE,
        out=out,
        megapixels=megapixels,
        models=models,
        threads=threads,
        repeats=repeats,
        fresh=fresh,
    )
    outcome = run(BENCH, plan, tell)
    close_bench(write_report(BENCH, out), outcome.failures)
