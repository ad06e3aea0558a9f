"""`bench large`: for each size a mosaic, and each task on it in a process of its own.

Sizes run from small to large, and outputs are removed when they aren't needed any more, so that the
disk holds two pictures at most. Rows are written as they come.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shlex import join

from pellucid import __version__
from pellucid.errors import OptionError, OutputError, PellucidError
from pellucid.evaluate.large.mosaic import load_photos, side_of, write_mosaic
from pellucid.evaluate.large.process import cost_of
from pellucid.evaluate.large.rows import LargeResult, save_rows

TASKS = ("compress", "decompress", "region", "denoise")
REGION = 512  # samples a side
QUALITY, SIGMA = 60, 10
LEAST, MOST = 1.1, 4000.0  # megapixels

Notify = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run; `folder` is for the mosaics and outputs, None a temporary one."""

    data: Path
    out: Path
    megapixels: tuple[float, ...] = (24, 1000)
    tasks: tuple[str, ...] = TASKS
    model: str = "m"
    folder: Path | None = None
    threads: int = 2


@dataclass(slots=True)
class Outcome:
    """What came of it: rows, and single failures."""

    rows: list[LargeResult] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def run(plan: Plan, notify: Notify = lambda _line: None) -> Outcome:
    """Run a bench; rows end up in `plan.out`.

    Raises:
        InputError: no photographs. OptionError: an unknown task, a size out of range.
        OutputError: the folder can't be written. MissingExtraError: tifffile isn't installed.
    """
    check(plan)
    photos = load_photos(plan.data)
    outcome = Outcome()
    with workplace(plan) as folder:
        for megapixels in sorted(plan.megapixels):
            side = side_of(megapixels)
            mosaic = folder / f"mosaic-{side}.tif"
            notify(f"{megapixels:g} megapixels: {mosaic}")
            try:
                write_mosaic(mosaic, photos, side)
                for row in measure(plan, mosaic, side, notify, outcome):
                    outcome.rows.append(row)
                    save_rows(plan.out, [row], command_of(plan))
            finally:
                mosaic.unlink(missing_ok=True)
    return outcome


def measure(
    plan: Plan, mosaic: Path, side: int, notify: Notify, outcome: Outcome
) -> Iterator[LargeResult]:
    """A row for each task on one mosaic; failures go to `outcome`."""
    packed = mosaic.with_suffix(".pel")
    corner = f"{side // 2},{side // 2},{REGION},{REGION}"
    limits = ("--max-pixels", str(side * side), "--force")
    told = ("--sigma", SIGMA, "--model", plan.model)
    commands = {
        "compress": (("compress", mosaic, "-o", packed, "-q", QUALITY, "--model", plan.model), ""),
        "decompress": (("decompress", packed, "-o", mosaic.with_suffix(".back.tif")), ""),
        "region": (
            ("decompress", packed, "-o", mosaic.with_suffix(".png"), "--region", corner),
            f"{REGION} x {REGION}",
        ),
        "denoise": (
            ("denoise", mosaic, "-o", mosaic.with_suffix(".clean.tif"), *told),
            f"sigma {SIGMA}",
        ),
    }
    settings = {"compress": f"model {plan.model}, quality {QUALITY}"}
    try:
        for task in (task for task in TASKS if task in plan.tasks):
            words, setting = commands[task]
            target = Path(str(words[3]))
            try:
                cost = cost_of([*map(str, words), *limits], plan.threads)
            except PellucidError as error:
                outcome.failures.append(f"{task}, {side} x {side}: {error}")
                continue
            row = LargeResult(
                task=task,
                width=side,
                height=side,
                pixels=REGION**2 if task == "region" else side * side,
                seconds=round(cost.seconds, 3),
                peak=cost.peak,
                bytes=target.stat().st_size,
                setting=settings.get(task, setting),
                threads=plan.threads,
                version=__version__,
            )
            notify(f"  {task}: {row.seconds:.1f} s, {row.peak / 1e6:.0f} MB")
            if task != "compress":
                target.unlink()
            yield row
    finally:
        packed.unlink(missing_ok=True)


def command_of(plan: Plan) -> str:
    """The command that measures this again; of folders it gives the last names only."""
    sizes = ",".join(f"{size:g}" for size in sorted(plan.megapixels))
    words = ["pellucid", "bench", "large", "--data", plan.data.resolve().name]
    words += ["-o", plan.out.resolve().name, "--megapixels", sizes, "--tasks", ",".join(plan.tasks)]
    return join([*words, "--model", plan.model, "--threads", str(plan.threads)])


@contextmanager
def workplace(plan: Plan) -> Iterator[Path]:
    """The folder for mosaics and outputs, made if it isn't there; a temporary one goes again."""
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
        if plan.folder is not None:
            plan.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"can't write to {error.filename}: {error.strerror}") from error
    if plan.folder is not None:
        yield plan.folder
        return
    with tempfile.TemporaryDirectory(prefix="pellucid-large-") as name:
        yield Path(name)


def check(plan: Plan) -> None:
    """Raise OptionError for a task that there isn't, or a size out of range."""
    if unknown := [task for task in plan.tasks if task not in TASKS]:
        raise OptionError(f"there is no task {unknown[0]!r}; the tasks are {', '.join(TASKS)}")
    if {"decompress", "region"} & set(plan.tasks) and "compress" not in plan.tasks:
        raise OptionError("decompress and region need compress among the tasks")
    if not plan.megapixels or plan.threads < 1:
        raise OptionError("give sizes, such as --megapixels 24,1000, and at least one thread")
    for size in plan.megapixels:
        if not LEAST <= size <= MOST:
            raise OptionError(f"{size:g} megapixels are not from {LEAST:g} to {MOST:g}")
