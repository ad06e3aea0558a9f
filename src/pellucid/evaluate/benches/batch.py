"""`bench batch`: what a batch costs beside the work, on photographs and on files of no work.

DIR/batch-<task>.tsv   a row a run, each in a process of its own; `batch_rows` says which tasks

Cases are the runs, so that ways take turns and each run is kept as it comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from typing import Any

from pellucid import __version__
from pellucid.evaluate._extras import require
from pellucid.evaluate.bench import Bench, Case, Key
from pellucid.evaluate.benches import batch_tables
from pellucid.evaluate.benches.batch_plan import Plan, Run
from pellucid.evaluate.benches.batch_rows import ROWS, WAYS, BatchRun
from pellucid.evaluate.benches.batch_tasks import EACH, TOGETHER, Cells, Current, workplace
from pellucid.evaluate.peers.base import Named

REPEATED = ("picture", "speed", "listing", "manifest", "restart")
OF_COMPRESS = (*WAYS["speed"], *WAYS["large"])
MEASURED = ("seconds", "working", "cpu", "peak_mb")
VERBS = WAYS["picture"]


def measure(current: Current) -> Iterator[BatchRun]:
    """The runs of one round that lack, from the last way to the first in every second one."""
    run: Run = current.case.about
    todo = [(one, way, pictures) for one, keys in current.todo for _, way, pictures, _ in keys]
    if run.task in TOGETHER:
        found = TOGETHER[run.task](current, todo[0][2])
        for one, way, pictures in todo:
            yield row_of(current.plan, run, pictures, one, found[way])
        return
    for one, way, pictures in todo if run.number % 2 else reversed(todo):
        with current.outcome.attempt(f"{current.case.title}, {way}"):
            cells = EACH[run.task](current, way, pictures)
            yield row_of(current.plan, run, pictures, one, cells)


def row_of(plan: Plan, run: Run, pictures: int, one: Named, cells: Cells) -> BatchRun:
    """A row, its numbers rounded."""
    apart = ("workers_cpu", "scheduler_cpu", "scheduler_mb")
    seconds: dict[str, Any] = {name: round(cells[name], 4) for name in MEASURED}
    seconds |= {name: round(cells[name], 4) if name in cells else None for name in apart}
    return BatchRun(
        task=run.task,
        way=one.name,
        pictures=pictures,
        pixels=cells.get("pixels", 0),
        number=run.number,
        **seconds,
        count=int(cells["count"]),
        bytes=int(cells["bytes"]),
        workers=cells.get("workers", 1),
        threads=plan.threads,
        version=one.version,
    )


def cases(plan: Plan) -> list[Case]:
    """All rounds, task after task."""
    return [
        Case(
            f"{task}, {size:,} pictures, run {number}", lambda: None, about=Run(task, size, number)
        )
        for task in plan.tasks
        for size in plan.sizes(task)
        for number in range(1, (plan.repeats if task in REPEATED else 1) + 1)
    ]


def wanted(plan: Plan, case: Case, one: Named) -> list[Key]:
    """The run of a way in a round, if it has one."""
    task, size, number = case.about
    if one.name not in WAYS[task]:
        return []
    pictures = plan.pictures_of(task, one.name, size)
    return [] if pictures is None else [(task, one.name, pictures, number)]


def version_of(way: str) -> str:
    """pellucid, Dask and the models: rows with another text are stale."""
    from pellucid.evaluate.benches.batch_verbs import verb_of  # which needs the extra

    verb = "compress" if way in OF_COMPRESS else way
    prints = verb_of(verb).prints() if verb in VERBS else {}
    models = ", ".join(f"{name} {found}" for name, found in prints.items())
    dask = metadata.version("distributed")
    return ", ".join(filter(None, (f"pellucid {__version__}", f"distributed {dask}", models)))


def methods(plan: Plan) -> tuple[list[Named], dict[str, str]]:
    """All ways of all tasks."""
    require("distributed", extra="scale")
    ways = dict.fromkeys(way for task in plan.tasks for way in WAYS[task])
    threading = f"{plan.threads} of each process that works"
    return [Named(way, version_of(way), threading) for way in ways], {}


def makes(plan: Plan, one: Named, row: BatchRun) -> bool:
    """Whether a row is of this plan."""
    if row.way != one.name or row.task not in plan.tasks:
        return False
    sizes = (plan.pictures_of(row.task, row.way, size) for size in plan.sizes(row.task))
    return row.pictures in sizes


BENCH: Bench[Plan, Named, BatchRun] = Bench(
    name="batch",
    columns=(ROWS,),
    plan=Plan,
    title="Batches",
    quick=True,
    requested=Plan.requested,
    tables=batch_tables.tables,
    sections=batch_tables.SECTIONS,
    what=lambda plan: f"batches: {plan.data.resolve().name}",
    cases=cases,
    methods=methods,
    wanted=wanted,
    measure=measure,
    key=lambda row: (row.task, row.way, row.pictures, row.number),
    makes=makes,
    usable=lambda plan, one, row: (row.version, row.threads) == (one.version, plan.threads),
    order=lambda row: (WAYS[row.task].index(row.way), row.pictures, row.number),
    tool=workplace,
)
