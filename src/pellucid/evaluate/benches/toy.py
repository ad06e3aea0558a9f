"""`bench toy`: pellucid beside what articles for beginners build, on CIFAR-10 and MNIST.

DIR/toy-<system>.tsv   one row a picture (or sheet of pictures) and setting
DIR/toy-runs.tsv       one row a system, set and task: what it learnt from, how long

A system's rows of a set and task are kept or made anew together, since a model isn't kept. What the
first call of a library costs isn't timed: each system runs once on a picture before.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError
from pellucid.evaluate._extras import require
from pellucid.evaluate.bench import Bench, Case, Measurement
from pellucid.evaluate.benches.denoise_tasks import with_noise
from pellucid.evaluate.benches.toy_data import ToySet, find_sets
from pellucid.evaluate.benches.toy_rows import ROWS, RUNS, ToyResult, ToyRun, key_of, report
from pellucid.evaluate.metrics import psnr, ssim
from pellucid.evaluate.peers.toy import AT, SYSTEMS
from pellucid.evaluate.peers.toy_base import SIGMA, Budget, Model, Pictures, System
from pellucid.evaluate.plan import BasePlan, Option, Request

ACROSS, DOWN = 10, 10  # pictures of a sheet, whose header they share
DATA = (
    "Folder of MNIST's idx files, CIFAR-10's pickles or sprites, or a folder of pictures for each "
    "class; or a folder of such folders. More than once: more sets."
)
CHOICE = (
    "Comma between: pellucid, networks, cnn, cnn_bce, cnn_sigmoid, cnn_tanh, cnn_flat, forest, "
    "svr, jpeg420, jpeg444, jpeg2000, webp, avif_psnr, jxl, bm3d, nlm, wavelet, tv, noisy; or all."
)
ROUNDS = (
    "Of training at most, in each system's own count; the time allowing, the result then doesn't "
    "depend on it."
)
LOOK = "A look: 20 pictures held out, 500 and six seconds to learn, two rounds at most."
# What a run isn't asked for, but comes of it.
CAME_OF_IT: dict[str, Any] = {"train_s": 0.0, "learnt": "", "model_bytes": 0}


@dataclass(frozen=True, kw_only=True)
class Plan(BasePlan):
    """Small CNNs in Keras, forests and support vectors beside codecs, denoisers and pellucid.

    Each learns from part of a set of small pictures and is measured on the rest, at compression
    and at denoising: rate from real files, PSNR, SSIM, seconds to train and to run.

    The CNNs need more than the others: pip install 'pellucid[bench,train]'. A system's rows are
    written when it has done a task on a set.
    """

    data: Annotated[tuple[Path, ...], Option(DATA)]
    out: Annotated[Path, Option("Folder for the rows.")] = Path("toy-results")
    systems: Annotated[tuple[str, ...], Option(CHOICE)] = ("all",)
    minutes: Annotated[
        float, Option("Of training, for each system that learns, task and set.", over=0)
    ] = 2.0
    train: Annotated[int, Option("Pictures of a set to learn from, at most.", least=1)] = 10_000
    held_out: Annotated[int, Option("Others of it to report on, at most.", least=1)] = 200
    rounds: Annotated[int | None, Option(ROUNDS, least=1)] = None
    threads: Annotated[int, Option("Of every system.", least=1)] = 2
    fresh: Annotated[bool, Option("Forget earlier rows of these systems and sets.")] = False
    quick: Annotated[bool, Option(LOOK)] = False

    def check(self) -> None:
        """Raise OptionError for an unknown system or a number that is out of range."""
        super().check()
        SYSTEMS.expand(self.systems)

    def settled(self) -> Self:
        """A quick look learns for six seconds."""
        few = replace(self, minutes=0.1, train=500, held_out=20, rounds=2)
        return few if self.quick else self

    @classmethod
    def requested(cls, request: Request) -> list[Self]:
        """All systems, if there are pictures for them; else InputError."""
        if request.toy is None:
            raise InputError("give --toy with a folder of CIFAR-10 or MNIST")
        return [request.plan(cls, data=(request.toy,))]

    @cached_property
    def sets(self) -> dict[str, ToySet]:
        """The sets, read once; InputError as of `find_sets`."""
        found = find_sets(self.data, train=self.train, held_out=self.held_out)
        return {one.name: one for one in found}

    def run_of(self, system: System, data: str) -> ToyRun:
        """What is asked of a system, without what came of it."""
        return ToyRun(
            system=system.name,
            data=data,
            task=system.task,
            train_pictures=len(self.sets[data].train) if system.learns else 0,
            held_out=len(self.sets[data].held_out),
            minutes=float(self.minutes) if system.learns else 0.0,
            rounds=(self.rounds or 0) if system.learns else 0,
            threads=self.threads,
            version=system.version,
            **CAME_OF_IT,
        )


def cases(plan: Plan) -> list[Case]:
    """Each set at each task, system by system, so that one model at a time is in memory."""
    require("skimage.metrics", "scikit-image")
    return [
        Case(f"{task} by {name}", lambda data=data: data, data.name, (name, task))  # type: ignore[misc]
        for data in plan.sets.values()
        for task, peers in AT.items()
        for name in SYSTEMS.expand(plan.systems)
        if name in peers.makers
    ]


def systems(plan: Plan) -> tuple[list[System], dict[str, str]]:
    """Those that are asked for and can be had, one for each of their tasks."""
    found, missing = [], dict[str, str]()
    for peers in AT.values():
        names = [name for name in SYSTEMS.expand(plan.systems) if name in peers.makers]
        some, reasons = peers.load(names, plan.threads)
        found += some
        missing |= reasons
    return found, missing


def measure(current: Measurement[Plan, System]) -> Iterator[ToyResult | ToyRun]:
    """Train, then code or clean every held-out picture; rows first, the run when they are there."""
    ((system, _),) = current.todo
    plan, data = current.plan, current.data
    start = time.perf_counter()
    model = system.train(data.train, Budget(60 * plan.minutes, plan.rounds))
    seconds = time.perf_counter() - start if system.learns else 0.0
    rows = list(used(system, model, data))
    finished = replace(
        plan.run_of(system, data.name),
        train_s=round(seconds, 1),
        learnt=model.learnt,
        model_bytes=model.size,
    )
    ROWS.keep(plan.out, lambda row: key_of(row) != key_of(finished))
    yield from rows
    yield finished
    ROWS.sort(plan.out, lambda r: (r.data, r.task, r.files, r.setting, r.picture))


def used(system: System, model: Model, data: ToySet) -> Iterator[ToyResult]:
    """A row for each file of each setting; InputError if what comes back isn't such a picture."""
    given: Any = data.held_out
    if system.task == "denoise":  # from a seed made of the name, neither clipped nor rounded
        numbered = enumerate(given.astype(np.float32))
        given = np.stack([with_noise(one, SIGMA, f"{data.name}-{at}") for at, one in numbered])
    model.run(given[0], next(iter(system.settings.values()))[0])
    for files, settings in system.settings.items():
        each = ACROSS * DOWN if files == "sheet" else 1
        for setting in settings:
            for number, first in enumerate(range(0, len(given), each)):
                source = to_sheet(given[first : first + each])
                begin = time.perf_counter()
                result, size = model.run(source, setting)
                seconds = time.perf_counter() - begin
                kinds = (result.shape, result.dtype), (source.shape, source.dtype)
                if kinds[0] != kinds[1] or not np.isfinite(result).all():
                    raise InputError(
                        f"{system.name} gave {result.dtype} {result.shape} for {source.shape}, or "
                        "samples that aren't numbers"
                    )
                clean = data.held_out[first : first + each]
                back = from_sheet(result, *data.shape[:2])
                about = (system.name, data.name, system.task, files, float(setting), number)
                yield row_of(about, clean, back, size, seconds)


