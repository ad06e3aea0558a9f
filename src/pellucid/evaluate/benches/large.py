"""`bench large`: seconds and peak memory of commands on mosaics of photographs of many megapixels.

Each command runs in a process of its own. Sizes run from small to large, and outputs are removed
when they aren't needed any more, so that the disk holds two pictures at most.
"""

from __future__ import annotations

import os
import runpy
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

from pellucid import __version__
from pellucid.errors import OptionError
from pellucid.evaluate import bench, fresh, runs
from pellucid.evaluate._extras import require
from pellucid.evaluate.bench import Bench, Case, Measurement, Part
from pellucid.evaluate.benches.size import version_of
from pellucid.evaluate.mosaic import load_photos, side_of, write_mosaic
from pellucid.evaluate.peers.base import Named
from pellucid.evaluate.plan import BasePlan, Option, Request
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import MINUS, Table, rate
from pellucid.runtime import load_model
from pellucid.runtime.session import THREADS_VARIABLE

TASKS = ("compress", "decompress", "region", "denoise")
REGION = 512  # samples a side
QUALITY, SIGMA = "60", "10"
LEAST, MOST = 1.1, 4000.0  # megapixels
FOLDER = "For mosaics and outputs: 7 bytes a pixel of the largest.  [default: a temporary one]"
HOW = (
    "Square mosaics of photographs (cells of 1024 x 1024, shifted and mirrored), as BigTIFF with "
    "tiles. Each command ran once, in a process of its own: wall seconds with the start of Python, "
    "and the most memory that it held at once."
)


@dataclass(frozen=True, slots=True)
class LargeResult:
    """One command on one mosaic.

    `seconds` are wall seconds of the whole process, `peak` the bytes of memory that it took at
    most, `pixels` those that it gave (of a region fewer than width * height), `bytes` those of its
    output.
    """

    task: str
    width: int
    height: int
    pixels: int
    seconds: float
    peak: int
    bytes: int
    setting: str
    threads: int
    version: str

    @property
    def rate(self) -> float:
        """Megapixels a second."""
        return self.pixels / 1e6 / self.seconds


ROWS = Rows(LargeResult, "large.tsv")


@dataclass(frozen=True, kw_only=True)
class Plan(BasePlan):
    """Seconds and peak memory of compress, decompress, a region and denoise on large pictures.

    Makes mosaics of photographs as tiled BigTIFF, and runs each command in a process of its own.
    """

    data: Annotated[Path, Option("Folder of photographs.")]
    megapixels: Annotated[
        tuple[float, ...], Option("Sizes of the mosaics.", least=LEAST, most=MOST)
    ] = (24, 1000)
    tasks: Annotated[tuple[str, ...], Option("What to measure.", choices=TASKS)] = TASKS
    model: Annotated[str, Option("m or s, codec and denoiser.")] = "m"
    folder: Annotated[Path | None, Option(FOLDER)] = None
    threads: Annotated[int, Option("Of every command.", least=1)] = 2
    fresh: Annotated[bool, Option("Measure again what was measured before.")] = False

    def check(self) -> None:
        """Raise OptionError for a task that there isn't, or a size out of range."""
        super().check()
        if {"decompress", "region"} & set(self.tasks) and "compress" not in self.tasks:
            raise OptionError("decompress and region need compress among the tasks")

    @classmethod
    def requested(cls, request: Request) -> list[Self]:
        """Two sizes of the first model; InputError if no photograph is large enough for one."""
        require("tifffile", extra="science")
        load_photos(request.pictures)
        return [
            request.plan(
                cls, data=request.pictures, megapixels=(24.0, 100.0), model=request.models[0]
            )
        ]


class Command(NamedTuple):
    """The words of a command but `-o`, the file that it makes, and its setting as its row says."""

    words: Sequence[str | Path]
    target: Path
    setting: str


def commands_of(plan: Plan, mosaic: Path, side: int) -> dict[str, Command]:
    """The command of each task on a mosaic."""
    packed, back, part, clean = (
        mosaic.with_suffix(suffix) for suffix in (".pel", ".back.tif", ".png", ".clean.tif")
    )
    own, setting = ("--model", plan.model), f"model {plan.model}, quality {QUALITY}"
    tuned = ("--tune", load_model(plan.model).tune)
    region = ("--region", f"{side // 2},{side // 2},{REGION},{REGION}")
    return {
        "compress": Command(("compress", mosaic, "-q", QUALITY, *own, *tuned), packed, setting),
        "decompress": Command(("decompress", packed), back, ""),
        "region": Command(("decompress", packed, *region), part, f"{REGION} x {REGION}"),
        "denoise": Command(("denoise", mosaic, "--sigma", SIGMA, *own), clean, f"sigma {SIGMA}"),
    }


def program_work(order: dict[str, Any]) -> tuple[Callable[[], object], Callable[[], int]]:
    """A command of pellucid, see `fresh.measure`; it ends the process if it fails."""
    os.environ[THREADS_VARIABLE] = str(order["threads"])

    def work() -> None:
        sys.argv = ["pellucid", *order["words"]]
        try:
            runpy.run_module("pellucid", run_name="__main__")
        except SystemExit as end:
            if end.code:
                raise

    return work, lambda: 0


