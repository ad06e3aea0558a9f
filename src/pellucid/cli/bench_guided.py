"""`pellucid bench guided`: denoising and lossless files with the help of an aligned picture."""

from __future__ import annotations

from pathlib import Path

import click

from pellucid.cli import _bench_options as shared
from pellucid.cli._bench_end import close_bench, tell

PAIRS = ("roadscene", "rgbd", "motorcycle")


@click.command()
@click.option("--pairs", required=True, type=click.Choice(PAIRS), help="How the files lie.")
@shared.data_option("Folder; motorcycle needs none.", required=False)
@shared.out_option()
@click.option(
    "--task", type=click.Choice(("denoise", "compress")), help="Only this.  [default: both]"
)
@click.option(
    "--sigma",
    type=click.FloatRange(min=0, min_open=True),
    default=25,
    show_default=True,
    help="Noise, of 255; for depth of 255ths of the largest.",
)
@click.option("--model", default="m", show_default=True, help="The denoiser.")
@shared.count_option("--images", "Only the first N pairs.")
def guided(
    pairs: str,
    data: Path | None,
    out: Path,
    task: str | None,
    sigma: float,
    model: str,
    images: int | None,
) -> None:
    """Infrared guided by visible light, depth guided by colour.

    Denoising without a guide, with it, with a guide that doesn't fit, and by the guided filter;
    lossless files of guide and picture apart and in one. New rows replace those of the same pairs.
    """
    from pellucid.evaluate.guided import bench
    from pellucid.evaluate.guided.report import write_report

    tasks = bench.TASKS if task is None else (task,)
    plan = bench.Plan(pairs, data, out, tasks, sigma, model, images)
    bench.run(plan, tell)
    close_bench(write_report(out), ())
