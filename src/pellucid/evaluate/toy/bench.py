"""`bench toy`: sets x tasks x systems -> rows, a system's written when it has done a set and task.

Started again it does what is missing. What the first call of a library costs isn't timed: each
system runs once on a picture before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import join

from pellucid.errors import OptionError, OutputError, PellucidError
from pellucid.evaluate._extras import require
from pellucid.evaluate.toy import rows as store
from pellucid.evaluate.toy.data import ToySet, find_sets
from pellucid.evaluate.toy.measure import CompressJob, DenoiseJob, Job
from pellucid.evaluate.toy.rows import COMPRESS, TASKS, ToyRun
from pellucid.evaluate.toy.systems import (
    NAMES,
    Budget,
    Cleaner,
    Compressor,
    expand,
    load_cleaners,
    load_compressors,
)
from pellucid.evaluate.toy.systems.base import Clock

SIGMA = 25.0
SYSTEM_ERRORS = (PellucidError, OSError, ValueError, RuntimeError)

Notify = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes:
        minutes: of training, for each system that learns, set and task.
        train, held_out: pictures of a set, at most.
        rounds: ceiling of training, see `Budget.rounds`; 0 for the system's own.
    """

    data: tuple[Path, ...]
    out: Path
    systems: tuple[str, ...] = NAMES
    minutes: float = 2.0
    train: int = 10_000
    held_out: int = 200
    threads: int = 2
    rounds: int = 0
    fresh: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of it: systems that can't be had, single failures."""

    missing: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    new_rows: int = 0


def run(plan: Plan, notify: Notify = lambda _line: None) -> Outcome:
    """Run the bench; rows end up in `plan.out`.

    Raises:
        InputError: no set, or one that can't be read.
        OptionError: an unknown system, a number out of range.
        OutputError: the folder can't be written.
        MissingExtraError: scikit-image, for SSIM, isn't installed.
    """
    if not plan.minutes > 0:
        raise OptionError(f"minutes must be more than 0, got {plan.minutes:g}")
    if plan.rounds < 0:
        raise OptionError(f"rounds must be at least 0, got {plan.rounds}")
    expand(plan.systems)  # a wrong name fails before anything is read
    sets = find_sets(plan.data, train=plan.train, held_out=plan.held_out)
    require("skimage.metrics", "scikit-image")
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"can't write to {plan.out}: {error}") from error
    store.save_methods(plan.out, command_of(plan))
    outcome = Outcome()
    for data in sets:
        for task in TASKS:
            for job in _jobs(task, data, plan, outcome, notify):
                _do(job, task, data, plan, outcome, notify)
    return outcome


def command_of(plan: Plan) -> str:
    """The command that measures the same again; of paths it gives the last names only."""
    words = ["pellucid", "bench", "toy"]
    for path in plan.data:
        words += ["--data", path.resolve().name]
    words += ["-o", plan.out.resolve().name]
    words += ["--systems", ",".join(plan.systems)] if plan.systems != NAMES else []
    words += ["--minutes", f"{plan.minutes:g}", "--train", str(plan.train)]
    words += ["--held-out", str(plan.held_out)]
    words += ["--rounds", str(plan.rounds)] if plan.rounds else []
    return join([*words, "--threads", str(plan.threads)])


def _jobs(task: str, data: ToySet, plan: Plan, outcome: Outcome, notify: Notify) -> Iterator[Job]:
    """New systems, made one by one, so that one model at a time is in memory."""
    for name in expand(plan.systems):
        if task == COMPRESS:
            codecs, missing = load_compressors([name], plan.threads)
            yield from (CompressJob(codec, data) for codec in codecs)
        else:
            cleaners, missing = load_cleaners([name], plan.threads)
            yield from (DenoiseJob(cleaner, data, SIGMA) for cleaner in cleaners)
        for reason in missing.values():
            if name not in outcome.missing:
                notify(f"without {name}: {reason}")
            outcome.missing[name] = reason


def _do(job: Job, task: str, data: ToySet, plan: Plan, outcome: Outcome, notify: Notify) -> None:
    """Train, measure and keep; a failure goes to `outcome`."""
    wanted = _planned(job.system, task, data, plan)
    if not plan.fresh and any(one.same_plan(wanted) for one in store.load_runs(plan.out)):
        return
    notify(f"{data.name}, {task}: {job.system.name}")
    clock = Clock()
    try:
        training = job.train(Budget(60 * plan.minutes, plan.rounds or None))
        seconds = clock.seconds if job.system.trained else 0.0
        job.warm()
        made = list(job.rows())
    except SYSTEM_ERRORS as error:
        outcome.failures.append(f"{data.name}, {task} by {job.system.name}: {error}")
        return
    finished = replace(
        wanted,
        train_s=round(seconds, 1),
        learnt=training.what,
        model_bytes=training.model_bytes,
    )
    store.keep(plan.out, finished, made)
    outcome.new_rows += len(made)


def _planned(system: Compressor | Cleaner, task: str, data: ToySet, plan: Plan) -> ToyRun:
    trained = system.trained
    return ToyRun(
        system=system.name,
        data=data.name,
        task=task,
        train_pictures=len(data.train) if trained else 0,
        held_out=len(data.held_out),
        minutes=float(plan.minutes) if trained else 0.0,
        rounds=plan.rounds if trained else 0,
        threads=plan.threads,
        train_s=0.0,
        learnt="",
        model_bytes=0,
        version=system.version,
    )
