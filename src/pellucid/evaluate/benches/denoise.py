"""`bench denoise`: pictures x strengths x denoisers, and their speed; noise levels in `estimate`.

DIR/denoise-<task>-<method>.tsv   the sweep, a file for each so that one can be run again alone
DIR/denoise-speed.tsv             medians of all methods, from one run
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from pellucid.errors import InputError, OptionError
from pellucid.evaluate import bench, fresh
from pellucid.evaluate._extras import require
from pellucid.evaluate.bench import Bench, Case, Key, Notify, Outcome, Turn
from pellucid.evaluate.benches import denoise_overview as overview
from pellucid.evaluate.benches import denoise_tables as tables
from pellucid.evaluate.benches import denoise_tools as tools
from pellucid.evaluate.benches.denoise_rows import (
    ESTIMATES,
    SPEED_ROWS,
    SWEEP,
    DenoiseResult,
    DenoiseTiming,
)
from pellucid.evaluate.benches.denoise_tasks import (
    SEARCH,
    TASKS,
    Pair,
    Task,
    find_sources,
    given,
    what_to_tell,
)
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers.denoiser import RGB, Denoiser, NoiseGiven, Samples
from pellucid.evaluate.peers.denoisers import DENOISERS, warm_up
from pellucid.evaluate.speed import interleaved
from pellucid.evaluate.ssim import ssim

MAX_SIGMA = 255.0
TIMED, SIGMA = "gaussian", 25.0  # task and strength of the speed table
REST = 0.5  # seconds; PyTorch's threads spin that long after a run, and would slow the next method
ESTIMATE_TASK = "estimate"

Sweep = Turn["Plan", Denoiser]


@dataclass(frozen=True, kw_only=True)
class Plan(bench.Plan):
    """What to run.

    `levels`: strengths of noise or JPEG qualities, empty for the task's own; `search`: sigmas that
    peers may choose from where nobody knows; `every`: take each N-th picture; `repeats`: runs a
    timing, 0 leaves speed out.
    """

    data: Path
    task: str = TIMED
    methods: tuple[str, ...] = ()
    levels: tuple[float, ...] = ()
    search: tuple[float, ...] = SEARCH
    every: int = 1
    repeats: int = 0
    speed_images: int = 1

    def check(self) -> None:
        """Raise OptionError for an unknown task or a number out of range."""
        super().check()
        if self.task not in (*TASKS, ESTIMATE_TASK):
            raise OptionError(f"no task called {self.task!r}; there are: {', '.join(TASKS)}")
        if self.kind.levels == (0,) and self.levels:
            raise OptionError(f"the task {self.task} has no strengths to choose")
        sigmas = self.search
        if self.task == "jpeg":
            if wrong := [level for level in self.levels if not 1 <= level <= 100 or level % 1]:
                what = "a JPEG quality is a whole number from 1 to 100"
                raise OptionError(f"{what}, got {wrong[0]:g}")
        else:
            sigmas = (*self.levels, *sigmas)
        if wrong := [sigma for sigma in sigmas if not 0 < sigma <= MAX_SIGMA]:
            raise OptionError(f"sigma is more than 0 and at most {MAX_SIGMA:g}, got {wrong[0]:g}")
        if self.repeats < 0 or self.speed_images < 1:
            raise OptionError("repeats must be at least 0 and speed_images at least 1")

    @property
    def kind(self) -> Task:
        """The task; noise levels are measured on that of white noise."""
        return TASKS[TIMED if self.task == ESTIMATE_TASK else self.task]

    @property
    def data_name(self) -> str:
        """The folder's name, for the rows."""
        return self.data.resolve().name


def run(plan: Plan, notify: Notify = lambda _line: None) -> Outcome:
    """Run the sweep and time the methods; rows end up in `plan.out`.

    Raises:
        As `bench.run` does. MissingExtraError: scikit-image, for SSIM, isn't installed.
    """
    outcome = bench.run(BENCH, plan, notify)
    if plan.repeats:
        timed = bench.run(SPEED, plan, lambda line: None if "without" in line else notify(line))
        outcome.failures += timed.failures
    return outcome


def cases(plan: Plan, levels: Sequence[float] = ()) -> list[Case]:
    """Each picture at each strength."""
    task = plan.kind
    return [
        Case(
            f"{source.image}, {task.level_label.format(level)}",
            partial(task.load, source, level),
            about=(source.image, float(level)),
        )
        for source in find_sources(task, plan.data, plan.every)
        for level in plan.levels or levels or task.levels
    ]


def scored_cases(plan: Plan) -> list[Case]:
    """The same, where SSIM can be had."""
    require("skimage.metrics", "scikit-image")
    return cases(plan)


def wanted(plan: Plan, case: Case, one: Denoiser) -> list[Key]:
    """A row for each thing that a method is told."""
    image, level = case.about
    words = what_to_tell(plan.kind, one, level, plan.search)
    return [(one.name, plan.task, plan.data_name, image, level, word) for word in words]


def usable(plan: Plan, methods: Sequence[Denoiser], row: DenoiseResult) -> bool:
    """Not a row of another version or number of threads."""
    one = next((one for one in methods if one.name == row.method), None)
    if one is None or row.task != plan.task:
        return True
    return not plan.fresh and row.version == one.version and row.threads == plan.threads


def warm(one: Denoiser, pair: Pair) -> None:
    """Load what a method loads on first use."""
    line = (0.0, SIGMA**2) if one.needs == "line" else None
    warm_up(one, pair.noisy, NoiseGiven(SIGMA, line, pair.bits))


