"""`bench denoise`: pictures x strengths x denoisers, and their speed; how near measured noise is.

DIR/denoise-<task>-<method>.tsv   the sweep, a file for each so that one can be run again alone
DIR/denoise-speed.tsv             medians of all methods, from one run
DIR/denoise-estimate.tsv          of the task `estimate`: what `pellucid.noise_level` finds
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pellucid.errors import InputError, OptionError
from pellucid.evaluate import bench, fresh
from pellucid.evaluate._extras import require
from pellucid.evaluate.bench import Bench, Case, Key, Notify, Outcome, Turn
from pellucid.evaluate.benches import denoise_tables as tables
from pellucid.evaluate.benches import denoise_tools as tools
from pellucid.evaluate.benches.denoise_rows import (
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
from pellucid.evaluate.benches.denoise_tools import Estimate
from pellucid.evaluate.metrics import psnr, ssim
from pellucid.evaluate.peers.denoiser import RGB, Denoiser, NoiseGiven, Samples
from pellucid.evaluate.peers.denoisers import DENOISERS, SIGMA, peak_of_denoiser, warm_up
from pellucid.evaluate.speed import interleaved

MAX_SIGMA = 255.0
TIMED = "gaussian"  # task of the speed table
LEVELS = (5.0, 10.0, 15.0, 25.0, 35.0, 50.0, 75.0)  # of noise that is measured
TOLD = 4  # where a row's key says what the method is told
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
    require("skimage.metrics", "scikit-image")
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


def wanted(plan: Plan, case: Case, one: Denoiser) -> list[Key]:
    """A row for each thing that a method is told; a key is a row's first cells."""
    image, level = case.about
    words = what_to_tell(plan.kind, one, level, plan.search)
    return [(one.name, plan.task, plan.data_name, level, word, image) for word in words]


def usable(plan: Plan, methods: Sequence[Denoiser], row: DenoiseResult) -> bool:
    """Not a row of another version or number of threads."""
    one = next((one for one in methods if one.name == row.method), None)
    if one is None or row.task != plan.task:
        return True
    return not plan.fresh and row.version == one.version and row.threads == plan.threads


def warm(one: Denoiser, pair: Pair) -> None:
    """Load what a method loads on first use."""
    warm_up(one, pair.noisy, NoiseGiven(SIGMA, (0.0, SIGMA**2), pair.bits))


def clean(turn: Sweep) -> Iterator[DenoiseResult]:
    """One picture at one strength by each method that takes its channels."""
    (image, level), pair = turn.case.about, turn.data
    for one, keys in turn.todo:
        if pair.noisy.shape[2] not in one.channels:
            continue
        for key in keys:
            with turn.outcome.attempt(f"{image} by {one.name} at {level:g}"):
                start = time.perf_counter()
                result = one.denoise(pair.noisy, given(key[TOLD], pair))
                seconds = time.perf_counter() - start
                yield DenoiseResult(*key, **measured(turn, one, result, seconds, repeats=1))


def measured(
    turn: Sweep, one: Denoiser, result: Samples, seconds: float, *, repeats: int
) -> dict[str, Any]:
    """The cells of a result's row after its key; InputError if its samples aren't numbers."""
    if not np.isfinite(result).all():
        raise InputError("gave samples that aren't numbers")
    original, similarity = turn.data.clean, ssim(turn.data.clean, result)
    return {
        "width": original.shape[1],
        "height": original.shape[0],
        "noisy_psnr": round(psnr(original, turn.data.noisy), 4),
        "psnr": round(psnr(original, result), 4),
        "ssim": None if similarity is None else round(similarity, 5),
        "seconds": round(seconds, 5),
        "threads": turn.plan.threads,
        "repeats": repeats,
        "version": one.version,
    }


