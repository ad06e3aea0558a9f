"""`pellucid bench size`: how time and memory grow with the picture."""

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
    "--data",
    type=click.Path(path_type=Path),
    help="Folder of pictures, or one.  [default: the photograph of the demo]",
)
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder for the rows."
)
@click.option(
    "--megapixels",
    default="0.25,1,4,16,64",
    show_default=True,
    callback=_sizes,
    help="Sizes; 64 takes minutes and some gigabytes.",
)
@click.option("--models", default="m,s", show_default=True, callback=names, help="pellucid's own.")
@click.option(
    "--threads", type=click.IntRange(min=1), default=2, show_default=True, help="Of every task."
)
@click.option(
    "--repeats", type=click.IntRange(min=1), default=3, show_default=True, help="Runs a timing."
)
@click.option("--fresh", is_flag=True, help="Forget earlier rows.")
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
    from pellucid.evaluate.sizes import bench
    from pellucid.evaluate.sizes.report import write_report

    plan = bench.SizePlan(
        data=data or bench.SAMPLE,
        out=out,
        megapixels=megapixels,
        models=models,
        threads=threads,
        repeats=repeats,
        fresh=fresh,
    )
    outcome = bench.run(plan, tell)
    close_bench(write_report(out), outcome.failures)
