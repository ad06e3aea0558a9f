"""`bench toy`: pellucid beside what articles for beginners build, on CIFAR-10 and MNIST.

DIR/toy-<system>.tsv   one row a picture (or sheet of pictures) and setting
DIR/toy-runs.tsv       one row a system, set and task: what it learnt from, how long

A system's rows of a set and task are kept or made anew together, since a model isn't kept. What the
first call of a library costs isn't timed: each system runs once on a picture before.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.errors import InputError, OptionError
from pellucid.evaluate import bench
from pellucid.evaluate._extras import require
from pellucid.evaluate.bench import Bench, Case, Key, Notify, Outcome, Turn
from pellucid.evaluate.benches import toy_tables as tables
from pellucid.evaluate.benches.denoise_tasks import with_noise
from pellucid.evaluate.benches.toy_data import ToySet, find_sets
from pellucid.evaluate.benches.toy_rows import ROWS, RUNS, ToyResult, ToyRun, key_of
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers.toy import AT, NAMES, SYSTEMS, load
from pellucid.evaluate.peers.toy_base import (
    COMPRESS,
    DENOISE,
    SHEET,
    SINGLE,
    TASKS,
    Budget,
    Cleaner,
    Coder,
    Pictures,
    Samples,
    System,
)
from pellucid.evaluate.ssim import ssim

SIGMA = 25.0
ACROSS, DOWN = 10, 10  # pictures of a sheet, whose header they share

AnySystem = System[Any]


@dataclass(frozen=True, kw_only=True)
class Plan(bench.Plan):
    """What to run.

    Attributes:
        minutes: of training, for each system that learns, set and task.
        train, held_out: pictures of a set, at most.
        rounds: ceiling of training, see `Budget.rounds`; 0 for the system's own.
    """

    data: tuple[Path, ...]
    systems: tuple[str, ...] = NAMES
    minutes: float = 2.0
    train: int = 10_000
    held_out: int = 200
    rounds: int = 0

    def check(self) -> None:
        """Raise OptionError for an unknown system or a number that is out of range."""
        super().check()
        if not self.minutes > 0:
            raise OptionError(f"minutes must be more than 0, got {self.minutes:g}")
        if self.rounds < 0:
            raise OptionError(f"rounds must be at least 0, got {self.rounds}")
        SYSTEMS.expand(self.systems)

    @cached_property
    def sets(self) -> dict[str, ToySet]:
        """The sets, read once; InputError as of `find_sets`."""
        found = find_sets(self.data, train=self.train, held_out=self.held_out)
        return {one.name: one for one in found}

    def run_of(self, system: AnySystem, data: str, task: str) -> ToyRun:
        """What is asked of a system, without what came of it."""
        return ToyRun(
            system=system.name,
            data=data,
            task=task,
            train_pictures=len(self.sets[data].train) if system.learns else 0,
            held_out=len(self.sets[data].held_out),
            minutes=float(self.minutes) if system.learns else 0.0,
            rounds=self.rounds if system.learns else 0,
            threads=self.threads,
            train_s=0.0,
            learnt="",
            model_bytes=0,
            version=system.version,
        )


def run(plan: Plan, notify: Notify = lambda _line: None) -> Outcome:
    """Run the bench; rows end up in `plan.out`.

    Raises:
        As `bench.run` does. MissingExtraError: scikit-image, for SSIM, isn't installed.
    """
    outcome = bench.run(BENCH, plan, notify)
    ROWS.sort(plan.out, lambda r: (r.data, r.task, r.files, r.setting, r.picture))
    return outcome


def cases(plan: Plan) -> list[Case]:
    """Each set at each task, system by system, so that one model at a time is in memory."""
    require("skimage.metrics", "scikit-image")
    return [
        Case(job(task, name), lambda data=data: data, data.name)  # type: ignore[misc]
        for data in plan.sets.values()
        for task in TASKS
        for name in SYSTEMS.expand(plan.systems)
        if name in AT[task].makers
    ]


def job(task: str, system: str) -> str:
    """How a case is called."""
    return f"{task} by {system}"


def systems(plan: Plan) -> tuple[list[AnySystem], dict[str, str]]:
    """Those that are asked for and can be had, one for each of their tasks."""
    found, missing = [], dict[str, str]()
    for task in TASKS:
        some, reasons = load(task, SYSTEMS.expand(plan.systems), plan.threads)
        found += some
        missing |= reasons
    return found, missing


def wanted(_plan: Plan, case: Case, system: AnySystem) -> list[Key]:
    """One run, at the job that the case names."""
    own = case.name == job(system.task, system.name)
    return [(system.name, case.data, system.task)] if own else []


def usable(plan: Plan, found: Sequence[AnySystem], run: ToyRun) -> bool:
    """Not, of a set and system of this run, one that was asked for something else."""
    system = next((one for one in found if (one.name, one.task) == (run.system, run.task)), None)
    if system is None or run.data not in plan.sets:
        return True
    came_of_it = {name: getattr(run, name) for name in ("train_s", "learnt", "model_bytes")}
    asked = replace(plan.run_of(system, run.data, run.task), **came_of_it)
    return not plan.fresh and run == asked


def measure(turn: Turn[Plan, AnySystem]) -> Iterator[ToyResult | ToyRun]:
    """Train, then code or clean every held-out picture; rows first, the run when they are there."""
    ((system, ((_, _, task),)),) = turn.todo
    plan, data = turn.plan, turn.data
    start = time.perf_counter()
    budget = Budget(60 * plan.minutes, plan.rounds or None, sigma=SIGMA)
    made = system.train(data.train, budget)
    seconds = time.perf_counter() - start if system.learns else 0.0
    rows = list((coded if task == COMPRESS else cleaned)(system, made, data))
    finished = replace(
        plan.run_of(system, data.name, task),
        train_s=round(seconds, 1),
        learnt=made.training.what,
        model_bytes=made.training.model_bytes,
    )
    ROWS.keep(plan.out, lambda row: key_of(row) != key_of(finished))
    yield from rows
    yield finished


def coded(system: System[Coder], coder: Coder, data: ToySet) -> Iterator[ToyResult]:
    """A row for each file of each setting; InputError if what comes back isn't such a picture."""
    some, picture = next(iter(system.settings.values()))[0], data.held_out[0]
    coder.decode(coder.encode(picture, some), picture.shape)
    for files, settings in system.settings.items():
        each = ACROSS * DOWN if files == SHEET else 1
        for setting in settings:
            for number, first in enumerate(range(0, len(data.held_out), each)):
                pictures = data.held_out[first : first + each]
                source = to_sheet(pictures)
                begin = time.perf_counter()
                file = coder.encode(source, setting)
                decoded = coder.decode(file, source.shape)
                seconds = time.perf_counter() - begin
                if (decoded.shape, decoded.dtype) != (source.shape, source.dtype):
                    raise InputError(
                        f"{system.name} gave {decoded.dtype} {decoded.shape} for {source.shape}"
                    )
                back = from_sheet(decoded, *data.shape[:2])
                about = (system.name, data.name, COMPRESS, files, float(setting), number)
                yield row_of(about, pictures, back, len(file), seconds)