def time_all(turn: Sweep) -> Iterator[DenoiseTiming]:
    """A row a method on one picture, the methods in turn; the first picture's with the peak of a
    process that does nothing else, but for failures."""
    told, results = given(f"{SIGMA:g}", turn.data), dict[str, Samples]()

    def once(one: Denoiser) -> None:
        results[one.name] = one.denoise(turn.data.noisy, told)

    tasks = {one.name: partial(once, one) for one, _ in turn.todo}
    spreads = interleaved(tasks, repeats=turn.plan.repeats, rest=REST)
    for one, (key,) in turn.todo:
        times = spreads[one.name]
        cells = measured(turn, one, results[one.name], times.median, repeats=turn.plan.repeats)
        cells |= {"seconds_low": round(times.low, 5), "seconds_high": round(times.high, 5)}
        if turn.first and fresh.can_measure():
            with turn.outcome.attempt(f"memory of {one.name}"):
                peak = peak_of_denoiser(one.name, turn.data.noisy, turn.plan.threads)
                cells["peak_mb"] = round(peak, 1)
        yield DenoiseTiming(*key, **cells)


class Estimator(NamedTuple):
    """`pellucid.noise_level`; `version` has a measurement that changes when the code does."""

    measure: Callable[[Samples], Any]
    version: str
    name: str = "pellucid"
    threading: str = "one thread"


def estimators(_plan: Plan) -> tuple[list[Estimator], dict[str, str]]:
    """The one there is."""
    api = require("pellucid")
    rows, columns = np.mgrid[0:96, 0:96]
    shades = 128 + 60 * np.sin(rows / 7) + 30 * np.cos(columns / 3)
    noise = np.random.default_rng(1).normal(0, 20, shades.shape)
    probe = float(api.noise_level((shades + noise).astype(np.float32)[..., None]).sigma)
    return [Estimator(api.noise_level, f"pellucid {api.__version__}, probe {probe:.3f}")], {}


def estimate(turn: Turn[Plan, Estimator]) -> Iterator[Estimate]:
    """The measured noise of one picture."""
    ((one, _),), (image, level), noisy = turn.todo, turn.case.about, turn.data.noisy
    start = time.perf_counter()
    sigma = round(float(one.measure(noisy).sigma), 4)
    seconds = round(time.perf_counter() - start, 5)
    height, width = noisy.shape[:2]
    name = turn.plan.data_name
    yield Estimate(name, level, image, width, height, sigma, seconds, one.version)


BENCH: Bench[Plan, Denoiser, DenoiseResult] = Bench(
    name="denoise",
    title="Denoising",
    columns=(SWEEP, SPEED_ROWS, tools.ESTIMATES, tools.BLOCKS, tools.BANDS, tools.SCORES),
    report="denoise.md",
    tables=tables.report,
    plots=tables.plots,
    sections={
        "overview-denoising": partial(tables.told_part, methods=tables.SHORT),
        "denoise": tables.overview,
        "denoise-estimate": tools.estimates,
        "denoise-speed": tables.speed,
        "denoise-blocks": tools.blocks,
        "denoise-structure": tools.structure,
        **{f"denoise-{name}": partial(tables.task_tables, name) for name in TASKS},
    },
    what=lambda plan: f"{plan.kind.title}: {plan.data_name}",
    cases=cases,
    methods=lambda plan: DENOISERS.load(plan.methods, plan.threads),
    wanted=wanted,
    measure=clean,
    key=lambda row: (row.method, row.task, row.data, row.level, row.told, row.image),
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
ESTIMATE: Bench[Plan, Estimator, Estimate] = Bench(
    name=BENCH.name,
    title=BENCH.title,
    columns=(tools.ESTIMATES,),
    report=BENCH.report,
    tables=BENCH.tables,
    what=lambda plan: f"measured noise level: {plan.data_name}",
    cases=partial(cases, levels=LEVELS),
    methods=estimators,
    wanted=lambda plan, case, _one: [(plan.data_name, case.about[1], case.about[0])],
    measure=estimate,
    key=lambda row: (row.data, row.level, row.image),
    usable=lambda plan, found, row: not plan.fresh and row.version == found[0].version,
)
