"""`bench size`: how time and memory of compress, decompress and denoise grow with the picture.

Each is measured in a fresh process, on squares of photographs side by side. Small sizes come first,
so that what takes long, or more memory than there is, comes last.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NamedTuple, Self

import numpy as np

from pellucid.evaluate import fresh
from pellucid.evaluate._extras import require
from pellucid.evaluate.bench import Bench, Case, Measurement
from pellucid.evaluate.benches import size_tables
from pellucid.evaluate.benches.denoise_tasks import with_noise
from pellucid.evaluate.benches.size_tables import QUALITY, ROWS, SIGMA, TASKS, SizeResult
from pellucid.evaluate.fresh import Work
from pellucid.evaluate.mosaic import side_by_side, side_of
from pellucid.evaluate.peers import lossy
from pellucid.evaluate.peers.base import OWN_PREFIX, Rgb, Samples, is_own, model_of
from pellucid.evaluate.pictures import find_pictures, load_rgb
from pellucid.evaluate.plan import BasePlan, Option, Request
from pellucid.evaluate.speed import spread_of
from pellucid.runtime import load_model
from pellucid.runtime.session import THREADS_VARIABLE

LEAST, MOST = 0.01, 250.0  # megapixels; the most is what `read_image` takes and memory holds
MOST_PICTURES = 24  # more say nothing new
SAMPLE = Path(__file__).parents[2] / "samples" / "chelsea.png"  # without pictures of the user's
MODELS = tuple(model_of(name) for name in lossy.LOSSY.labels if is_own(name))
DATA = "Folder of pictures, or one.  [default: the photograph of the demo]"


@dataclass(frozen=True, kw_only=True)
class Plan(BasePlan):
    """Seconds and peak memory of compress, decompress and denoise against the picture's size.

    Each is measured in a process of its own, on squares of photographs side by side. The slopes of
    log over log are in the report.
    """

    data: Annotated[Path, Option(DATA)] = SAMPLE
    megapixels: Annotated[
        tuple[float, ...],
        Option("Sizes; 64 takes minutes and some gigabytes.", least=LEAST, most=MOST),
    ] = (0.25, 1.0, 4.0, 16.0, 64.0)
    models: Annotated[tuple[str, ...], Option("pellucid's own.", choices=MODELS)] = ("m", "s")
    threads: Annotated[int, Option("Of every task.", least=1)] = 2
    repeats: Annotated[int, Option("Runs a timing.", least=1)] = 3

    @classmethod
    def requested(cls, request: Request) -> list[Self]:
        """All sizes."""
        return [request.plan(cls, data=request.pictures, models=request.models)]


class Model(NamedTuple):
    """A model, codec and denoiser; `versions` of pellucid and the model for each task."""

    name: str
    versions: dict[str, str]
    threading: str = "as asked for"


def version_of(model: str, task: str) -> str:
    """pellucid and the model: rows with another text are stale."""
    api = require("pellucid")
    if task == "denoise":
        return f"pellucid {api.__version__}, model {api.denoisers().get(model)}"
    return f"pellucid {api.__version__}, model {load_model(model).id.hex()}"


def cases(plan: Plan) -> list[Case]:
    """The sizes, from small to large; InputError without pictures."""
    paths = [plan.data] if plan.data.is_file() else find_pictures(plan.data, MOST_PICTURES)
    pictures = [load_rgb(path) for path in paths]
    sides = [side_of(size) for size in sorted(plan.megapixels)]
    return [
        Case(f"{side} x {side}", partial(side_by_side, pictures, side), plan.data.resolve().stem)
        for side in sides
    ]


def measure(current: Measurement[Plan, Model]) -> Iterator[SizeResult]:
    """A row for each model and task that lacks one on one square."""
    todo = [(model, key[0]) for model, keys in current.todo for key in keys]
    with TemporaryDirectory() as place:
        folder = Path(place)
        np.save(folder / "clean.npy", current.data)
        if any(task == "denoise" for _, task in todo):
            np.save(folder / "noisy.npy", noisy_samples(current.data))
        for model, task in todo:
            with current.outcome.attempt(f"{task} by {model.name}, {len(current.data)} a side"):
                work = measure_work(current.plan, model.name, task, folder)
                spread, side = spread_of(work.seconds), len(current.data)
                yield SizeResult(
                    task=task,
                    model=model.name,
                    data=current.case.data,
                    width=side,
                    height=side,
                    setting=SIGMA if task == "denoise" else QUALITY,
                    bytes=work.size,
                    seconds=round(spread.median, 5),
                    seconds_low=round(spread.low, 5),
                    seconds_high=round(spread.high, 5),
                    peak_mb=round(work.peak_mb, 1),
                    base_mb=round(work.base_mb, 1),
                    threads=current.plan.threads,
                    repeats=current.plan.repeats,
                    version=model.versions[task],
                )


def measure_work(plan: Plan, model: str, task: str, folder: Path) -> Work:
    """One task in a process of its own; `folder` holds the pictures, and keeps the file."""
    order = {"task": task, "threads": plan.threads, "repeats": plan.repeats}
    if task == "denoise":
        order |= {"name": model, "picture": str(folder / "noisy.npy"), "sigma": SIGMA}
        return fresh.measure(f"{__name__}:denoise_work", order)
    file = folder / f"{model}.pel"
    order |= {"name": OWN_PREFIX + model, "picture": str(folder / "clean.npy")}
    order |= {"file": str(file), "setting": QUALITY}
    prepare = f"{lossy.__name__}:work"
    if task == "decompress" and not file.exists():
        fresh.measure(prepare, {**order, "task": "compress", "repeats": 1})
    return fresh.measure(prepare, order)


def denoise_work(order: dict[str, Any]) -> tuple[Callable[[], object], Callable[[], int]]:
    """pellucid's denoiser on samples as they are stored, warm; see `fresh.measure`."""
    os.environ[THREADS_VARIABLE] = str(order["threads"])
    denoise, noisy = require("pellucid").denoise, np.load(order["picture"])
    told = {"sigma": order["sigma"], "model": order["name"]}
    denoise(np.ascontiguousarray(noisy[:64, :64]), **told)
    return lambda: denoise(noisy, **told), lambda: 0


def noisy_samples(picture: Samples) -> Rgb:
    """uint8 samples with white noise of `SIGMA`, made in strips."""
    strips = np.array_split(picture, max(1, len(picture) // 512))
    made = [
        np.clip(np.rint(with_noise(strip, SIGMA, f"strip {number}")), 0, 255).astype(np.uint8)
        for number, strip in enumerate(strips)
    ]
    return np.concatenate(made)


BENCH: Bench[Plan, Model, SizeResult] = Bench(
    name="size",
    columns=(ROWS,),
    plan=Plan,
    title="Cost against size",
    requested=Plan.requested,
    tables=size_tables.tables,
    plots=size_tables.plots,
    sections={"bench-size": size_tables.tables},
    cases=cases,
    methods=lambda plan: (
        [Model(name, {task: version_of(name, task) for task in TASKS}) for name in plan.models],
        {},
    ),
    wanted=lambda _plan, case, model: [(task, model.name, case.data, case.name) for task in TASKS],
    measure=measure,
    key=lambda row: (row.task, row.model, row.data, f"{row.width} x {row.height}"),
    makes=lambda plan, model, row: plan.fresh or model.name == row.model,
    usable=lambda plan, model, row: (
        (row.threads, row.repeats, row.version)
        == (plan.threads, plan.repeats, model.versions.get(row.task))
    ),
    what=lambda _plan: "cost against size",
    order=lambda row: (row.task, row.model, row.data, row.width),
)
