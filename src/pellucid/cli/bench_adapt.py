"""`pellucid bench adapt`: what tuning gains on noise the denoiser doesn't know."""

from __future__ import annotations

from pathlib import Path

import click

from pellucid.cli import _bench_options as shared
from pellucid.cli._bench_end import close_bench, command_line, tell
from pellucid.cli.adapt import require_training


@click.command()
@shared.data_option("Folder of pictures.")
@shared.out_option()
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=2.0,
    show_default=True,
    help="To tune for, each time.",
)
@shared.every_option()
@click.option("--model", default="m", show_default=True, help="Denoiser to start from.")
@shared.threads_option("Of the tuning.")
@shared.fresh_option("Forget earlier rows.")
def adapt(
    data: Path, out: Path, minutes: float, every: int, model: str, threads: int, fresh: bool
) -> None:
    """Gain of `pellucid adapt` over the denoiser it starts from, each scene tuned for itself.

    \b
    photons  Poisson noise, learned from one shot
    rows     rows that are lighter or darker as a whole, from four shots
    coarse   noise that neighbours share, from four shots

    Rows are written as they come; the same command goes on where an earlier one stopped.

    Needs the extras: pip install 'pellucid[bench,train]'.
    """
    require_training()
    from pellucid.evaluate.bench import run
    from pellucid.evaluate.benches.adapt import BENCH, Plan
    from pellucid.evaluate.report import write_report
    from pellucid.train.adapt_run import AdaptOptions, adapt_denoiser

    def tune(shots: Path, folder: Path, repeats: bool) -> Path:
        options = AdaptOptions(shots, minutes, model, repeats, threads)
        return adapt_denoiser(options, folder, lambda _line: None).folder

    plan = Plan(
        command=command_line(),
        data=data,
        out=out,
        tune=tune,
        minutes=minutes,
        every=every,
        model=model,
        threads=threads,
        fresh=fresh,
    )
    outcome = run(BENCH, plan, tell)
    close_bench(write_report(BENCH, out), outcome.failures)