def cleaned(system: System[Cleaner], cleaner: Cleaner, data: ToySet) -> Iterator[ToyResult]:
    """A row for each picture, one at a time; InputError for what isn't such a picture."""
    cleaner.denoise(noisy_picture(data, 0), SIGMA)
    for number, picture in enumerate(data.held_out):
        noisy = noisy_picture(data, number)
        begin = time.perf_counter()
        result = cleaner.denoise(noisy, SIGMA)
        seconds = time.perf_counter() - begin
        if result.shape != noisy.shape or not np.isfinite(result).all():
            raise InputError(f"{system.name} gave {result.shape}, or samples that aren't numbers")
        about = (system.name, data.name, DENOISE, SINGLE, SIGMA, number)
        yield row_of(about, picture[None], result[None], 0, seconds)


def noisy_picture(data: ToySet, number: int) -> Samples:
    """White noise from a seed made of the name, neither clipped nor rounded."""
    picture = data.held_out[number].astype(np.float32)
    return with_noise(picture, SIGMA, f"{data.name}-{number}")


def to_sheet(pictures: Pictures) -> Pictures:
    """(N, H, W, C) to one (rows * H, columns * W, C); N is below 10, or a multiple of 10."""
    count, height, width, channels = pictures.shape
    columns = min(ACROSS, count)
    grid = pictures.reshape(count // columns, columns, height, width, channels)
    rows = grid.transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(rows.reshape(-1, columns * width, channels))


def from_sheet(sheet: Pictures, height: int, width: int) -> Pictures:
    """The pictures of a sheet, (N, H, W, C)."""
    rows, columns = sheet.shape[0] // height, sheet.shape[1] // width
    grid = sheet.reshape(rows, height, columns, width, sheet.shape[2])
    return grid.transpose(0, 2, 1, 3, 4).reshape(-1, height, width, sheet.shape[2])


def row_of(
    about: tuple[str, str, str, str, float, int],
    clean: Pictures,
    result: Pictures | Samples,
    size: int,
    seconds: float,
) -> ToyResult:
    """The row of a file: its first cells, (N, H, W, C) as they are and as they came back."""
    pairs = [
        (one.astype(np.float32), other.astype(np.float32))
        for one, other in zip(clean, result, strict=True)
    ]
    alike = [value for pair in pairs if (value := ssim(*pair)) is not None]
    error = float(np.mean([10 ** (-psnr(*pair) / 10) for pair in pairs]))
    return ToyResult(
        *about,
        pictures=len(pairs),
        pixels=int(np.prod(clean.shape[:3])),
        bytes=size,
        psnr=round(-10 * math.log10(error), 3) if error else math.inf,
        ssim=round(float(np.mean(alike)), 4),
        run_s=round(seconds, 5),
    )


BENCH: Bench[Plan, AnySystem, Any] = Bench(
    name="toy",
    title="Beside what articles build",
    columns=(RUNS, ROWS),
    report="toy.md",
    tables=tables.report,
    sections={"toy": tables.section},
    what=lambda plan: f"beside what articles build: {', '.join(plan.sets)}",
    cases=cases,
    methods=systems,
    wanted=wanted,
    measure=measure,
    key=key_of,
    usable=usable,
)
