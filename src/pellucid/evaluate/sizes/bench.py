"""The loop of `bench size`: sizes x models x tasks, each in a fresh process, rows as they come.

Started again, it does only what's missing. Small sizes come first, so that what takes long, or more
memory than there is, comes last.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from pellucid.errors import OptionError, OutputError, PellucidError
from pellucid.evaluate._extras import require
from pellucid.evaluate.adapters import check_threads
from pellucid.evaluate.benches.denoise_tasks import with_noise
from pellucid.evaluate.fresh import Work
from pellucid.evaluate.fresh import measure as measure_fresh
from pellucid.evaluate.peers.base import OWN_PREFIX, is_own, model_of
from pellucid.evaluate.peers.lossy import LOSSY
from pellucid.evaluate.peers.pellucid_codec import THREADS_VARIABLE
from pellucid.evaluate.sizes import rows as store
from pellucid.evaluate.sizes.mosaic import load_sources, mosaic
from pellucid.evaluate.sizes.rows import SizeResult
from pellucid.evaluate.speed import spread_of
from pellucid.evaluate.store import describe_machine, write_facts

MEGAPIXELS = (0.25, 1.0, 4.0, 16.0, 64.0)
MOST_MEGAPIXELS = 250.0  # the limit of `read_image`, and of what fits into memory
QUALITY = 60.0
SIGMA = 25.0
SAMPLE = Path(__file__).parents[2] / "samples" / "chelsea.png"  # without pictures of the user's
TASKS = ("compress", "decompress", "denoise")

Notify = Callable[[str], None]
Measure = Callable[[dict[str, Any]], Work]


@dataclass(frozen=True, slots=True)
class SizePlan:
    """What to run: `data` is a folder of pictures or one picture, that squares are made of."""

    data: Path
    out: Path
    megapixels: tuple[float, ...] = MEGAPIXELS
    models: tuple[str, ...] = ("m", "s")
    threads: int = 2
    repeats: int = 3
    fresh: bool = False


@dataclass(slots=True)
class SizeOutcome:
    """What came of it."""

    failures: list[str] = field(default_factory=list)
    new_rows: int = 0


def measure_work(order: dict[str, Any]) -> Work:
    """One task in a process of its own; PellucidError if that fails."""
    prepare = "evaluate.sizes.bench:clean_work" if "sigma" in order else "evaluate.peers.lossy:work"
    return measure_fresh(f"pellucid.{prepare}", order)


def run(
    plan: SizePlan, notify: Notify = lambda _line: None, measure: Measure = measure_work
) -> SizeOutcome:
    """Measure every size, model and task; rows end up in `plan.out`.

    Raises:
        InputError: no pictures.
        OptionError: a number out of range, or an unknown model.
        OutputError: the folder can't be written.
    """
    _check(plan)
    sources = load_sources(plan.data)
    path = plan.out / store.FILE
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
        if plan.fresh:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"can't write to {plan.out}: {error}") from error
    kept = [row for row in store.load_rows(plan.out) if _holds(row, plan)]
    store.TABLE.write(path, kept)
    write_facts(plan.out / store.FACTS, describe_machine())
    outcome, done = SizeOutcome(), {row.key for row in kept}
    name = plan.data.resolve().stem
    for side in (side_of(size) for size in sorted(plan.megapixels)):
        todo = [(m, t) for m in plan.models for t in TASKS if (t, m, name, side) not in done]
        if not todo:
            continue
        notify(f"{side} x {side}")
        with TemporaryDirectory() as folder:
            picture = mosaic(sources, side)
            for row in _of_picture(plan, name, picture, todo, Path(folder), measure, outcome):
                store.TABLE.append(path, [row])
                outcome.new_rows += 1
    store.TABLE.write(path, sorted(store.load_rows(plan.out), key=lambda row: row.key))
    return outcome


def clean_work(order: dict[str, Any]) -> tuple[Callable[[], object], Callable[[], int]]:
    """pellucid's denoiser on samples as they are stored, warm; see `fresh.measure`."""
    os.environ[THREADS_VARIABLE] = str(order["threads"])
    denoise, noisy = require("pellucid").denoise, np.load(order["picture"])
    told = {"sigma": order["sigma"], "model": order["name"]}
    denoise(np.ascontiguousarray(noisy[:64, :64]), **told)
    return lambda: denoise(noisy, **told), lambda: 0


