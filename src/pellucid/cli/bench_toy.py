"""`pellucid bench toy`: beside what articles for beginners build, on CIFAR-10 and MNIST."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from pellucid.cli import _bench_options as shared
from pellucid.cli._bench_end import close_bench, command_line, tell


@click.command()
@shared.data_option(
    "Folder of MNIST's idx files, CIFAR-10's pickles or sprites, or a folder of pictures for "
    "each class; or a folder of such folders. More than once: more sets.",
    multiple=True,
)
@shared.out_option(default=Path("toy-results"))
@shared.names_option(
    "--systems",
    "all",
    "Comma between: pellucid, networks, cnn, cnn_bce, cnn_sigmoid, cnn_tanh, cnn_flat, "
    "forest, svr, jpeg420, jpeg444, jpeg2000, webp, avif_psnr, jxl, bm3d, nlm, wavelet, tv, noisy; "
    "or all.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=2.0,
    show_default=True,
    help="Of training, for each system that learns, task and set.",
)
@shared.count_option("--train", "Pictures of a set to learn from, at most.", default=10_000)
@shared.count_option("--held-out", "Others of it to report on, at most.", default=200)
@shared.count_option(
    "--rounds",
    "Of training at most, in each system's own count; the time allowing, the result then "
    "doesn't depend on it.",
)
@shared.threads_option("Of every system.")
@shared.fresh_option("Forget earlier rows of these systems and sets.")
@click.option(
    "--quick",
    is_flag=True,
    help="A look: 20 pictures held out, 500 and six seconds to learn, two rounds at most.",
)
def toy(
    data: tuple[Path, ...],
    out: Path,
    systems: tuple[str, ...],
    minutes: float,
    train: int,
    held_out: int,
    rounds: int | None,
    threads: int,
    fresh: bool,
    quick: bool,
) -> None:
    """Small CNNs in Keras, forests and support vectors beside codecs, denoisers and pellucid.

    Each learns from part of a set of small pictures and is measured on the rest, at compression
    and at denoising: rate from real files, PSNR, SSIM, seconds to train and to run.

    The CNNs need more than the others: pip install 'pellucid[bench,train]'. Rows are written when a
    system has done a task on a set; the same command goes on where an earlier one stopped.
    """
    from pellucid.evaluate.benches.toy import BENCH, Plan, run
    from pellucid.evaluate.peers.toy import SYSTEMS
    from pellucid.evaluate.report import write_report

    plan = Plan(
        command=command_line(),
        data=data,
        out=out,
        systems=SYSTEMS.expand(systems),
        minutes=minutes,
        train=train,
        held_out=held_out,
        rounds=rounds or 0,
        threads=threads,
        fresh=fresh,
    )
    if quick:
        plan = replace(plan, minutes=0.1, train=500, held_out=20, rounds=2)
    outcome = run(plan, tell)
    close_bench(write_report(BENCH, out), outcome.failures)
