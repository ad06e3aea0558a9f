"""`pellucid bench denoise`: beside the denoisers people use."""

from __future__ import annotations

from pathlib import Path

import click

from pellucid.cli import _bench_options as shared
from pellucid.cli._bench_end import close_bench, command_line, tell
from pellucid.errors import OptionError

TASKS = ("gaussian", "grey", "real", "pairs", "jpeg", "estimate")


@click.command()
@shared.data_option("Folder of pictures.")
@shared.out_option()
@click.option(
    "--task", type=click.Choice(TASKS), default="gaussian", show_default=True, help="See above."
)
@shared.names_option(
    "--against",
    "all",
    "Methods, comma between: bm3d, bm3d_vst, ffdnet, wavelet, nlm, opencv_nlm, tv, median; "
    "or all, or none.",
)
@shared.names_option("--model", "m,s", "pellucid's own, or none.")
@shared.numbers_option(
    "--sigma",
    "Strengths of the noise, of 255; in real, pairs and jpeg those that peers may choose.",
    float,
)
@shared.numbers_option("--quality", "Of the task jpeg.  [default: 10,20,40]", float)
@shared.every_option()
@shared.threads_option("Of every method.")
@shared.count_option(
    "--repeats",
    "Runs a timing, with the task gaussian; 0 measures no speed.",
    default=0,
    least=0,
)
@shared.count_option("--speed-images", "Pictures that are timed.", default=1)
@shared.fresh_option("Forget earlier rows of these methods and this task.")
def denoise(
    data: Path,
    out: Path,
    task: str,
    against: tuple[str, ...],
    model: tuple[str, ...],
    sigma: tuple[float, ...],
    quality: tuple[float, ...],
    every: int,
    threads: int,
    repeats: int,
    speed_images: int,
    fresh: bool,
) -> None:
    """Quality and speed of pellucid and its peers at removing noise.

    \b
    gaussian, grey  clean pictures, to which noise is added
    real            NAME_real.png and NAME_mean.png of cameras
    pairs           raw/NAME.png and gt/NAME.png of microscopes, as 16 bits
    jpeg            clean pictures, coded as JPEG
    estimate        clean pictures: how near the measured noise level is

    Rows are written as they come; the same command goes on where an earlier one stopped.
    """
    from pellucid.evaluate import bench
    from pellucid.evaluate.benches.denoise import BENCH, ESTIMATE, ESTIMATE_TASK, Plan, run
    from pellucid.evaluate.benches.denoise_tasks import SEARCH
    from pellucid.evaluate.peers.base import OWN_PREFIX
    from pellucid.evaluate.peers.denoisers import DENOISERS
    from pellucid.evaluate.report import write_report

    searched = task in ("real", "pairs", "jpeg")
    if quality and task != "jpeg":
        raise OptionError("--quality goes with --task jpeg only")
    if repeats and task != "gaussian":
        raise OptionError("--repeats goes with --task gaussian only")
    own = [OWN_PREFIX + name for name in model if name != "none"]
    plan = Plan(
        command=command_line(),
        data=data,
        out=out,
        task=task,
        methods=(*own, *DENOISERS.expand(against)),
        levels=quality if searched else sigma,
        search=(sigma or SEARCH) if searched else SEARCH,
        every=every,
        threads=threads,
        fresh=fresh,
        repeats=repeats,
        speed_images=speed_images,
    )
    measured = task == ESTIMATE_TASK
    outcome = bench.run(ESTIMATE, plan, tell) if measured else run(plan, tell)
    close_bench(write_report(BENCH, out), outcome.failures)