def to_sheet(pictures: NDArray[Any]) -> NDArray[Any]:
    """(N, H, W, C) to one (rows * H, columns * W, C); N is below 10, or a multiple of 10."""
    count, height, width, channels = pictures.shape
    columns = min(ACROSS, count)
    grid = pictures.reshape(count // columns, columns, height, width, channels)
    rows = grid.transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(rows.reshape(-1, columns * width, channels))


def from_sheet(sheet: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """The pictures of a sheet, (N, H, W, C)."""
    rows, columns = sheet.shape[0] // height, sheet.shape[1] // width
    grid = sheet.reshape(rows, height, columns, width, sheet.shape[2])
    return grid.transpose(0, 2, 1, 3, 4).reshape(-1, height, width, sheet.shape[2])


def row_of(
    about: tuple[str, str, str, str, float, int],
    clean: Pictures,
    result: NDArray[Any],
    size: int,
    seconds: float,
) -> ToyResult:
    """The row of a file: its first cells, (N, H, W, C) as they are and as they came back."""
    pairs = [*zip(clean.astype(np.float32), result.astype(np.float32), strict=True)]
    alike = [value for pair in pairs if (value := ssim(*pair)) is not None]
    error = float(np.mean([10 ** (-psnr(*pair) / 10) for pair in pairs]))
    return ToyResult(
        *about,
        pictures=len(pairs),
        pixels=math.prod(clean.shape[:3]),
        bytes=size,
        psnr=round(-10 * math.log10(error), 3) if error else math.inf,
        ssim=round(float(np.mean(alike)), 4),
        run_s=round(seconds, 5),
    )


BENCH: Bench[Plan, System, Any] = Bench(
    name="toy",
    columns=(RUNS, ROWS),
    plan=Plan,
    title="Beside what articles build",
    requested=Plan.requested,
    tables=report,
    sections={"toy": partial(report, level="###")},
    what=lambda plan: f"beside what articles build: {', '.join(plan.sets)}",
    cases=cases,
    methods=systems,
    wanted=lambda _plan, case, system: [
        (name, case.data, task)
        for name, task in [case.about]
        if (name, task) == (system.name, system.task)
    ],
    measure=measure,
    key=key_of,
    makes=lambda plan, one, run: (
        (one.name, one.task) == (run.system, run.task) and run.data in plan.sets
    ),
    usable=lambda plan, one, run: replace(run, **CAME_OF_IT) == plan.run_of(one, run.data),
)
