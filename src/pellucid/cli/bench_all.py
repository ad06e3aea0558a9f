"""`pellucid bench all`: every bench one after the other, and one page of all their rows.

Each bench is a `Step`; a further one is a line in `STEPS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from pellucid.cli import _bench_options as shared
from pellucid.cli._bench_end import command_line, tell
from pellucid.errors import InputError, MissingExtraError, OptionError, PellucidError

QUICK_PEERS = ("jpeg420", "webp", "avif_psnr")
QUICK_DENOISERS = ("wavelet", "tv", "opencv_nlm", "median")
LARGE_MEGAPIXELS = (24.0, 100.0)
PICTURES = "pictures"  # folder of a quick run's, beside its rows


@dataclass(frozen=True)
class Wish:
    """What is asked of every step."""

    data: Path
    out: Path
    quick: bool
    models: tuple[str, ...]
    threads: int
    toy: Path | None = None
    command: str = ""


@dataclass(frozen=True)
class Step:
    """A bench: `run` measures, writes its report, and says what failed."""

    run: Callable[[Wish], list[str]]
    quick: bool = True  # whether it's part of a quick run


def compress_step(wish: Wish) -> list[str]:
    """Rate, quality and speed of codecs."""
    from pellucid.evaluate.benches.compress import BENCH, Plan, run
    from pellucid.evaluate.metrics import DEFAULT_METRICS
    from pellucid.evaluate.peers.lossy import LOSSY
    from pellucid.evaluate.report import write_report

    peers = LOSSY.expand(QUICK_PEERS if wish.quick else ("all",))
    plan = Plan(
        command=wish.command,
        data=wish.data,
        out=wish.out,
        codecs=(*LOSSY.expand(f"pellucid-{model}" for model in wish.models), *peers),
        metrics=("psnr",) if wish.quick else DEFAULT_METRICS,
        threads=wish.threads,
        processes=0 if wish.quick else 2,
        quick=wish.quick,
    )
    failures = run(plan, tell).failures
    write_report(BENCH, wish.out)
    return failures


def denoise_step(wish: Wish) -> list[str]:
    """Quality and speed of denoisers on white noise."""
    from pellucid.evaluate.benches.denoise import BENCH, Plan, run
    from pellucid.evaluate.peers.base import OWN_PREFIX
    from pellucid.evaluate.peers.denoisers import DENOISERS, SIGMA
    from pellucid.evaluate.report import write_report

    peers = DENOISERS.expand(QUICK_DENOISERS if wish.quick else ("all",))
    plan = Plan(
        command=command_line(),
        data=wish.data,
        out=wish.out,
        methods=(*(OWN_PREFIX + model for model in wish.models), *peers),
        levels=(SIGMA,) if wish.quick else (),
        threads=wish.threads,
        repeats=3,
    )
    failures = run(plan, tell).failures
    write_report(BENCH, wish.out)
    return failures


def lossless_step(wish: Wish) -> list[str]:
    """Size and speed of lossless and error-bounded files."""
    from pellucid.evaluate.bench import run
    from pellucid.evaluate.benches.lossless import BENCH, Plan
    from pellucid.evaluate.peers.exact import EXACT
    from pellucid.evaluate.report import write_report

    plan = Plan(
        command=command_line(),
        data=(wish.data,),
        out=wish.out,
        codecs=EXACT.others,
        threads=wish.threads,
    )
    failures = run(BENCH, plan, tell).failures
    write_report(BENCH, wish.out)
    return failures


def size_step(wish: Wish) -> list[str]:
    """How cost grows with the picture."""
    from pellucid.evaluate.bench import run
    from pellucid.evaluate.benches.size import BENCH, Plan
    from pellucid.evaluate.report import write_report

    plan = Plan(
        command=wish.command,
        data=wish.data,
        out=wish.out,
        models=wish.models,
        threads=wish.threads,
    )
    failures = run(BENCH, plan, tell).failures
    write_report(BENCH, wish.out)
    return failures


def toy_step(wish: Wish) -> list[str]:
    """Systems that learn in minutes, on sets of small pictures, if there are any."""
    from pellucid.evaluate.benches.toy import BENCH, Plan, run
    from pellucid.evaluate.report import write_report

    if wish.toy is None:
        tell("left out: give --toy with a folder of CIFAR-10 or MNIST")
        return []
    plan = Plan(command=command_line(), data=(wish.toy,), out=wish.out, threads=wish.threads)
    failures = run(plan, tell).failures
    write_report(BENCH, wish.out)
    return failures


def large_step(wish: Wish) -> list[str]:
    """Commands on mosaics of the photographs, if some are large enough for one."""
    from pellucid.evaluate.bench import run
    from pellucid.evaluate.benches.large import BENCH, Plan
    from pellucid.evaluate.report import write_report

    plan = Plan(
        command=wish.command,
        data=wish.data,
        out=wish.out,
        megapixels=LARGE_MEGAPIXELS,
        model=wish.models[0],
        threads=wish.threads,
    )
    try:
        failures = run(BENCH, plan, tell).failures
    except (InputError, MissingExtraError) as error:
        tell(f"left out: {error}")
        return []
    write_report(BENCH, wish.out)
    return failures


def guided_step(wish: Wish) -> list[str]:
    """With a guide, on the pair that scikit-image ships: other pairs have folders of their own."""
    from pellucid.evaluate.guided import bench
    from pellucid.evaluate.guided.report import write_report

    plan = bench.Plan("motorcycle", None, wish.out, model=wish.models[0])
    bench.run(plan, tell)
    write_report(wish.out)
    return []


def intervals_step(wish: Wish) -> list[str]:
    """Coverage of the intervals, of models that have some."""
    from pellucid.evaluate.intervals import DEFAULT_STEPS, run

    failures = []
    for model in wish.models[:1] if wish.quick else wish.models:
        for task, steps in DEFAULT_STEPS.items():
            chosen = steps[1:2] if wish.quick else steps
            try:
                run(wish.data, wish.out, task=task, model=model, steps=chosen, notify=tell)
            except PellucidError as error:
                failures.append(f"intervals of {model}, {task}: {error}")
    return failures


STEPS: dict[str, Step] = {
    "compress": Step(compress_step),
    "denoise": Step(denoise_step),
    "intervals": Step(intervals_step),
    "guided": Step(guided_step),
    "lossless": Step(lossless_step, quick=False),
    "size": Step(size_step, quick=False),
    "large": Step(large_step, quick=False),
    "toy": Step(toy_step, quick=False),
}


@click.command(name="all")
@shared.data_option("Folder of clean pictures; with --quick not needed.", required=False)
@shared.out_option("Folder for everything.")
@shared.names_option(
    "--parts",
    ",".join(STEPS),
    "Benches to run; a quick run takes those of them that are quick.",
)
@click.option(
    "--toy", type=click.Path(path_type=Path), help="Sets of small pictures, as bench toy takes."
)
@shared.models_option()
@shared.threads_option("Of every method.")
@click.option("--quick", is_flag=True, help="About a minute: two small pictures, few peers, PSNR.")
def all_benches(
    data: Path | None,
    out: Path,
    parts: tuple[str, ...],
    toy: Path | None,
    models: tuple[str, ...],
    threads: int,
    quick: bool,
) -> None:
    """All benches on one folder of pictures, and OUT/report.html with all their rows.

    With --quick and no --data on photographs that scikit-image ships. Without --quick it takes
    hours on a set such as Kodak's, BM3D most of them; rows are written as they come, and the same
    command goes on where an earlier one stopped. Large mosaics need photographs of 1024 x 1024 or
    more and the extra science; what can't be had is left out, and said.

    Needs the extra: pip install 'pellucid[bench]'.
    """
    from pellucid.evaluate.html import write_html
    from pellucid.evaluate.samples import write_samples

    if unknown := [name for name in parts if name not in STEPS]:
        raise OptionError(f"no part called {unknown[0]!r}; there are: {', '.join(STEPS)}")
    if data is None and not quick:
        raise OptionError("give --data with a folder of pictures, or --quick")
    steps = {name: STEPS[name] for name in parts if STEPS[name].quick or not quick}
    if not steps:
        raise OptionError(f"--quick leaves none of {', '.join(parts)}; leave it out")
    pictures = write_samples(out / PICTURES, data) if quick or data is None else data
    wish = Wish(pictures, out, quick, models, threads, toy, command_line())
    failures = []
    for name, step in steps.items():
        tell(f"== {name}")
        failures += step.run(wish)
    tell(f"wrote {write_html(out)}")
    for failure in failures:
        tell(f"failed: {failure}")
    if failures:
        raise PellucidError(f"{len(failures)} failures; the other rows are complete")
