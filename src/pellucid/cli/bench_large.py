"""`pellucid bench large`: seconds and memory of pictures of many megapixels."""

from __future__ import annotations

from pathlib import Path

import click

from pellucid.cli import _bench_options as shared
from pellucid.cli._bench_end import close_bench, tell


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
def large(
    data: Path,
    out: Path,
    megapixels: tuple[float, ...],
    tasks: tuple[str, ...],
    model: str,
    folder: Path | None,
    threads: int,
) -> None:
    """Seconds and peak memory of compress, decompress, a region and denoise on large pictures.

    Makes mosaics of photographs as tiled BigTIFF, and runs each command in a process of its own.
    """
    from pellucid.evaluate.large import bench
    from pellucid.evaluate.large.report import write_report

    plan = bench.Plan(
        data=data,
        out=out,
        megapixels=megapixels,
        tasks=tasks,
        model=model,
        folder=folder,
        threads=threads,
    )
    outcome = bench.run(plan, tell)
    close_bench(write_report(out), outcome.failures)
