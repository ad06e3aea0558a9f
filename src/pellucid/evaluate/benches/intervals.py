"""`bench intervals`: how many samples the intervals hold, where 90 of 100 are promised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby
from pathlib import Path
from typing import Annotated, NamedTuple, Self

import numpy as np

import pellucid
from pellucid.errors import InputError
from pellucid.evaluate.bench import Bench, Case, Key, Part, Turn
from pellucid.evaluate.calibrate import net_of, trial
from pellucid.evaluate.held_out import sample_hash, test_set_hashes
from pellucid.evaluate.pictures import find_pictures, load_pixels, load_rgb
from pellucid.evaluate.plan import BasePlan, Option, Wish
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import Table
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
    def wished(cls, wish: Wish) -> list[Self]:
        """Each task of each model; of a quick run one step of the first model."""
        return [
            wish.plan(cls, data=(wish.data,), task=task, model=model, steps=steps)
            for model in (wish.models[:1] if wish.quick else wish.models)
            for task, all_steps in DEFAULT_STEPS.items()
            for steps in ([all_steps[1:2]] if wish.quick else [all_steps])
        ]

    @cached_property
    def method(self) -> Measured:
        """The one there is; PellucidError if the model has no intervals."""
        net = net_of(self.task, self.model)
        version = f"pellucid {pellucid.__version__}, {net.id.hex()[:8]}"
        return Measured(self.model, intervals_of(net.folder), version)

    @cached_property
    def sets(self) -> list[Unseen]:
        """Of each folder what may be measured."""
        return [unseen(find_pictures(folder), self.method.intervals) for folder in self.data]


class Measured(NamedTuple):
    """A model's intervals; `version` names pellucid and the model's id."""

    name: str
    intervals: Intervals
    version: str
    threading: str = "as asked for"


class Unseen(NamedTuple):
    """Pictures that intervals weren't made from, and what is left out with the reason."""

    paths: list[Path]
    without: dict[str, str]


def unseen(paths: list[Path], intervals: Intervals) -> Unseen:
    """Pictures that the intervals weren't made from: coverage of those would prove nothing.

    Of intervals that don't say what they were made from, only pictures of the test sets are known
    to be none of it; of others it's said that it wasn't checked. InputError if none is left.
    """
    hashes = {path: sample_hash(load_rgb(path)) for path in paths}
    if intervals.pictures and not len(intervals.seen):
        unknown = [path for path in paths if hashes[path] not in test_set_hashes()]
        check = f"a check of {len(unknown)} pictures ({unknown[0].name}, ..)" if unknown else ""
        reason = "the model's intervals don't say from which pictures they were made"
        return Unseen(paths, {check: reason} if check else {})
    known = {row.tobytes().hex() for row in intervals.seen}
    double = [path.name for path in paths if hashes[path] in known]
    if len(double) == len(paths):
        raise InputError(
            f"the intervals were made from all pictures of {paths[0].parent}; measure others"
        )
    without = dict.fromkeys(double, "the intervals were made from it")
    return Unseen([path for path in paths if hashes[path] not in known], without)


def methods(plan: Plan) -> tuple[list[Measured], dict[str, str]]:
    """The model; and the pictures that are left out."""
    return [plan.method], {name: why for one in plan.sets for name, why in one.without.items()}


def cases(plan: Plan) -> list[Case]:
    """Each picture at each step; the noise of a picture is that of its place in the folder."""
    return [
        Case(path.stem, partial(load_pixels, path, grey=plan.grey), folder.name, (step, seed))
        for folder, one in zip(plan.data, plan.sets, strict=True)
        for step in plan.steps or DEFAULT_STEPS[plan.task]
        for seed, path in enumerate(one.paths[: plan.images])
    ]


def wanted(plan: Plan, case: Case, _one: Measured) -> list[Key]:
    """A row; its picture is loaded to know whether it's grey."""
    channels = case.load().shape[2]
    return [(plan.task, plan.model, case.data, channels, float(case.about[0]), case.name)]


def usable(plan: Plan, found: Sequence[Measured], row: Coverage) -> bool:
    """Not a row of another version, of what is measured now."""
    ours = (row.task, row.model) == (plan.task, plan.model)
    same = row.version == found[0].version and not plan.fresh
    return not ours or row.data not in [folder.name for folder in plan.data] or same


def measure(turn: Turn[Plan, Measured]) -> Iterator[Coverage]:
    """One picture at one step."""
    plan, (step, seed), one = turn.plan, turn.case.about, turn.plan.method
    each = trial(turn.data, plan.task, step, plan.model, seed)
    widths = half_widths(each.result, one.intervals, sigma=each.sigma, level=each.level)
    inside = np.abs(each.result - each.truth) <= widths[..., None]
    yield Coverage(
        task=plan.task,
        model=plan.model,
        data=turn.case.data,
        step=float(step),
        image=turn.case.name,
        width=widths.shape[1],
        height=widths.shape[0],
        covered=round(float(inside.mean()), 5),
        half_width=round(float(widths.mean()), 4),
        version=one.version,
        channels=each.truth.shape[2],
    )


def tables(folder: Path) -> list[Part]:
    """A line for each task, model, set and step; worst and best are of single pictures."""
    rows = sorted(ROWS.load(folder), key=lambda row: row.key)
    if not rows:
        return []
    body = []
    for (task, model, data, channels, step), group in groupby(rows, lambda row: row.key):
        own = list(group)
        samples = sum(row.width * row.height for row in own)
        mean, half = (
            sum(getattr(row, name) * row.width * row.height for row in own) / samples
            for name in ("covered", "half_width")
        )
        least, most = (100 * end(row.covered for row in own) for end in (min, max))
        pictures = f"{data}{', grey' if channels == 1 else ''} ({len(own)})"
        covered = f"{100 * mean:.1f} %", f"{least:.0f}-{most:.0f} %"
        body.append([task, model, pictures, f"{UNIT[task]} {step:g}", *covered, f"{half:.1f}"])
    header = ["what", "model", "pictures", "at", "covered, all samples", "picture by picture"]
    return [Table([*header, "mean half-width"], body)]


def what(plan: Plan) -> str:
    """Its rows in words."""
    sets = ", ".join(folder.resolve().name for folder in plan.data)
    return f"coverage of intervals, {plan.task}: {sets}{', grey' if plan.grey else ''}"


BENCH: Bench[Plan, Measured, Coverage] = Bench(
    name="intervals",
    columns=(ROWS,),
    plan=Plan,
    title="Coverage of intervals",
    report="intervals.md",
    tables=tables,
    sections={"intervals": tables},
    wished=Plan.wished,
    quick=True,
    cases=cases,
    methods=methods,
    wanted=wanted,
    measure=measure,
    key=lambda row: (*row.key, row.image),
    usable=usable,
    what=what,
)
