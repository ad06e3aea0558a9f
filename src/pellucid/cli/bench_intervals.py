"""`pellucid bench intervals`: whether nine of ten samples lie where it was said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pellucid.cli import _bench_options as shared
from pellucid.cli._bench_end import close_bench, tell
from pellucid.errors import OptionError


@click.command()
@shared.data_option("Folder of pictures; more than once for more.", multiple=True)
@shared.out_option(required=False)
@click.option(
    "--task",
    type=click.Choice(["denoise", "decode"]),
    default="denoise",
    show_default=True,
    help="Noise taken off, or pictures coded and decoded.",
)
@click.option("--model", default="m", show_default=True, help="Name, or a model's folder.")
@click.option(
    "--at",
    "steps",
    multiple=True,
    type=click.FloatRange(min=0, max=100),
    help="Sigma, or quality; more than once.  [default: 15 25 50, or 30 60 90]",
)
@shared.count_option("--images", "Only the first N of a folder.")
@click.option("--grey", is_flag=True, help="Make colour pictures grey first.")
@click.option(
    "--calibrate", is_flag=True, help="Make the model's intervals from DATA, in its folder."
)
def intervals(
    data: tuple[Path, ...],
    out: Path | None,
    task: Any,
    model: str,
    steps: tuple[float, ...],
    images: int | None,
    grey: bool,
    calibrate: bool,
) -> None:
    """How many samples lie within the intervals that explain and info give.

    They hold 90 of 100 on the pictures that they were made from; this measures others, and leaves
    out those if they are among them. Grey pictures are measured as such.
    """
    from pellucid.evaluate import intervals as bench
    from pellucid.evaluate.intervals.sections import coverage_table
    from pellucid.evaluate.pictures import find_pictures
    from pellucid.runtime import load_denoiser, load_model

    if calibrate == (out is not None):
        raise OptionError("give either --out, for rows, or --calibrate")
    if calibrate and grey:
        raise OptionError("--grey goes with --out; give grey pictures to calibrate on such")
    if out is None:
        pictures = [path for folder in data for path in find_pictures(folder, images)]
        found = bench.calibrate(pictures, task, model, tell)
        net = (load_denoiser if task == "denoise" else load_model)(model)
        tell(f"wrote {bench.save_intervals(found, net.folder)}")
        return
    chosen = steps or bench.DEFAULT_STEPS[task]
    for folder in data:
        bench.run(
            folder,
            out,
            task=task,
            model=model,
            steps=chosen,
            images=images,
            grey=grey,
            notify=tell,
        )
    close_bench((coverage_table(out), [out / "intervals.tsv"]), [])
