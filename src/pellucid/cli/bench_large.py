"""`pellucid bench large`: seconds and memory of pictures of many megapixels."""

from __future__ import annotations

from pathlib import Path

import click

from pellucid.cli._bench_end import close_bench, tell
from pellucid.cli._options import names


def _sizes(_context: click.Context, _option: click.Parameter, value: str) -> tuple[float, ...]:
    try:
        return tuple(dict.fromkeys(float(part) for part in value.split(",") if part.strip()))
    except ValueError as error:
        raise click.BadParameter(f"numbers with commas between, got {value!r}") from error


@click.command()
@click.option(
    "--data", required=True, type=click.Path(path_type=Path), help="Folder of photographs."
)
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder for the rows."
)
@click.option(
    "--megapixels",
    metavar="N,N",
    default="24,1000",
    show_default=True,
    callback=_sizes,
    help="Sizes of the mosaics.",
)
@click.option(
    "--tasks",
    default="compress,decompress,region,denoise",
    show_default=True,
    callback=names,
    help="What to measure.",
)
@click.option("--model", default="m", show_default=True, help="m or s, codec and denoiser.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="For mosaics and outputs: 7 bytes a pixel of the largest.  [default: a temporary one]",
)
@click.option(
    "--threads", type=click.IntRange(min=1), default=2, show_default=True, help="Of every command."
)
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
