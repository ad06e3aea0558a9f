"""`pellucid bench large`: seconds and memory of pictures of many megapixels."""

from __future__ import annotations

from pathlib import Path

import click

from pellucid.cli import _bench_options as shared
from pellucid.cli._bench_end import close_bench, command_line, tell


@click.command()
@shared.data_option("Folder of photographs.")
@shared.out_option()
@shared.numbers_option(
    "--megapixels", "Sizes of the mosaics.", float, default="24,1000", metavar="N,N"
)
@shared.names_option("--tasks", "compress,decompress,region,denoise", "What to measure.")
@click.option("--model", default="m", show_default=True, help="m or s, codec and denoiser.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="For mosaics and outputs: 7 bytes a pixel of the largest.  [default: a temporary one]",
)
@shared.threads_option("Of every command.")
@shared.fresh_option("Measure again what was measured before.")
def large(
    data: Path,
    out: Path,
    megapixels: tuple[float, ...],
    tasks: tuple[str, ...],
    model: str,
    folder: Path | None,
    threads: int,
    fresh: bool,
) -> None:
    """Seconds and peak memory of compress, decompress, a region and denoise on large pictures.

    Makes mosaics of photographs as tiled BigTIFF, and runs each command in a process of its own.
    """
    from pellucid.evaluate.bench import run
    from pellucid.evaluate.benches.large import BENCH, Plan
    from pellucid.evaluate.report import write_report

    plan = Plan(
        command=command_line(),
        data=data,
        out=out,
        megapixels=megapixels,
        tasks=tasks,
        model=model,
        folder=folder,
        threads=threads,
        fresh=fresh,
    )
    outcome = run(BENCH, plan, tell)
    close_bench(write_report(BENCH, out), outcome.failures)