def measure(current: Measurement[Plan, Named]) -> Iterator[LargeResult]:
    """A row for each task that lacks one on the mosaic of one size, whose file goes at the end."""
    plan, side = current.plan, current.case.about
    mosaic = Path(current.tool) / f"mosaic-{side}.tif"
    commands, lacking = commands_of(plan, mosaic, side), {task for task, _ in current.todo[0][1]}
    needed = lacking | ({"compress"} if lacking & {"decompress", "region"} else set())
    try:
        write_mosaic(mosaic, current.data, side)
        for task in (task for task in TASKS if task in needed):
            with current.outcome.attempt(f"{task}, {side} x {side}"):
                words, target, setting = commands[task]
                more = ("-o", target, "--max-pixels", side * side, "--force")
                order = {"words": [*map(str, (*words, *more))], "threads": plan.threads}
                start = time.perf_counter()
                work = fresh.measure(f"{__name__}:program_work", order)
                row = LargeResult(
                    task=task,
                    width=side,
                    height=side,
                    pixels=REGION**2 if task == "region" else side * side,
                    seconds=round(time.perf_counter() - start, 3),
                    peak=round(work.peak_mb * fresh.MEGABYTE),
                    bytes=target.stat().st_size,
                    setting=setting,
                    threads=plan.threads,
                    version=version_of(plan.model, task),
                )
                if task in lacking:
                    yield row
            if task != "compress":
                commands[task].target.unlink(missing_ok=True)
    finally:
        for path in (mosaic, commands["compress"].target):
            path.unlink(missing_ok=True)


def cases(plan: Plan) -> list[Case]:
    """The sizes, from small to large."""
    photos = load_photos(plan.data)
    sides = [side_of(size) for size in sorted(plan.megapixels)]
    return [Case(f"{side} x {side}", lambda: photos, about=side) for side in sides]


def usable(plan: Plan, _one: Named, row: LargeResult) -> bool:
    """Not a row of another version or model, or of other threads or settings."""
    setting = commands_of(plan, Path("mosaic.tif"), row.width)[row.task].setting
    wanted = (plan.threads, version_of(plan.model, row.task), setting)
    return (row.threads, row.version, row.setting) == wanted


def workplace(plan: Plan) -> AbstractContextManager[Any]:
    """The folder for mosaics and outputs, made if it isn't there; a temporary one goes again."""
    if plan.folder is None:
        return tempfile.TemporaryDirectory(prefix="pellucid-large-")
    bench.make_folder(plan.folder)
    return nullcontext(plan.folder)


COLUMNS: dict[str, Callable[[LargeResult], str]] = {
    "task": lambda row: f"{row.task} ({row.setting})" if row.setting else row.task,
    "megapixels": lambda row: f"{row.width * row.height / 1e6:.0f}",
    "seconds": lambda row: rate(row.seconds),
    "MP/s": lambda row: "" if row.task == "region" else f"{row.rate:.2f}",
    "peak memory (MB)": lambda row: f"{row.peak / 1e6:.0f}",
    "output (MB)": lambda row: f"{row.bytes / 1e6:.1f}",
}


def tables(folder: Path) -> list[Part]:
    """The table and what it says."""
    rows = sorted(ROWS.load(folder), key=lambda row: (TASKS.index(row.task), row.width))
    if not rows:
        return []
    changes = []  # from the smallest picture to the largest
    for task in (task for task in TASKS if task != "region"):
        own = [row.rate for row in rows if row.task == task]
        if len(own) > 1:
            changes.append(f"{task} {own[-1] / own[0] - 1:+.0%}".replace("-", MINUS))
    speed = f"Speed of the largest picture against that of the smallest: {', '.join(changes)}."
    threads = " or ".join(sorted({str(row.threads) for row in rows}))
    found = runs.load_runs(folder, BENCH.name)
    machine = found[-1].machine.get("processor", "a processor") if found else "a processor"
    said = f"Measured on {machine}, {threads} thread(s)"
    command = f", last with `{found[-1].command}`" if found and found[-1].command else ""
    return [HOW, Table.of(rows, COLUMNS), speed if changes else "", f"{said}{command}."]


BENCH: Bench[Plan, Named, LargeResult] = Bench(
    name="large",
    columns=(ROWS,),
    plan=Plan,
    title="Large pictures",
    requested=Plan.requested,
    tables=tables,
    sections={"large-tasks": tables},
    cases=cases,
    methods=lambda _plan: ((Named("pellucid", __version__, "as asked for"),), {}),
    wanted=lambda plan, case, _method: [(task, case.about) for task in plan.tasks],
    measure=measure,
    key=lambda row: (row.task, row.width),
    makes=lambda plan, _one, row: (
        row.width in map(side_of, plan.megapixels) and row.task in plan.tasks
    ),
    usable=usable,
    what=lambda plan: f"large pictures of {plan.data.resolve().name}",
    order=lambda row: (row.width * row.height, row.task),
    tool=workplace,
)
