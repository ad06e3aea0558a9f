"""`pellucid bench adapt`: what tuning gains on noise the denoiser doesn't know."""

from __future__ import annotations

from pathlib import Path

import click

from pellucid.cli import _bench_options as shared
from pellucid.cli._bench_end import close_bench, tell
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
def adapt(data: Path, out: Path, minutes: float, every: int, model: str, threads: int) -> None:
    """Gain of `pellucid adapt` over the denoiser it starts from, each scene tuned for itself.

    \b
    photons  Poisson noise, learned from one shot
    rows     rows that are lighter or darker as a whole, from four shots
    coarse   noise that neighbours share, from four shots

    Needs the extras: pip install 'pellucid[bench,train]'.
    """
    require_training()
    from pellucid.evaluate.denoising import adapting
    from pellucid.evaluate.denoising.report import write_report
    from pellucid.train.adapt_run import AdaptOptions, adapt_denoiser

    def tune(shots: Path, folder: Path, repeats: bool) -> Path:
        options = AdaptOptions(shots, minutes, model, repeats, threads)
        return adapt_denoiser(options, folder, lambda _line: None).folder

    plan = adapting.AdaptPlan(data, out, minutes, every, model, threads)
    outcome = adapting.run(plan, tune, tell)
    close_bench(write_report(out), outcome.failures)
