"""`pellucid bench`: side by side with what people use; other kinds have files of their own."""

from __future__ import annotations

from pathlib import Path

import click

from pellucid.cli import _bench_options as shared
from pellucid.cli._bench_end import close_bench, command_line, tell
from pellucid.cli.bench_adapt import adapt
from pellucid.cli.bench_all import all_benches
from pellucid.cli.bench_denoise import denoise
from pellucid.cli.bench_guided import guided
from pellucid.cli.bench_intervals import intervals
from pellucid.cli.bench_large import large
from pellucid.cli.bench_lossless import lossless
from pellucid.cli.bench_report import report
from pellucid.cli.bench_size import size
from pellucid.cli.bench_toy import toy
from pellucid.errors import PellucidError

EVERYTHING = "psnr,ms_ssim,ssimulacra2"


@click.group()
def bench() -> None:
    """Measure pellucid beside the codecs and denoisers people use."""


bench.add_command(all_benches)
bench.add_command(denoise)
bench.add_command(adapt)
bench.add_command(intervals)
bench.add_command(lossless)
bench.add_command(large)
bench.add_command(toy)
bench.add_command(size)
bench.add_command(report)
bench.add_command(guided)


@bench.command()
@shared.data_option("Folder of source pictures.")
@shared.out_option("Folder for rows and plots.")
@shared.names_option(
    "--against",
    "all",
    "Codecs, comma between: jpeg, jpeg2000, webp, avif, heic, jxl; or all, or none.",
)
@shared.models_option()
@shared.names_option("--metrics", EVERYTHING, "Must have psnr. There is butteraugli too.")
@shared.count_option("--images", "Only the first N pictures.")
@shared.threads_option("Of every codec.")
@shared.count_option(
    "--repeats", "Runs a timing; 0 leaves the speed table out.", default=5, least=0
)
@shared.fresh_option("Forget earlier rows of these codecs.")
@click.option("--quick", is_flag=True, help="A look: 2 pictures, 4 settings, PSNR, three timings.")
def compress(
    data: Path,
    out: Path,
    against: tuple[str, ...],
    models: tuple[str, ...],
    metrics: tuple[str, ...],
    images: int | None,
    threads: int,
    repeats: int,
    fresh: bool,
    quick: bool,
) -> None:
    """Rate, quality and speed of pellucid and its peers on a folder of pictures.

    Rows are written as they come; the same command goes on where an earlier one stopped.
    """
    from pellucid.evaluate.benches.compress import BENCH, Plan, run
    from pellucid.evaluate.peers.lossy import LOSSY
    from pellucid.evaluate.report import write_report

    own = LOSSY.expand(f"pellucid-{model}" for model in models)
    plan = Plan(
        command=command_line(),
        data=data,
        out=out,
        codecs=(*own, *LOSSY.expand(against)),
        metrics=("psnr",) if quick else metrics,
        images=images,
        threads=threads,
        repeats=repeats,
        fresh=fresh,
        quick=quick,
        memory=not quick,
    )
    outcome = run(plan, tell)
    close_bench(write_report(BENCH, out), outcome.failures)


@bench.command()
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path("results/v0.1"),
    show_default=True,
    help="Folder of rows.",
)
@click.option(
    "--readme",
    type=click.Path(path_type=Path),
    default=Path("README.md"),
    show_default=True,
    help="File with the markers.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if one is out of step.")
def table(results: Path, readme: Path, check: bool) -> None:
    """Make the README's tables from the kept rows."""
    from pellucid.evaluate.registry import SECTIONS
    from pellucid.evaluate.report import sync_page

    if sync_page(readme, results, SECTIONS, check=check):
        click.echo(f"{readme} is in step with {results}")
    elif check:
        raise PellucidError(f"{readme} is out of step with {results}; run: pellucid bench table")
    else:
        click.echo(f"{readme} rewritten from {results}")
