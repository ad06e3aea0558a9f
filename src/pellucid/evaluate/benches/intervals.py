"""`bench intervals`: how many samples the intervals hold, where 90 of 100 are promised."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, Self

import numpy as np

import pellucid
from pellucid.errors import InputError
from pellucid.evaluate.bench import Bench, Case, Key, Measurement, Part
from pellucid.evaluate.calibrate import net_of, trial
from pellucid.evaluate.peers.base import Named
from pellucid.evaluate.pictures import (
    find_pictures,
    load_pixels,
    load_rgb,
    sample_hash,
    test_set_hashes,
)
from pellucid.evaluate.plan import BasePlan, Option, Request
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import Table, grouped
from pellucid.explaining.intervals import Intervals, half_widths, intervals_of

# What is measured where nobody asks for other steps: sigma of 255, quality.
DEFAULT_STEPS: dict[str, tuple[float, ...]] = {"denoise": (15, 25, 50), "decode": (30, 60, 90)}
UNIT = {"denoise": "sigma", "decode": "quality"}
AT = "Sigma, or quality; more than once.  [default: 15 25 50, or 30 60 90]"


@dataclass(frozen=True, slots=True)
class Coverage:
    """One picture: `step` is the sigma of added noise or the quality.

    `covered` is the part of the samples, of all channels, within their interval; `half_width` the
    mean half-width, of 255. `version` names pellucid and the model's id. Of one channel is what was
    grey or made so.
    """

    task: str
    model: str
    data: str
    step: float
    image: str
    width: int
    height: int
    covered: float
    half_width: float
    version: str
    channels: int = 3

    @property
    def key(self) -> tuple[str, str, str, int, float]:
        """What rows of a line of the table have in common."""
        return (self.task, self.model, self.data, self.channels, self.step)


ROWS = Rows(Coverage, "intervals.tsv")


@dataclass(frozen=True, kw_only=True)
class Plan(BasePlan):
    """How many samples lie within the intervals that explain and info give.

    They hold 90 of 100 on the pictures that they were made from; this measures others, and leaves
    out those if they are among them. Grey pictures are measured as such.
    """

    data: Annotated[tuple[Path, ...], Option("Folder of pictures; more than once for more.")]
    task: Annotated[
        str, Option("Noise taken off, or pictures coded and decoded.", choices=tuple(UNIT))
    ] = "denoise"
    model: Annotated[str, Option("Name, or a model's folder.")] = "m"
    steps: Annotated[tuple[float, ...], Option(AT, flag="at", least=0, most=100, each=True)] = ()
    images: Annotated[int | None, Option("Only the first N of a folder.", least=1)] = None
    grey: Annotated[bool, Option("Make colour pictures grey first.")] = False
    threads: int = 2
    fresh: Annotated[bool, Option("Forget earlier rows of these sets.")] = False

    @classmethod
    def requested(cls, request: Request) -> list[Self]:
        """Each task of each model; of a quick run one step of the first model."""
        return [
            request.plan(cls, data=(request.pictures,), task=task, model=model, steps=steps)
            for model in (request.models[:1] if request.quick else request.models)
            for task, all_steps in DEFAULT_STEPS.items()
            for steps in ([all_steps[1:2]] if request.quick else [all_steps])
        ]

    @cached_property
    def intervals(self) -> Intervals:
        """Of the model; PellucidError if it has none."""
        return intervals_of(net_of(self.task, self.model).folder)

    @cached_property
    def sets(self) -> list[Unseen]:
        """Of each folder what may be measured, and what is left out with the reason."""
        return [unseen(find_pictures(folder), self.intervals) for folder in self.data]


Unseen = tuple[list[Path], dict[str, str]]


def unseen(paths: list[Path], intervals: Intervals) -> Unseen:
    """Pictures that the intervals weren't made from: coverage of those would prove nothing.

    Of intervals that don't say what they were made from, only pictures of the test sets are known
    to be none of it; of others it's said that it wasn't checked. InputError if none is left.
    """
    hashes = {path: sample_hash(load_rgb(path)) for path in paths}
    if intervals.pictures and not len(intervals.seen):
        unknown = [path.name for path in paths if hashes[path] not in test_set_hashes()]
        check = f"a check of {len(unknown)} pictures ({unknown[0]}, ..)" if unknown else ""
        reason = "the model's intervals don't say from which they were made"
        return paths, {check: reason} if check else {}
    known = {row.tobytes().hex() for row in intervals.seen}
    double = [path for path in paths if hashes[path] in known]
    if len(double) == len(paths):
        raise InputError(
            f"the intervals were made from all pictures of {paths[0].parent}; measure others"
        )
    without = {path.name: "the intervals were made from it" for path in double}
    return [path for path in paths if path not in double], without


def cases(plan: Plan) -> list[Case]:
    """Each picture at each step; the noise of a picture is that of its place in the folder."""
    return [
        Case(path.stem, partial(load_pixels, path, grey=plan.grey), folder.name, (step, seed))
        for folder, (paths, _) in zip(plan.data, plan.sets, strict=True)
        for step in plan.steps or DEFAULT_STEPS[plan.task]
        for seed, path in enumerate(paths[: plan.images])
    ]


def methods(plan: Plan) -> tuple[list[Named], dict[str, str]]:
    """The model, with pellucid's version and its id; and which pictures are left out, and why."""
    version = f"pellucid {pellucid.__version__}, {net_of(plan.task, plan.model).id.hex()[:8]}"
    missing = {name: why for _, out in plan.sets for name, why in out.items()}
    return [Named(plan.model, version, "as asked for")], missing