def side_of(megapixels: float) -> int:
    """The side of a square of so many megapixels."""
    return round(math.sqrt(megapixels * 1e6))


def version_of(model: str, task: str) -> str:
    """pellucid and the model: rows with another text are stale."""
    api = require("pellucid")
    if task == "denoise":
        return f"pellucid {api.__version__}, model {api.denoisers().get(model)}"
    small = api.compress(np.zeros((64, 64, 3), np.uint8), model=model)
    return f"pellucid {api.__version__}, model {api.info(small).model_id}"


def _check(plan: SizePlan) -> None:
    check_threads(plan.threads)
    if plan.repeats < 1:
        raise OptionError(f"repeats must be at least 1, got {plan.repeats}")
    if not plan.megapixels:
        raise OptionError("no sizes; give some, such as --megapixels 0.25,1")
    for size in plan.megapixels:
        if not 0.01 <= size <= MOST_MEGAPIXELS:
            raise OptionError(f"a size is {size:g}; it must be 0.01 to {MOST_MEGAPIXELS:g} MP")
    if unknown := [model for model in plan.models if OWN_PREFIX + model not in LOSSY.makers]:
        known = ", ".join(model_of(name) for name in LOSSY.labels if is_own(name))
        raise OptionError(f"no model called {unknown[0]!r}; there are: {known}")


def _holds(row: SizeResult, plan: SizePlan) -> bool:
    """Whether an earlier row is what would be measured now; other models' rows stay."""
    if row.model not in plan.models:
        return True
    same = (row.threads, row.repeats) == (plan.threads, plan.repeats)
    return same and row.version == version_of(row.model, row.task)


def _of_picture(
    plan: SizePlan,
    name: str,
    picture: np.ndarray[Any, Any],
    todo: list[tuple[str, str]],
    folder: Path,
    measure: Measure,
    outcome: SizeOutcome,
) -> Iterator[SizeResult]:
    """A row for each model and task of one picture; failures go to `outcome`."""
    clean, noisy = folder / "clean.npy", folder / "noisy.npy"
    np.save(clean, picture)
    if any(task == "denoise" for _, task in todo):
        np.save(noisy, noisy_samples(picture))
    common = {"threads": plan.threads, "repeats": plan.repeats, "setting": QUALITY}
    for model, task in todo:
        file = folder / f"{model}.pel"
        order = {**common, "task": task, "name": f"pellucid-{model}", "file": str(file)}
        order |= {"picture": str(clean)}
        if task == "denoise":
            order |= {"name": model, "picture": str(noisy), "sigma": SIGMA}
        try:
            if task == "decompress" and not file.exists():
                measure({**order, "task": "compress", "repeats": 1})
            work = measure(order)
        except (PellucidError, OSError, MemoryError) as error:
            outcome.failures.append(f"{task} by {model}, {len(picture)} a side: {error}")
            continue
        yield _row(plan, name, picture.shape[0], model, task, work)


def noisy_samples(picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """uint8 samples with white noise of `SIGMA`, made in strips."""
    strips = np.array_split(picture, max(1, len(picture) // 512))
    made = [
        np.clip(np.rint(with_noise(strip, SIGMA, f"strip {number}")), 0, 255).astype(np.uint8)
        for number, strip in enumerate(strips)
    ]
    return np.concatenate(made)


def _row(plan: SizePlan, name: str, side: int, model: str, task: str, work: Work) -> SizeResult:
    spread = spread_of(work.seconds)
    return SizeResult(
        task=task,
        model=model,
        data=name,
        width=side,
        height=side,
        setting=SIGMA if task == "denoise" else QUALITY,
        bytes=work.size,
        seconds=round(spread.median, 5),
        seconds_low=round(spread.low, 5),
        seconds_high=round(spread.high, 5),
        peak_mb=round(work.peak_mb, 1),
        base_mb=round(work.base_mb, 1),
        threads=plan.threads,
        repeats=plan.repeats,
        version=version_of(model, task),
    )
