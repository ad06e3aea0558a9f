"""The loop of `bench denoise`: pictures x strengths x denoisers -> rows, written as they come.

Pictures are the outer loop, so that an interrupted run leaves whole pictures; started again, it
does only what's missing. One method or picture that fails is reported and the others go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pellucid.errors import InputError, OptionError, OutputError, PellucidError
from pellucid.evaluate._extras import require
from pellucid.evaluate.denoisers import Denoiser, Samples, Told, load_denoisers
from pellucid.evaluate.denoising import rows
from pellucid.evaluate.denoising.rows import DenoiseResult
from pellucid.evaluate.denoising.scores import psnr, ssim
from pellucid.evaluate.denoising.tasks import (
    SEARCH,
    TASKS,
    Case,
    Source,
    Task,
    find_sources,
    what_to_tell,
)

METHOD_ERRORS = (PellucidError, OSError, ValueError, RuntimeError)
MAX_SIGMA = 255.0

Notify = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run.

    `levels`: strengths of noise or JPEG qualities, empty for the task's own; `search`: sigmas that
    peers may choose from where nobody knows; `every`: take each N-th picture.
    """

    data: Path
    out: Path
    task: str
    methods: tuple[str, ...]
    levels: tuple[float, ...] = ()
    search: tuple[float, ...] = SEARCH
    every: int = 1
    threads: int = 2
    fresh: bool = False

    @property
    def data_name(self) -> str:
        """The folder's name, for the rows."""
        return self.data.resolve().name


@dataclass(slots=True)
class Outcome:
    """What came of it: methods left out with the reason, and single failures."""

    denoisers: list[Denoiser] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    new_rows: int = 0


def run(plan: Plan, notify: Notify = lambda _line: None) -> Outcome:
    """Run a task; rows end up in `plan.out`.

    Raises:
        InputError: no pictures, or half of a pair is missing.
        OptionError: an unknown task or method, a number out of range.
        OutputError: the folder can't be written.
        MissingExtraError: scikit-image, for SSIM, isn't installed.
    """
    task = checked_task(plan)
    sources = find_sources(task, plan.data, plan.every)
    require("skimage.metrics", "scikit-image")
    denoisers, missing = load_denoisers(plan.methods, plan.threads)
    outcome = Outcome(denoisers, missing)
    for name, reason in missing.items():
        notify(f"without {name}: {reason}")
    _prepare_folder(plan, denoisers)
    done = {
        (one.name, *row.key)
        for one in denoisers
        for row in rows.keep_usable(plan.out, task.name, one, plan.threads)
    }
    warm: set[str] = set()
    for number, source in enumerate(sources, start=1):
        notify(f"picture {number} of {len(sources)}: {source.image}")
        for level in plan.levels or task.levels:
            _do_case(plan, task, source, level, done, warm, outcome)
    for one in denoisers:
        rows.sort_rows(plan.out, task.name, one.name)
    return outcome


def checked_task(plan: Plan) -> Task:
    """The plan's task, once its numbers are known to be sound."""
    if plan.task not in TASKS:
        raise OptionError(f"no task called {plan.task!r}; there are: {', '.join(TASKS)}")
    task = TASKS[plan.task]
    if task.name == "jpeg":
        wrong = [level for level in plan.levels if not 1 <= level <= 100 or level % 1]
        what = "a JPEG quality is a whole number from 1 to 100"
    else:
        wrong = [level for level in plan.levels if not 0 < level <= MAX_SIGMA]
        what = f"sigma is more than 0 and at most {MAX_SIGMA:g}"
    if wrong:
        raise OptionError(f"{what}, got {wrong[0]:g}")
    if task.levels == (0,) and plan.levels:
        raise OptionError(f"the task {task.name} has no strengths to choose")
    if unfit := [sigma for sigma in plan.search if not 0 < sigma <= MAX_SIGMA]:
        raise OptionError(f"sigma is more than 0 and at most {MAX_SIGMA:g}, got {unfit[0]:g}")
    return task


def _prepare_folder(plan: Plan, denoisers: Sequence[Denoiser]) -> None:
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
        if plan.fresh:
            for one in denoisers:
                rows.rows_path(plan.out, plan.task, one.name).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"can't write to {plan.out}: {error}") from error
    rows.save_methods(plan.out, denoisers)


def _do_case(
    plan: Plan,
    task: Task,
    source: Source,
    level: float,
    done: set[tuple[str, str, str, float, str]],
    warm: set[str],
    outcome: Outcome,
) -> None:
    """One picture at one level by every method that hasn't done it."""
    try:
        case = task.load(source, level)
    except PellucidError as error:
        outcome.failures.append(f"{source.image}: {error}")
        return
    for one, told in _todo(plan, task, source, level, case, done, outcome.denoisers):
        try:
            if one.name not in warm:
                _warm_up(one, case, told)
                warm.add(one.name)
            result, seconds = timed(one, case.noisy, told)
        except METHOD_ERRORS as error:
            outcome.failures.append(f"{source.image} by {one.name} at {level:g}: {error}")
            continue
        row = _row(plan, source, level, case, one, told, result, seconds)
        rows.TABLE.append(rows.rows_path(plan.out, task.name, one.name), [row])
        outcome.new_rows += 1


def _todo(
    plan: Plan,
    task: Task,
    source: Source,
    level: float,
    case: Case,
    done: set[tuple[str, str, str, float, str]],
    denoisers: Sequence[Denoiser],
) -> Iterator[tuple[Denoiser, Told]]:
    for one in denoisers:
        for told in what_to_tell(task, one, level, case, plan.search):
            if (one.name, plan.data_name, source.image, float(level), told.label) not in done:
                yield one, told


def _warm_up(one: Denoiser, case: Case, told: Told) -> None:
    """Loads what a method loads on first use, with a corner of the picture."""
    one.denoise(np.ascontiguousarray(case.noisy[:64, :64]), told)


def timed(one: Denoiser, noisy: Samples, told: Told) -> tuple[Samples, float]:
    """A checked result and its wall seconds."""
    start = time.perf_counter()
    result = one.denoise(noisy, told)
    seconds = time.perf_counter() - start
    if result.shape != noisy.shape:
        raise ValueError(f"gave {result.shape}, the picture is {noisy.shape}")
    if not np.isfinite(result).all():
        raise InputError("gave samples that aren't numbers")
    return result, seconds


def _row(
    plan: Plan,
    source: Source,
    level: float,
    case: Case,
    one: Denoiser,
    told: Told,
    result: Samples,
    seconds: float,
) -> DenoiseResult:
    similarity = ssim(case.clean, result)
    height, width = case.clean.shape[:2]
    return DenoiseResult(
        method=one.name,
        task=plan.task,
        data=plan.data_name,
        level=float(level),
        told=told.label,
        image=source.image,
        width=width,
        height=height,
        noisy_psnr=round(psnr(case.clean, case.noisy), 4),
        psnr=round(psnr(case.clean, result), 4),
        ssim=None if similarity is None else round(similarity, 5),
        seconds=round(seconds, 5),
        threads=plan.threads,
        repeats=1,
        version=one.version,
    )