def wanted(plan: Plan, case: Case, _one: Named) -> list[Key]:
    """A row; its picture is loaded to know whether it's grey."""
    channels = case.load().shape[2]
    return [(plan.task, plan.model, case.data, channels, float(case.about[0]), case.name)]


def measure(current: Measurement[Plan, Named]) -> Iterator[Coverage]:
    """One picture at one step."""
    plan, (step, seed), ((one, _),) = current.plan, current.case.about, current.todo
    each = trial(current.data, plan.task, step, plan.model, seed)
    widths = half_widths(each.result, plan.intervals, sigma=each.sigma, level=each.level)
    inside = np.abs(each.result - each.truth) <= widths[..., None]
    height, width, channels = each.truth.shape
    about = (
        plan.task,
        plan.model,
        current.case.data,
        float(step),
        current.case.name,
        width,
        height,
    )
    covered, half_width = round(float(inside.mean()), 5), round(float(widths.mean()), 4)
    yield Coverage(*about, covered, half_width, one.version, channels)


def mean(rows: Sequence[Coverage], name: str) -> float:
    """Of a cell, over all samples."""
    weights = [row.width * row.height for row in rows]
    return float(np.average([getattr(row, name) for row in rows], weights=weights))


COLUMNS: dict[str, Callable[[list[Coverage]], str]] = {
    "what": lambda rows: rows[0].task,
    "model": lambda rows: rows[0].model,
    "pictures": lambda rows: (
        f"{rows[0].data}{', grey' if rows[0].channels == 1 else ''} ({len(rows)})"
    ),
    "at": lambda rows: f"{UNIT[rows[0].task]} {rows[0].step:g}",
    "covered, all samples": lambda rows: f"{100 * mean(rows, 'covered'):.1f} %",
    "picture by picture": lambda rows: (
        "-".join(f"{100 * end(row.covered for row in rows):.0f}" for end in (min, max)) + " %"
    ),
    "mean half-width": lambda rows: f"{mean(rows, 'half_width'):.1f}",
}


def tables(folder: Path) -> list[Part]:
    """A line for each task, model, set and step; worst and best are of single pictures."""
    found = grouped(ROWS.load(folder), lambda row: row.key)
    return [Table.of(found.values(), COLUMNS)] if found else []


def what(plan: Plan) -> str:
    """Its rows in words."""
    sets = ", ".join(folder.resolve().name for folder in plan.data)
    return f"coverage of intervals, {plan.task}: {sets}{', grey' if plan.grey else ''}"


BENCH: Bench[Plan, Named, Coverage] = Bench(
    name="intervals",
    columns=(ROWS,),
    plan=Plan,
    title="Coverage of intervals",
    tables=tables,
    sections={"intervals": tables},
    requested=Plan.requested,
    quick=True,
    cases=cases,
    methods=methods,
    wanted=wanted,
    measure=measure,
    key=lambda row: (*row.key, row.image),
    makes=lambda plan, one, row: (
        (row.task, row.model) == (plan.task, one.name)
        and row.data in [folder.name for folder in plan.data]
    ),
    usable=lambda _plan, one, row: row.version == one.version,
    what=what,
)