def clean(turn: Sweep) -> Iterator[DenoiseResult]:
    """One picture at one strength by each method that takes its channels."""
    image, level = turn.case.about
    for one, keys in turn.todo:
        if turn.data.noisy.shape[2] not in one.channels:
            continue
        for *_, word in keys:
            with turn.outcome.attempt(f"{image} by {one.name} at {level:g}"):
                result, seconds = timed(one, turn.data.noisy, given(word, turn.data))
                similarity = ssim(turn.data.clean, result)
                row = _row(turn, one, word, result, seconds)
                yield replace(row, ssim=None if similarity is None else round(similarity, 5))


def timed(one: Denoiser, noisy: Samples, told: NoiseGiven) -> tuple[Samples, float]:
    """A checked result and its wall seconds."""
    start = time.perf_counter()
    result = one.denoise(noisy, told)
    seconds = time.perf_counter() - start
    if result.shape != noisy.shape:
        raise ValueError(f"gave {result.shape}, the picture is {noisy.shape}")
    if not np.isfinite(result).all():
        raise InputError("gave samples that aren't numbers")
    return result, seconds


def _row(turn: Sweep, one: Denoiser, word: str, result: Samples, seconds: float) -> DenoiseResult:
    """A row without SSIM."""
    (image, level), pair = turn.case.about, turn.data
    height, width = pair.clean.shape[:2]
    return DenoiseResult(
        method=one.name,
        task=turn.plan.task,
        data=turn.plan.data_name,
        level=level,
        told=word,
        image=image,
        width=width,
        height=height,
        noisy_psnr=round(psnr(pair.clean, pair.noisy), 4),
        psnr=round(psnr(pair.clean, result), 4),
        ssim=None,
        seconds=round(seconds, 5),
        threads=turn.plan.threads,
        repeats=1,
        version=one.version,
    )


def time_all(turn: Sweep) -> Iterator[DenoiseTiming]:
    """A row a method on one picture, the methods in turn."""
    word, results = f"{SIGMA:g}", dict[str, Samples]()

    def once(one: Denoiser) -> None:
        results[one.name] = one.denoise(turn.data.noisy, given(word, turn.data))

    tasks = {one.name: partial(once, one) for one, _ in turn.todo}
    spreads = interleaved(tasks, repeats=turn.plan.repeats, rest=REST)
    for one, _ in turn.todo:
        spread = spreads[one.name].rounded("median", 5)
        row = _row(turn, one, word, results[one.name], spread["median"])
        cells = {**asdict(row), "repeats": turn.plan.repeats}
        timing = DenoiseTiming(**cells, seconds_low=spread["low"], seconds_high=spread["high"])
        yield _with_peak(turn, timing) if turn.first else timing


def _with_peak(turn: Sweep, row: DenoiseTiming) -> DenoiseTiming:
    """The row with the peak of a process that does nothing else; a failure leaves it out."""
    if fresh.can_measure():
        with turn.outcome.attempt(f"memory of {row.method}"):
            peak = peak_of_denoiser(row.method, turn.data.noisy, turn.plan.threads)
            return replace(row, peak_mb=round(peak, 1))
    return row


def peak_of_denoiser(name: str, noisy: Samples, threads: int) -> float:
    """Peak of denoising (H, W, C) samples at sigma 25, in millions of bytes.

    Raises:
        PellucidError: it can't be measured, or the denoiser failed.
    """
    with TemporaryDirectory() as folder:
        picture = Path(folder) / "noisy.npy"
        np.save(picture, noisy)
        order = {"name": name, "sigma": SIGMA, "threads": threads, "picture": str(picture)}
        return fresh.measure("pellucid.evaluate.peers.denoisers:work", order).peak_mb


BENCH: Bench[Plan, Denoiser, DenoiseResult] = Bench(
    name="denoise",
    title="Denoising",
    columns=(SWEEP, SPEED_ROWS, ESTIMATES, tools.BLOCKS, tools.BANDS, tools.SCORES),
    report="denoise.md",
    tables=tables.report,
    plots=overview.plots,
    sections={
        "overview-denoising": overview.short_overview,
        "denoise": overview.overview,
        "denoise-estimate": tables.estimates,
        "denoise-speed": tables.speed,
        "denoise-blocks": tools.blocks,
        "denoise-structure": tools.structure,
        **{f"denoise-{name}": partial(tables.task_tables, name) for name in TASKS},
    },
    what=lambda plan: f"{plan.kind.title}: {plan.data_name}",
    cases=scored_cases,
    methods=lambda plan: DENOISERS.load(plan.methods, plan.threads),
    wanted=wanted,
    measure=clean,
    key=lambda row: (row.method, row.task, row.data, row.image, row.level, row.told),
    order=lambda row: (row.data, row.level, row.image, row.told),
    usable=usable,
    warm=warm,
    facts=lambda _plan, one: {} if one.kmac is None else {"kmac": one.kmac},
)
# All rows are measured together, since only times of one run compare.
SPEED: Bench[Plan, Denoiser, DenoiseTiming] = replace(
    BENCH,
    columns=(SPEED_ROWS,),
    what=lambda plan: f"speed and memory of denoisers: {plan.data_name}",
    cases=lambda plan: cases(replace(plan, levels=(SIGMA,)))[: plan.speed_images],
    wanted=lambda plan, case, one: wanted(plan, case, one) if RGB in one.channels else [],
    measure=time_all,
    order=lambda row: row.image,
    usable=lambda _plan, _methods, _row: False,
    warm=None,
)  # type: ignore[assignment]  # mypy takes replace() to keep the type of the rows
